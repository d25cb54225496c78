//! The modules: the browser's half is linked several times, each with some of the pages, so that nobody fetches what
//! another page is for. How a page starts its own; which one that is, `pages.rs` says.

use super::built::Built;
use leptos::{nonce::use_nonce, prelude::*};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Module {
    /// The inbox.
    Desk,
    /// Every other page that is not still.
    Admin,
    /// The frame on somebody's site.
    Chat,
}

impl Module {
    pub const ALL: [Module; 3] = [Module::Desk, Module::Admin, Module::Chat];

    /// What its files are called, and the function that starts it.
    pub fn name(self) -> &'static str {
        match self {
            Module::Desk => "desk",
            Module::Admin => "admin",
            Module::Chat => "chat",
        }
    }
}

/// What Leptos' `HydrationScripts` does, for one of several modules.
#[component]
pub fn Start(options: LeptosOptions, module: Module) -> impl IntoView {
    let built = Built::of(&options);
    let (js, wasm) = built.module(module);
    let entry = module.name();
    let script = format!(
        "import({js:?}).then(m=>m.default({{module_or_path:{wasm:?}}}).then(()=>m.{entry}()))"
    );
    let (js, wasm) = (js.to_owned(), wasm.to_owned());
    view! {
        <link rel="modulepreload" href=js crossorigin="anonymous" />
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
        <script type="module" nonce=use_nonce()>
            {script}
        </script>
    }
}
