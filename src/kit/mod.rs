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

use crate::words::Slotted;
use leptos::prelude::*;

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

/// A sentence whose slot stands out.
pub fn strong(sentence: Slotted) -> AnyView {
    let Slotted {
        before,
        inside,
        behind,
    } = sentence;
    let inside = (!inside.is_empty()).then(|| view! { <b>{inside}</b> });
    (before, inside, behind).into_any()
}
