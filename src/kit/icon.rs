//! A picture from the one sprite, `/icons.svg`. It never carries meaning alone: words stand beside it.

use leptos::prelude::*;

#[component]
pub fn Icon(
    #[prop(into)] name: Signal<&'static str>,
    /// `s` or `l`.
    #[prop(optional, into)]
    size: Option<&'static str>,
    /// Besides `icon`.
    #[prop(optional, into)]
    class: Option<&'static str>,
) -> impl IntoView {
    let class = class.map_or_else(|| "icon".to_owned(), |c| format!("icon {c}"));
    view! {
        <svg class=class data-size=size aria-hidden="true">
            <use href=move || format!("/icons.svg#{}", name.get())></use>
        </svg>
    }
}
