//! The page's title. The only place that uses `leptos_meta::Title`, which writes its text unescaped into the
//! page that the server renders.

use super::browser;
use leptos::prelude::*;

#[component]
pub fn Title(#[prop(into)] text: Signal<String>) -> impl IntoView {
    view! { <leptos_meta::Title text=browser::title_text(text) /> }
}
