//! What a page waits for: a skeleton until it is there, an error with a retry if it does not come.
//! One page, one resource, read once, here.

use super::Icon;
use crate::{model::error::Error, tr};
use leptos::{either::Either, prelude::*};
use serde::{Serialize, de::DeserializeOwned};

#[component]
pub fn Loaded<T, F, V>(
    resource: Resource<Result<T, Error>>,
    /// Stands in while waiting, of the same shape as what comes.
    #[prop(optional, into)]
    skeleton: ViewFn,
    /// Draws what has come: `<Loaded resource let:page>…</Loaded>`.
    children: F,
) -> impl IntoView
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    F: Fn(T) -> V + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    view! {
        <Transition fallback=move || skeleton.run()>
            {move || {
                let children = children.clone();
                Suspend::new(async move {
                    match resource.await {
                        Ok(value) => Either::Left(children(value)),
                        Err(error) => Either::Right(view! { <Failed error retry=Callback::new(move |()| resource.refetch()) /> }),
                    }
                })
            }}
        </Transition>
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
