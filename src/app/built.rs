//! What the frame needs of the built site besides its HTML: the names of its module and its part of the style sheet.

use leptos::prelude::*;
use std::{path::Path, sync::OnceLock};

#[derive(Clone)]
pub struct Built {
    /// Addresses of the module.
    pub js: String,
    pub wasm: String,
    /// Carried by the document: asked for, it would come a round trip later, and share the line with the module.
    /// Absent under `cargo leptos watch`, which exchanges the sheet while a page is open.
    pub style: Option<String>,
}

impl Built {
    /// A release does not change while it runs, and is read once.
    pub fn of(options: &LeptosOptions) -> Built {
        static RELEASE: OnceLock<Built> = OnceLock::new();
        if options.hash_files {
            RELEASE.get_or_init(|| Built::read(options)).clone()
        } else {
            Built::read(options)
        }
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
        let (js, wasm) = hashed("widget", "widget.js", "widget.wasm")
            // Under `cargo leptos watch` there is one module with both entries.
            .or_else(|| hashed(name, "js", "wasm"))
            .unwrap_or_else(|| {
                let bg = option_env!("LEPTOS_OUTPUT_NAME").map_or("_bg", |_| "");
                (name.to_string(), format!("{name}{bg}"))
            });
        let sheet = hash("css").and_then(|css| {
            let file = Path::new(&*options.site_root)
                .join(&**pkg)
                .join(format!("{name}.{css}.css"));
            std::fs::read_to_string(file).ok()
        });
        Built {
            js: format!("/{pkg}/{js}.js"),
            wasm: format!("/{pkg}/{wasm}.wasm"),
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
