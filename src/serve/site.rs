//! The built site: pages' WASM, styles, icons. A release carries it inside the binary and unpacks it at start
//! to `<data>/site/<hash of its contents>`, because Leptos reads `hash.txt` from disk and files are served from
//! there. Without one (tests, plain `cargo run`) pages render and their assets are missing.

use super::AppState;
use crate::{app::module::Module, words};
use axum::{Router, http::header, routing::get};
use leptos::config::{Env, LeptosOptions};
use sha2::{Digest, Sha256};
use std::{
    borrow::Cow,
    io,
    path::{Path, PathBuf},
};
use tower_http::services::{ServeDir, ServeFile};

/// The files of the site as the binary carries them; names have forward slashes.
pub struct Bundle {
    pub names: fn() -> Vec<String>,
    pub file: fn(&str) -> Option<Cow<'static, [u8]>>,
}

const NAME: &str = "deskbell";
/// The sheet of the still pages.
const STILL: &str = "still";
const HASHES: &str = "hash.txt";

/// Where Leptos finds what it links to: unpacked, or as `cargo leptos` says, or nowhere.
pub fn options(bundle: Option<&Bundle>, data: &Path) -> io::Result<LeptosOptions> {
    let base = || LeptosOptions::builder().output_name(NAME).env(Env::PROD);
    let Some(bundle) = bundle else {
        let Some(root) = std::env::var("LEPTOS_SITE_ROOT")
            .ok()
            .filter(|r| Path::new(r).is_dir())
        else {
            return Ok(base().site_root("no-site").build());
        };
        let hashed = std::env::var("LEPTOS_HASH_FILES").is_ok_and(|v| v == "true");
        return Ok(base().site_root(root).hash_files(hashed).build());
    };
    let root = unpack(bundle, &std::path::absolute(data)?.join("site"))?;
    // An absolute path wins where Leptos joins it to the executable's folder.
    let hashes = root.join(HASHES).display().to_string();
    Ok(base()
        .site_root(root.display().to_string())
        .hash_files(true)
        .hash_file(hashes.into())
        .build())
}

/// Files with their contents, in order of name, and `hash.txt`, in which Leptos looks for the names.
fn contents(bundle: &Bundle) -> Vec<(String, Cow<'static, [u8]>)> {
    let mut names = (bundle.names)();
    names.sort();
    let mut files: Vec<_> = names
        .into_iter()
        .filter_map(|n| (bundle.file)(&n).map(|f| (n, f)))
        .collect();
    let hashes = hashes(files.iter().map(|(n, _)| n.as_str()));
    files.push((HASHES.into(), hashes.into_bytes().into()));
    files
}

/// `css: H`, taken from the name `pkg/deskbell.H.css`; of the still pages' sheet `still.css: H`, of the modules
/// `chat.js: H` and so on.
fn hashes<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let hash = |name: &'a str| {
        let (module, rest) = name.strip_prefix("pkg/")?.split_once('.')?;
        let (hash, kind) = rest.split_once('.')?;
        let own = |name: &str| Module::ALL.iter().any(|m| m.name() == name);
        match (module, kind) {
            (NAME, "css") => Some(format!("{kind}: {hash}\n")),
            (STILL, "css") => Some(format!("{STILL}.{kind}: {hash}\n")),
            (other, "js" | "wasm") if own(other) => Some(format!("{other}.{kind}: {hash}\n")),
            _ => None,
        }
    };
    names.filter_map(hash).collect()
}

fn unpack(bundle: &Bundle, site: &Path) -> io::Result<PathBuf> {
    let files = contents(bundle);
    let mut sum = Sha256::new();
    for (name, file) in &files {
        sum.update((name.len() as u64).to_le_bytes());
        sum.update(name);
        sum.update((file.len() as u64).to_le_bytes());
        sum.update(file);
    }
    let build = hex::encode(&sum.finalize()[..12]);
    let root = site.join(&build);
    let is_there = |(name, file): &(String, Cow<[u8]>)| {
        std::fs::metadata(root.join(name)).is_ok_and(|m| m.len() == file.len() as u64)
    };
    if !files.iter().all(is_there) {
        let draft = site.join(format!("{build}.new"));
        let _ = std::fs::remove_dir_all(&draft);
        for (name, file) in &files {
            let to = draft.join(name);
            std::fs::create_dir_all(to.parent().unwrap_or(&draft))?;
            std::fs::write(to, file)?;
        }
        let _ = std::fs::remove_dir_all(&root);
        std::fs::rename(&draft, &root)?;
    }
    for old in std::fs::read_dir(site)?
        .flatten()
        .filter(|e| e.file_name() != build.as_str())
    {
        let _ = std::fs::remove_dir_all(old.path());
    }
    Ok(root)
}

/// `/pkg/…` and the files at the site's root, with the smaller forms that were made when it was built.
pub fn files(options: &LeptosOptions) -> Router<AppState> {
    let root = Path::new(&*options.site_root);
    let pkg = ServeDir::new(root.join(&*options.site_pkg_dir))
        .precompressed_br()
        .precompressed_gzip();
    let mut router = Router::new().nest_service(&format!("/{}", options.site_pkg_dir), pkg);
    for file in words::files() {
        let at = format!("/{}/{}", options.site_pkg_dir, file.name);
        let json = ([(header::CONTENT_TYPE, "application/json")], &*file.json);
        router = router.route(&at, get(async move || json));
    }
    for file in std::fs::read_dir(root).into_iter().flatten().flatten() {
        let Ok(name) = file.file_name().into_string() else {
            continue;
        };
        let is_made = name.ends_with(".br") || name.ends_with(".gz") || name == HASHES;
        if file.path().is_file()
            && !is_made
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        {
            let serve = ServeFile::new(file.path())
                .precompressed_br()
                .precompressed_gzip();
            router = router.route_service(&format!("/{name}"), serve);
        }
    }
    router
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::built::Built;

    const BUNDLE: Bundle = Bundle {
        names: || {
            [
                "pkg/admin.H1.js",
                "pkg/admin.H2.wasm",
                "pkg/admin.H2.wasm.br",
                "pkg/deskbell.H3.css",
                "pkg/still.H8.css",
                "pkg/desk.H6.js",
                "pkg/desk.H7.wasm",
                "pkg/chat.H4.js",
                "pkg/chat.H5.wasm",
                "pkg/chat.H5.wasm.gz",
                "icons.svg",
            ]
            .map(String::from)
            .to_vec()
        },
        file: |name| Some(name.as_bytes().to_vec().into()),
    };

    #[test]
    fn a_binary_alone_unpacks_its_site_and_leaves_one() {
        let data = std::env::temp_dir().join(format!("deskbell-site-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(data.join("site/older")).unwrap();
        let options = options(Some(&BUNDLE), &data).unwrap();
        assert_eq!(
            std::fs::read_to_string(&*options.hash_file).unwrap(),
            "admin.js: H1\nadmin.wasm: H2\nchat.js: H4\nchat.wasm: H5\ndesk.js: H6\ndesk.wasm: H7\ncss: H3\nstill.css: H8\n"
        );
        assert_eq!(Built::of(&options).still, "/pkg/still.H8.css");
        assert!(
            Path::new(&*options.site_root)
                .join("pkg/admin.H2.wasm.br")
                .exists()
        );
        assert_eq!(
            std::fs::read_dir(data.join("site")).unwrap().count(),
            1,
            "the older one is gone"
        );
        let torn = Path::new(&*options.site_root).join("icons.svg");
        std::fs::write(&torn, "").unwrap();
        super::options(Some(&BUNDLE), &data).unwrap();
        assert_eq!(
            std::fs::read_to_string(torn).unwrap(),
            "icons.svg",
            "what was torn is mended"
        );
        std::fs::remove_dir_all(data).unwrap();
    }
}
