//! What pages need of the built site besides their HTML: the names of the modules, the still pages' sheet, and the
//! frame's part of the sheet of all others.

use super::module::Module;
use leptos::prelude::*;
use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

pub struct Built {
    /// Addresses of each module: its script and its WASM.
    modules: [(Module, String, String); Module::ALL.len()],
    /// Carried by the frame's document: asked for, it would come a round trip later, and share the line with the module.
    /// Absent under `cargo leptos watch`, which exchanges the sheet while a page is open.
    pub style: Option<String>,
    /// Address of the sheet that still pages have. Under `cargo leptos watch` there is one sheet for all.
    pub still: String,
}

impl Built {
    /// A release does not change while it runs, and is read once.
    pub fn of(options: &LeptosOptions) -> Arc<Built> {
        static RELEASE: OnceLock<Arc<Built>> = OnceLock::new();
        if options.hash_files {
            RELEASE
                .get_or_init(|| Arc::new(Built::read(options)))
                .clone()
        } else {
            Arc::new(Built::read(options))
        }
    }

    /// The addresses of a module: its script and its WASM.
    pub fn module(&self, module: Module) -> (&str, &str) {
        let found = self.modules.iter().find(|(which, ..)| *which == module);
        found.map_or(("", ""), |(_, js, wasm)| (js, wasm))
    }

    fn read(options: &LeptosOptions) -> Built {
        let hashes = if options.hash_files {
            let beside = std::env::current_exe()
                .ok()
                .and_then(|exe| exe.parent().map(Path::to_path_buf))
                .unwrap_or_default();
            std::fs::read_to_string(beside.join(&*options.hash_file)).unwrap_or_default()
        } else {
            String::new()
        };
        let hash = |of: &str| {
            let mut all = hashes.lines().filter_map(|line| line.split_once(':'));
            Some(all.find(|(what, _)| *what == of)?.1.trim())
        };
        let hashed = |module: &str, js: &str, wasm: &str| {
            let (js, wasm) = (hash(js)?, hash(wasm)?);
            Some((format!("{module}.{js}"), format!("{module}.{wasm}")))
        };
        let (name, pkg) = (&options.output_name, &options.site_pkg_dir);
        let addresses = |module: Module| {
            let own = module.name();
            let (js, wasm) = hashed(own, &format!("{own}.js"), &format!("{own}.wasm"))
                // Under `cargo leptos watch` there is one module with every entry.
                .or_else(|| hashed(name, "js", "wasm"))
                .unwrap_or_else(|| {
                    let bg = option_env!("LEPTOS_OUTPUT_NAME").map_or("_bg", |_| "");
                    (name.to_string(), format!("{name}{bg}"))
                });
            (
                module,
                format!("/{pkg}/{js}.js"),
                format!("/{pkg}/{wasm}.wasm"),
            )
        };
        let sheet = hash("css").and_then(|css| {
            let file = Path::new(&*options.site_root)
                .join(&**pkg)
                .join(format!("{name}.{css}.css"));
            std::fs::read_to_string(file).ok()
        });
        let still = match (hash("still.css"), hash("css")) {
            (Some(still), _) => format!("/{pkg}/still.{still}.css"),
            (None, Some(all)) => format!("/{pkg}/{name}.{all}.css"),
            (None, None) => format!("/{pkg}/{name}.css"),
        };
        Built {
            still,
            modules: Module::ALL.map(addresses),
            style: sheet.as_deref().and_then(of_the_frame),
        }
    }
}

/// The layers before `tools`, and `last`: `style/main.css` has them in this order, each once.
fn of_the_frame(sheet: &str) -> Option<String> {
    let (ours, theirs) = sheet.split_once("@layer tools{")?;
    let last = theirs.rfind("@layer last{")?;
    let style = format!("{ours}{}", &theirs[last..]);
    (!style.contains("</")).then_some(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_carries_no_style_of_whole_pages() {
        let sheet = "@layer kit{.a{b:c}}@layer chat{.d>e{f:g}}@layer tools{.h{i:j}}@layer desk{.k{l:m}}@layer last{[hidden]{display:none}}";
        assert_eq!(
            of_the_frame(sheet).as_deref(),
            Some("@layer kit{.a{b:c}}@layer chat{.d>e{f:g}}@layer last{[hidden]{display:none}}")
        );
        assert_eq!(of_the_frame("@layer kit{}"), None, "another kind of sheet");
        assert_eq!(
            of_the_frame("</style>@layer tools{}@layer last{}"),
            None,
            "nothing ends its element"
        );
    }
}
