//! One conversation in the list.

use super::screen::{Screen, name_of, status_name};
use crate::{
    kit::{Avatar, Icon, When, time::Shape},
    model::{
        conversation::{Conversation, Seen},
        message::AuthorKind,
    },
    tr,
};
use leptos::prelude::*;

#[component]
pub fn Row(row: Seen<Conversation>, screen: Screen) -> impl IntoView {
    let id = row.conversation.id;
    let contact = row.conversation.contact.id;
    // The row stays the same element while what it says changes.
    let now = Memo::new(move |_| {
        screen
            .rows
            .with(|rows| rows.iter().find(|r| r.conversation.id == id).cloned())
            .unwrap_or_else(|| row.clone())
    });
    let name = Memo::new(move |_| now.with(|r| name_of(&r.conversation.contact)));
    let open = move || screen.wanted.get().open == Some(id);
    view! {
        <li>
            <a
                href=move || screen.address(Some(id))
                class="row"
                data-status=move || now.with(|r| r.conversation.status.word())
                data-unread=move || now.with(|r| r.unread_count > 0)
                data-unassigned=move || now.with(|r| r.conversation.status.is_open() && r.conversation.assignee.is_none())
                aria-current=move || open().then_some("page")
            >
                <Avatar name=name id=contact />
                <span class="row-name" dir="auto">{name}</span>
                {move || {
                    let at = now.with(|r| r.conversation.last_message.as_ref().map_or(r.conversation.created_at, |m| m.created_at));
                    view! { <When time=at shape=Shape::Short /> }
                }}
                <span class="row-line" dir="auto">{move || now.with(|row| line(row, screen))}</span>
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
                <span class="row-foot">{move || now.with(foot)}</span>
            </a>
        </li>
    }
}

/// What was said last, and by whom if by one of us.
fn line(row: &Seen<Conversation>, screen: Screen) -> AnyView {
    let Some(message) = &row.conversation.last_message else {
        return ().into_any();
    };
    let by = match message.author.kind {
        AuthorKind::Agent if screen.me.with_untracked(|me| me.id.0 == message.author.id) => {
            Some(tr!(inbox.you_said).to_owned())
        }
        AuthorKind::Agent => Some(format!(
            "{}:",
            super::screen::first_name(&message.author.name)
        )),
        _ => None,
    };
    let body: String = message.body.chars().take(160).collect();
    view! {
        {by.map(|by| view! { <bdi class="row-you">{by}</bdi> " " })}
        {body}
    }
    .into_any()
}

fn foot(row: &Seen<Conversation>) -> AnyView {
    let c = &row.conversation;
    let whose = match &c.assignee {
        Some(agent) => view! {
            <Avatar name=agent.name.clone() id=agent.id size="s" />
            <span class="visually-hidden">{tr!(inbox.assigned_to, name = agent.name)}</span>
        }
        .into_any(),
        None if c.status.is_open() => view! {
            <span class="mark">
                <Icon name="bell" size="s" />
                {tr!(inbox.unassigned)}
            </span>
        }
        .into_any(),
        None => ().into_any(),
    };
    view! {
        <span class="dot" data-status=c.status.word() aria-hidden="true"></span>
        <span>{status_name(c.status)}</span>
        {whose}
    }
    .into_any()
}
