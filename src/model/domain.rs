//! Sites that may embed a widget.

use super::error::Error;
use super::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A site that may embed the widget, as one entry of `frame-ancestors`: a host, perhaps `*.` before it,
/// perhaps `:port` behind it. ASCII only; an international name is written in punycode (`xn--…`).
/// `*.x` does not include `x`. Without a port only the scheme's default port matches, as in
/// CSP Level 3, "match an expression to a URL".
#[derive(Clone, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain {
    wild: bool,
    host: String,
    port: Option<u16>,
}

impl Domain {
    /// Without `*.` and port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// `localhost`, or an address of 127.0.0.0/8: the machine that the page is read on.
    fn is_loopback(&self) -> bool {
        let address = self.host.parse::<std::net::Ipv4Addr>();
        !self.wild && (self.host == "localhost" || address.is_ok_and(|a| a.is_loopback()))
    }

    /// As sources of `frame-ancestors`. One without a scheme matches what is as safe as the widget itself: over https
    /// it would shut out a page under development, which nobody can tamper with on the way (W3C Secure Contexts, 3.1).
    pub fn sources(&self) -> String {
        if self.is_loopback() {
            format!("{self} http://{self}")
        } else {
            self.to_string()
        }
    }

    /// Whether a page of `origin` (`https://shop.example:8443`, as browsers write it) may embed a widget
    /// that is served over `https` or, with `secure` false, over `http`.
    pub fn allows(&self, origin: &str, secure: bool) -> bool {
        let Some((scheme, rest)) = origin.split_once("://") else {
            return false;
        };
        let default = match scheme {
            "https" => 443,
            "http" if !secure || self.is_loopback() => 80,
            _ => return false,
        };
        let (host, port) = match rest.split_once(':') {
            None => (rest, Some(default)),
            Some((host, port)) => (host, port.parse().ok()),
        };
        // An http entry on its default port is allowed to have been upgraded to https, as in CSP.
        let same_port = match self.port {
            None => port == Some(default),
            Some(80) => port == Some(80) || (scheme == "https" && port == Some(443)),
            wanted => port == wanted,
        };
        let same_host = if self.wild {
            host.strip_suffix(self.host.as_str())
                .is_some_and(|sub| sub.len() > 1 && sub.ends_with('.'))
        } else {
            host == self.host
        };
        same_port && same_host && host.split('.').all(label)
    }
}

fn label(l: &str) -> bool {
    !l.is_empty()
        && l.len() <= 63
        && !l.starts_with('-')
        && !l.ends_with('-')
        && l.bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

impl FromStr for Domain {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self, Error> {
        let refuse = || {
            let shown: String = s.chars().take(80).collect();
            Error::field("domains", Refusal::not_a_domain(shown))
        };
        let text = s.trim().to_ascii_lowercase();
        let text = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .unwrap_or(&text);
        let (wild, text) = text
            .strip_prefix("*.")
            .map_or((false, text), |rest| (true, rest));
        let (host, port) = match text.split_once(':') {
            None => (text, None),
            Some((host, port)) => {
                let digits = !port.is_empty()
                    && port.bytes().all(|b| b.is_ascii_digit())
                    && !port.starts_with('0');
                (
                    host,
                    Some(
                        port.parse::<u16>()
                            .ok()
                            .filter(|_| digits)
                            .ok_or_else(refuse)?,
                    ),
                )
            }
        };
        let numeric = host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let address = host.parse::<std::net::Ipv4Addr>().is_ok();
        let good =
            host.len() <= 253 && host.split('.').all(label) && (!numeric || (address && !wild));
        if good {
            Ok(Domain {
                wild,
                host: host.to_owned(),
                port,
            })
        } else {
            Err(refuse())
        }
    }
}
impl TryFrom<String> for Domain {
    type Error = Error;
    fn try_from(s: String) -> Result<Self, Error> {
        s.parse()
    }
}
impl From<Domain> for String {
    fn from(d: Domain) -> String {
        d.to_string()
    }
}
impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.wild { "*." } else { "" })?;
        f.write_str(&self.host)?;
        self.port.map_or(Ok(()), |p| write!(f, ":{p}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_a_host_and_nothing_else() {
        for (typed, stored) in [
            ("shop.example.com", "shop.example.com"),
            (" HTTPS://Shop.Example.com ", "shop.example.com"),
            ("*.example.org", "*.example.org"),
            ("localhost:8081", "localhost:8081"),
            ("http://127.0.0.1:3001", "127.0.0.1:3001"),
            ("xn--mller-kva.example", "xn--mller-kva.example"),
        ] {
            assert_eq!(typed.parse::<Domain>().unwrap().to_string(), stored);
        }
        for bad in [
            "",
            "*",
            "*.",
            "*.*.x",
            "a.*.b",
            "ftp://x",
            "javascript:alert(1)",
            "x/y",
            "x y",
            "'self'",
            "\"x\"",
            "x;y",
            "x,y",
            "x:0",
            "x:099",
            "x:65536",
            "x:*",
            "x:",
            ":80",
            ".x",
            "x.",
            "x..y",
            "-x.y",
            "müller.example",
            "1.2.3",
            "999.1.1.1",
            "*.1.2.3.4",
            "[::1]",
            "x@y",
            "x?y",
            "x#y",
            "https://https://x",
            "x\ny",
            "a_b.example",
        ] {
            assert!(bad.parse::<Domain>().is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn an_origin_matches_as_frame_ancestors_does() {
        let allows = |d: &str, o: &str| d.parse::<Domain>().unwrap().allows(o, false);
        assert!(
            allows("shop.example", "https://shop.example")
                && allows("shop.example", "http://shop.example")
        );
        assert!(allows("*.shop.example", "https://a.b.shop.example"));
        assert!(allows("localhost:8081", "http://localhost:8081"));
        for (d, o) in [
            ("shop.example", "https://evilshop.example"),
            ("shop.example", "https://shop.example.evil"),
            ("shop.example", "https://a.shop.example"),
            ("shop.example", "https://shop.example:8443"),
            ("*.shop.example", "https://shop.example"),
            ("*.shop.example", "https://evilshop.example"),
            ("*.shop.example", "https://.shop.example"),
            ("localhost:8081", "http://localhost:8082"),
            ("shop.example", "null"),
            ("shop.example", "file://shop.example"),
            ("shop.example", "https://shop.example/"),
            ("shop.example", "https://user@shop.example"),
        ] {
            assert!(!allows(d, o), "{d} allowed {o}");
        }
        assert!(
            !"x.y".parse::<Domain>().unwrap().allows("http://x.y", true),
            "an https desk is not framed by http"
        );
        for own in ["localhost", "localhost:3000", "127.0.0.1", "127.9.9.9:81"] {
            let domain: Domain = own.parse().unwrap();
            assert!(
                domain.allows(&format!("http://{own}"), true),
                "but on the own machine, {own}"
            );
            assert_eq!(domain.sources(), format!("{own} http://{own}"));
        }
        for other in [
            "shop.example",
            "*.localhost",
            "a.localhost",
            "localhost.example",
            "128.0.0.1",
        ] {
            let domain: Domain = other.parse().unwrap();
            assert!(
                !domain.allows(&format!("http://{}", other.replace('*', "a")), true),
                "{other}"
            );
            assert_eq!(domain.sources(), other);
        }
    }
}
