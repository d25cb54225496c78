//! The browser that somebody comes by, and what it is called in the list of sessions.

use axum::http::{HeaderMap, header};
use std::net::IpAddr;

/// The browser that somebody comes by.
#[derive(Clone, Copy)]
pub struct Browser<'a> {
    pub label: &'a str,
    /// Of the network.
    pub address: Option<IpAddr>,
}

impl<'a> From<&'a str> for Browser<'a> {
    fn from(label: &'a str) -> Self {
        Browser {
            label,
            address: None,
        }
    }
}

/// What a browser calls itself, in a few words: "Firefox on Linux".
pub fn device_label(headers: &HeaderMap) -> String {
    let said = headers
        .get(header::USER_AGENT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let find = |known: &[(&str, &'static str)]| {
        known
            .iter()
            .find(|(mark, _)| said.contains(mark))
            .map(|(_, name)| *name)
    };
    // The order matters: browsers claim to be those they descend from.
    let browser = find(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Vivaldi", "Vivaldi"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = find(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("CrOS", "ChromeOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(b), Some(s)) => format!("{b} on {s}"),
        (Some(one), None) | (None, Some(one)) => one.into(),
        (None, None) => "A program".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::inner_address, *};

    #[test]
    fn nobody_is_led_to_another_site() {
        assert_eq!(
            inner_address("/desk/c/1?view=all", "/desk"),
            "/desk/c/1?view=all"
        );
        for bad in [
            "",
            "desk",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb",
        ] {
            assert_eq!(inner_address(bad, "/desk"), "/desk", "{bad:?}");
        }
    }

    #[test]
    fn a_browser_is_called_by_its_own_name() {
        let label = |agent: &str| {
            device_label(&HeaderMap::from_iter([(
                header::USER_AGENT,
                agent.parse().unwrap(),
            )]))
        };
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
        assert_eq!(label(chrome), "Chrome on Linux");
        assert_eq!(label(safari), "Safari on iPhone");
        assert_eq!(
            label(&chrome.replace("Safari", "Safari Edg/140 ")),
            "Edge on Linux"
        );
        assert_eq!(label("x"), "A program");
    }
}
