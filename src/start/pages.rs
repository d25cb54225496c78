//! Every page but the inbox: `deskbell.wasm`.

use super::mind_panics;
use leptos::mount::hydrate_body;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
pub fn pages() {
    mind_panics();
    hydrate_body(crate::app::Pages);
}
