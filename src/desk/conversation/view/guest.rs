//! Links to one conversation: the button that uses one up, and where staff get one to pass on.

use crate::desk::conversation::api::{EnterThread, guest_link};
use crate::kit::{
    copy::CopyButton,
    form::{self, FormError},
};
use crate::model::{error::Error, id::ConversationId};
use crate::tr;
use leptos::{prelude::*, server_fn::ServerFn, task::spawn_local};

/// One press and they are in their conversation.
#[component]
pub fn ThreadForm(token: String) -> impl IntoView {
    form::inside(EnterThread::url());
    view! {
        <form method="post" action=form::address(EnterThread::url()) class="door-card">
            <div class="fields">
                <FormError />
                <input type="hidden" name="token" value=token />
                <button class="button" data-kind="primary" data-size="l" data-wide type="submit">
                    {tr!(home.thread_button)}
                </button>
                <p class="hint">{tr!(home.thread_once)}</p>
            </div>
        </form>
    }
}

/// A link for the customer, made when somebody asks for it.
#[component]
pub fn GuestLink(conversation: ConversationId, hydrated: Signal<bool>) -> impl IntoView {
    let link = RwSignal::new(None::<Result<String, Error>>);
    let busy = RwSignal::new(false);
    let make = move |_| {
        busy.set(true);
        spawn_local(async move {
            let made = guest_link(conversation).await;
            link.try_set(Some(made));
            busy.try_set(false);
        });
    };
    let shown = move || {
        match link.get() {
        Some(Ok(link)) => view! {
            <div class="input-group">
                <input class="input" data-mono readonly value=link.clone() aria-label=tr!(inbox.guest_link) />
                <CopyButton text=link large=true />
            </div>
            <p class="hint">{tr!(inbox.guest_link_once)}</p>
        }
        .into_any(),
        other => {
            let failed = other.and_then(Result::err);
            view! {
                <p class="hint">{tr!(inbox.guest_link_lead)}</p>
                {failed.map(|e| view! { <p class="error" role="alert">{e.sentence()}</p> })}
                <button
                    class="button"
                    data-size="s"
                    type="button"
                    disabled=move || busy.get() || !hydrated.get()
                    on:click=make
                >
                    {tr!(inbox.guest_link_make)}
                </button>
            }
            .into_any()
        }
    }
    };
    view! {
        <section class="guest-link" aria-labelledby="guest-link">
            <h2 id="guest-link">{tr!(inbox.guest_link)}</h2>
            {shown}
        </section>
    }
}
