//! Promise 18 for the parsers: whatever arrives, none of them panics, and what they let through is what it seems.
//! `cargo fuzz` calls these with bytes of its own making; `cargo test` replays what is kept in `end2end/fuzz/corpus`.

use crate::base::problem;
use crate::desk::{account, contact, conversation, widget};
use crate::model::{
    domain::Domain,
    error::Error,
    event::Cursor,
    text::{Body, Email, Name, OutsideUrl, Sentence},
    widget::WidgetForm,
};
use axum::http::{HeaderMap, HeaderValue};
use std::str::{FromStr, from_utf8};

/// Says whether it let anything through.
pub type Target = fn(&[u8]) -> bool;

pub const TARGETS: [(&str, Target); 5] = [
    ("domains", domains),
    ("cursor", cursor),
    ("last_event_id", last_event_id),
    ("texts", texts),
    ("inputs", inputs),
];

/// A widget's list of sites, one a line.
pub fn domains(data: &[u8]) -> bool {
    let Ok(text) = from_utf8(data) else {
        return false;
    };
    let mut good = 0;
    for line in text.lines() {
        let Ok(domain) = line.parse::<Domain>() else {
            continue;
        };
        good += 1;
        let shown = domain.to_string();
        assert_eq!(
            shown.parse::<Domain>(),
            Ok(domain.clone()),
            "written and read again"
        );
        // It becomes part of a header: nothing in it may begin another source or another directive.
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-:*".contains(&b);
        assert!(shown.bytes().all(plain) && shown != "*", "{shown}");
        assert_eq!(shown.contains('*'), shown.starts_with("*."), "{shown}");
        let host = shown
            .trim_start_matches("*.")
            .split(':')
            .next()
            .unwrap_or_default();
        for evil in [
            format!("https://evil{host}"),
            format!("https://{host}.evil"),
            format!("javascript:{host}"),
        ] {
            assert!(!domain.allows(&evil, true), "{shown} allows {evil}");
        }
        let bare = format!("https://{host}");
        assert!(
            !shown.starts_with('*') || !domain.allows(&bare, true),
            "{shown} includes {bare}"
        );
    }
    let lines = text.lines().map(str::to_owned).collect();
    let form = WidgetForm {
        name: "Shop".into(),
        domains: lines,
        ..WidgetForm::default()
    };
    if let Ok(settings) = form.checked() {
        assert!(settings.domains.len() <= crate::model::limits::DOMAINS);
    }
    good > 0
}

/// Where a stream goes on, and where a list does.
pub fn cursor(data: &[u8]) -> bool {
    let Ok(text) = from_utf8(data) else {
        return false;
    };
    let listed = conversation::ops::list_cursor(text);
    assert!(listed.is_err(), "a cursor that nobody signed");
    let Ok(cursor) = text.parse::<Cursor>() else {
        return false;
    };
    assert!(cursor.seq >= 0);
    assert_eq!(cursor.to_string().parse::<Cursor>(), Ok(cursor.clone()));
    // It is written as `id:` of an event: one line.
    assert!(
        cursor
            .to_string()
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.')
    );
    true
}

/// The header, before or instead of `?after=`: the first line is the header, the rest the query.
pub fn last_event_id(data: &[u8]) -> bool {
    let (header, after) = match data.iter().position(|b| *b == b'\n') {
        Some(at) => (&data[..at], from_utf8(&data[at + 1..]).ok()),
        None => (data, None),
    };
    let Ok(value) = HeaderValue::from_bytes(header) else {
        return false;
    };
    let headers = HeaderMap::from_iter([("last-event-id".parse().expect("a name"), value)]);
    matches!(conversation::rest::cursor(&headers, after), Ok(Some(_)))
}

/// What people type, field by field.
pub fn texts(data: &[u8]) -> bool {
    let Ok(text) = from_utf8(data) else {
        return false;
    };
    fn same<T: FromStr<Err = Error> + ToString + PartialEq + std::fmt::Debug>(text: &str) -> bool {
        let Ok(read) = text.parse::<T>() else {
            return false;
        };
        let shown = read.to_string();
        assert!(!shown.contains('\0'));
        assert_eq!(shown.parse::<T>(), Ok(read), "written and read again");
        true
    }
    if let Ok(url) = text.parse::<OutsideUrl>() {
        assert!(
            url.as_str().starts_with("https://") || url.as_str().starts_with("http://"),
            "{url}"
        );
    }
    if let Ok(address) = text.parse::<Email>() {
        let key = address.key();
        assert!(
            key.contains('@')
                && key
                    .parse::<Email>()
                    .map_or(true, |again| again.key() == key),
            "{key}"
        );
    }
    [
        same::<Body>(text),
        same::<Name>(text),
        same::<Sentence>(text),
        same::<Email>(text),
        same::<OutsideUrl>(text),
    ]
    .contains(&true)
}

/// The body of a request, as whichever type it may be.
pub fn inputs(data: &[u8]) -> bool {
    fn read<T: serde::de::DeserializeOwned>(data: &[u8]) -> bool {
        match problem::parse::<T>(data) {
            Ok(_) => true,
            Err(e) => {
                assert!(matches!(e.status(), 400 | 422), "{e}");
                false
            }
        }
    }
    use conversation::rest::{AssignBody, CreateBody, ReadBody, SayBody, StatusBody, TypingBody};
    let known = [
        read::<account::rest::SignIn>(data),
        read::<account::rest::Invite>(data),
        read::<account::rest::ChangeAgent>(data),
        read::<account::rest::ChangeSettings>(data),
        read::<contact::rest::ContactIn>(data),
        read::<contact::rest::MeIn>(data),
        read::<widget::rest::VisitorIn>(data),
        read::<AssignBody>(data),
        read::<CreateBody>(data),
        read::<ReadBody>(data),
        read::<SayBody>(data),
        read::<StatusBody>(data),
        read::<TypingBody>(data),
    ];
    if let Ok(said) = problem::parse::<widget::rest::WidgetIn>(data)
        && let Ok(form) = said.form()
    {
        let _ = form.checked();
        return true;
    }
    known.contains(&true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, panic, path::PathBuf};

    #[test]
    fn the_corpus_is_replayed() {
        let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("end2end/fuzz/corpus");
        let mut fell = vec![];
        for (name, target) in TARGETS {
            let (mut passed, mut refused) = (0, 0);
            for entry in
                fs::read_dir(corpus.join(name)).unwrap_or_else(|_| panic!("no corpus for {name}"))
            {
                let path = entry.unwrap().path();
                let data = fs::read(&path).unwrap();
                match panic::catch_unwind(|| target(&data)) {
                    Ok(true) => passed += 1,
                    Ok(false) => refused += 1,
                    Err(_) => fell.push(path),
                }
            }
            assert!(
                passed > 2 && refused > 2,
                "{name}: {passed} let through, {refused} refused: too few to mean anything"
            );
            assert!(
                corpus.join(format!("../targets/{name}.rs")).exists(),
                "{name} is not fuzzed"
            );
        }
        assert!(fell.is_empty(), "{fell:?}");
    }
}
