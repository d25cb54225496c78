//! The administration and one's own sessions: `admin.wasm`.

use super::mind_panics;
use leptos::mount::hydrate_body;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
pub fn admin() {
    mind_panics();
    hydrate_body(crate::app::Admin);
}
