//! One conversation: its head, the thread, where one writes, and what stands beside it.

use super::{
    super::{
        super::{
            open::{OpenThread, Unsents},
            thread::{Jump, Scroller},
        },
        beside::Beside,
        composer::Composer,
        screen::Screen,
        words::name_of,
    },
    head::head,
    looking::Looking,
};
use crate::{
    desk::conversation::api,
    kit::effect,
    live::listen::Connection,
    model::{contact::Contact, conversation::Conversation, id::ConversationId},
    tr,
};
use leptos::{prelude::*, task::spawn_local};

/// One conversation, for as long as it is the one in the address.
#[component]
pub fn TalkPage(screen: Screen, id: ConversationId) -> impl IntoView {
    let first = screen
        .open
        .thread
        .with_untracked(|t| t.as_ref().map(|t| t.seen.conversation.clone()));
    // Between two conversations the signal may hold the next one already: this page keeps its own.
    let now = Memo::new(move |before: Option<&Option<Conversation>>| {
        let now = screen.open.thread.with(|t| {
            t.as_ref()
                .map(|t| t.seen.conversation.clone())
                .filter(|c| c.id == id)
        });
        now.or_else(|| before.cloned().flatten())
            .or_else(|| first.clone())
    });
    // What the head and the side show: they stay the same elements while messages come and go.
    let steady = Memo::new(move |_| {
        now.get().map(|c| Conversation {
            last_message: None,
            contact_texts: 0,
            staff_texts: 0,
            contact_read_seq: 0,
            revision: 0,
            contact: Contact {
                last_seen_at: c.contact.created_at.max(c.created_at),
                ..c.contact.clone()
            },
            ..c
        })
    });
    let name = Memo::new(move |_| {
        now.with(|c| c.as_ref().map(|c| name_of(&c.contact)).unwrap_or_default())
    });
    let scroller = Scroller::default();
    // The line above everything takes its room from the thread.
    effect(move |_| {
        screen.cut.track();
        scroller.stick_to_end();
    });
    let watching = Signal::derive(move || screen.visible.get() && scroller.at_end().get());
    // Colleagues are told that it is looked at, again every so often, and that it is not any more; first when there
    // is a stream to hear by what they answer.
    let looked_at = Memo::new(move |told: Option<&Option<bool>>| {
        let connected = matches!(
            screen.live.state.get(),
            Connection::Live | Connection::Polling
        );
        let begun = connected || told.is_some_and(Option::is_some);
        begun.then(|| screen.visible.get())
    });
    effect(move |_| {
        if let Some(looked_at) = looked_at.get() {
            spawn_local(async move { _ = api::here(id, looked_at).await });
        }
    });
    // Within an effect: there are no timers on the server, and nobody looks there.
    effect(move |_| {
        let again = set_interval_with_handle(
            move || {
                if screen.visible.try_get_untracked() == Some(true) {
                    spawn_local(async move { _ = api::here(id, true).await });
                }
            },
            std::time::Duration::from_secs(25),
        );
        on_cleanup(move || {
            if let Ok(again) = again {
                again.clear();
            }
            spawn_local(async move { _ = api::here(id, false).await });
        });
    });
    view! {
        <article class="talk" aria-label=move || tr!(inbox.conversation_with, name = name.get())>
            <div class="talk-main">
                {move || steady.get().map(|c| head(screen, c))}
                <Looking screen />
                <OpenThread
                    open=screen.open
                    only=id
                    scroller
                    unsent=Unsents::of(screen.outbox, Some(id.to_string()))
                    watching
                    on_read=Callback::new(move |id| screen.was_read(id))
                    on_refused=Callback::new(move |error| screen.complain(error))
                />
                <div class="talk-foot">
                    <Jump scroller />
                    <Composer screen id scroller now=Signal::derive(move || now.get()) />
                </div>
            </div>
            {move || steady.get().map(|c| view! { <Beside screen conversation=c last_seen=now.with_untracked(|c| c.as_ref().map(|c| c.contact.last_seen_at)) /> })}
        </article>
    }
}
