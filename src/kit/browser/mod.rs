//! What only a browser can do: storage, sound, notifications, focus, scrolling, the time. Each is silent when
//! the browser refuses it.

mod clock;
mod focus;
mod notifications;
mod scroll;
mod sound;
mod storage;
mod theme;

pub use {
    clock::{minute, moment, said, shift},
    focus::{focus, focus_is_lost, focus_on, insert, is_composing, is_writing},
    notifications::{ask_to_notify, badge, can_ask_to_notify, may_not_notify, may_notify, notify},
    scroll::{at_bottom, distance, keep_distance, reveal, show, to_bottom},
    sound::{beep, mute, muted},
    storage::{session_get, session_set, store, stored},
    theme::{set_theme, switch_theme, theme},
};

use leptos::{prelude::*, text_prop::TextProp};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// What the parser of a page drops at the start of a textarea: a script's does not.
pub const DROPPED: &str = "";

/// A title that follows its words.
pub fn title_text(text: Signal<String>) -> TextProp {
    (move || text.get()).into()
}

/// Onto the clipboard.
pub fn copy(text: &str) {
    let navigator = window().navigator();
    // Absent on plain http.
    if js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|c| !c.is_undefined()) {
        _ = navigator.clipboard().write_text(text);
    }
}

/// Is the page looked at?
pub fn visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

fn element(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Is this a Mac, an iPad, an iPhone?
pub fn is_apple() -> bool {
    let platform = window().navigator().platform().unwrap_or_default();
    platform.starts_with("Mac") || platform.starts_with("iP")
}

pub fn hide_popovers() {
    let Ok(open) = document().query_selector_all(":popover-open") else {
        return;
    };
    for i in 0..open.length() {
        if let Some(element) = open.item(i).and_then(|n| n.dyn_into::<HtmlElement>().ok()) {
            _ = js_sys::Reflect::get(&element, &"hidePopover".into())
                .and_then(|f| f.dyn_into::<js_sys::Function>())
                .and_then(|f| f.call0(&element));
        }
    }
}

/// In capitals. (Rust's own way brings tables for all of Unicode; the browser has them.)
pub fn upper(text: &str) -> String {
    js_sys::JsString::from(text).to_upper_case().into()
}

/// In small letters.
pub fn lower(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

/// 0 to 1.
pub fn random() -> f64 {
    js_sys::Math::random()
}

pub fn reload() {
    _ = window().location().reload();
}

pub async fn sleep(milliseconds: u32) {
    gloo_timers::future::sleep(std::time::Duration::from_millis(milliseconds.into())).await;
}

/// Is there a network at all?
pub fn online() -> bool {
    window().navigator().on_line()
}
