//! The rules of the house, as tests: who may import whom, where SQL and features may stand, that every statement
//! prepares on both databases, that both schemas are one, and that every door refuses a stranger.

mod doors;
mod floors;
mod pages;
mod sql;
mod style;

pub(crate) use sql::*;
use std::{
    fs,
    path::{Path, PathBuf},
};
pub(crate) use style::*;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` with this ending: its path from the root, and its text.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, ending, found);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    let mut found = vec![];
    walk(&root().join(folder), ending, &mut found);
    found.sort();
    assert!(
        !found.is_empty(),
        "no {ending} files below {folder}: the rule would check nothing"
    );
    let named = |p: PathBuf| {
        (
            p.strip_prefix(root())
                .unwrap()
                .to_string_lossy()
                .into_owned(),
            fs::read_to_string(&p).unwrap(),
        )
    };
    found.into_iter().map(named).collect()
}

/// The code without comments and without test modules, which may reach anywhere.
fn code(text: &str) -> String {
    let shown = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    shown
        .lines()
        .filter(|l| !l.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_test(path: &str) -> bool {
    path.ends_with("tests.rs")
        || path.contains("/tests/")
        || path.starts_with("src/proof/")
        // Compiled into tests only, as its neighbour says in `base/mod.rs`.
        || ["src/test/", "src/tidy/", "src/base/fail.rs"].iter().any(|part| path.starts_with(part))
}

#[track_caller]
fn none(rule: &str, broken: Vec<String>) {
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}
