//! Beside the thread: who it is, what it is about, how it stands, what was before.

use super::{
    screen::{About, Screen},
    words::{name_of, status_name},
};
use crate::{
    desk::conversation::view::GuestLink,
    kit::{Avatar, Icon, When, links::OutsideLink, time::Shape},
    model::{
        address::Address,
        contact::Reference,
        conversation::{Conversation, ForReader, Status},
        time::Time,
    },
    tr,
};
use leptos::prelude::*;

#[component]
pub fn Beside(
    screen: Screen,
    conversation: Conversation,
    last_seen: Option<Time>,
) -> impl IntoView {
    let about = screen.about.get_untracked().unwrap_or(About {
        others: vec![],
        widget: String::new(),
    });
    let c = conversation;
    let contact = c.contact.clone();
    let name = name_of(&contact);
    let tone = match c.status {
        Status::Active => Some("good"),
        Status::Waiting => Some("wait"),
        Status::Snoozed => Some("blue"),
        Status::Closed => None,
    };
    let email = contact.email.clone().filter(|_| contact.name.is_some());
    let page = contact.page_url.clone().map(|url| (shortened(&url), url));
    view! {
        <aside class="beside" id="beside" popover aria-label=tr!(inbox.details)>
            <header class="beside-close">
                <span>{tr!(inbox.details)}</span>
                <button
                    class="button"
                    data-kind="quiet"
                    data-icon
                    type="button"
                    popovertarget="beside"
                    popovertargetaction="hide"
                    aria-label=tr!(inbox.close_details)
                >
                    <Icon name="x" />
                </button>
            </header>
            <section class="contact-card" aria-label=tr!(inbox.customer)>
                <div class="person">
                    <Avatar name=name.clone() id=contact.id size="l" />
                    <span>
                        <b dir="auto">{name}</b>
                        {email.map(|e| view! { <span class="hint">{e}</span> })}
                    </span>
                    <button
                        class="button"
                        data-kind="quiet"
                        data-icon
                        data-size="s"
                        type="button"
                        aria-haspopup="dialog"
                        aria-label=tr!(inbox.edit_customer)
                        title=tr!(inbox.edit_customer)
                        disabled=move || !screen.hydrated.get()
                        on:click={
                            let contact = contact.clone();
                            move |_| screen.correcting.set(Some(contact.clone()))
                        }
                    >
                        <Icon name="pencil" size="s" />
                    </button>
                </div>
                {contact
                    .verified
                    .then(|| {
                        view! {
                            <p>
                                <span class="badge" data-tone="good">
                                    {tr!(inbox.verified)}
                                </span>
                            </p>
                        }
                    })}
                <dl class="facts">
                    {page
                        .map(|((host, path), url)| {
                            view! {
                                <div>
                                    <dt>{tr!(inbox.page)}</dt>
                                    <dd>
                                        <OutsideLink href=url>{host}</OutsideLink>
                                        {path.map(|path| view! { <span class="hint page-path">{path}</span> })}
                                    </dd>
                                </div>
                            }
                        })}
                    <div>
                        <dt>{tr!(inbox.widget)}</dt>
                        <dd>{about.widget}</dd>
                    </div>
                    <div>
                        <dt>{tr!(inbox.first_seen)}</dt>
                        <dd>
                            <When time=contact.created_at />
                        </dd>
                    </div>
                    <div>
                        <dt>{tr!(inbox.last_seen)}</dt>
                        <dd>
                            <When time=last_seen.unwrap_or(contact.last_seen_at) />
                        </dd>
                    </div>
                </dl>
            </section>
            {c
                .reference
                .clone()
                .map(|r| {
                    view! {
                        <section>
                            <h2>{tr!(inbox.about)}</h2>
                            {reference(r)}
                        </section>
                    }
                })}
            <section>
                <h2>{tr!(inbox.conversation)}</h2>
                <dl class="facts">
                    <div>
                        <dt>{tr!(inbox.status)}</dt>
                        <dd>
                            <span class="badge" data-tone=tone>
                                {status_name(c.status)}
                            </span>
                        </dd>
                    </div>
                    <div>
                        <dt>{tr!(inbox.assignee)}</dt>
                        <dd>{c.assignee.clone().map_or_else(|| tr!(inbox.nobody).to_owned(), |a| a.name)}</dd>
                    </div>
                    {c
                        .team
                        .clone()
                        .map(|team| {
                            view! {
                                <div>
                                    <dt>{tr!(inbox.team)}</dt>
                                    <dd>{team.name}</dd>
                                </div>
                            }
                        })}
                    <div>
                        <dt>{tr!(inbox.started)}</dt>
                        <dd>
                            <When time=c.created_at shape=Shape::Moment />
                        </dd>
                    </div>
                </dl>
            </section>
            <GuestLink conversation=c.id hydrated=screen.hydrated.into() />
            {(!about.others.is_empty())
                .then(|| {
                    view! {
                        <section>
                            <h2>{tr!(inbox.others)}</h2>
                            <ol class="other-conversations">
                                {about.others.into_iter().map(|other| another(screen, other)).collect_view()}
                            </ol>
                        </section>
                    }
                })}
        </aside>
    }
}

/// The site, and the path on it unless it is the front page; the rest is in the link.
fn shortened(address: &str) -> (String, Option<String>) {
    match Address::read(address) {
        Some(a) => (a.host, Some(a.path).filter(|path| path.len() > 1)),
        None => (address.to_owned(), None),
    }
}

fn reference(r: Reference) -> impl IntoView {
    let label = r
        .label
        .clone()
        .unwrap_or_else(|| format!("{} {}", r.kind, r.id));
    let hint = format!("{} {}", r.kind, r.id);
    let inside = move || {
        view! {
            <span class="reference-mark">
                <Icon name="package" />
            </span>
            <b>{label}</b>
            <span class="hint">{hint}</span>
        }
    };
    match r.url {
        Some(url) => view! {
            <OutsideLink href=url class="reference">
                {inside()}
                <Icon name="external-link" size="s" />
            </OutsideLink>
        }
        .into_any(),
        None => view! { <div class="reference">{inside()}</div> }.into_any(),
    }
}

fn another(screen: Screen, other: ForReader<Conversation>) -> impl IntoView {
    let c = other.conversation;
    let last = c.last_message.as_ref();
    let words: String = last.map_or_else(
        || tr!(inbox.no_words).to_owned(),
        |m| m.body.chars().take(120).collect(),
    );
    let at = last.map_or(c.created_at, |m| m.created_at);
    let by = c.assignee.as_ref().map(|a| a.name.clone());
    view! {
        <li>
            <a href=move || screen.address(Some(c.id))>
                <span>{words}</span>
                <When time=at shape=Shape::Short />
                <span class="hint">
                    {status_name(c.status)} {by.map(|by| format!(" · {by}"))}
                </span>
            </a>
        </li>
    }
}
