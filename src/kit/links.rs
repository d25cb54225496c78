//! People's text as it is: addresses can be clicked, code between backticks stands in its own face, and nothing else
//! is interpreted. It is read once from the beginning to the end, whatever stands in it; the server and the browser
//! make the same of it, since neither asks a parser of its own.

mod emoji;
mod fold;
#[cfg(test)]
mod tests;

use crate::{
    model::{
        address::Address,
        letters::is_hidden,
        limits,
        steps::{step, steps},
    },
    tr,
};
use leptos::{
    either::{Either, EitherOf5},
    prelude::*,
};

pub use emoji::is_emoji;

#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Link(&'a str),
    /// Inside of a line.
    Code(&'a str),
    /// Lines of their own.
    Block(&'a str),
    /// Where a line may end.
    Gap,
}

impl<'a> Piece<'a> {
    fn words(&self) -> &'a str {
        match self {
            Piece::Text(words) | Piece::Link(words) | Piece::Code(words) | Piece::Block(words) => {
                words
            }
            Piece::Gap => "",
        }
    }
}

/// The text, escaped, line breaks kept (by CSS), addresses as links, code as code. Of a long one the beginning is seen,
/// and the rest opens.
pub fn links(text: &str) -> impl IntoView + use<> {
    let (seen, rest) = fold::fold(pieces(text));
    let rest = (!rest.is_empty()).then(|| {
        view! {
            <details>
                <summary>
                    <span>{tr!(common.show_more)}</span>
                    <span>{tr!(common.show_less)}</span>
                </summary>
                <div dir="auto">{drawn(rest)}</div>
            </details>
        }
    });
    (drawn(seen), rest)
}

fn drawn(pieces: Vec<Piece<'_>>) -> Vec<impl IntoView + use<>> {
    let one = |piece| match piece {
        Piece::Text(words) => EitherOf5::A(words.to_owned()),
        // It begins with http: where it leads is for the browser to say. The direction is that of addresses.
        Piece::Link(words) => {
            let (href, words) = (words.to_owned(), words.to_owned());
            EitherOf5::B(view! {
                <a href=href rel="noopener noreferrer nofollow" target="_blank" dir="ltr">
                    {words}
                </a>
            })
        }
        Piece::Code(words) => EitherOf5::C(view! { <code dir="ltr">{words.to_owned()}</code> }),
        Piece::Block(words) => EitherOf5::D(view! { <pre dir="ltr">{words.to_owned()}</pre> }),
        Piece::Gap => EitherOf5::E(view! { <wbr /> }),
    };
    pieces.into_iter().map(one).collect()
}

/// A link to somewhere else, from somebody else: only http and https become one.
#[component]
pub fn OutsideLink(
    #[prop(into)] href: String,
    #[prop(optional, into)] class: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    if Address::read(&href).is_some() {
        Either::Left(view! {
            <a class=class href=href rel="noopener noreferrer nofollow" target="_blank">
                {children()}
            </a>
        })
    } else {
        Either::Right(view! { <span class=class>{children()}</span> })
    }
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Found::default();
    let (mut done, mut at) = (0, 0);
    while let Some((fence, code)) = next_fence(text, at) {
        // What is not closed here is not closed further down either.
        let Some((end, after)) = closing_fence(text, code) else {
            break;
        };
        at = after;
        if end > code && found.has_room() {
            found.words(&text[done..fence]);
            found.mark(Piece::Block(text[code..end].trim_end_matches(['\n', '\r'])));
            done = after;
        }
    }
    found.words(&text[done..]);
    found.pieces
}

/// How many bytes of `text` come before the first such character.
fn before(text: &str, is: impl Fn(char) -> bool) -> usize {
    let end = text.find(is).unwrap_or(text.len());
    steps(end + 1);
    end
}

/// Where the line after `at` begins.
fn next_line(text: &str, at: usize) -> usize {
    (at + before(&text[at..], |c| c == '\n') + 1).min(text.len())
}

const FENCE: &str = "```";

/// From the beginning of a line on: the next line that opens a block of code, and where the code begins.
fn next_fence(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    while at < text.len() {
        let next = next_line(text, at);
        if let Some(language) = text[at..next].strip_prefix(FENCE)
            && language.ends_with('\n')
            && !language.contains('`')
        {
            steps(language.len());
            return Some((at, next));
        }
        at = next;
    }
    None
}

/// The next line with nothing but the fence, and where the line after it begins.
fn closing_fence(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    while at < text.len() {
        let next = next_line(text, at);
        if text[at..next].trim_end() == FENCE {
            return Some((at, next));
        }
        at = next;
    }
    None
}

#[derive(Default)]
struct Found<'a> {
    pieces: Vec<Piece<'a>>,
    /// How many of them are not text.
    marks: usize,
}

impl<'a> Found<'a> {
    /// So many elements one text becomes at most; the rest of it stays text.
    fn has_room(&self) -> bool {
        self.marks < limits::MARKS
    }

    fn text(&mut self, text: &'a str) {
        if !text.is_empty() {
            self.pieces.push(Piece::Text(text));
        }
    }

    fn mark(&mut self, piece: Piece<'a>) {
        self.marks += 1;
        self.pieces.push(piece);
    }

    /// Text without blocks.
    fn words(&mut self, text: &'a str) {
        let (mut done, mut at) = (0, 0);
        let mut last = None::<char>;
        // Whether one, two, three backticks may still find their like on this line.
        let mut closable = [true; 3];
        while let Some(c) = text[at..].chars().next()
            && self.has_room()
        {
            step();
            let rest = &text[at..];
            let free = !last.is_some_and(char::is_alphanumeric);
            let (read, marked) = match c {
                '`' => {
                    let run = before(rest, |c| c != '`');
                    let code = (free && run <= 3 && closable[run - 1])
                        .then(|| code(&rest[run..], run))
                        .flatten();
                    if free && run <= 3 && code.is_none() {
                        closable[run - 1] = false;
                    }
                    match code {
                        Some(code) => (code.len() + 2 * run, Some((0, Piece::Code(code)))),
                        None => (run, None),
                    }
                }
                'h' | 'H' if free => match scheme(rest) {
                    Some(scheme) => {
                        let end = before(rest, ends_an_address);
                        let address = trim(&rest[..end]);
                        let good = address.len() <= limits::URL
                            && leads_somewhere(&address[scheme.min(address.len())..]);
                        let link = good.then_some((end - address.len(), Piece::Link(address)));
                        (end, link)
                    }
                    None => (1, None),
                },
                '\n' => {
                    closable = [true; 3];
                    (1, None)
                }
                c => (c.len_utf8(), None),
            };
            if let Some((left, piece)) = marked {
                self.text(&text[done..at]);
                self.mark(piece);
                done = at + read - left;
            }
            at += read;
            last = text[..at].chars().next_back();
        }
        self.text(&text[done..]);
    }
}

/// What stands before as many backticks as opened it, on the same line and not inside of a word.
fn code(text: &str, run: usize) -> Option<&str> {
    let mut at = 0;
    loop {
        at += before(&text[at..], |c| c == '`' || c == '\n');
        if !text[at..].starts_with('`') {
            return None;
        }
        let closing = before(&text[at..], |c| c != '`');
        let after = text[at + closing..].chars().next();
        if closing == run && at > 0 && !after.is_some_and(char::is_alphanumeric) {
            return Some(&text[..at]);
        }
        at += closing;
    }
}

/// The length of `http://` or `https://`, if the text begins with it.
fn scheme(text: &str) -> Option<usize> {
    ["http://", "https://"].into_iter().find_map(|scheme| {
        let begins = text.as_bytes().get(..scheme.len())?;
        begins
            .eq_ignore_ascii_case(scheme.as_bytes())
            .then_some(scheme.len())
    })
}

fn ends_an_address(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || is_hidden(c)
        || matches!(c, '<' | '>' | '"' | '`' | '“' | '”' | '„' | '«' | '»')
}

/// Whether what follows the scheme begins with a host, perhaps with a port. With a name before the host (`a@b`) it
/// is no link: it leads elsewhere than it seems to.
fn leads_somewhere(rest: &str) -> bool {
    let all = &rest[..before(rest, |c| matches!(c, '/' | '?' | '#'))];
    let (host, port) = match all.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
        Some((v6, port))
            if v6
                .bytes()
                .all(|b| b.is_ascii_hexdigit() || b":.".contains(&b)) =>
        {
            (
                v6,
                port.strip_prefix(':').or(port.is_empty().then_some("0")),
            )
        }
        Some(_) => return false,
        None => match all.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (all, Some("0")),
        },
    };
    let known = |c: char| c.is_ascii_alphanumeric() || "._-:".contains(c) || !c.is_ascii();
    !host.is_empty()
        && host.len() <= limits::HOST
        && host.chars().all(known)
        && !host.starts_with('.')
        && port.is_some_and(|p| p.parse::<u16>().is_ok())
}

/// Without the punctuation that ends the sentence around it; a closing bracket belongs to it if it was opened in it.
fn trim(address: &str) -> &str {
    const BRACKETS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];
    // How many more of each were closed than opened.
    let mut over = [0_i32; 3];
    for c in address.chars() {
        step();
        for (over, (open, close)) in over.iter_mut().zip(BRACKETS) {
            *over += i32::from(c == close) - i32::from(c == open);
        }
    }
    let mut end = address.len();
    for (at, c) in address.char_indices().rev() {
        step();
        let outside = match BRACKETS.iter().position(|(_, close)| c == *close) {
            Some(kind) => {
                over[kind] -= 1;
                over[kind] >= 0
            }
            None => matches!(
                c,
                '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | '*' | '_' | '…' | '。' | '、'
            ),
        };
        if !outside {
            break;
        }
        end = at;
    }
    &address[..end]
}
