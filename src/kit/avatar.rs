//! Two letters and a colour that stand for a person.

use super::browser;
use crate::model::agent::Availability;
pub use crate::model::contact::hue;
use leptos::prelude::*;
use uuid::Uuid;

/// Up to two letters that stand for a person where a picture would be.
pub fn initials(name: &str) -> String {
    let mut words = name
        .split_whitespace()
        .filter_map(|w| w.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back();
    browser::upper(&first.into_iter().chain(last).collect::<String>())
}

#[component]
pub fn Avatar(
    #[prop(into)] name: Signal<String>,
    #[prop(into)] id: Uuid,
    /// `s` or `l`.
    #[prop(optional, into)]
    size: Option<&'static str>,
    #[prop(optional, into)] availability: MaybeProp<Availability>,
) -> impl IntoView {
    view! {
        <span class="avatar" data-hue=hue(id).to_string() data-size=size aria-hidden="true">
            {move || initials(&name.get())}
            {move || availability.get().map(|a| view! { <span class="dot" data-availability=a.word()></span> })}
        </span>
    }
}
