//! The page that the chat stands on, as far as it tells: `postMessage` with our own loader there. Every message
//! of it carries its whole state, so order and repetition do not matter; nothing it says is trusted.

use super::window;
use crate::model::{
    contact::Reference,
    domain::Domain,
    limits,
    wire::{self, Json},
};
use leptos::prelude::*;
use serde::Deserialize;

/// What the host page said last.
#[derive(Clone, Copy)]
pub struct Host {
    /// Of the first hello that passed. Nobody else is answered.
    origin: StoredValue<Option<String>>,
    /// The chat can be seen. A page of its own is always open.
    pub open: RwSignal<bool>,
    /// Counts the times that it was opened by hand.
    pub focused: RwSignal<u32>,
    pub page_url: RwSignal<Option<String>>,
    pub reference: RwSignal<Option<Reference>>,
    pub identity: RwSignal<Option<Identity>>,
    /// It answered: its buttons for closing work.
    pub here: RwSignal<bool>,
    /// A verb that is the frame's: its name, and its first argument if that is text.
    pub verb: RwSignal<Option<(String, String)>>,
}

/// `identify(id, traits)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    pub id: String,
    pub hash: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
}

#[derive(Deserialize)]
struct FromHost {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    page_url: Option<String>,
    #[serde(default)]
    reference: Option<Json>,
    #[serde(default)]
    identify: Option<Json>,
    #[serde(default)]
    open: bool,
    #[serde(default)]
    focus: bool,
    #[serde(default)]
    verb: Option<String>,
    #[serde(default)]
    args: Vec<Json>,
}

/// Text, or a number that a page wrote where text belongs.
fn text(value: Option<&Json>, most: usize) -> Option<String> {
    let text = match value? {
        Json::Text(s) => s.trim().to_owned(),
        number @ (Json::Whole(_) | Json::Number(_)) => number.write(),
        _ => return None,
    };
    (!text.is_empty() && text.len() <= most).then_some(text)
}

fn reference(value: &Json) -> Option<Reference> {
    let field = |name: &str| text(value.get(name), limits::URL);
    let said = Reference {
        kind: field("type")?,
        id: field("id")?,
        url: field("url"),
        label: field("label"),
    };
    said.checked().ok()
}

fn identity(value: &Json) -> Option<Identity> {
    let id = text(value.get("id"), limits::EMAIL)?;
    let traits = value.get("traits");
    let said = |name: &str| text(traits.and_then(|t| t.get(name)), limits::EMAIL);
    Some(Identity {
        id,
        hash: said("userHash").or_else(|| said("user_hash")),
        name: said("name"),
        email: said("email"),
    })
}

/// As much of the address as may be stored.
fn page(url: String) -> Option<String> {
    let fits = |s: &str| s.len() <= limits::URL;
    if fits(&url) {
        return Some(url);
    }
    url.split(['?', '#'])
        .next()
        .filter(|s| fits(s))
        .map(str::to_owned)
}

impl Host {
    pub fn new() -> Host {
        Host {
            origin: StoredValue::new(None),
            open: RwSignal::new(false),
            focused: RwSignal::new(0),
            page_url: RwSignal::new(None),
            reference: RwSignal::new(None),
            identity: RwSignal::new(None),
            here: RwSignal::new(false),
            verb: RwSignal::new(None),
        }
    }

    /// Begin to hear: only the window around, only from `sites` or from our own pages. `greeted` runs after each hello.
    pub fn listen(self, sites: Vec<Domain>, greeted: impl Fn() + 'static) {
        if !window::framed() {
            self.open.set(true);
            return;
        }
        let (own, secure) = window::own_origin();
        window::listen(move |origin, json| {
            let known = origin == own || sites.iter().any(|site| site.allows(&origin, secure));
            let same = self
                .origin
                .with_value(|first| first.as_ref().is_none_or(|first| *first == origin));
            let Ok(heard) = wire::read::<FromHost>(&json) else {
                return;
            };
            let first = self.origin.with_value(Option::is_none);
            if !known || !same || (first && heard.kind != "hello") {
                return;
            }
            if first {
                self.origin.set_value(Some(origin));
            }
            if heard.kind == "hello" {
                self.say("ready", Json::of([]));
                greeted();
            }
            self.take(heard);
        });
    }

    fn take(self, heard: FromHost) {
        if heard.kind == "call" {
            let argument = text(heard.args.first(), limits::MESSAGE * 4).unwrap_or_default();
            self.verb.set(heard.verb.map(|verb| (verb, argument)));
        }
        set(self.page_url, heard.page_url.and_then(page));
        set(self.reference, heard.reference.as_ref().and_then(reference));
        set(self.identity, heard.identify.as_ref().and_then(identity));
        set(self.here, true);
        let opened = heard.open && !self.open.get_untracked();
        set(self.open, heard.open);
        if heard.open && heard.focus && (opened || heard.kind == "open") {
            self.focused.update(|n| *n += 1);
        }
    }

    /// Tell the loader; nothing before it greeted.
    pub fn say(self, kind: &str, more: Json) {
        let Some(origin) = self.origin.try_get_value().flatten() else {
            return;
        };
        let mut said = more.members().unwrap_or_default();
        said.set("deskbell", 1.into());
        said.set("type", kind.into());
        window::post(&origin, &Json::Object(said).write());
    }

    /// Something that the page may have asked to hear of.
    pub fn event(self, name: &str, detail: Json) {
        self.say(
            "event",
            Json::of([("name", name.into()), ("detail", detail)]),
        );
    }

    pub fn close(self) {
        self.say("close", Json::of([]));
    }
}

fn set<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|now| *now != value) {
        signal.set(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        wire::parse(text).unwrap()
    }

    #[test]
    fn what_a_page_says_is_cut_to_what_may_be_kept() {
        let said =
            json(r#"{"type": "order", "id": 17, "url": "https://shop.example/17", "more": true}"#);
        assert_eq!(reference(&said).unwrap().id, "17");
        for bad in [
            "null",
            "[]",
            r#"{"type": "x"}"#,
            r#"{"type": "x", "id": "1", "url": "javascript:alert(1)"}"#,
        ] {
            assert_eq!(reference(&json(bad)), None, "{bad}");
        }
        assert_eq!(identity(&json(r#"{"id": "", "traits": {}}"#)), None);
        assert_eq!(
            identity(&json(
                r#"{"id": "a", "traits": {"userHash": "ff", "email": {}}}"#
            ))
            .unwrap()
            .email,
            None
        );
        let long = format!("https://shop.example/p?{}", "x".repeat(3000));
        assert_eq!(page(long).as_deref(), Some("https://shop.example/p"));
    }
}
