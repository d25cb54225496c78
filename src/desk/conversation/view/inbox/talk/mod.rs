//! The open conversation: who it is with, what can be done with it, the thread, and where one writes.

mod empty;
mod head;
mod looking;
mod page;

use super::{
    screen::Screen,
    words::{name_of, status_name},
};
use crate::{
    kit::{browser, effect, loaded::Failed},
    model::{conversation::Status, error::Error, id::ConversationId},
    tr,
};
use empty::{choose, missing};
use leptos::prelude::*;
use page::TalkPage;

pub use empty::Loading;

/// The right side of the inbox: the conversation, or what is there instead.
#[component]
pub fn Talk(screen: Screen) -> impl IntoView {
    let open = Memo::new(move |_| screen.open.id());
    let state = Memo::new(move |_| {
        let wanted = screen.wanted.get().open;
        match (wanted, open.get() == wanted) {
            (None, _) => Right::Choose,
            (Some(id), true) => Right::Thread(id),
            (Some(_), false) if screen.failed.read().is_some() => Right::Failed,
            (Some(_), false) if screen.missing.get() => Right::Missing,
            (Some(_), false) => Right::Loading,
        }
    });
    let right = move || match state.get() {
        Right::Thread(id) => view! { <TalkPage screen id /> }.into_any(),
        Right::Choose => choose().into_any(),
        Right::Loading => Loading().into_any(),
        Right::Missing => missing(screen).into_any(),
        Right::Failed => {
            let error = screen.failed.get_untracked().unwrap_or(Error::Unavailable);
            view! {
                <section class="talk talk-empty" aria-label=tr!(inbox.conversation)>
                    <Failed error retry=Callback::new(move |()| screen.go()) />
                </section>
            }
            .into_any()
        }
    };
    view! {
        <Spoken screen />
        {right}
    }
}

/// Says aloud which conversation is open and how it stands, whenever that changes.
#[component]
fn Spoken(screen: Screen) -> impl IntoView {
    let words = RwSignal::new(String::new());
    let open = Memo::new(move |_| {
        screen.open.thread.with(|t| {
            let c = &t.as_ref()?.seen.conversation;
            Some((c.id, name_of(&c.contact), c.status))
        })
    });
    effect(
        move |before: Option<Option<(ConversationId, String, Status)>>| {
            let now = open.get();
            if let (Some(before), Some((id, name, status))) = (before, &now) {
                words.set(match before {
                    Some((same, _, was)) if same == *id && was == *status => words.get_untracked(),
                    Some((same, ..)) if same == *id => format!("{name}: {}", status_name(*status)),
                    _ => tr!(inbox.conversation_with, name = name),
                });
            }
            now
        },
    );
    view! {
        <p class="visually-hidden" role="status">
            {words}
        </p>
    }
}

/// What had the focus is gone with what somebody did: it goes to what can be done now.
pub fn refocus() {
    request_animation_frame(|| {
        if browser::focus_is_lost() {
            browser::focus_on(&[".talk-actions button", ".talk-empty"]);
        }
    });
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Right {
    Choose,
    Loading,
    Missing,
    Failed,
    Thread(ConversationId),
}
