//! The focus and the caret: where they are, and putting them elsewhere.

use super::element;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlTextAreaElement};

pub fn focus(id: &str) {
    if let Some(element) = element(id) {
        _ = element.focus();
    }
}

/// At the caret, as if typed.
pub fn insert(area: &HtmlTextAreaElement, text: &str) {
    let start = area.selection_start().ok().flatten().unwrap_or(0);
    let end = area.selection_end().ok().flatten().unwrap_or(start);
    let value: Vec<u16> = area.value().encode_utf16().collect();
    let (start, end) = (
        (start as usize).min(value.len()),
        (end as usize).min(value.len()),
    );
    let all = [
        &value[..start],
        &text.encode_utf16().collect::<Vec<_>>(),
        &value[end..],
    ]
    .concat();
    area.set_value(&String::from_utf16_lossy(&all));
    let caret = (start + text.encode_utf16().count()) as u32;
    _ = area.set_selection_range(caret, caret);
    _ = area.focus();
    if let Ok(input) = web_sys::Event::new("input") {
        _ = area.dispatch_event(&input);
    }
}

/// The first of these that can take the focus has it.
pub fn focus_on(selectors: &[&str]) {
    for selector in selectors {
        let found = document().query_selector(selector).ok().flatten();
        if let Some(element) = found.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
            _ = element.focus();
            if document().active_element().as_ref() == Some(element.as_ref()) {
                return;
            }
        }
    }
}

/// The focus is nowhere: what had it is gone.
pub fn focus_is_lost() -> bool {
    document()
        .active_element()
        .is_none_or(|e| e.tag_name() == "BODY")
}

/// Does what is typed go into a field?
pub fn is_writing() -> bool {
    document().active_element().is_some_and(|e| {
        matches!(e.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            || e.dyn_ref::<HtmlElement>()
                .is_some_and(HtmlElement::is_content_editable)
    })
}

/// Is the key part of a character that is being put together? Safari says so of the last one by its number alone.
pub fn is_composing(e: &web_sys::KeyboardEvent) -> bool {
    e.is_composing() || e.key_code() == 229
}
