//! The frame on somebody's site: `chat.wasm`.

use super::mind_panics;
use leptos::mount::hydrate_body;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
pub fn chat() {
    mind_panics();
    hydrate_body(crate::app::widget_page::WidgetRoot);
}
