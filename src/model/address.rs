//! Somebody's web address, read as browsers read it. The browser's build has its own (`address_browser.rs`): the
//! tables for international names alone would be a quarter of the widget's module.

/// An http or https address, normalized.
pub struct Address {
    pub href: String,
    pub host: String,
    /// With the leading slash.
    pub path: String,
}

impl Address {
    pub fn read(typed: &str) -> Option<Address> {
        let url = url::Url::parse(typed).ok()?;
        matches!(url.scheme(), "http" | "https").then_some(())?;
        Some(Address {
            host: url.host_str()?.to_owned(),
            path: url.path().to_owned(),
            href: url.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_is_an_address_and_its_parts_are_normalized() {
        let there = Address::read("HTTPS://Bücher.Example:443/a b/../c?q#f").unwrap();
        assert_eq!(there.href, "https://xn--bcher-kva.example/c?q#f");
        assert_eq!(
            (&*there.host, &*there.path),
            ("xn--bcher-kva.example", "/c")
        );
        for not in ["javascript:alert(1)", "/c", "https://", "ftp://example.org"] {
            assert!(Address::read(not).is_none(), "{not}");
        }
    }
}
