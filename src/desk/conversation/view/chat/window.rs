//! What only the frame's browser can do: talk with the page around it. Every message is checked here for who
//! sent it; what it says is checked by [`super::host`].

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, Window};

/// The window around this one, if there is one.
fn around() -> Option<Window> {
    let parent = window().parent().ok()??;
    let (own, other): (JsValue, &JsValue) = (window().into(), parent.as_ref());
    (*other != own).then_some(parent)
}

pub fn framed() -> bool {
    around().is_some()
}

/// Hear what the window around says, as its origin and its JSON, while this owner lives.
pub fn listen(heard: impl Fn(String, String) + 'static) {
    let listener = window_event_listener_untyped("message", move |event| {
        let Some(event) = event.dyn_ref::<MessageEvent>() else {
            return;
        };
        let Some(parent) = around() else { return };
        let from_parent = event.source().is_some_and(|source| {
            let (source, parent): (&JsValue, &JsValue) =
                (source.unchecked_ref(), parent.unchecked_ref());
            source == parent
        });
        let data = event.data();
        let ours =
            js_sys::Reflect::get(&data, &"deskbell".into()).is_ok_and(|v| v.as_f64() == Some(1.0));
        if !from_parent || !ours {
            return;
        }
        if let Some(json) = js_sys::JSON::stringify(&data)
            .ok()
            .and_then(|s| s.as_string())
            .filter(|s| s.len() < 65_536)
        {
            heard(event.origin(), json);
        }
    });
    on_cleanup(move || listener.remove());
}

/// To the window around, if it is still of that origin.
pub fn post(origin: &str, json: &str) {
    if let (Some(parent), Ok(message)) = (around(), js_sys::JSON::parse(json)) {
        _ = parent.post_message(&message, origin);
    }
}

/// This document's origin, and whether it came over https.
pub fn own_origin() -> (String, bool) {
    let place = window().location();
    (
        place.origin().unwrap_or_default(),
        place.protocol().is_ok_and(|p| p == "https:"),
    )
}

fn root() -> Option<web_sys::Element> {
    document().document_element()
}

/// An attribute of `<html>`.
pub fn attribute(name: &str) -> Option<String> {
    root()?.get_attribute(name)
}

pub fn tell(name: &str, value: Option<&str>) {
    let Some(root) = root() else { return };
    _ = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
}

/// Escape closes that first.
pub fn popover_open() -> bool {
    document()
        .query_selector(":popover-open")
        .is_ok_and(|e| e.is_some())
}

pub fn set_title(title: &str) {
    document().set_title(title);
}
