//! A plain post that was refused: how the page that answers it learns what was typed and what is wrong.

use crate::kit::loaded::Wire;
use crate::model::error::Error;
use leptos::{context::Provider, nonce::use_nonce, prelude::*};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A plain post that failed. Provided to the page that is rendered in answer to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// The form's address, `/_fn/…`.
    pub action: String,
    pub error: Error,
    /// Without passwords.
    pub typed: BTreeMap<String, String>,
    /// `page=…`: which page the form stood on, as a query.
    pub return_page: String,
}

/// The field of a door's query that says which page a form stands on.
pub const PAGE: &str = "page";

/// Take a refusal that the server knows of into the browser as well: both sides must draw the same page.
/// Called once, at the page's root.
pub fn carry_refused() {
    let refused = SharedValue::<_, Wire>::new_with_encoding(use_context::<Refused>).into_inner();
    if let Some(refused) = refused {
        provide_context(refused);
    }
}

/// Where a form posts to. On a page that is the answer to a post it says which page it stands on: the browser takes it
/// for the post's.
pub fn address(door: &str) -> String {
    match use_context::<Refused>() {
        Some(refused) => format!("{door}?{}", refused.return_page),
        None => door.to_owned(),
    }
}

/// In the head of such a page: its own address again, before anything there reads it.
#[component]
pub fn AtHome() -> impl IntoView {
    use_context::<Refused>().map(|refused| {
        // Written as a query is, so there is nothing in it that could end the text or the script.
        let query = refused.return_page;
        let script =
            format!("history.replaceState(null,'',new URLSearchParams('{query}').get('{PAGE}'))");
        view! { <script nonce=use_nonce()>{script}</script> }
    })
}

/// The form that the fields below belong to; needed where a page has several.
#[derive(Clone)]
struct In(String);

/// Say that the fields below belong to the form that posts to `action`.
pub fn inside(action: impl Into<String>) {
    provide_context(In(action.into()));
}

/// The same for the children alone: beside them stands another form.
#[component]
pub fn Inside(action: &'static str, children: Children) -> impl IntoView {
    view! { <Provider value=In(action.to_owned())>{children()}</Provider> }
}

/// The refusal of the form around, if there was one.
pub fn refused() -> Option<Refused> {
    let refused = use_context::<Refused>()?;
    let same = use_context::<In>().is_none_or(|form| form.0 == refused.action);
    same.then_some(refused)
}

/// The refusal of the form that posts to `action`.
pub fn refused_by(action: &str) -> Option<Refused> {
    use_context::<Refused>().filter(|r| r.action == action)
}
