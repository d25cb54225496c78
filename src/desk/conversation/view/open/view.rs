//! An open thread, drawn.

use super::{Open, Unsents};
use crate::{
    desk::conversation::view::thread::{Scroller, ThreadList},
    kit::effect,
    model::{conversation::Side, error::Error, id::ConversationId},
};
use leptos::prelude::*;

/// The messages of an open thread, with what is on its way and who writes. What is in sight is read.
#[component]
pub fn OpenThread<C: Side>(
    open: Open<C>,
    /// Only this one: between two, the signal may hold the next already.
    #[prop(optional)]
    only: Option<ConversationId>,
    scroller: Scroller,
    unsent: Unsents,
    /// The reader sees what arrives.
    #[prop(into)]
    watching: Signal<bool>,
    /// What was unread of it has been seen just now.
    #[prop(optional)]
    on_read: Option<Callback<ConversationId>>,
    /// Older messages did not come.
    #[prop(optional)]
    on_refused: Option<Callback<Error>>,
    /// Without the staff's avatars.
    #[prop(optional)]
    faceless: bool,
    /// Stands above the first message.
    #[prop(optional, into)]
    first: Option<ViewFn>,
    /// Stands below the last one.
    #[prop(optional, into)]
    last: Option<ViewFn>,
) -> impl IntoView {
    let thread = match only {
        None => open.thread.into(),
        Some(id) => Signal::derive(move || {
            let thread = open.thread.get();
            thread.filter(|t| t.seen.conversation.id() == id)
        }),
    };
    effect(move |_| {
        let Some(id) = open.id() else { return };
        let seen = only.is_none_or(|only| only == id) && open.is_unread() && watching.get();
        if let Some(id) = seen.then(|| open.read()).flatten()
            && let Some(on_read) = on_read
        {
            on_read.run(id);
        }
    });
    let earlier = move |()| {
        open.earlier(move |error| {
            if let Some(refused) = on_refused {
                refused.run(error);
            }
        });
    };
    view! {
        <ThreadList<C>
            thread
            scroller
            pending=unsent.list
            on_retry=unsent.retry
            on_discard=unsent.discard
            typing=Signal::derive(move || open.other_writes())
            watching
            on_earlier=Callback::new(earlier)
            loading_earlier=open.loading_earlier
            faceless
            first
            last
        />
    }
}
