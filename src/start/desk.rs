//! The inbox: `desk.wasm`.

use super::mind_panics;
use leptos::mount::hydrate_body;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
pub fn desk() {
    mind_panics();
    hydrate_body(crate::app::Desk);
}
