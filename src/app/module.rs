//! The modules: the browser's half is linked several times, each with some of the pages, so that nobody fetches what
//! another page is for. How a page starts its own; which one that is, `pages.rs` says.

use super::built::Built;
use crate::words;
use leptos::{nonce::use_nonce, prelude::*};

/// The modules in one list; each has a name, which its files have and the function that starts it.
macro_rules! modules {
    ($( $(#[$doc:meta])* $module:ident $name:literal, )+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Module {
            $( $(#[$doc])* $module, )+
        }

        impl Module {
            pub const ALL: [Module; [$( $name ),+].len()] = [$( Module::$module ),+];

            pub fn name(self) -> &'static str {
                match self {
                    $( Module::$module => $name, )+
                }
            }
        }
    };
}

modules! {
    /// The inbox.
    Desk "desk",
    /// Every other page that is not still.
    Admin "admin",
    /// The frame on somebody's site.
    Chat "chat",
}

/// What Leptos' `HydrationScripts` does, for one of several modules.
#[component]
pub fn Start(options: LeptosOptions, module: Module) -> impl IntoView {
    let built = Built::of(&options);
    let (js, wasm) = built.module(module);
    let entry = module.name();
    let words = format!(
        "/{}/{}",
        options.site_pkg_dir,
        words::file_name(module.name())
    );
    let script = format!(
        "const w=fetch({words:?}).then(r=>r.ok?r.text():Promise.reject(r.status));w.catch(()=>0);import({js:?}).then(m=>m.default({{module_or_path:{wasm:?}}}).then(()=>w).then(w=>m.{entry}(w)))"
    );
    let (js, wasm) = (js.to_owned(), wasm.to_owned());
    view! {
        <link rel="modulepreload" href=js crossorigin="anonymous" />
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
        <link rel="preload" href=words r#as="fetch" crossorigin="anonymous" />
        <script type="module" nonce=use_nonce()>
            {script}
        </script>
    }
}
