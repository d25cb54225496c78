//! Buttons, fields, dialogs, time, loading: no product words.

pub mod avatar;
/// What only a browser can do: storage, sound, focus, scrolling. On the server each does nothing.
#[cfg(feature = "hydrate")]
pub mod browser;
#[cfg(not(feature = "hydrate"))]
#[path = "browser_absent.rs"]
pub mod browser;
pub mod copy;
pub mod dialog;
pub mod form;
pub mod icon;
pub mod links;
pub mod loaded;
pub mod notify;
#[cfg(all(test, feature = "ssr"))]
mod tests;
pub mod time;
pub mod title;
pub mod to;
pub mod toast;

use leptos::prelude::Effect;

pub use {
    avatar::{Avatar, initials},
    copy::Copy,
    dialog::Dialog,
    form::{Field, Form, Posting, SaveBar},
    icon::Icon,
    loaded::{Answer, Loaded, awaited},
    time::When,
    title::Title,
    to::{Beyond, To},
    toast::Toasts,
};

/// Run now in the browser, and again whenever what it read has changed; it is given what it returned before. As
/// [`Effect::new`], whose own machinery is compiled here once, instead of around every closure.
pub fn effect<T: 'static>(mut run: impl FnMut(Option<T>) -> T + 'static) {
    fn erased(mut run: Box<dyn FnMut()>) {
        Effect::new(move |_: Option<()>| run());
    }
    let mut before = None;
    erased(Box::new(move || before = Some(run(before.take()))));
}

/// A sentence from the catalogue (`src/locales`); the key is checked when compiled: `tr!(inbox.empty)` is a
/// `&'static str`. With arguments it is a `String`: `tr!(thread.typing, name = name)` puts `name` where the
/// catalogue says `{name}`. (One brace: what leptos_i18n itself interpolates, `{{ name }}`, cannot become a string
/// without a build script.)
#[macro_export]
macro_rules! tr {
    ($($key:ident).+) => { leptos_i18n::td_string!($crate::kit::locale(), $($key).+) };
    ($($key:ident).+, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::kit::fill($crate::tr!($($key).+), &[$((stringify!($name), &$value)),+])
    };
}

/// `{name}` in the sentence becomes its value; a value is never searched for more.
pub fn fill(sentence: &str, values: &[(&str, &dyn std::fmt::Display)]) -> String {
    let mut filled = String::new();
    for (i, part) in sentence.split('{').enumerate() {
        match part.split_once('}') {
            Some((name, rest)) if i > 0 => {
                let value = values.iter().find(|(n, _)| *n == name);
                debug_assert!(value.is_some(), "no {name} for {sentence:?}");
                filled += &value.map_or_else(String::new, |(_, v)| v.to_string());
                filled += rest;
            }
            _ => filled += part,
        }
    }
    filled
}

/// The reader's language. One for now.
pub fn locale() -> crate::i18n::Locale {
    crate::i18n::Locale::en
}
