//! The rules of the house, as tests: who may import whom, where SQL and features may stand, that every statement
//! prepares on both databases, that both schemas are one, and that every door refuses a stranger.

use crate::base::db::{Db, POSTGRES, SQLITE};
use crate::test::{Engine, TestDesk, run_story};
use crate::words;
use axum::{body::Body, http::Method};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use syn::{ItemUse, UseTree, visit::Visit};

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
        || path.starts_with("src/proof/")
        // Compiled into tests only, as its neighbour says in `base/mod.rs`.
        || ["src/test.rs", "src/tidy.rs", "src/base/fail.rs"].contains(&path)
}

#[track_caller]
fn none(rule: &str, broken: Vec<String>) {
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}

/// Every path that a file's `use` trees name, each written out: `use crate::{a::b, c};` names `crate::a::b` and
/// `crate::c`.
fn used(text: &str) -> Vec<String> {
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
fn names(text: &str, module: &str) -> bool {
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
fn slices() -> Vec<String> {
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

/// Such a page is rendered in answer to a post, too, whose address the browser then shows.
#[test]
fn a_form_that_is_posted_says_which_page_it_stands_on() {
    let (mut found, mut broken) = (0, vec![]);
    for (path, text) in files("src", ".rs").into_iter().filter(|(p, _)| !is_test(p)) {
        for form in code(&text).split(r#"method="post""#).skip(1) {
            found += 1;
            let form = form.trim_start();
            if !["action=address(", "action=form::address("]
                .iter()
                .any(|a| form.starts_with(a))
            {
                broken.push(path.clone());
            }
        }
        if code(&text).contains(r#"action="/_fn"#) {
            broken.push(path);
        }
    }
    assert!(found >= 6, "{found} forms: the rule would check nothing");
    none("a plain form does not say which page it stands on", broken);
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
fn sql_stands_in_its_rooms() {
    let allowed = |p: &str| {
        p.ends_with("ops/store.rs")
            || p == "src/live/bus/log.rs"
            || p == "src/live/bus/consumer.rs"
            || p == "src/live/bus/threads.rs"
            || p == "src/base/jobs.rs"
            || p == "src/live/bus/rows.rs"
            || p.starts_with("src/base/db")
            || p == "src/base/health.rs"
            || p.starts_with("src/bench/") // a program of its own
    };
    let words = [
        "\"select ",
        "\"insert into ",
        "\"update ",
        "\"delete from ",
        "\"pragma ",
        "sqlx::query",
    ];
    // The bus asks `pragma data_version` once a second: whether another process wrote is not a question about rows.
    let excused = |p: &str, word: &str| {
        p == "src/live/bus/mod.rs" && (word == "\"pragma " || word == "sqlx::query")
    };
    let mut broken = vec![];
    for (path, text) in files("src", ".rs")
        .into_iter()
        .filter(|(p, _)| !allowed(p) && !is_test(p))
    {
        for word in words
            .iter()
            .filter(|w| code(&text).contains(**w) && !excused(&path, w))
        {
            broken.push(format!("{path}: {word}"));
        }
    }
    none("SQL outside its rooms", broken);
}

/// A table is written in one room: its slice's store, or for the log and jobs the floor that keeps them. What another
/// slice needs done there, the owner's `ops` do. Two rooms write beside: `threads` what contacts change of theirs, and
/// the restore, which copies whole databases.
#[test]
fn a_table_is_written_by_its_slice_alone() {
    let mut owners = BTreeMap::new();
    for (path, text) in files("migrations/sqlite", ".sql") {
        let owner = match path.rsplit_once('_').expect("0001_account.sql").1 {
            "account.sql" | "login.sql" => "src/desk/account/",
            "contact.sql" => "src/desk/contact/",
            "widget.sql" => "src/desk/widget/",
            "conversation.sql" => "src/desk/conversation/",
            "log.sql" => "src/live/bus/",
            other => panic!("whose tables are in {other}?"),
        };
        let made = text.split("create table ").skip(1);
        owners.extend(made.filter_map(|rest| Some((rest.split(' ').next()?.to_owned(), owner))));
    }
    assert!(owners.len() > 15, "only {} tables", owners.len());
    let beside = |path: &str, table: &str| match path {
        "src/live/bus/threads.rs" => table == "conversation",
        "src/base/jobs.rs" => table == "job",
        // The workspace's row carries the counter, which the log takes.
        "src/live/bus/log.rs" => table == "workspace",
        _ => path.starts_with("src/base/db/"),
    };
    let (mut written, mut broken) = (0, vec![]);
    for (path, text) in files("src", ".rs")
        .into_iter()
        .filter(|(p, _)| !is_test(p) && !p.starts_with("src/bench/"))
    {
        let text = code(&text);
        let words: Vec<&str> = text
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|w| !w.is_empty())
            .collect();
        for three in words.windows(3) {
            let table = match three {
                ["insert", "into", table]
                | ["delete", "from", table]
                | ["update", table, "set"] => table,
                _ => continue,
            };
            let Some(owner) = owners.get(*table) else {
                continue;
            };
            written += 1;
            if !path.starts_with(owner) && !beside(&path, table) {
                broken.push(format!("{path} writes {table}"));
            }
        }
    }
    assert!(written > 60, "only {written} writes were found");
    none("a table is written outside its slice", broken);
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

/// By `tr!`; a refusal by the function of its name.
#[test]
fn every_sentence_is_said_somewhere() {
    let sources = files("src", ".rs");
    let plain = |text: &str| text.split_whitespace().collect::<String>();
    let all: String = sources.iter().map(|(_, text)| plain(text)).collect();
    let is_said = |key: &str| match key.strip_prefix("refusal.") {
        Some(name) => all.contains(&format!("Refusal::{name}")),
        None => [")", ","]
            .iter()
            .any(|end| all.contains(&format!("tr!({key}{end}"))),
    };
    let mute = words::KEYS.iter().filter(|key| !is_said(key));
    none(
        "a sentence that nobody says",
        mute.map(|k| k.to_string()).collect(),
    );
}

/// Which links are page loads is decided by the table of pages (`app::pages`), in one place: `kit::To`.
#[test]
fn a_link_to_a_page_of_ours_is_written_as_one() {
    // The head's picture is a file, and the frame has no router: every link there is a load.
    let excused = |path: &str, rest: &str| {
        rest.starts_with("/favicon.svg")
            || rest.starts_with("/widget/") && path.starts_with("src/desk/conversation/view/chat/")
    };
    fn is_to(before: &str) -> bool {
        let tag = before.rfind('<').map_or("", |at| &before[at..]);
        tag.starts_with("<To") && tag[3..].starts_with(char::is_whitespace)
    }
    let broken = |path: &str, code: &str| {
        let by_hand = ["href=\"/", "href=format!(\"/"].iter().any(|written| {
            let from = written.len() - 1;
            code.match_indices(written)
                .any(|(at, _)| !is_to(&code[..at]) && !excused(path, &code[at + from..]))
        });
        // Within the page, or the page itself: no router is to see that either.
        let loads = code.match_indices("rel=\"external\"").any(|(at, _)| {
            let before = code[..at].trim_end();
            !before.ends_with("href=\"\"") && !before.ends_with("href=\"#main\"")
        });
        by_hand || loads
    };
    assert!(broken("x", "<a class=\"button\" href=\"/desk\">"));
    assert!(broken("x", "<a href=format!(\"/desk/c/{id}\")>"));
    assert!(broken("x", "<a href=there rel=\"external\">"));
    assert!(!broken("x", "<To href=\"/desk\" attr:class=\"button\">"));
    let views = ["src/app", "src/desk"].map(|floor| files(floor, ".rs"));
    let views = views.iter().flatten().filter(|(path, _)| !is_test(path));
    let links = views
        .clone()
        .map(|(_, text)| code(text).matches("<To").count())
        .sum::<usize>();
    assert!(links > 15, "{links} links: the rule would check nothing");
    let by_hand = views.filter(|(path, text)| broken(path, &code(text)));
    none(
        "a link to a page is written by hand",
        by_hand.map(|(path, _)| path.clone()).collect(),
    );
}

#[test]
fn traps_of_the_stack_are_not_stepped_into() {
    let mut broken = vec![];
    for (path, text) in files("src", ".rs").into_iter().filter(|(p, _)| !is_test(p)) {
        let code = code(&text);
        for (trap, home) in [
            ("leptos_meta::Title", "src/kit/title.rs"), // it writes its text into the head unescaped
            ("style=", ""),                             // the CSP allows no style attributes
            ("#[server(input = GetUrl", ""),            // nothing changes by GET
        ] {
            let real = code
                .match_indices(trap)
                .any(|(at, _)| trap != "style=" || code[..at].ends_with([' ', '\n']));
            if real && path != home {
                broken.push(format!("{path}: {trap}"));
            }
        }
        // The text of a textarea for pages without WASM, escaped by the one function for it; nothing else.
        if code.matches("inner_html").count()
            != code.matches("inner_html=escaped(").count()
                + code.matches("inner_html=form::escaped(").count()
                // Our own pictures, out of our own file.
                + code.matches("inner_html=icon::sprite(&PICTURES)").count()
        {
            broken.push(format!(
                "{path}: inner_html with something that is not escaped"
            ));
        }
        let imports_title = code
            .lines()
            .any(|l| l.contains("leptos_meta::{") && l.contains("Title"));
        if imports_title {
            broken.push(format!("{path}: leptos_meta's Title"));
        }
        let children = code
            .match_indices("</textarea>")
            .any(|(at, _)| !code[..at].trim_end().ends_with('>'));
        if children {
            broken.push(format!(
                "{path}: a <textarea> with children is not escaped; fill it through prop:value"
            ));
        }
    }
    none("traps", broken);
}

/// Where a `>` ends a tag of `view!` too early: `data-over=move || n > 3` is the attribute `n` and then the text `3`.
/// Behind a tag stands a tag, a block or a string; within braces, parentheses and brackets `>` is a comparison.
fn early_ends(code: &str) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for (from, opening) in code.match_indices("view! {") {
        let start = from + opening.len();
        let body = &code[start..];
        let mut letters = body.char_indices();
        // The depth at which a tag is open, and how many generics are open in it.
        let (mut depth, mut tag, mut angles, mut before) = (1, None, 0, ' ');
        while let Some((at, c)) = letters.next() {
            let rest = &body[at + c.len_utf8()..];
            let in_tag = tag == Some(depth);
            let generic = before.is_alphanumeric() || before == ':';
            match c {
                '"' => loop {
                    match letters.next() {
                        Some((_, '\\')) => _ = letters.next(),
                        Some((_, '"')) | None => break,
                        _ => {}
                    }
                },
                '\'' if rest.chars().nth(1) == Some('\'') => _ = letters.nth(1),
                '{' | '(' | '[' => depth += 1,
                '}' | ')' | ']' => depth -= 1,
                '<' if in_tag && generic => angles += 1,
                '<' if tag.is_none()
                    && !generic
                    && rest.starts_with(|c: char| c.is_alphabetic() || c == '/') =>
                {
                    tag = Some(depth)
                }
                '>' if in_tag && angles > 0 => angles -= 1,
                '>' if in_tag && !matches!(before, '-' | '=') => {
                    tag = None;
                    if !rest.trim_start().starts_with(['<', '{', '"', '}', '/']) {
                        found.insert(start + at);
                    }
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
            before = c;
        }
    }
    found
}

#[test]
fn a_bare_greater_than_is_not_written_in_a_tag() {
    let early = |inside: &str| early_ends(&format!("view! {{ {inside} }}")).len();
    for bad in [
        "<p data-over=move || n.get() > 3>\"x\"</p>",
        "<p data-over=n >= 3 role=\"status\">{x}</p>",
        "<div>{all.map(|n| view! { <b hidden=n>limit>{n}</b> })}</div>",
    ] {
        assert_eq!(early(bad), 1, "{bad}");
    }
    for good in [
        "<p data-over=move || { n.get() > 3 } title=\"a > b\">\"x\"</p>",
        "<p hidden=(n > 3) class=all[n > 3]>{n > 3}</p>",
        "<List<Row> row=|n: u8| -> bool { n > 2 } of=x.iter().collect::<Vec<_>>() />",
        "<p on:click=move |_| match n { 1 => go(), _ => {} }>{x.get::<Vec<u8>>(a > b)}</p> <br /> \"y\"",
        "<p title={ let c = '\"'; c > 'a' }>{x}</p>",
    ] {
        assert_eq!(early(good), 0, "{good}");
    }
    let mut broken = vec![];
    for (path, text) in files("src", ".rs").into_iter().filter(|(p, _)| !is_test(p)) {
        let code = code(&text);
        for at in early_ends(&code) {
            let line = code[..at].rsplit('\n').next().unwrap_or_default().trim();
            broken.push(format!("{path}: {line} >"));
        }
    }
    none("a bare > ends a tag; put braces around it", broken);
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

#[test]
fn both_migration_folders_hold_the_same_names() {
    let names = |m: &sqlx::migrate::Migrator| {
        m.iter()
            .map(|m| (m.version, m.description.to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&SQLITE), names(&POSTGRES));
    assert!(!names(&SQLITE).is_empty());
}

/// Every statement that has a name.
pub(crate) fn statements() -> Vec<(&'static str, &'static [(&'static str, &'static str)])> {
    vec![
        ("log", crate::live::bus::log::ALL),
        ("consumer", crate::live::bus::consumer::ALL),
        ("thread", crate::live::bus::threads::ALL),
        ("job", crate::base::jobs::ALL),
        ("account", crate::desk::account::ops::SQL),
        ("contact", crate::desk::contact::ops::SQL),
        ("widget", crate::desk::widget::ops::SQL),
        ("conversation", crate::desk::conversation::ops::SQL),
        ("routing", crate::desk::routing::ops::SQL),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_statement_prepares_on_both_databases() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        run_story(engine, |desk| async move {
            let (mut snapshot, mut n) = (desk.node.db().snapshot().await.unwrap(), 0);
            for (slice, all) in statements() {
                for (name, sql) in all {
                    snapshot
                        .prepare(sql)
                        .await
                        .unwrap_or_else(|e| panic!("{slice} {name} on {engine:?}: {e}\n{sql}"));
                    n += 1;
                }
            }
            assert!(n > 100, "only {n} statements were found");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_schemas_are_one() {
    async fn columns(db: &Db, sql: &'static str) -> BTreeMap<String, BTreeSet<String>> {
        let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (table, column, required) in
            db.all::<(String, String, bool)>(sql, vec![]).await.unwrap()
        {
            tables.entry(table).or_default().insert(format!(
                "{column}{}",
                if required { " not null" } else { "" }
            ));
        }
        tables
    }
    async fn uniques(db: &Db, sql: &'static str) -> BTreeSet<String> {
        db.all::<(String,)>(sql, vec![])
            .await
            .unwrap()
            .into_iter()
            .map(|(n,)| n)
            .collect()
    }
    let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let send = send.clone();
        run_story(engine, |desk: TestDesk| async move {
            let db = desk.node.db();
            // A primary key is not null on both, but only PostgreSQL says so of every one.
            let (all, named) = match engine {
                Engine::Sqlite => (
                    "select m.name, c.name, (c.\"notnull\" or c.pk > 0) from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table' and m.name not like 'sqlite_%' and m.name not like '_sqlx%'",
                    "select name from sqlite_master where type = 'index' and name not like 'sqlite_%'",
                ),
                Engine::Postgres => (
                    "select cast(table_name as text), cast(column_name as text), is_nullable = 'NO' from information_schema.columns where table_schema = 'public' and table_name not like '\\_sqlx%'",
                    "select cast(indexname as text) from pg_indexes where schemaname = 'public' and indexname not like '%\\_pkey' and indexname not like '%\\_key' and tablename not like '\\_sqlx%'",
                ),
            };
            send.send((columns(db, all).await, uniques(db, named).await)).unwrap();
        })
        .await;
    }
    let (sqlite, postgres) = (receive.recv().await.unwrap(), receive.recv().await.unwrap());
    assert!(sqlite.0.len() > 12);
    assert_eq!(sqlite.0, postgres.0, "tables, columns, nullability");
    assert_eq!(sqlite.1, postgres.1, "indexes by name");
}

/// Doors that anybody may use. (Signing in answers a stranger 401 as well: its own stories are told in `account`.) A new door is not in this list until somebody decides so.
const OPEN: &[&str] = &[
    "get /api/v1/health",
    "get /api/v1/health/ready",
    "get /api/v1/availability",
    "post /api/v1/sessions",
    "get /api/v1/widgets/{id}/config",
    "post /api/v1/widgets/{id}/visitors",
    "post /_fn/deskbell/desk/account/api/front_page",
    "post /_fn/deskbell/desk/account/api/guide_page",
    "post /_fn/deskbell/desk/account/api/look_at_link",
    "post /_fn/deskbell/desk/account/api/set_up",
    "post /_fn/deskbell/desk/account/api/accept",
    "post /_fn/deskbell/desk/account/api/choose_password",
    "post /_fn/deskbell/desk/account/api/enter_by_link",
    "post /_fn/deskbell/desk/conversation/api/enter_thread",
    // A visitor has no session before the first of these.
    "post /_fn/deskbell/desk/widget/api/begin",
    "post /_fn/deskbell/desk/conversation/api/open_chat",
    "post /_fn/deskbell/desk/conversation/api/say_plain",
];

crate::stories! {
    every_door_refuses_a_stranger,
}

async fn every_door_refuses_a_stranger(desk: TestDesk) {
    let nobody = desk.nobody();
    let document = serde_json::to_value(crate::serve::document()).unwrap();
    let mut doors: Vec<(String, String)> = vec![];
    for (path, methods) in document["paths"].as_object().unwrap() {
        doors.extend(
            methods
                .as_object()
                .unwrap()
                .keys()
                .map(|m| (m.clone(), path.clone())),
        );
    }
    doors.extend(
        leptos::server_fn::axum::server_fn_paths()
            .map(|(path, method)| (method.to_string().to_lowercase(), path.to_owned())),
    );
    assert!(
        doors.len() > 70,
        "{} doors: some are not counted",
        doors.len()
    );
    assert!(
        doors
            .iter()
            .filter(|(_, p)| p.starts_with("/_fn/"))
            .all(|(m, _)| m == "post"),
        "nothing of the pages' changes by GET"
    );

    let id = uuid::Uuid::now_v7();
    // Whatever any function may want, so that it is the asker who is refused and not the form.
    let form = format!(
        "conversation={id}&contact={id}&client={id}&widget={id}&agent={id}&session={id}&id={id}&body=x&kind=reply&view=mine&before=1&seq=1&typing=true&here=true\
         &until=2099-01-01T00:00:00.000Z&email=a%40b.example&name=A&role=agent&availability=online&reason=&host=&auto_assign=true&assignment=auto&time_zone=UTC&revision=1&token=x\
         &workspace=A&password=long+enough+indeed&current=x&keep=false&page_url=&user_id=u&user_hash=h&domains=&policy=anyone&welcome_message=&offline_message=\
         &primary_color=%23000000&secondary_color=%23000000&position=bottom-right&preset=blue&auto_open_delay=&enabled=true&source={id}"
    );
    let (mut unexpected, mut met) = (vec![], BTreeSet::new());
    for (method, path) in &doors {
        let door = format!("{method} {path}");
        let filled = path
            .split('/')
            .map(|p| {
                if p.starts_with('{') {
                    id.to_string()
                } else {
                    p.to_owned()
                }
            })
            .collect::<Vec<_>>()
            .join("/");
        let pages = path.starts_with("/_fn/");
        let (kind, body) = if pages {
            ("application/x-www-form-urlencoded", form.clone())
        } else {
            ("application/json", "{}".into())
        };
        let method: Method = method.to_uppercase().parse().unwrap();
        let request = nobody
            .request(method, &format!("/{filled}"))
            .header("content-type", kind)
            .header("accept", "application/json");
        let reply = nobody.ask(request.body(Body::from(body)).unwrap()).await;
        let open = OPEN.contains(&door.as_str());
        met.insert(door.clone());
        if (reply.status == 401) == open {
            unexpected.push(format!(
                "{door}: {} {}",
                reply.status,
                reply.text.chars().take(160).collect::<String>()
            ));
        }
    }
    none(
        "doors that let a stranger in, or that are listed as open and are not",
        unexpected,
    );
    none(
        "open doors that are not there any more",
        OPEN.iter()
            .filter(|d| !met.contains(**d))
            .map(ToString::to_string)
            .collect(),
    );
}
