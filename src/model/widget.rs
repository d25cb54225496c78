//! The embeddable entry: on which sites it may run, how it looks, who may write.

use super::{
    agent::Availability,
    error::Error,
    id::{WidgetId, WorkspaceId},
    limits,
    time::Time,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

super::words! {
    /// Who may start: `anyone`, people who give name and email first, or people the host site vouches for.
    pub enum Policy { Anyone = "anyone", EmailRequired = "email_required", VerifiedOnly = "verified_only" }
    pub enum Position { Right = "bottom-right", Left = "bottom-left" }
    /// A whole set of tokens; `custom` keeps only the two colours.
    pub enum Preset { Teal = "teal", Gold = "gold", Blue = "blue", Custom = "custom" }
}

/// `#rrggbb`, lower case.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Color(String);

impl Color {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Relative luminance, 0 to 1 (WCAG 2.2, "relative luminance").
    fn luminance(&self) -> f64 {
        let channel = |at: usize| {
            let v = f64::from(u8::from_str_radix(&self.0[at..at + 2], 16).unwrap_or(0)) / 255.0;
            if v <= 0.04045 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    /// Contrast with another colour, 1 to 21 (WCAG 2.2, "contrast ratio").
    pub fn contrast(&self, other: &Color) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Black or white, whichever reads better on this colour: one of the two always reaches 4.5.
    pub fn ink(&self) -> Color {
        let (black, white) = (Color("#000000".into()), Color("#ffffff".into()));
        if self.contrast(&white) >= 4.5 || self.contrast(&white) >= self.contrast(&black) {
            white
        } else {
            black
        }
    }
}

impl FromStr for Color {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self, Error> {
        let s = s.trim().to_ascii_lowercase();
        let good =
            s.len() == 7 && s.starts_with('#') && s[1..].bytes().all(|b| b.is_ascii_hexdigit());
        if good {
            Ok(Color(s))
        } else {
            Err(Error::field("color", "Enter a colour as #rrggbb."))
        }
    }
}
impl TryFrom<String> for Color {
    type Error = Error;
    fn try_from(s: String) -> Result<Self, Error> {
        s.parse()
    }
}
impl From<Color> for String {
    fn from(c: Color) -> String {
        c.0
    }
}
impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Preset {
    /// Primary and secondary colour.
    pub fn colors(self) -> (Color, Color) {
        let (primary, secondary) = match self {
            Preset::Teal => ("#0f766e", "#134e4a"),
            Preset::Gold => ("#d4af37", "#1a1a1a"),
            Preset::Blue | Preset::Custom => ("#3b82f6", "#1f2937"),
        };
        (Color(primary.into()), Color(secondary.into()))
    }
}

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
            Error::field(
                "domains",
                format!(
                    "“{shown}” is not a host name like shop.example.com, *.example.org or localhost:8081."
                ),
            )
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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appearance {
    pub primary_color: Color,
    pub secondary_color: Color,
    pub position: Position,
    pub preset: Preset,
}

impl Default for Appearance {
    fn default() -> Self {
        let (primary_color, secondary_color) = Preset::Blue.colors();
        Appearance {
            primary_color,
            secondary_color,
            position: Position::Right,
            preset: Preset::Blue,
        }
    }
}

/// A widget as staff see it. The secret for `identify` is shown to admins alone, through its own door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Widget {
    pub id: WidgetId,
    pub workspace_id: WorkspaceId,
    pub name: String,
    pub enabled: bool,
    pub domains: Vec<Domain>,
    pub policy: Policy,
    pub welcome_message: String,
    pub offline_message: String,
    pub appearance: Appearance,
    pub auto_open_delay_ms: Option<u32>,
    pub allow_file_uploads: bool,
    pub show_agent_avatars: bool,
    /// Made at set-up; the workspace's own pages embed it.
    pub home: bool,
    /// Whose customers its key vouches for: its own id, or that of the widget whose customers it shares.
    pub source: WidgetId,
    /// Counts the changes; the `ETag`.
    pub revision: i64,
    pub created_at: Time,
}

impl Widget {
    /// The code that a shop pastes before `</body>`.
    pub fn snippet(&self, desk: &str) -> String {
        let (id, desk) = (self.id, desk.trim_end_matches('/'));
        format!(
            "<script>\n  (function(w,d,s,o,f,js,fjs){{\n    w[o]=w[o]||function(){{(w[o].q=w[o].q||[]).push(arguments)}};\n    js=d.createElement(s),fjs=d.getElementsByTagName(s)[0];\n    js.id=o;js.src=f;js.async=1;fjs.parentNode.insertBefore(js,fjs);\n  }}(window,document,'script','Deskbell','{desk}/widget.js'));\n  Deskbell('init', {{ widgetId: '{id}' }});\n</script>"
        )
    }
}

/// What an admin may set. `Default` is what a new widget starts with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WidgetForm {
    pub name: String,
    pub enabled: bool,
    /// As typed, one host each.
    pub domains: Vec<String>,
    pub policy: Policy,
    pub welcome_message: String,
    pub offline_message: String,
    pub primary_color: String,
    pub secondary_color: String,
    pub position: Position,
    pub preset: Preset,
    pub auto_open_delay_ms: Option<u32>,
    pub allow_file_uploads: bool,
    pub show_agent_avatars: bool,
    /// Whose customers its key vouches for: another widget's, or with `None` its own.
    pub source: Option<WidgetId>,
}

impl WidgetForm {
    /// What the widget on a workspace's own pages starts with: Deskbell's brass.
    pub fn home(name: String) -> WidgetForm {
        WidgetForm {
            name,
            primary_color: "#8a5f0c".into(),
            secondary_color: "#211e19".into(),
            preset: Preset::Custom,
            ..WidgetForm::default()
        }
    }
}

impl Default for WidgetForm {
    fn default() -> Self {
        let looks = Appearance::default();
        WidgetForm {
            name: String::new(),
            enabled: true,
            domains: vec![],
            policy: Policy::Anyone,
            welcome_message: "Hi! How can we help?".into(),
            offline_message: "We are away right now. Leave a message and we will answer here."
                .into(),
            primary_color: looks.primary_color.into(),
            secondary_color: looks.secondary_color.into(),
            position: looks.position,
            preset: looks.preset,
            auto_open_delay_ms: None,
            allow_file_uploads: true,
            show_agent_avatars: true,
            source: None,
        }
    }
}

impl From<&Widget> for WidgetForm {
    fn from(w: &Widget) -> Self {
        WidgetForm {
            name: w.name.clone(),
            enabled: w.enabled,
            domains: w.domains.iter().map(ToString::to_string).collect(),
            policy: w.policy,
            welcome_message: w.welcome_message.clone(),
            offline_message: w.offline_message.clone(),
            primary_color: w.appearance.primary_color.to_string(),
            secondary_color: w.appearance.secondary_color.to_string(),
            position: w.appearance.position,
            preset: w.appearance.preset,
            auto_open_delay_ms: w.auto_open_delay_ms,
            allow_file_uploads: w.allow_file_uploads,
            show_agent_avatars: w.show_agent_avatars,
            source: Some(w.source).filter(|source| *source != w.id),
        }
    }
}

/// A checked [`WidgetForm`].
pub struct WidgetSettings {
    pub name: String,
    pub enabled: bool,
    pub domains: Vec<Domain>,
    pub policy: Policy,
    pub welcome_message: String,
    pub offline_message: String,
    pub appearance: Appearance,
    pub auto_open_delay_ms: Option<u32>,
    pub allow_file_uploads: bool,
    pub show_agent_avatars: bool,
    pub source: Option<WidgetId>,
}

impl WidgetForm {
    /// Every field is right, or an error that names each one that is not.
    pub fn checked(self) -> Result<WidgetSettings, Error> {
        use super::text::{Check, Name, Sentence};
        let mut check = Check::default();
        let name = check.take::<Name>("name", &self.name);
        let typed: Vec<&String> = self
            .domains
            .iter()
            .filter(|d| !d.trim().is_empty())
            .collect();
        if typed.len() > limits::DOMAINS {
            check.fail("domains", format!("At most {} domains.", limits::DOMAINS));
        }
        // A sentence for each of thousands would be many times what was sent.
        let mut domains: Vec<Domain> = typed
            .iter()
            .take(limits::DOMAINS)
            .filter_map(|d| check.take("domains", d))
            .collect();
        let mut seen = std::collections::HashSet::new();
        domains.retain(|d| seen.insert(d.clone()));
        let welcome = check.take::<Sentence>("welcome_message", &self.welcome_message);
        let offline = check.take::<Sentence>("offline_message", &self.offline_message);
        let primary = check.take::<Color>("primary_color", &self.primary_color);
        let secondary = check.take::<Color>("secondary_color", &self.secondary_color);
        if self.auto_open_delay_ms.is_some_and(|ms| ms > 600_000) {
            check.fail("auto_open_delay_ms", "At most 10 minutes (600000).");
        }
        check.done()?;
        let (Some(name), Some(welcome), Some(offline), Some(primary_color), Some(secondary_color)) =
            (name, welcome, offline, primary, secondary)
        else {
            unreachable!("done() returns early when a field is missing")
        };
        Ok(WidgetSettings {
            name: name.into(),
            enabled: self.enabled,
            domains,
            policy: self.policy,
            welcome_message: welcome.into(),
            offline_message: offline.into(),
            appearance: Appearance {
                primary_color,
                secondary_color,
                position: self.position,
                preset: self.preset,
            },
            auto_open_delay_ms: self.auto_open_delay_ms,
            allow_file_uploads: self.allow_file_uploads,
            show_agent_avatars: self.show_agent_avatars,
            source: self.source,
        })
    }
}

/// What the launcher and the frame may know. Public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WidgetConfig {
    pub id: WidgetId,
    pub online: bool,
    pub name: String,
    pub welcome_message: String,
    pub offline_message: String,
    pub appearance: Appearance,
    pub ink: Color,
    pub policy: Policy,
    pub auto_open_delay_ms: Option<u32>,
    pub allow_file_uploads: bool,
    pub max_file_bytes: usize,
    pub show_agent_avatars: bool,
}

impl WidgetConfig {
    pub fn of(w: &Widget, online: Availability) -> WidgetConfig {
        WidgetConfig {
            id: w.id,
            online: online == Availability::Online,
            name: w.name.clone(),
            welcome_message: w.welcome_message.clone(),
            offline_message: w.offline_message.clone(),
            ink: w.appearance.primary_color.ink(),
            appearance: w.appearance.clone(),
            policy: w.policy,
            auto_open_delay_ms: w.auto_open_delay_ms,
            allow_file_uploads: w.allow_file_uploads,
            max_file_bytes: limits::FILE,
            show_agent_avatars: w.show_agent_avatars,
        }
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
    fn a_list_of_nonsense_is_refused_in_few_words() {
        let form = |lines: usize| WidgetForm {
            name: "Shop".into(),
            domains: vec!["!".into(); lines],
            ..WidgetForm::default()
        };
        let said = |lines| match form(lines).checked() {
            Err(Error::Invalid { errors }) => errors["domains"].len(),
            _ => 0,
        };
        assert_eq!((said(3), said(30_000)), (3, limits::DOMAINS + 1));
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

    #[test]
    fn the_ink_is_readable_on_every_brand_colour() {
        for r in (0..=255).step_by(15) {
            for g in (0..=255).step_by(15) {
                for b in (0..=255).step_by(15) {
                    let c: Color = format!("#{r:02x}{g:02x}{b:02x}").parse().unwrap();
                    assert!(c.contrast(&c.ink()) >= 4.5, "{c} with {}", c.ink());
                }
            }
        }
        assert!(
            "#12345".parse::<Color>().is_err()
                && "red".parse::<Color>().is_err()
                && "#12345g".parse::<Color>().is_err()
        );
        assert!("#é1234".parse::<Color>().is_err());
    }
}
