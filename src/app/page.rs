//! A page that waits for one answer. Whoever is not signed in is led to the door; what is not theirs does not
//! exist; what failed says so with the right status.

use super::{
    oops::{Broken, Missing},
    shell::{self, Shell},
};
use crate::kit::{Answer, Loaded};
use crate::model::{error::Error, frame::Framed};
use leptos::prelude::*;
use leptos_router::{components::Redirect, hooks::use_location};
use serde::{Serialize, de::DeserializeOwned};

#[component]
pub fn Page<T, F, V>(resource: Answer<T>, children: F) -> impl IntoView
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    F: Fn(T) -> V + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let location = use_location();
    let here = move || {
        address(
            &location.pathname.get_untracked(),
            &location.search.get_untracked(),
        )
    };
    view! {
        <Loaded resource let:answer>
            {match answer {
                Ok(page) => children(page).into_any(),
                Err(error) => view! { <Refusal error here=here() /> }.into_any(),
            }}
        </Loaded>
    }
}

/// A page of the staff, within its frame.
#[component]
pub fn StaffPage<T, F, V>(resource: Answer<Framed<T>>, children: F) -> impl IntoView
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    F: Fn(Framed<T>) -> V + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let framed = move |page: Framed<T>| {
        let children = children.clone();
        shell::enter(&page.frame);
        view! {
            <Shell frame=page.frame.clone()>
                <main id="main" tabindex="-1">
                    {children(page)}
                </main>
            </Shell>
        }
    };
    view! { <Page resource children=framed /> }
}

fn address(path: &str, search: &str) -> String {
    let search = search.trim_start_matches('?');
    if search.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{search}")
    }
}

/// Why a page does not open. `here` is where to come back to.
#[component]
pub fn Refusal(error: Error, here: String) -> impl IntoView {
    match error {
        Error::Unauthorized => {
            let to: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
            view! { <Redirect path=format!("/sign-in?to={to}") /> }.into_any()
        }
        Error::NotFound | Error::Forbidden => view! { <Missing /> }.into_any(),
        error => view! { <Broken error /> }.into_any(),
    }
}
