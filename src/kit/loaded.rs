//! What a page waits for: one page, one resource, read once, here; and what is said when it does not come.

use super::Icon;
use crate::{
    model::{
        error::{Error, Result},
        wire,
    },
    tr,
};
use leptos::{
    prelude::*,
    server::codee::{Decoder, Encoder},
    tachys::reactive_graph::OwnedView,
};
use serde::{Serialize, de::DeserializeOwned};
use std::future::Future;

/// How what a page carries for the browser is written and read.
pub struct Wire;

impl<T: Serialize> Encoder<T> for Wire {
    type Error = serde_json::Error;
    type Encoded = String;
    fn encode(it: &T) -> Result<String, serde_json::Error> {
        serde_json::to_string(it)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Wire {
    type Error = wire::Malformed;
    type Encoded = str;
    fn decode(json: &str) -> Result<T, wire::Malformed> {
        wire::read(json)
    }
}

/// What a page waits for.
pub type Answer<T> = Resource<Result<T>, Wire>;

/// Ask for it, and again whenever what `source` gives is another. On the server nothing is sent before it is there.
pub fn awaited<S, T, F>(
    source: impl Fn() -> S + Send + Sync + 'static,
    ask: impl Fn(S) -> F + Send + Sync + 'static,
) -> Answer<T>
where
    S: Clone + PartialEq + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    Resource::new_with_options(source, ask, true)
}

/// Draws what has come: `<Loaded resource let:page>…</Loaded>`.
///
/// There is no `Suspense` around on purpose. One would build the children up to three times on the server, twice of
/// them in a task of its own, and dispose of what the last one still reads (leptos#3595, #4590, #4688). A page's
/// answer is whole anyway (`SsrMode::Async`), and on the way to the next page the router keeps the old one.
#[component]
pub fn Loaded<T, F, V>(resource: Answer<T>, children: F) -> impl IntoView
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
