//! The administration and one's own sessions: `admin.wasm`.

use super::begin;
use leptos::mount::hydrate_body;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
pub fn admin(words: &str) {
    begin(words);
    hydrate_body(crate::app::Admin);
}
