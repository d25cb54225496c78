//! Who it is with, how it stands, and what can be done with it.

use super::super::{
    menus::{AssignMenu, SnoozeMenu},
    screen::Screen,
    words::{first_name, name_of, status_name},
};
use crate::{
    desk::conversation::api::{self, Close, Reopen, Take},
    kit::{Avatar, Icon, When, form, time::Shape},
    model::{
        conversation::{Conversation, Status},
        id::ConversationId,
    },
    tr,
};
use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};

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

pub(super) fn head(screen: Screen, c: Conversation) -> impl IntoView {
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
