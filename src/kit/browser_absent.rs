//! The server's twin of `browser`: there is no browser, so nothing happens.

use super::time::Part;
use crate::model::time::Time;
use chrono::{DateTime, Utc};
use leptos::{
    prelude::*,
    text_prop::TextProp,
    web_sys::{Element, HtmlTextAreaElement, KeyboardEvent},
};

pub const DROPPED: &str = "\n";
pub fn minute() -> Option<Time> {
    None
}
pub fn shift(time: Time) -> DateTime<Utc> {
    time.0
}
pub fn said(_: Part, _: DateTime<Utc>) -> Option<String> {
    None
}
pub fn moment(_: &str) -> Option<Time> {
    None
}
/// The words as they are now: the head is written last, when the signal may be gone. And it is written unescaped.
pub fn title_text(text: Signal<String>) -> TextProp {
    let text = text.get_untracked();
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .into()
}
pub fn stored(_: &str) -> Option<String> {
    None
}
pub fn store(_: &str, _: Option<&str>) {}
pub fn session_get(_: &str) -> Option<String> {
    None
}
pub fn session_set(_: &str, _: Option<&str>) {}
pub fn copy(_: &str) {}
pub fn beep() {}
pub fn muted() -> bool {
    false
}
pub fn mute(_: bool) {}
pub fn can_ask_to_notify() -> bool {
    false
}
pub fn may_notify() -> bool {
    false
}
pub fn may_not_notify() -> bool {
    false
}
pub async fn ask_to_notify() {}
pub fn notify(_: &str, _: &str, _: &str) {}
pub fn visible() -> bool {
    false
}
pub fn badge(_: i64) {}
pub fn theme() -> Option<String> {
    None
}
pub fn set_theme(_: Option<&str>) {}
pub fn switch_theme() {}
pub fn focus(_: &str) {}
pub fn at_bottom(_: &Element) -> bool {
    true
}
pub fn to_bottom(_: &Element, _: bool) {}
pub fn distance(_: &Element) -> i32 {
    0
}
pub fn keep_distance(_: &Element, _: i32) {}
pub fn show(_: &str) {}
pub fn reveal(_: &str) {}
pub fn insert(_: &HtmlTextAreaElement, _: &str) {}
pub fn focus_on(_: &[&str]) {}
pub fn focus_is_lost() -> bool {
    false
}
pub fn is_writing() -> bool {
    false
}
pub fn is_composing(_: &KeyboardEvent) -> bool {
    false
}
pub fn is_apple() -> bool {
    false
}
pub fn upper(text: &str) -> String {
    text.to_uppercase()
}
pub fn lower(text: &str) -> String {
    text.to_lowercase()
}
pub fn hide_popovers() {}
pub fn random() -> f64 {
    0.0
}
pub fn reload() {}
pub async fn sleep(_: u32) {}
pub fn online() -> bool {
    true
}
