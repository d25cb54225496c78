//! People's text as it is, with its http addresses clickable and nothing else interpreted.

use crate::model::address::Address;
use leptos::{either::Either, prelude::*};

#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Link(&'a str),
}

/// The text, escaped, line breaks kept (by CSS), addresses as links.
pub fn links(text: &str) -> impl IntoView + use<> {
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(t) => Either::Left(t.to_owned()),
            Piece::Link(l) => {
                let l = l.to_owned();
                Either::Right(view! { <OutsideLink href=l.clone()>{l}</OutsideLink> })
            }
        })
        .collect::<Vec<_>>()
}

/// A link to somewhere else, from somebody else: only http and https become one.
#[component]
pub fn OutsideLink(
    #[prop(into)] href: String,
    #[prop(optional, into)] class: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    if is_http(&href) {
        Either::Left(view! {
            <a class=class href=href rel="noopener noreferrer nofollow" target="_blank">
                {children()}
            </a>
        })
    } else {
        Either::Right(view! { <span class=class>{children()}</span> })
    }
}

fn is_http(address: &str) -> bool {
    Address::read(address).is_some()
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = vec![];
    let (mut done, mut at) = (0, 0);
    while let Some(start) = next_address(text, at) {
        let rest = &text[start..];
        let end = rest
            .find(|c: char| c.is_whitespace() || c.is_control() || "<>\"`“”„«»".contains(c))
            .unwrap_or(rest.len());
        let address = trim(&rest[..end]);
        if is_http(address) {
            if start > done {
                found.push(Piece::Text(&text[done..start]));
            }
            found.push(Piece::Link(address));
            done = start + address.len();
        }
        at = start + end.max(4);
    }
    if done < text.len() {
        found.push(Piece::Text(&text[done..]));
    }
    found
}

/// Where the next `http://` or `https://` begins that does not stand inside a word.
fn next_address(text: &str, from: usize) -> Option<usize> {
    let starts = |at: usize, scheme: &str| {
        text.as_bytes()
            .get(at..at + scheme.len())
            .is_some_and(|b| b.eq_ignore_ascii_case(scheme.as_bytes()))
    };
    (from..text.len()).find(|at| {
        (starts(*at, "http://") || starts(*at, "https://"))
            && text[..*at]
                .chars()
                .next_back()
                .is_none_or(|c| !c.is_alphanumeric())
    })
}

/// Without the punctuation that ends the sentence around it; a closing bracket belongs to it if it was opened in it.
fn trim(address: &str) -> &str {
    let mut address = address;
    while let Some(last) = address.chars().next_back() {
        let closes = |open: char| address.matches(last).count() > address.matches(open).count();
        let outside = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | '*' | '_' | '…' | '。' | '、' => {
                true
            }
            ')' => closes('('),
            ']' => closes('['),
            '}' => closes('{'),
            _ => false,
        };
        if !outside {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address
}

#[cfg(test)]
mod tests {
    use super::{Piece::*, *};

    #[test]
    fn only_http_addresses_become_links() {
        assert_eq!(
            pieces("see https://a.example/x?y=1."),
            [Text("see "), Link("https://a.example/x?y=1"), Text(".")]
        );
        assert_eq!(
            pieces("(http://a.example/b_(c))"),
            [Text("("), Link("http://a.example/b_(c)"), Text(")")]
        );
        assert_eq!(
            pieces("HTTPS://A.example, ok"),
            [Link("HTTPS://A.example"), Text(", ok")]
        );
        assert_eq!(
            pieces("é https://ü.example/ä é"),
            [Text("é "), Link("https://ü.example/ä"), Text(" é")]
        );
        assert_eq!(pieces("https://a.example\nhttps://b.example").len(), 3);
        for plain in [
            "",
            "javascript:alert(1)",
            "xhttp://a.example",
            "http://",
            "https:// a",
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
    fn nothing_is_lost() {
        for text in [
            "a https://b.example/c) d https://e.example",
            "http://http://x.example",
            "<https://a.example>",
        ] {
            let all: String = pieces(text)
                .iter()
                .map(|p| match p {
                    Text(t) | Link(t) => *t,
                })
                .collect();
            assert_eq!(all, text);
        }
    }
}
