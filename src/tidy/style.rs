//! Sheets.

use super::*;
use std::{collections::BTreeSet, fs};

/// So that a change of a sheet is read line by line.
#[test]
fn a_sheet_has_one_declaration_a_line() {
    let mut broken = vec![];
    for (path, text) in files("style", ".css") {
        for (n, line) in text.lines().enumerate() {
            // An address may hold one, as in `url("data:image/svg+xml;utf8,…")`.
            let declarations = line.split(';').filter(|part| part.contains(": ")).count();
            if line.len() > 140 || (declarations > 1 && !line.contains("url(")) {
                broken.push(format!("{path}:{}", n + 1));
            }
        }
    }
    none("a line of a sheet holds more than one declaration", broken);
}

#[test]
fn colours_are_tokens() {
    let mut broken = vec![];
    for (path, text) in files("style", ".css")
        .into_iter()
        .filter(|(p, _)| !p.ends_with("tokens.css"))
    {
        for (n, line) in text.lines().enumerate() {
            let hex = line.split('#').skip(1).any(|t| {
                let digits = t.bytes().take_while(u8::is_ascii_hexdigit).count();
                matches!(digits, 3 | 4 | 6 | 8)
                    && line.contains(':')
                    && !t[digits..]
                        .starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_')
                    && !line.trim_end().ends_with('{')
                    && !line.trim_end().ends_with(',')
            });
            if hex || line.contains("rgb(") || line.contains("hsl(") || line.contains("!important")
            {
                broken.push(format!("{path}:{}: {}", n + 1, line.trim()));
            }
        }
    }
    none("a colour literal or !important outside the tokens", broken);
}

/// The text of a sheet and of those that it imports.
pub(crate) fn sheets(name: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("style").join(name)).unwrap();
    let imported = text
        .split("@import url(\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    let mut all: Vec<_> = imported.flat_map(sheets).collect();
    let own = text.lines().filter(|line| !line.starts_with("@import"));
    all.push(own.collect::<Vec<_>>().join("\n"));
    all
}

/// The classes that a sheet speaks of.
pub(crate) fn classes(css: &str) -> BTreeSet<String> {
    let code: String = css
        .split("/*")
        .map(|part| part.split_once("*/").map_or(part, |(_, code)| code))
        .collect();
    let names = code.split('.').skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        &rest[..end.unwrap_or(rest.len())]
    });
    names
        .filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
        .map(String::from)
        .collect()
}

/// Each is read by whoever comes to the desk for the first time, and knows nothing of the screens behind the door.
#[test]
fn the_still_pages_sheet_has_nothing_of_the_screens() {
    let (all, still) = (sheets("main.css"), sheets("still.css"));
    let kit = sheets("kit-pages.css");
    let theirs: Vec<_> = all
        .iter()
        .filter(|text| !still.contains(text) && !kit.contains(text))
        .collect();
    assert!(theirs.len() > 6 && still.len() > 6, "or it has everything");
    // What begins a rule of a screen's sheet is that screen's.
    let roots: BTreeSet<String> = theirs
        .iter()
        .flat_map(|text| text.lines())
        .filter(|line| line.starts_with('.'))
        .filter_map(|line| classes(line.split([' ', ',', '{', ':', '[']).next()?).pop_first())
        .collect();
    assert!(
        roots.contains("inbox") || roots.contains("row"),
        "{roots:?}"
    );
    let own = classes(&still.concat());
    let shared: Vec<_> = own.intersection(&roots).collect();
    assert!(shared.is_empty(), "of the screens: {shared:?}");
}
