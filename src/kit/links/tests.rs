use super::{Piece::*, *};
use crate::model::steps::{HOSTILE, assert_linear, hostile};

fn shown<'a>(text: &'a str, wanted: &[Piece<'a>]) {
    assert_eq!(pieces(text), wanted, "{text:?}");
}

#[test]
fn only_http_addresses_become_links() {
    shown(
        "see https://a.example/x?y=1.",
        &[Text("see "), Link("https://a.example/x?y=1"), Text(".")],
    );
    shown(
        "(http://a.example/b_(c))",
        &[Text("("), Link("http://a.example/b_(c)"), Text(")")],
    );
    shown(
        "[http://a.example/(b)] x",
        &[Text("["), Link("http://a.example/(b)"), Text("] x")],
    );
    shown(
        "HTTPS://A.example, ok",
        &[Link("HTTPS://A.example"), Text(", ok")],
    );
    shown(
        "é https://ü.example/ä é",
        &[Text("é "), Link("https://ü.example/ä"), Text(" é")],
    );
    shown(
        "http://[::1]:3000/x http://localhost:3000",
        &[
            Link("http://[::1]:3000/x"),
            Text(" "),
            Link("http://localhost:3000"),
        ],
    );
    assert_eq!(pieces("https://a.example\nhttps://b.example").len(), 3);
    for plain in [
        "",
        "javascript:alert(1)",
        "xhttp://a.example",
        "éhttp://a.example",
        "http://",
        "https:// a",
        "http:///a",
        "http://?",
        "http://a:b",
        "http://a:99999",
        "http://..",
        "http://[::1",
        "http://[x]",
        "http://our.bank.example@evil.example/",
        "http://a\\@evil.example",
        "data:text/html,<b>",
        "//a.example",
        "é",
    ] {
        assert!(
            !pieces(plain).iter().any(|p| matches!(p, Link(_))),
            "{plain}"
        );
    }
    assert_eq!(
        pieces("javascript:https://a.example")[0],
        Text("javascript:")
    );
}

#[test]
fn an_address_ends_where_something_unseen_stands() {
    for c in ['\u{202e}', '\u{200b}', '\u{2066}', '\u{200f}', '\u{feff}'] {
        let text = format!("https://a.example/x{c}moc.evil");
        assert_eq!(pieces(&text)[0], Link("https://a.example/x"), "{c:?}");
    }
}

#[test]
fn code_stands_between_backticks() {
    shown(
        "say `npm i` and ``a`b``.",
        &[
            Text("say "),
            Code("npm i"),
            Text(" and "),
            Code("a`b"),
            Text("."),
        ],
    );
    shown(
        "```let a;``` (`b`)",
        &[Code("let a;"), Text(" ("), Code("b"), Text(")")],
    );
    shown(
        "see\n```rust\nfn a() {}\n\nhttp://a.example `b`\n```\nthen",
        &[
            Text("see\n"),
            Block("fn a() {}\n\nhttp://a.example `b`"),
            Text("then"),
        ],
    );
    shown("```\na\n```", &[Block("a")]);
    shown("`http://a.example`", &[Code("http://a.example")]);
    shown(
        "http://a.example`b`",
        &[Link("http://a.example"), Text("`b`")],
    );
    for plain in [
        "a`b`c",
        "rock`n`roll",
        "`a\nb`",
        "` ` `",
        "``",
        "`",
        "````a````",
        "```\nnever closed",
        "```\n```",
        "```a```b",
        "**a** <b> &amp; # x\n- y",
    ] {
        assert!(
            pieces(plain)
                .iter()
                .all(|p| matches!(p, Text(_) | Code(" "))),
            "{plain:?}: {:?}",
            pieces(plain)
        );
    }
}

#[test]
fn nothing_is_lost() {
    let mut all: Vec<String> = HOSTILE.iter().map(|case| hostile(*case, 500)).collect();
    all.extend(
        [
            "a https://b.example/c) d https://e.example",
            "http://http://x.example",
            "<https://a.example>",
            "`a` b ```\nc\n``` ``d``",
            "x\n```\na\n```\n```\nb\n```",
        ]
        .map(str::to_owned),
    );
    // Beside the fences and the blank space around blocks.
    let words = |text: &str| text.replace(['`', '\n', '\r', ' '], "").replace("x", "");
    for text in all {
        let shown: String = pieces(&text)
            .iter()
            .map(|p| match p {
                Text(t) | Link(t) | Code(t) | Block(t) => *t,
                Gap => "",
            })
            .collect();
        assert_eq!(words(&shown), words(&text), "{text:?}");
    }
}

#[test]
fn reading_costs_no_more_than_the_text() {
    assert_linear(limits::MESSAGE, |text| _ = pieces(text));
    assert_linear(limits::MESSAGE, |text| _ = trim(text));
}

#[test]
fn one_text_becomes_few_elements() {
    for case in HOSTILE {
        let text = hostile(*case, limits::MESSAGE);
        let found = pieces(&text);
        assert!(found.len() <= 2 * limits::MARKS + 2, "{case:?}");
    }
    let many = "http://a.example `b`\n".repeat(100);
    let marked = pieces(&many)
        .iter()
        .filter(|p| !matches!(p, Text(_)))
        .count();
    assert_eq!(marked, limits::MARKS);
}

#[test]
fn one_to_three_emoji_stand_alone() {
    for large in [
        "👍",
        "😀😀😀",
        "👍🏽 🙏🏿",
        "❤️",
        "❤️‍🔥",
        "👩‍👩‍👧‍👦",
        "🧑🏽‍🚒",
        "🏳️‍🌈",
        "👩‍⚕️",
        "🇩🇪🇫🇷",
        "1️⃣2️⃣",
        "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
        "⭐✅",
        "☎️",
        "👨🏿‍👩🏿‍👧🏿‍👦🏿👨🏿‍👩🏿‍👧🏿‍👦🏿",
    ] {
        assert!(is_emoji(large), "{large}");
    }
    for small in [
        "",
        " ",
        "a",
        "1",
        "12",
        "😀😀😀😀",
        "😀a",
        "a😀",
        "☎",
        "©",
        "🇩",
        "\u{200d}",
        "👍\u{200d}",
        "\u{fe0f}",
        "€",
        "漢",
    ] {
        assert!(!is_emoji(small), "{small:?}");
    }
    let joined = "\u{1f469}\u{200d}".repeat(5_000);
    assert!(!is_emoji(&joined));
}
