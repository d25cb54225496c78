//! The chat in the widget's frame: what a visitor sees, from the welcome to the ended chat. It works as plain
//! HTML; the browser makes it live.

mod banner;
mod bridge;
mod composer;
mod doors;
mod first;
mod head;
mod host;
mod sending;
mod state;
mod welcome;
/// The window that the frame stands in. On the server there is none.
#[cfg(feature = "hydrate")]
pub mod window;
#[cfg(not(feature = "hydrate"))]
#[path = "window_absent.rs"]
pub mod window;

use crate::{
    desk::conversation::{
        api::{SayPlain, open_chat},
        view::open::OpenThread,
    },
    kit::{Icon, Loaded, awaited, browser, effect, form},
    model::{
        conversation::Status,
        error::Error,
        id::WidgetId,
        inbox::Chat,
        limits,
        message::{AuthorKind, Line},
        widget::Policy,
    },
    tr,
};
use banner::Banner;
use composer::Foot;
use first::First;
use head::{Head, HeadAlone};
use leptos::{prelude::*, server_fn::ServerFn};
use state::{Frame, Sends};
use welcome::{Greeting, Welcome};

/// Where the plain forms post to.
fn plain_action() -> &'static str {
    SayPlain::url()
}

/// The whole document's inside, for one widget.
#[component]
pub fn ChatFrame(widget: WidgetId) -> impl IntoView {
    let chat = awaited(|| (), move |()| open_chat(widget));
    view! {
        <Loaded resource=chat let:answer>
            {match answer {
                Ok(chat) => view! { <Talk chat /> }.into_any(),
                Err(Error::NotFound) => view! { <Gone /> }.into_any(),
                Err(_) => view! { <Failed retry=Callback::new(move |()| chat.refetch()) /> }.into_any(),
            }}
        </Loaded>
    }
}

/// For a widget that is unknown or disabled; it does not say which.
#[component]
pub fn Gone() -> impl IntoView {
    view! {
        <main class="widget" data-state="error">
            <HeadAlone words=tr!(chat.not_connected) />
            <section class="empty widget-all">
                <span class="empty-mark">
                    <Icon name="message-circle" />
                </span>
                <h2>{tr!(chat.gone)}</h2>
            </section>
        </main>
    }
}

#[component]
fn Failed(retry: Callback<()>) -> impl IntoView {
    effect(|_| window::tell("data-hydrated", Some("")));
    view! {
        <main class="widget" data-state="error">
            <HeadAlone words=tr!(chat.not_connected) />
            <section class="empty widget-all" data-tone="bad" role="alert">
                <span class="empty-mark">
                    <Icon name="wifi-off" />
                </span>
                <h2>{tr!(chat.failed_title)}</h2>
                <p>{tr!(chat.failed)}</p>
                <button class="button" data-kind="brand" type="button" on:click=move |_| retry.run(())>
                    <Icon name="refresh" />
                    {tr!(common.try_again)}
                </button>
            </section>
        </main>
    }
}

/// What stands between the head and the foot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Face {
    Thread,
    /// Name and address first.
    Form,
    /// Only for whom the host site vouches.
    Refused,
}

impl Frame {
    fn face(self) -> Face {
        let known = self.me.with(Option::is_some);
        let said = self.host.identity.get();
        match self.policy() {
            _ if known => Face::Thread,
            Policy::Anyone => Face::Thread,
            Policy::EmailRequired
                if said.is_some_and(|s| s.email.is_some() && s.name.is_some()) =>
            {
                Face::Thread
            }
            Policy::EmailRequired => Face::Form,
            Policy::VerifiedOnly => Face::Refused,
        }
    }
}

#[component]
fn Talk(chat: Chat) -> impl IntoView {
    let refused = form::refused_by(plain_action());
    let typed = refused
        .as_ref()
        .and_then(|r| r.typed.get("body").cloned())
        .unwrap_or_default();
    let sites = chat.sites.clone();
    let frame = Frame::new(chat, typed);
    let sends = frame.outbox();
    frame.wake(sites, sends);
    let face = Memo::new(move |_| frame.face());
    let closed = Memo::new(move |_| frame.status() == Some(Status::Closed));
    effect(move |_| {
        frame
            .workspace
            .with_value(|name| window::set_title(&tr!(chat.title_with, name = name)))
    });
    // Opened by hand: the caret is where one writes. Whoever writes already keeps it.
    effect(move |_| {
        if frame.host.focused.get() > 0 {
            let id = if face.get_untracked() == Face::Form {
                "name"
            } else {
                "text"
            };
            request_animation_frame(move || {
                if !browser::is_writing() {
                    browser::focus(id);
                }
            });
        }
    });
    effect(move |_| {
        let keys = window_event_listener(leptos::ev::keydown, move |ev| {
            if ev.key() == "Escape" && !ev.default_prevented() && !window::popover_open() {
                frame.host.close();
            }
        });
        on_cleanup(move || keys.remove());
    });
    let state = move || match face.get() {
        Face::Form => "form",
        Face::Refused => "refused",
        Face::Thread if closed.get() => "closed",
        Face::Thread => "open",
    };
    view! {
        <main class="widget" data-state=state>
            <Head frame />
            <Banner frame sends />
            {move || match face.get() {
                Face::Form => view! { <First frame sends /> }.into_any(),
                Face::Refused => view! { <Refused frame /> }.into_any(),
                Face::Thread => {
                    view! {
                        <Messages frame sends />
                        <Foot frame sends closed />
                    }
                        .into_any()
                }
            }}
        </main>
    }
}

#[component]
fn Messages(frame: Frame, sends: Sends) -> impl IntoView {
    let empty = Memo::new(move |_| !frame.has_begun() && sends.items().is_empty());
    // The greeting is what a visitor's own chat begins with, from the first look on.
    let greeted = Memo::new(move |_| {
        frame.open.thread.with(|t| {
            t.as_ref().is_none_or(|t| {
                let first = t.messages.first().map(|m| m.author().kind);
                !t.more && first.is_none_or(|kind| kind == AuthorKind::Contact)
            })
        })
    });
    let first = ViewFn::from(move || {
        if empty.get() {
            view! { <Welcome frame /> }.into_any()
        } else {
            greeted
                .get()
                .then(|| view! { <Greeting frame /> })
                .into_any()
        }
    });
    // Somebody who waits alone is told that it is enough to wait.
    let last = ViewFn::from(move || {
        let waiting = frame.open.thread.with(|t| {
            t.as_ref()
                .is_some_and(|t| t.seen.conversation.staff_texts == 0)
        }) && frame.status() == Some(Status::Waiting);
        waiting.then(|| {
            view! {
                <li class="event">
                    <span>{tr!(chat.have_it)}</span>
                </li>
            }
        })
    });
    view! {
        <OpenThread
            open=frame.open
            scroller=frame.scroller
            unsent=frame.unsents(sends)
            watching=Signal::derive(move || frame.watching())
            faceless=!frame.config.with_value(|c| c.show_agent_avatars)
            first
            last
        />
    }
}

#[component]
fn Refused(frame: Frame) -> impl IntoView {
    let name = frame.workspace.get_value();
    view! {
        <section class="empty widget-all">
            <span class="empty-mark">
                <Icon name="lock" />
            </span>
            <h2>{tr!(chat.refused_title)}</h2>
            <p>{tr!(chat.refused, name = name)}</p>
            <a class="button" href=format!("/widget/{}", frame.widget)>
                <Icon name="refresh" />
                {tr!(common.try_again)}
            </a>
        </section>
    }
}

/// Characters that may still be written; told from 9,500 on.
fn left(text: &str) -> Option<i64> {
    let used = text.chars().count();
    (used >= limits::MESSAGE - 500).then(|| limits::MESSAGE as i64 - used as i64)
}
