//! What people type, checked once where it enters: a value of one of these types is already good.

use super::{
    address::Address,
    error::{Error, Fields},
    letters, limits,
    nfc::nfc,
    refusal::Refusal,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident($field:literal) = $check:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str { &self.0 }
            pub fn into_string(self) -> String { self.0 }
        }
        impl FromStr for $name {
            type Err = Error;
            fn from_str(s: &str) -> Result<Self, Error> {
                let check: fn(&str) -> Result<String, Refusal> = $check;
                check(s).map($name).map_err(|refusal| Error::field($field, refusal))
            }
        }
        impl TryFrom<String> for $name {
            type Error = Error;
            fn try_from(s: String) -> Result<Self, Error> { s.parse() }
        }
        impl From<$name> for String {
            fn from(t: $name) -> String { t.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
    )*};
}

texts! {
    /// A message's or note's text: 1 to 10,000 characters, line breaks kept, outer blank space cut.
    Body("body") = |s| block(s, limits::MESSAGE);
    /// A person's or thing's name in its one form ([`letters::name`]): one line, 1 to 100 characters.
    Name("name") = name;
    /// A welcome or offline message: up to 500 characters.
    Sentence("message") = |s| if s.trim().is_empty() { Ok(String::new()) } else { block(s, limits::SENTENCE) };
    /// An email address as typed, composed (NFC). Compared through [`Email::key`].
    Email("email") = email;
    /// A password: 10 to 200 characters, none refused.
    Password("password") = |s| match s.chars().count() {
        n if n < limits::PASSWORD.0 => Err(Refusal::password_too_short(limits::PASSWORD.0)),
        n if n > limits::PASSWORD.1 => Err(Refusal::password_too_long(limits::PASSWORD.1)),
        _ => Ok(s.to_owned()),
    };
    /// A link to the outside: http or https, up to 2,048 bytes.
    OutsideUrl("url") = outside_url;
}

impl Email {
    /// What two addresses are compared by: lower case, composed. (Trimmed already; the host part is never
    /// interpreted.)
    pub fn key(&self) -> String {
        nfc(&self.0.to_lowercase())
    }
}

fn clean(s: &str) -> Result<&str, Refusal> {
    if s.contains('\0') {
        return Err(Refusal::nul());
    }
    let s = s.trim();
    if s.is_empty() {
        Err(Refusal::empty())
    } else {
        Ok(s)
    }
}

fn within(s: &str, most: usize) -> Result<String, Refusal> {
    match s.chars().count() {
        n if n > most => Err(Refusal::too_long(most, n)),
        _ => Ok(s.to_owned()),
    }
}

/// Lines end as in a form's field (HTML Living Standard, "normalize newlines"): nothing that was read once is read
/// differently again.
fn block(s: &str, most: usize) -> Result<String, Refusal> {
    let lines = clean(s)?.replace("\r\n", "\n").replace('\r', "\n");
    within(&lines, most)
}

fn name(s: &str) -> Result<String, Refusal> {
    let s = clean(s)?;
    if s.chars().any(char::is_control) {
        return Err(Refusal::one_line());
    }
    // Empty again, if there was nothing to see.
    within(clean(&letters::name(s))?, limits::NAME)
}

/// Deliberately loose: one `@`, something on both sides, a dot-separated host, no blank, control or unseen
/// characters. Whether an address works is known only by writing to it.
fn email(s: &str) -> Result<String, Refusal> {
    let refused = Refusal::not_an_email;
    let s = letters::address(clean(s)?).ok_or_else(refused)?;
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\\\"".contains(c);
    let good = s.len() <= limits::EMAIL
        && s.chars().all(plain)
        && matches!(s.split_once('@'), Some((local, host))
            if !local.is_empty() && local.len() <= 64 && !host.contains('@')
                && host.split('.').all(|l| !l.is_empty() && !l.starts_with('-') && !l.ends_with('-')));
    if good { Ok(s) } else { Err(refused()) }
}

fn outside_url(s: &str) -> Result<String, Refusal> {
    let too_long = || Refusal::too_many_bytes(limits::URL);
    let s = clean(s)?;
    if s.len() > limits::URL {
        return Err(too_long());
    }
    if s.chars().any(letters::is_hidden) {
        return Err(Refusal::hidden_letter());
    }
    let read = Address::read(s).ok_or_else(Refusal::not_an_http_address)?;
    // As it is kept, what is not plain ASCII is longer.
    if read.href.len() > limits::URL {
        return Err(too_long());
    }
    Ok(read.href)
}

/// Collects what is wrong with several fields, so that a form shows everything at once.
#[derive(Default)]
pub struct Check(Fields);

impl Check {
    /// Parse `value` as the field `name`; what is wrong goes under that name.
    pub fn take<T: FromStr<Err = Error>>(&mut self, name: &str, value: &str) -> Option<T> {
        match value.parse() {
            Ok(v) => Some(v),
            Err(e) => {
                self.fail_all(name, e);
                None
            }
        }
    }

    pub fn fail(&mut self, name: &str, refusal: Refusal) {
        self.0.entry(name.to_owned()).or_default().push(refusal);
    }

    /// What is wrong with a value that was read elsewhere, under this name.
    pub fn fail_all(&mut self, name: &str, error: Error) {
        let all = error.into_refusals();
        self.0.entry(name.to_owned()).or_default().extend(all);
    }

    /// Everything was right, or one [`Error::Invalid`] that names each field.
    pub fn done(self) -> Result<(), Error> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid { errors: self.0 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_keeps_its_lines_and_refuses_nul_blank_and_too_long() {
        assert_eq!("  a\r\nb ".parse::<Body>().unwrap().as_str(), "a\nb");
        assert_eq!("a\r\r\nb\rc".parse::<Body>().unwrap().as_str(), "a\n\nb\nc");
        assert!("a\0b".parse::<Body>().is_err());
        assert!(" \n ".parse::<Body>().is_err());
        assert!("é".repeat(10_000).parse::<Body>().is_ok());
        assert!("é".repeat(10_001).parse::<Body>().is_err());
    }

    #[test]
    fn an_address_has_one_at_and_a_host() {
        for good in [
            "a@b.example",
            "Ada.L+x@EXAMPLE.org",
            "ü@müller.example",
            "root@localhost",
        ] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        for bad in [
            "", "a", "@b", "a@", "a@b@c", "a b@c.d", "a@b..c", "<a@b.c>", "a@-b.c",
        ] {
            assert!(bad.parse::<Email>().is_err(), "{bad}");
        }
        assert_eq!(
            "Ada@Example.org".parse::<Email>().unwrap().key(),
            "ada@example.org"
        );
    }

    #[test]
    fn two_ways_to_write_an_address_are_one() {
        let key = |typed: &str| typed.parse::<Email>().unwrap().key();
        assert_eq!(
            key(" Zoe\u{308}@Müller.example"),
            key("zoë@mu\u{308}ller.EXAMPLE")
        );
        assert_ne!(key("zoe@müller.example"), key("zoë@müller.example"));
        // The Kelvin sign and a ligature that lower case alone would leave.
        assert_eq!(key("\u{212a}@b.example"), "k@b.example");
        for bad in [
            "a\u{200b}@b.example",
            "\u{202e}a@b.example",
            "a@b\u{ad}.example",
            "a\u{200d}@b.example",
            "a@\u{feff}b.example",
            "a\u{e0041}@b.example",
            "a\u{fe0f}@b.example",
        ] {
            assert!(bad.parse::<Email>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_name_is_brought_to_one_form_before_it_is_measured() {
        let name = |typed: &str| typed.parse::<Name>().map(Name::into_string);
        assert_eq!(name(" Zoe\u{308}  Ortiz\u{202e} ").unwrap(), "Zoë Ortiz");
        assert_eq!(name("می\u{200c}خواهم").unwrap(), "می\u{200c}خواهم");
        assert!(name(&"e\u{301}".repeat(limits::NAME)).is_ok());
        assert!(name(&"e\u{301}".repeat(limits::NAME + 1)).is_err());
        assert!(name(&"a\u{200b}".repeat(limits::NAME)).is_ok());
        for bad in ["\u{200b}", "\u{202e}\u{2069}", "\u{3164}", "a\nb", "a\0"] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn outside_links_are_http() {
        assert!("https://shop.example/p/1".parse::<OutsideUrl>().is_ok());
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "//x",
            "ftp://x/",
            "http://",
            "https://shop.example/\u{202e}gnp.exe",
            "https://shop\u{200b}.example/",
        ] {
            assert!(bad.parse::<OutsideUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_link_is_short_enough_as_it_is_kept() {
        let link = |n| format!("https://shop.example/{}", "ü".repeat(n)).parse::<OutsideUrl>();
        let kept = link(337).unwrap();
        assert!(kept.as_str().len() <= limits::URL);
        assert_eq!(kept.as_str().parse(), Ok(kept.clone()), "and is read again");
        assert!(link(338).is_err());
    }
}
