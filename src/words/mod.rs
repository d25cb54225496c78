//! Every sentence that people read. The catalogue is `src/locales/{language}/{part}.json`; [`tr!`](crate::tr) takes a
//! sentence out of it, by a key that is checked when compiled. The server has all of them; a module for the browser is
//! built without any and is handed its own when it starts (`file`), so that another language is another file.

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(not(feature = "hydrate"))]
mod pseudo;
#[cfg(not(feature = "hydrate"))]
mod server;
#[cfg(all(test, not(feature = "hydrate")))]
mod tests;

#[cfg(feature = "hydrate")]
use browser as side;
#[cfg(feature = "hydrate")]
pub use browser::hand_over;
#[cfg(not(feature = "hydrate"))]
use server as side;
#[cfg(not(feature = "hydrate"))]
pub use server::{File, files, speak_pseudo};

use std::fmt::Display;

include!(concat!(env!("OUT_DIR"), "/words.rs"));

/// A sentence of the catalogue. `{name}` in it stands for an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    Plain(&'static str),
    /// By CLDR's plural category; `n` chooses, `other` is always there.
    Plural(&'static [(&'static str, &'static str)]),
}

/// What stands for `{name}`, by that name.
type Values<'a> = &'a [(&'a str, &'a dyn Display)];

/// A sentence with one slot in it, such as `<b>{name}</b> joined.`: what stands before, in and behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slotted {
    pub before: String,
    pub inside: String,
    pub behind: String,
}

impl Slotted {
    /// The sentence without its slot.
    pub fn plain(self) -> String {
        self.before + &self.inside + &self.behind
    }
}

/// A sentence from the catalogue in its reader's language: `tr!(inbox.empty)` is a `&'static str`. With arguments it is
/// a `String`: `tr!(thread.is_typing, name = name)` puts `name` where the catalogue says `{name}`. An unknown key, and
/// an argument too few, too many or misspelled, do not compile. One with a slot is [`Slotted`].
#[macro_export]
macro_rules! tr {
    ($($key:ident).+) => { $crate::words::key::$($key)::+() };
    ($($key:ident).+, $($name:ident = $value:expr),+ $(,)?) => {{
        use $crate::words::key::$($key)::+ as sentence;
        sentence([$((sentence::$name, &$value as &dyn ::std::fmt::Display)),+])
    }};
}

/// The language that is spoken here, as BCP 47 names it: for `<html lang>`.
pub fn language() -> &'static str {
    side::language()
}

/// The name of the file that a module is handed, as its page has to say it.
pub fn file_name(module: &str) -> &'static str {
    side::file_name(module)
}

/// The sentence of this number, which has no arguments.
pub fn plain(number: usize) -> &'static str {
    match side::text(number) {
        Text::Plain(text) => text,
        Text::Plural(_) => "",
    }
}

/// The sentence of this number with its arguments.
pub fn filled(number: usize, values: Values) -> String {
    let language = side::language();
    fill(chosen(side::text(number), language, values), values)
}

/// The same of a sentence that has a slot.
pub fn slotted(number: usize, values: Values) -> Slotted {
    let sentence = chosen(side::text(number), side::language(), values);
    let parts = || {
        let (before, rest) = sentence
            .split_once("<b>")
            .or_else(|| sentence.split_once("<a>"))?;
        let (inside, behind) = rest.split_once("</")?;
        Some([before, inside, behind.split_once('>')?.1])
    };
    let [before, inside, behind] = parts().unwrap_or([sentence, "", ""]);
    Slotted {
        before: fill(before, values),
        inside: fill(inside, values),
        behind: fill(behind, values),
    }
}

/// Why something was refused, as its reader says it; `None` if this module has no sentence for it.
pub fn refusal(key: &str, values: Values) -> Option<String> {
    Some(filled(refusal_number(key)?, values))
}

/// The same for programs and logs: English on the server, whoever reads.
pub fn refusal_for_programs(key: &str, values: Values) -> Option<String> {
    let number = refusal_number(key)?;
    Some(fill(chosen(side::first(number), "en", values), values))
}

fn refusal_number(key: &str) -> Option<usize> {
    let at = REFUSALS.iter().position(|known| *known == key)?;
    Some(FIRST_REFUSAL + at)
}

/// The text of this plural category, or the only one.
fn chosen(text: Text, language: &str, values: Values) -> &'static str {
    match text {
        Text::Plain(text) => text,
        Text::Plural(forms) => {
            let n = values.iter().find(|(name, _)| *name == "n");
            let n = n.map(|(_, n)| n.to_string()).unwrap_or_default();
            let category = side::category(language, &n);
            let of = |wanted: &str| forms.iter().find(|(c, _)| *c == wanted);
            of(&category)
                .or_else(|| of("other"))
                .map_or("", |(_, text)| text)
        }
    }
}

/// `{name}` in the sentence becomes its value, which is never searched for more; other braces stay.
fn fill(sentence: &str, values: Values) -> String {
    let mut filled = String::new();
    let mut parts = sentence.split('{');
    filled += parts.next().unwrap_or_default();
    for part in parts {
        let value = part.split_once('}').and_then(|(name, rest)| {
            let (_, value) = values.iter().find(|(n, _)| *n == name)?;
            Some((value, rest))
        });
        match value {
            Some((value, rest)) => {
                filled += &value.to_string();
                filled += rest;
            }
            None => {
                filled.push('{');
                filled += part;
            }
        }
    }
    filled
}
