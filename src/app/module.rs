//! The modules: the browser's half is linked several times, each with some of the pages, so that nobody fetches what
//! another page is for. Which one a page starts, and how.

use super::built::Built;
use leptos::{nonce::use_nonce, prelude::*};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Module {
    /// The inbox.
    Desk,
    /// Every other page of the app.
    Admin,
    /// The frame on somebody's site.
    Chat,
}

impl Module {
    pub const ALL: [Module; 3] = [Module::Desk, Module::Admin, Module::Chat];

    /// The one that knows the app's page at `path`.
    pub fn of(path: &str) -> Module {
        match path.strip_prefix("/desk") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Module::Desk,
            _ => Module::Admin,
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inbox_is_a_module_of_its_own() {
        for inbox in ["/desk", "/desk/", "/desk/c/1"] {
            assert_eq!(Module::of(inbox), Module::Desk, "{inbox}");
        }
        for other in ["/", "/desks", "/admin", "/sign-in", "/account/sessions"] {
            assert_eq!(Module::of(other), Module::Admin, "{other}");
        }
    }
}
