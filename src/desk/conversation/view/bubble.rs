//! One item of a thread, as either side sees it: a message, a note, a thin event line.

use crate::{
    kit::{
        Avatar, Icon, When,
        icon::picture,
        links::{is_emoji, links},
        strong,
        time::Shape,
    },
    model::{
        conversation::Side,
        message::{Author, AuthorKind, Happened, Line},
    },
    tr,
};
use leptos::prelude::*;

/// Which side of the thread somebody writes on: `contact` or `staff`.
pub fn side(kind: AuthorKind) -> &'static str {
    if kind == AuthorKind::Contact {
        "contact"
    } else {
        "staff"
    }
}

/// The side of whoever reads a thread of this kind; their messages stand on the right.
pub fn mine<C: Side>() -> &'static str {
    if C::OTHER_SIDE == AuthorKind::Contact {
        "staff"
    } else {
        "contact"
    }
}

/// How far one's own message came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tick {
    Sent,
    Read,
}

/// One message. `read` is the highest seq that the other side has read.
pub fn bubble<C: Side>(
    line: &C::Line,
    joined: bool,
    new: bool,
    faceless: bool,
    read: Memo<i64>,
) -> AnyView {
    if let Some(happened) = line.happened() {
        return event(line, happened);
    }
    let (mine, from) = (mine::<C>(), side(line.author().kind));
    let own_bubble = mine == "contact" && from == "contact";
    let seq = line.seq();
    let ticked = (from == mine && line.is_text()).then_some(move || {
        tick(if read.get() >= seq {
            Tick::Read
        } else {
            Tick::Sent
        })
    });
    view! {
        <li
            class="message"
            id=format!("m-{}", line.id())
            data-from=from
            data-audience=line.is_note().then_some("team")
            data-joined=joined
            data-new=new
        >
            {(!own_bubble && !faceless).then(|| view! { <Avatar name=line.author().name.clone() id=line.author().id /> })}
            {by(line.author(), mine, line.is_note())}
            {paper(line.body())}
            <p class="message-foot">
                <When time=line.created_at() shape=Shape::Clock />
                {ticked}
            </p>
        </li>
    }
    .into_any()
}

/// What was written, on its paper. The words have their own direction; the paper keeps the page's, so that it stands
/// where the others do.
pub fn paper(text: &str) -> AnyView {
    view! {
        <div class="bubble" data-emoji=is_emoji(text)>
            <div dir="auto">{links(text)}</div>
        </div>
    }
    .into_any()
}

/// Who wrote it; always there, shown where it helps.
pub fn by(author: &Author, mine: &str, note: bool) -> AnyView {
    if mine == "contact" {
        let own = author.kind == AuthorKind::Contact;
        let name = author.name.clone();
        return view! {
            <p class="message-by">
                {if own {
                    view! { <span class="visually-hidden">{tr!(thread.you)}</span> }.into_any()
                } else {
                    view! { <b>{name}</b> }.into_any()
                }}
            </p>
        }
        .into_any();
    }
    let customer = author.kind == AuthorKind::Contact;
    view! {
        <p class="message-by">
            {note.then(|| view! { <Icon name="lock" /> })}
            <b>{author.name.clone()}</b>
            {customer
                .then(|| {
                    view! {
                        " "
                        <span class="badge" data-tone="customer">
                            {tr!(thread.customer)}
                        </span>
                    }
                })}
            {note
                .then(|| {
                    view! {
                        " "
                        <span>{tr!(thread.note)}</span>
                    }
                })}
        </p>
    }
    .into_any()
}

pub fn tick(tick: Tick) -> AnyView {
    let (mark, picture, words) = match tick {
        Tick::Sent => ("sent", picture("check"), tr!(thread.sent)),
        Tick::Read => ("read", picture("check-check"), tr!(thread.read)),
    };
    view! {
        <span class="tick" title=words>
            <svg class="icon" aria-hidden="true" data-tick=mark>
                <use href=picture></use>
            </svg>
            <span class="visually-hidden">{words}</span>
        </span>
    }
    .into_any()
}

/// "**Sam** took the conversation."
fn event<L: Line>(line: &L, happened: Happened) -> AnyView {
    let picture = match happened {
        Happened::Joined => "user",
        Happened::Assigned => "user-check",
        Happened::Unassigned => "inbox",
        Happened::Ended => "check",
        Happened::Reopened => "refresh",
        Happened::Snoozed => "clock",
        Happened::Woke => "bell",
    };
    view! {
        <li class="event" id=format!("m-{}", line.id())>
            <Icon name=picture />
            <span>{line.told().map(strong)}</span>
            <When time=line.created_at() shape=Shape::Clock />
        </li>
    }
    .into_any()
}
