//! The open conversation: who it is with, what can be done with it, the thread, and where one writes.

use super::{
    super::thread::{Jump, Scroller, ThreadList},
    beside::Beside,
    composer::{Composer, unsent},
    menus::{AssignMenu, SnoozeMenu},
    screen::{Screen, first_name, name_of, status_name},
};
use crate::{
    desk::conversation::api::{self, Close, Reopen, Take},
    kit::{Avatar, Icon, When, browser, copy::Copy, effect, form, loaded::Failed, time::Shape},
    live::listen::Connection,
    model::{
        contact::Contact,
        conversation::{Conversation, Status},
        error::Error,
        id::ConversationId,
    },
    tr,
};
use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn, task::spawn_local};

/// The right side of the inbox: the conversation, or what is there instead.
#[component]
pub fn Talk(screen: Screen) -> impl IntoView {
    let open = Memo::new(move |_| screen.open());
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
        Right::Thread(id) => view! { <Open screen id /> }.into_any(),
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
        screen.thread.with(|t| {
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

fn choose() -> impl IntoView {
    view! {
        <section class="talk talk-empty" aria-label=tr!(inbox.conversation)>
            <div class="empty">
                <span class="empty-mark">
                    <Icon name="messages-square" />
                </span>
                <h2>{tr!(inbox.choose_title)}</h2>
                <p>
                    {tr!(inbox.choose)} " " <kbd>"Alt"</kbd> " " <kbd>"J"</kbd> " " {tr!(inbox.and)} " " <kbd>"Alt"</kbd> " "
                    <kbd>"K"</kbd> "."
                </p>
            </div>
        </section>
    }
}

/// It is not there, or went to a colleague while it was read: what was being written is handed back.
fn missing(screen: Screen) -> impl IntoView {
    let draft = RwSignal::new(String::new());
    effect(move |_| {
        let id = screen.wanted.get().open;
        draft.set(id.and_then(|id| unsent(screen, id)).unwrap_or_default());
        refocus();
    });
    let taken = move || screen.lost.with(|l| l.as_ref().and_then(|l| l.to.clone()));
    let next = move || screen.lost.with(|l| l.as_ref().and_then(|l| l.next));
    let words = move || match taken() {
        Some(to) => (
            tr!(inbox.taken_title, name = first_name(&to.name)),
            tr!(inbox.taken),
        ),
        None => (tr!(inbox.gone_title).to_owned(), tr!(inbox.gone)),
    };
    view! {
        <section class="talk talk-empty" aria-label=tr!(inbox.conversation) tabindex="-1">
            <div class="empty">
                <span class="empty-mark">
                    <Icon name="eye" />
                </span>
                <div role="status">
                    <h1 dir="auto">{move || words().0}</h1>
                    <p>{move || words().1}</p>
                </div>
                {move || {
                    let kept = draft.get();
                    (!kept.trim().is_empty()).then(|| view! { <Copy label=tr!(inbox.taken_draft) text=kept /> })
                }}
                <div class="actions">
                    {move || {
                        next()
                            .map(|next| {
                                view! {
                                    <a class="button" data-kind="primary" href=move || screen.address(Some(next))>
                                        {tr!(inbox.next_one)}
                                    </a>
                                }
                            })
                    }} <a class="button" href=move || screen.address(None)>
                        {tr!(inbox.back)}
                    </a>
                </div>
            </div>
        </section>
    }
}

/// A conversation that is on its way.
#[component]
pub fn Loading() -> impl IntoView {
    view! {
        <article class="talk" aria-busy="true" aria-label=tr!(inbox.loading_one)>
            <div class="talk-main">
                <header class="talk-head">
                    <div class="talk-who">
                        <h1 class="visually-hidden">{tr!(inbox.loading)}</h1>
                        <span class="skeleton" data-width="m"></span>
                    </div>
                </header>
                <div class="scroll">
                    <div class="thread" data-mine="staff" aria-hidden="true">
                        {[("contact", "m"), ("staff", "l"), ("contact", "s")]
                            .map(|(from, width)| {
                                view! {
                                    <div class="message" data-from=from>
                                        <span class="skeleton" data-shape="round"></span>
                                        <span class="bubble skeleton" data-shape="block" data-width=width></span>
                                    </div>
                                }
                            })
                            .collect_view()}
                    </div>
                </div>
            </div>
            <aside class="beside" id="beside" popover aria-label=tr!(inbox.details)>
                <section class="contact-card">
                    <div class="person">
                        <span class="skeleton" data-shape="round"></span>
                        <span class="skeleton" data-width="l"></span>
                    </div>
                    <span class="skeleton"></span>
                    <span class="skeleton" data-width="m"></span>
                </section>
            </aside>
        </article>
    }
}

/// One conversation, for as long as it is the one in the address.
#[component]
fn Open(screen: Screen, id: ConversationId) -> impl IntoView {
    let first = screen
        .thread
        .with_untracked(|t| t.as_ref().map(|t| t.seen.conversation.clone()));
    // Between two conversations the signal may hold the next one already: this page keeps its own.
    let now = Memo::new(move |before: Option<&Option<Conversation>>| {
        let now = screen.thread.with(|t| {
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
    let thread =
        Signal::derive(move || screen.thread.get().filter(|t| t.seen.conversation.id == id));
    let name = Memo::new(move |_| {
        now.with(|c| c.as_ref().map(|c| name_of(&c.contact)).unwrap_or_default())
    });
    let scroller = Scroller::default();
    // The line above everything takes its room from the thread.
    effect(move |_| {
        screen.cut.track();
        scroller.keep();
    });
    let watching = Signal::derive(move || screen.visible.get() && scroller.at_end().get());
    let loading_earlier = RwSignal::new(false);
    let earlier = move |()| {
        let Some(before) = screen
            .thread
            .with_untracked(|t| Some(t.as_ref()?.messages.first()?.seq))
        else {
            return;
        };
        loading_earlier.set(true);
        spawn_local(async move {
            match api::earlier(id, before).await {
                Ok(older) => {
                    screen.thread.try_update(|t| {
                        if let Some(t) = t.as_mut().filter(|t| t.seen.conversation.id == id) {
                            t.prepend(older.messages, older.more);
                        }
                    });
                }
                Err(error) => screen.complain(error),
            }
            loading_earlier.try_set(false);
        });
    };
    // What is in sight is read.
    effect(move |_| {
        let unread = screen.thread.with(|t| {
            t.as_ref()
                .is_some_and(|t| t.seen.conversation.id == id && t.seen.unread_count > 0)
        });
        if unread && watching.get() {
            screen.read();
        }
    });
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
                <ThreadList
                    thread=thread
                    scroller
                    pending=Signal::derive(move || screen.unsent(id))
                    on_retry=Callback::new(move |client| screen.outbox.retry(client))
                    on_discard=Callback::new(move |client| screen.outbox.discard(client))
                    typing=Signal::derive(move || {
                        screen.typing.with(|all| all.iter().find(|a| a.kind == crate::model::message::AuthorKind::Contact).cloned())
                    })
                    watching
                    on_earlier=Callback::new(earlier)
                    loading_earlier
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

/// A form of one button that works before WASM; afterwards it is the verb itself.
fn verb(
    url: &'static str,
    id: ConversationId,
    kind: Option<&'static str>,
    picture: &'static str,
    words: &'static str,
    act: impl Fn() + 'static,
) -> impl IntoView {
    let submit = move |e: SubmitEvent| {
        e.prevent_default();
        act();
    };
    view! {
        <form method="post" action=form::address(url) on:submit=submit>
            <input type="hidden" name="conversation" value=id.to_string() />
            <button class="button" data-kind=kind data-size="s" title=words>
                <Icon name=picture size="s" />
                <span>{words}</span>
            </button>
        </form>
    }
}

fn head(screen: Screen, c: Conversation) -> impl IntoView {
    let (id, open) = (c.id, c.status.is_open());
    let me = screen.me.with_untracked(|me| me.id);
    let mine = c.assignee.as_ref().is_some_and(|a| a.id == me);
    let assignee = match &c.assignee {
        Some(agent) => view! {
            <Avatar name=agent.name.clone() id=agent.id size="s" />
            <span dir="auto">{first_name(&agent.name)}</span>
        }
        .into_any(),
        None => view! {
            <Icon name="user-plus" size="s" />
            <span>{tr!(inbox.assign)}</span>
        }
        .into_any(),
    };
    let label = c
        .assignee
        .as_ref()
        .map(|a| tr!(inbox.assigned_to_change, name = a.name));
    view! {
        <header class="talk-head">
            <a class="button talk-back" data-kind="quiet" data-icon href=move || screen.address(None) aria-label=tr!(inbox.back)>
                <Icon name="chevron-left" />
            </a>
            <div class="talk-who">
                <h1 dir="auto">{name_of(&c.contact)}</h1>
                <p class="talk-sub">
                    <span class="dot" data-status=c.status.word() aria-hidden="true"></span>
                    <span>{status_name(c.status)}</span>
                    {sub(&c)}
                </p>
            </div>
            <div class="actions talk-actions">
                {(open && c.assignee.is_none())
                    .then(|| verb(Take::url(), id, Some("primary"), "user-check", tr!(inbox.take), move || screen.take(id)))}
                {open
                    .then(|| {
                        view! {
                            <button class="button" data-size="s" type="button" popovertarget="assign" aria-label=label>
                                {assignee}
                                <Icon name="chevron-down" size="s" />
                            </button>
                        }
                    })}
                {(open && c.status != Status::Snoozed)
                    .then(|| {
                        view! {
                            <button
                                class="button"
                                data-size="s"
                                data-icon
                                type="button"
                                popovertarget="snooze"
                                aria-label=tr!(inbox.snooze)
                                title=tr!(inbox.snooze)
                                disabled=move || !screen.hydrated.get()
                            >
                                <Icon name="clock" size="s" />
                            </button>
                        }
                    })}
                {(c.status == Status::Snoozed)
                    .then(|| verb(Reopen::url(), id, None, "sun", tr!(inbox.wake), move || screen.act(api::reopen(id))))}
                {open
                    .then(|| verb(Close::url(), id, None, "check", tr!(inbox.close), move || screen.act(api::close(id))))}
                {(!open)
                    .then(|| verb(Reopen::url(), id, None, "retry", tr!(inbox.reopen), move || screen.act(api::reopen(id))))}
            </div>
            <button
                class="button talk-more"
                data-kind="quiet"
                data-icon
                data-size="s"
                type="button"
                popovertarget="beside"
                aria-label=tr!(inbox.details)
                title=tr!(inbox.details)
            >
                <Icon name="panel-right" />
            </button>
            {open.then(|| view! { <AssignMenu screen conversation=c.clone() mine /> })}
            {(open && c.status != Status::Snoozed).then(|| view! { <SnoozeMenu screen id /> })}
        </header>
    }
}

/// What else to know at a glance: since when they wait, until when it sleeps, what it is about.
fn sub(c: &Conversation) -> AnyView {
    let dot = || view! { <span>"·"</span> };
    if let (Status::Snoozed, Some(until)) = (c.status, c.snoozed_until) {
        return view! {
            {dot()}
            <span>{tr!(inbox.until)} " " <When time=until shape=Shape::Ahead inside=true /></span>
        }
        .into_any();
    }
    if let (Status::Closed, Some(at)) = (c.status, c.closed_at) {
        return view! {
            {dot()}
            <span><When time=at shape=Shape::Ago inside=true /></span>
        }
        .into_any();
    }
    if let (Status::Waiting, Some(since)) = (c.status, c.waiting_since) {
        return view! {
            {dot()}
            <span><When time=since shape=Shape::Span /></span>
        }
        .into_any();
    }
    let about = c.reference.as_ref().map(|r| {
        r.label
            .clone()
            .unwrap_or_else(|| format!("{} {}", r.kind, r.id))
    });
    about
        .map(|about| view! { {dot()} <span>{tr!(inbox.on, what = about)}</span> })
        .into_any()
}

/// Which colleagues look at it, and which of them write.
#[component]
fn Looking(screen: Screen) -> impl IntoView {
    let words = Memo::new(move |_| {
        let mut all: Vec<(uuid::Uuid, String, bool)> = screen
            .looking
            .with(|l| l.iter().map(|f| (f.id.0, f.name.clone(), false)).collect());
        screen.typing.with(|typing| {
            for author in typing
                .iter()
                .filter(|a| a.kind == crate::model::message::AuthorKind::Agent)
            {
                match all.iter_mut().find(|(id, ..)| *id == author.id) {
                    Some(known) => known.2 = true,
                    None => all.push((author.id, author.name.clone(), true)),
                }
            }
        });
        all
    });
    let line = move || {
        let all = words.get();
        (!all.is_empty()).then(|| {
            let said = all
                .iter()
                .enumerate()
                .map(|(i, (_, name, writes))| {
                    let words = if *writes {
                        tr!(inbox.is_writing)
                    } else {
                        tr!(inbox.is_looking)
                    };
                    view! {
                        {(i > 0).then_some(", ")}
                        <b>{first_name(name)}</b>
                        " "
                        {words}
                    }
                })
                .collect_view();
            let first = all[0].clone();
            view! {
                <Avatar name=first.1 id=first.0 size="s" />
                <span>{said}</span>
            }
        })
    };
    // The region is always there, so that what comes into it is said aloud.
    view! {
        <p class="looking" role="status" hidden=move || words.with(Vec::is_empty)>
            {line}
        </p>
    }
}

/// Focus the field with this ink.
pub fn write(kind: &'static str) {
    if let Some(radio) = document()
        .query_selector(&format!(".composer input[name=kind][value={kind}]"))
        .ok()
        .flatten()
    {
        use leptos::wasm_bindgen::JsCast;
        if let Some(radio) = radio.dyn_ref::<leptos::web_sys::HtmlElement>() {
            radio.click();
        }
    }
    browser::focus("text");
}
