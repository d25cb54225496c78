//! The browser's side: the words that the page's script hands over before anything is drawn.

use super::{EDITION, Text};
use crate::model::wire::{self, Json};
use std::sync::OnceLock;

static WORDS: OnceLock<Vec<Text>> = OnceLock::new();
static LANGUAGE: OnceLock<String> = OnceLock::new();

/// The words of this module, as the server's `File` has them. They stay for as long as the page does.
pub fn hand_over(words: &str) {
    let read = || {
        let Ok(Json::List(all)) = wire::parse(words) else {
            return None;
        };
        let mut all = all.into_iter();
        match (all.next()?, all.next()?) {
            (Json::Text(edition), Json::Text(language)) if edition == EDITION => {
                _ = LANGUAGE.set(language);
            }
            _ => return None,
        }
        Some(all.map(made).collect::<Vec<Text>>())
    };
    // A page says which words it was built with: others would put every sentence in another's place.
    let words = read().expect("the words are not those of this module");
    _ = WORDS.set(words);
}

fn made(one: Json) -> Text {
    match one {
        Json::Text(text) => Text::Plain(text.leak()),
        Json::List(forms) => {
            let mut all = vec![];
            let mut forms = forms.into_iter();
            while let (Some(Json::Text(category)), Some(Json::Text(text))) =
                (forms.next(), forms.next())
            {
                all.push((&*category.leak(), &*text.leak()));
            }
            Text::Plural(all.leak())
        }
        _ => Text::Plain(""),
    }
}

pub fn text(number: usize) -> Text {
    let words = WORDS.get().and_then(|all| all.get(number));
    words.copied().unwrap_or(Text::Plain(""))
}

/// A module speaks one language.
pub use text as first;

pub fn language() -> &'static str {
    LANGUAGE.get().map_or("en", |language| language)
}

/// The plural category of a number, as the browser knows it.
pub fn category(language: &str, n: &str) -> String {
    let rules = js_sys::Intl::PluralRules::new(
        &js_sys::Array::of1(&language.into()),
        &js_sys::Object::new(),
    );
    // Whole numbers: what reads fractions would be a tenth of the module.
    let n = n.parse::<i32>();
    n.map_or_else(|_| String::new(), |n| rules.select(n.into()).into())
}

/// A module was handed its own already.
pub fn file_name(_: &str) -> &'static str {
    ""
}
