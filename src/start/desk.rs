//! The inbox: `desk.wasm`.

use super::begin;
use leptos::mount::hydrate_body;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
pub fn desk(words: &str) {
    begin(words);
    hydrate_body(crate::app::Desk);
}
