//! Which part of the house may use which.

use super::*;
use std::{collections::BTreeSet, fs};
use syn::{ItemUse, UseTree, visit::Visit};

/// Every path that a file's `use` trees name, each written out: `use crate::{a::b, c};` names `crate::a::b` and
/// `crate::c`.
pub(super) fn used(text: &str) -> Vec<String> {
    struct Uses(Vec<String>);
    impl Uses {
        fn walk(&mut self, before: &str, tree: &UseTree) {
            match tree {
                UseTree::Path(path) => self.walk(&format!("{before}{}::", path.ident), &path.tree),
                UseTree::Group(group) => group.items.iter().for_each(|t| self.walk(before, t)),
                UseTree::Name(name) => self.0.push(format!("{before}{}", name.ident)),
                UseTree::Rename(name) => self.0.push(format!("{before}{}", name.ident)),
                UseTree::Glob(_) => self.0.push(format!("{before}*")),
            }
        }
    }
    impl<'a> Visit<'a> for Uses {
        fn visit_item_use(&mut self, item: &'a ItemUse) {
            self.walk("", &item.tree);
        }
    }
    let mut uses = Uses(vec![]);
    uses.visit_file(&syn::parse_file(text).unwrap());
    uses.0
}

/// Whether a file names something below `module`, in a `use` tree or in full.
pub(super) fn names(text: &str, module: &str) -> bool {
    let below = format!("{module}::");
    used(text)
        .iter()
        .any(|path| path == module || path.starts_with(&below))
        || code(text).contains(&below)
}

#[test]
fn what_stands_in_braces_is_seen() {
    let text = "use crate::{live::{door, Door}, model::error};\nfn f() { use crate::kit as k; }";
    for module in [
        "crate::live",
        "crate::live::door",
        "crate::model::error",
        "crate::kit",
    ] {
        assert!(names(text, module), "{module}");
    }
    assert!(!names(text, "crate::mode"), "half a name is none");
    assert!(names("fn f() { crate::live::door::post() }", "crate::live"));
}

/// The imports of a file's code that name nothing. Two preludes are meant to be taken whole: what a view is written in,
/// and the ids. An enum's variants may be too.
fn globs(text: &str) -> Vec<String> {
    let is_enum = |module: &str| {
        let name = module.rsplit("::").next().unwrap_or_default();
        name.starts_with(|c: char| c.is_ascii_uppercase())
    };
    let hides = |path: &String| {
        path.strip_suffix("::*").is_some_and(|module| {
            !["leptos::prelude", "crate::model::id"].contains(&module) && !is_enum(module)
        })
    };
    used(&code(text)).into_iter().filter(hides).collect()
}

#[test]
fn an_import_names_what_it_takes() {
    for (sample, glob) in [
        ("use super::*;", "super::*"),
        ("use super::{inbox::screenful, *};", "super::*"),
        ("fn f() { use super::super::*; }", "super::super::*"),
        ("mod shapes;\npub use shapes::*;", "shapes::*"),
        (
            "use crate::model::{id::*, time::*};",
            "crate::model::time::*",
        ),
    ] {
        assert_eq!(globs(sample), [glob], "{sample}");
    }
    for sample in [
        "use leptos::{html, prelude::*};",
        "fn f() { use Status::*; }",
        "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n}",
    ] {
        assert!(globs(sample).is_empty(), "{sample}");
    }
    let product = files("src", ".rs").into_iter().filter(|(p, _)| !is_test(p));
    let broken = product.flat_map(|(path, text)| {
        let all = globs(&text).into_iter();
        all.map(move |glob| format!("{path}: use {glob}"))
    });
    none("an import does not name what it takes", broken.collect());
}

#[test]
fn a_floor_uses_only_the_floors_above_it() {
    let below: &[(&str, &[&str])] = &[
        (
            "src/model/",
            &["base", "live", "kit", "desk", "app", "serve"],
        ),
        (
            "src/words/",
            &["base", "live", "kit", "desk", "app", "serve"],
        ),
        ("src/base/", &["live", "kit", "desk", "app", "serve"]),
        ("src/live/", &["kit", "desk", "app", "serve"]),
        ("src/kit/", &["live", "desk", "app", "serve", "base"]),
        ("src/desk/", &["app", "serve"]),
        ("src/app/", &["serve"]),
    ];
    let mut broken = vec![];
    for (path, text) in files("src", ".rs").into_iter().filter(|(p, _)| !is_test(p)) {
        let Some((_, forbidden)) = below.iter().find(|(floor, _)| path.starts_with(floor)) else {
            continue;
        };
        for floor in forbidden.iter() {
            if names(&text, &format!("crate::{floor}")) {
                broken.push(format!("{path} uses {floor}"));
            }
        }
    }
    none("a floor reaches down", broken);
}

/// In the order in which `desk/mod.rs` lists them.
pub(super) fn slices() -> Vec<String> {
    let listed = fs::read_to_string(root().join("src/desk/mod.rs")).unwrap();
    let modules = listed
        .lines()
        .filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';'));
    let order: Vec<String> = modules
        .filter(|m| *m != "state")
        .map(str::to_owned)
        .collect();
    assert!(order.len() > 4, "{order:?}: the rules would check nothing");
    order
}

#[test]
fn a_slice_calls_only_slices_before_it() {
    let order = slices();
    let mut broken = vec![];
    for (path, text) in files("src/desk", ".rs")
        .into_iter()
        .filter(|(p, _)| !is_test(p))
    {
        let slice = path.split('/').nth(2).unwrap_or_default();
        let Some(at) = order.iter().position(|s| *s == slice) else {
            continue;
        };
        for later in &order[at + 1..] {
            let named = names(&text, &format!("crate::desk::{later}"));
            if named || code(&text).contains(&format!("desk::{later}::")) {
                broken.push(format!("{path} calls {later}"));
            }
        }
    }
    none("a slice calls one that is listed after it", broken);
}

#[test]
fn a_view_imports_neither_verbs_nor_another_slices_view() {
    let mut broken = vec![];
    for (path, text) in files("src/desk", ".rs")
        .into_iter()
        .filter(|(p, _)| p.contains("/view/") && !is_test(p))
    {
        let (slice, code) = (
            path.split('/').nth(2).unwrap_or_default().to_owned(),
            code(&text),
        );
        if code.contains("::ops::") || code.contains("super::ops") {
            broken.push(format!("{path} imports ops"));
        }
        for other in slices().iter().filter(|s| **s != slice) {
            let named = names(&text, &format!("crate::desk::{other}::view"));
            if named || code.contains(&format!("desk::{other}::view")) {
                broken.push(format!("{path} imports the view of {other}"));
            }
        }
    }
    none("a view knows too much", broken);
}

#[test]
fn features_are_asked_for_only_where_modules_are_listed() {
    let allowed = |p: &str| p == "src/lib.rs" || p == "src/main.rs" || p.ends_with("/mod.rs");
    let broken = files("src", ".rs")
        .into_iter()
        .filter(|(p, text)| {
            !allowed(p)
                && !is_test(p)
                && (code(text).contains("cfg(feature") || code(text).contains("cfg(not(feature"))
        })
        .map(|(p, _)| p);
    none(
        "cfg(feature) stands outside lib.rs, main.rs and mod.rs",
        broken.collect(),
    );
}

/// What a page is given is a shape of `model`: an `api` has doors alone, so that `ops` never imports it.
#[test]
fn an_api_has_doors_and_no_shapes() {
    let broken = files("src", "api.rs").into_iter().filter(|(_, text)| {
        let text = code(text);
        text.contains("pub struct") || text.contains("pub enum") || text.contains("words!")
    });
    none("a shape stands in an api", broken.map(|(p, _)| p).collect());
}

/// What a proof says was so when the request began. A verb that writes makes it once more, in its transaction.
#[test]
fn a_verb_begins_through_its_proof() {
    let begins = |text: &str| {
        let text: String = code(text).split_whitespace().collect();
        ["staff", "admin", "supervisor", "visitor", "asker", "who"]
            .iter()
            .any(|proof| {
                [".db().begin(", ".desk().db().begin("]
                    .iter()
                    .any(|by| text.contains(&format!("{proof}{by}")))
            })
    };
    assert!(begins(
        "let mut tx = staff\n    .db()\n    .begin(ws).await?;"
    ));
    let all = files("src/desk", ".rs");
    let verbs = all
        .iter()
        .filter(|(path, _)| path.contains("/ops/") && !is_test(path));
    let broken = verbs.filter(|(_, text)| begins(text));
    none(
        "a verb begins through its proof: `staff.begin()`",
        broken.map(|(path, _)| path.clone()).collect(),
    );
}

#[test]
fn routes_are_made_where_they_can_be_counted() {
    // `bench` is a program of its own.
    let allowed = |p: &str| p.starts_with("src/serve") || p.starts_with("src/bench/") || is_test(p);
    let broken = files("src", ".rs")
        .into_iter()
        .filter(|(p, text)| !allowed(p) && code(text).contains(".route("))
        .map(|(p, _)| p);
    none("a plain .route( outside serve", broken.collect());
}

/// What Cargo.toml lists is what the pages start: a module that is missing there is never linked.
#[test]
fn the_modules_of_cargo_toml_are_those_that_pages_start() {
    use crate::app::module::Module;

    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let list = |key: &str| -> BTreeSet<String> {
        let line = manifest
            .lines()
            .find_map(|line| line.strip_prefix(key)?.trim().strip_prefix('='));
        let line = line.unwrap_or_else(|| panic!("Cargo.toml has no {key}"));
        line.split('"')
            .skip(1)
            .step_by(2)
            .map(String::from)
            .collect()
    };
    let modules: BTreeSet<String> = Module::ALL.map(|m| m.name().into()).into();
    assert_eq!(list("modules"), modules);
    let features: BTreeSet<String> = modules.iter().map(|m| format!("hydrate-{m}")).collect();
    assert_eq!(list("lib-features"), features);
    for (module, feature) in modules.iter().zip(&features) {
        assert_eq!(list(feature), ["hydrate".into()].into(), "{feature}");
        let entry = fs::read_to_string(root().join(format!("src/start/{module}.rs"))).unwrap();
        assert!(
            entry.contains(&format!("pub fn {module}(words: &str)")),
            "{module}"
        );
    }
}
