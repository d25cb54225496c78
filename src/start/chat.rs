//! The frame on somebody's site: `chat.wasm`.

use super::begin;
use leptos::mount::hydrate_body;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
pub fn chat(words: &str) {
    begin(words);
    hydrate_body(crate::app::widget_page::WidgetRoot);
}
