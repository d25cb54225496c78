//! What a page waits for: one page, one resource, read once, here; and what is said when it does not come.

use super::Icon;
use crate::{model::error::Error, tr};
use leptos::{prelude::*, tachys::reactive_graph::OwnedView};
use serde::{Serialize, de::DeserializeOwned};

/// Draws what has come: `<Loaded resource let:page>…</Loaded>`.
///
/// There is no `Suspense` around on purpose. One would build the children up to three times on the server, twice of
/// them in a task of its own, and dispose of what the last one still reads (leptos#3595, #4590, #4688). A page's
/// answer is whole anyway (`SsrMode::Async`), and on the way to the next page the router keeps the old one.
#[component]
pub fn Loaded<T, F, V>(resource: Resource<Result<T, Error>>, children: F) -> impl IntoView
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    F: Fn(Result<T, Error>) -> V + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    move || {
        let children = children.clone();
        // What a bare `Suspend` gives is drawn outside of any owner, where no context is to be found.
        Suspend::new(async move { OwnedView::new(children(resource.await).into_any()) })
    }
}

/// Something did not come: why, and the way to ask again.
#[component]
pub fn Failed(error: Error, retry: Callback<()>) -> impl IntoView {
    let unknown = matches!(error, Error::NotFound);
    view! {
        <div class="empty" data-tone="bad" role="alert">
            <span class="empty-mark">
                <Icon name="triangle-alert" />
            </span>
            <h2>{if unknown { tr!(common.not_found_title) } else { tr!(common.failed_title) }}</h2>
            <p>{if unknown { tr!(common.not_found).to_string() } else { error.sentence() }}</p>
            <button class="button" type="button" on:click=move |_| retry.run(())>
                <Icon name="refresh" size="s" />
                {tr!(common.try_again)}
            </button>
        </div>
    }
}
