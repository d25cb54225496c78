//! A form and its way to a door, with what stands around its fields: the foot, and what was wrong with the last try.

use super::{address, refused};
use crate::{
    kit::Icon,
    model::{
        error::{Error, Result},
        wire,
    },
    tr,
};
use leptos::{
    ev::SubmitEvent, form::form_data_from_event, prelude::*, server_fn::ServerFn,
    task::spawn_local, web_sys::FormData,
};
use serde::de::DeserializeOwned;
use std::{future::Future, pin::Pin};

/// How fields are posted to an address from the page as it stands, and answered. The root of the pages provides it:
/// how the server is called is no matter of fields.
#[derive(Clone, Copy)]
pub struct Post(pub fn(&str, &FormData) -> Answering);

/// An answer that is on its way.
type Answering = Pin<Box<dyn Future<Output = Result<wire::Json>> + Send>>;

/// A form's way to the door `F`, from the page as it stands: whether it is under way, and what came of it last.
pub struct Posting<F: ServerFn<Output: Send + Sync> + 'static> {
    post: Option<Post>,
    pending: RwSignal<bool>,
    value: RwSignal<Option<Result<F::Output>>>,
}

impl<F: ServerFn<Output: Send + Sync>> Copy for Posting<F> {}
impl<F: ServerFn<Output: Send + Sync>> Clone for Posting<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Posting<F>
where
    F: ServerFn<Error = Error, Output: DeserializeOwned + Send + Sync>,
{
    #[allow(clippy::new_without_default)] // it belongs to the component that makes it
    pub fn new() -> Self {
        Posting {
            post: use_context(),
            pending: RwSignal::new(false),
            value: RwSignal::new(None),
        }
    }

    pub fn pending(self) -> RwSignal<bool> {
        self.pending
    }

    pub fn value(self) -> RwSignal<Option<Result<F::Output>>> {
        self.value
    }

    /// As before the first try.
    pub fn clear(self) {
        self.value.set(None);
    }

    fn send(self, Post(post): Post, form: FormData) {
        self.pending.set(true);
        spawn_local(async move {
            let answer = post(F::url(), &form).await;
            let answer = answer.and_then(|said| wire::make(said).map_err(|_| Error::Unavailable));
            self.pending.try_set(false);
            self.value.try_set(Some(answer));
        });
    }
}

/// A form that posts to a door: by itself as plain HTML, and without leaving the page where there are scripts.
#[component]
pub fn Form<F>(action: Posting<F>, children: Children) -> impl IntoView
where
    F: ServerFn<Error = Error, Output: DeserializeOwned + Send + Sync> + 'static,
{
    let submit = move |ev: SubmitEvent| {
        // Where nothing was provided the browser posts it.
        let Some(post) = action.post.filter(|_| !ev.default_prevented()) else {
            return;
        };
        ev.prevent_default();
        if let Ok(form) = form_data_from_event(&ev) {
            action.send(post, form);
        }
    };
    view! {
        <form method="post" action=address(F::url()) on:submit=submit>
            {children()}
        </form>
    }
}

/// The foot of a page that is one form: always there, and loud while something is not saved yet.
#[component]
pub fn SaveBar(
    #[prop(into)] busy: Signal<Option<&'static str>>,
    #[prop(into)] dirty: Signal<bool>,
) -> impl IntoView {
    view! {
        <div class="save-bar" data-dirty=move || dirty.get().then_some("")>
            <span role="status">{move || dirty.get().then_some(tr!(common.unsaved))}</span>
            <button
                class="button"
                data-kind=move || if dirty.get() { "primary" } else { "plain" }
                type="submit"
                aria-busy=move || busy.get()
            >
                {tr!(common.save)}
            </button>
        </div>
    }
}

/// What to say above a form's fields: the error of the last try, unless it is about a field.
#[component]
pub fn FormError(#[prop(optional, into)] error: Signal<Option<Error>>) -> impl IntoView {
    let first = refused().map(|r| r.error);
    move || {
        error
            .get()
            .or_else(|| first.clone())
            .filter(|e| !matches!(e, Error::Invalid { .. }))
            .map(|e| {
                view! {
                    <div class="notice" data-tone="bad" role="alert">
                        <Icon name="circle-alert" />
                        <div>{e.sentence()}</div>
                    </div>
                }
            })
    }
}
