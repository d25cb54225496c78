//! One conversation in the list: who and when, and beneath it what was said last.

use super::{
    screen::Screen,
    words::{first_name, name_of, status_name},
};
use crate::{
    kit::{Avatar, When, time::Shape},
    model::{
        conversation::{Conversation, ForReader, Status, View},
        limits,
        message::AuthorKind,
    },
    tr,
};
use leptos::prelude::*;

#[component]
pub fn Row(row: ForReader<Conversation>, screen: Screen) -> impl IntoView {
    let id = row.conversation.id;
    let contact = row.conversation.contact.id;
    // The row stays the same element while what it says changes.
    let now = Memo::new(move |_| screen.rows.find(id).unwrap_or_else(|| row.clone()));
    let name = Memo::new(move |_| now.with(|r| name_of(&r.conversation.contact)));
    let open = move || screen.wanted.get().open == Some(id);
    let view = move || screen.shelf.get().view;
    let nobodys =
        move || now.with(|r| r.conversation.status.is_due() && r.conversation.assignee.is_none());
    view! {
        <li>
            <a
                href=move || screen.address(Some(id))
                class="row"
                data-status=move || now.with(|r| r.conversation.status.word())
                data-unread=move || now.with(|r| r.unread_count > 0)
                data-unassigned=nobodys
                aria-current=move || open().then_some("page")
            >
                <Avatar name=name id=contact />
                <span class="row-name" dir="auto">
                    {name}
                </span>
                <span class="row-when">{move || now.with(|r| when(&r.conversation, view()))}</span>
                <span class="row-second">
                    <span class="row-line" dir="auto">
                        {move || now.with(|row| line(row, screen))}
                    </span>
                    <span class="row-marks">
                        {move || {
                            let me = screen.me.with(|me| me.id);
                            now.with(|r| {
                                let mine = r.conversation.assignee.as_ref().is_some_and(|a| a.id == me);
                                whose(&r.conversation, view(), mine)
                            })
                        }}
                        {move || {
                            let n = now.with(|r| r.unread_count);
                            (n > 0)
                                .then(|| {
                                    view! {
                                        <span class="count">
                                            {n} <span class="visually-hidden">" " {tr!(inbox.unread)}</span>
                                        </span>
                                    }
                                })
                        }}
                    </span>
                </span>
            </a>
        </li>
    }
}

/// The time that counts in this view: until when it is set aside, how long they wait, or when it was said.
fn when(c: &Conversation, view: View) -> AnyView {
    if let (Status::Snoozed, Some(until)) = (c.status, c.snoozed_until) {
        return view! { {tr!(inbox.until)} " " <When time=until shape=Shape::Until /> }.into_any();
    }
    if let (View::Unassigned | View::Waiting, Some(since)) = (view, c.waiting_since) {
        return view! { <When time=since shape=Shape::Waits /> }.into_any();
    }
    let said = c
        .last_message
        .as_ref()
        .map_or(c.created_at, |m| m.created_at);
    view! { <When time=said shape=Shape::Short /> }.into_any()
}

/// What was said last, and by whom if by one of us.
fn line(row: &ForReader<Conversation>, screen: Screen) -> AnyView {
    let Some(message) = &row.conversation.last_message else {
        return ().into_any();
    };
    let by = match message.author.kind {
        AuthorKind::Agent if screen.me.with_untracked(|me| me.id.0 == message.author.id) => {
            Some(tr!(inbox.you_said).to_owned())
        }
        AuthorKind::Agent => Some(format!("{}:", first_name(&message.author.name))),
        _ => None,
    };
    let body: String = message.body.chars().take(limits::PREVIEW).collect();
    view! {
        {by.map(|by| view! { <bdi class="row-you">{by}</bdi> " " })}
        {body}
    }
    .into_any()
}

/// How it stands and who has it, where the view does not say so already. Who hears the page is always told.
fn whose(c: &Conversation, view: View, mine: bool) -> AnyView {
    let status = status_name(c.status);
    let dot = if view.mixes() {
        view! {
            <span class="dot" data-status=c.status.word() title=status></span>
            <span class="visually-hidden">{status}</span>
        }
        .into_any()
    } else {
        ().into_any()
    };
    let who = match &c.assignee {
        Some(_) if mine => ().into_any(),
        Some(agent) => {
            let words = tr!(inbox.assigned_to, name = agent.name.clone());
            let title = words.clone();
            view! {
                <span title=title>
                    <Avatar name=agent.name.clone() id=agent.id size="s" />
                    <span class="visually-hidden">{words}</span>
                </span>
            }
            .into_any()
        }
        None if c.status.is_due() => {
            view! { <span class="visually-hidden">{tr!(inbox.unassigned)}</span> }.into_any()
        }
        None => ().into_any(),
    };
    view! {
        {dot}
        {who}
    }
    .into_any()
}
