//! The inbox's page. (Written by D; until it is merged the address is missing.)

use super::oops::Missing;
use leptos::prelude::*;

#[component]
pub fn InboxPage() -> impl IntoView {
    view! { <Missing /> }
}
