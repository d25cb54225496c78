//! The server's side: all languages, and what each module for the browser is handed.

use super::{LANGUAGES, MODULES, Text, pseudo};
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralOperands, PluralRules};
use sha2::{Digest, Sha256};
use std::sync::{LazyLock, OnceLock};

/// The language of all pages: its name, and its sentences by their number.
static SPOKEN: OnceLock<(&str, Vec<Text>)> = OnceLock::new();

/// Say everything in the pseudo-locale from now on. Only before anything was said.
pub fn speak_pseudo() {
    _ = SPOKEN.set((pseudo::LANGUAGE, pseudo::table(english())));
}

fn english() -> &'static [Text] {
    let english = LANGUAGES.iter().find(|(name, _)| *name == "en");
    english.map_or(&[], |(_, all)| all)
}

fn spoken() -> &'static (&'static str, Vec<Text>) {
    SPOKEN.get_or_init(|| ("en", english().to_vec()))
}

pub fn language() -> &'static str {
    spoken().0
}

pub fn text(number: usize) -> Text {
    spoken().1[number]
}

/// In English.
pub fn first(number: usize) -> Text {
    english()[number]
}

/// The plural category of a number (CLDR).
pub fn category(language: &str, n: &str) -> String {
    let word = || {
        let locale: Locale = language.parse().ok()?;
        let rules = PluralRules::try_new(locale.into(), Default::default()).ok()?;
        let n: i64 = n.parse().ok()?;
        Some(match rules.category_for(PluralOperands::from(n)) {
            PluralCategory::Zero => "zero",
            PluralCategory::One => "one",
            PluralCategory::Two => "two",
            PluralCategory::Few => "few",
            PluralCategory::Many => "many",
            PluralCategory::Other => "other",
        })
    };
    word().unwrap_or("other").to_owned()
}

/// The words of one module in one language, as its page fetches them: JSON, an array of the edition, the language and
/// the sentences in the order of the module's numbers; one with plurals is an array of category and text in turn.
pub struct File {
    pub module: &'static str,
    /// `words.chat.en.HASH.json`
    pub name: String,
    pub json: Vec<u8>,
}

pub fn file_name(module: &str) -> &'static str {
    let file = files().iter().find(|file| file.module == module);
    file.map_or("", |file| &file.name)
}

/// Those of every module, in the language that is spoken.
pub fn files() -> &'static [File] {
    static FILES: LazyLock<Vec<File>> = LazyLock::new(|| MODULES.iter().map(made).collect());
    &FILES
}

fn made((module, edition, numbers): &(&'static str, &str, &[usize])) -> File {
    let language = language();
    let mut all: Vec<serde_json::Value> = vec![(*edition).into(), language.into()];
    all.extend(numbers.iter().map(|number| {
        match text(*number) {
            Text::Plain(text) => text.into(),
            Text::Plural(forms) => forms
                .iter()
                .flat_map(|(category, text)| [*category, *text])
                .collect(),
        }
    }));
    let json = serde_json::Value::from(all).to_string().into_bytes();
    let hash = hex::encode(&Sha256::digest(&json)[..11]);
    File {
        module,
        name: format!("words.{module}.{language}.{hash}.json"),
        json,
    }
}
