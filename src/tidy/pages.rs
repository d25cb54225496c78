//! What stands in views.

use super::*;
use crate::words;
use std::collections::BTreeSet;

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

/// By `tr!`; a refusal by the function of its name.
#[test]
fn every_sentence_is_said_somewhere() {
    let sources = files("src", ".rs");
    let plain = |text: &str| text.split_whitespace().collect::<String>();
    let all: String = sources.iter().map(|(_, text)| plain(text)).collect();
    let is_said = |key: &str| match key.split_once('.') {
        Some((part, name)) if part.starts_with("refusal") => {
            all.contains(&format!("Refusal::{name}"))
        }
        _ => [")", ","]
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
pub(super) fn early_ends(code: &str) -> BTreeSet<usize> {
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
