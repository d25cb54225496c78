//! What stands before the first message, and above it afterwards.

use super::state::Frame;
use crate::{
    kit::{Avatar, Icon, initials},
    model::agent::Face,
    tr,
};
use leptos::prelude::*;

/// The admin's greeting: the first of several lines is its title, and so is a single short one.
fn greeting(frame: Frame) -> (String, String) {
    let welcome = frame.config.with_value(|c| c.welcome_message.clone());
    let welcome = welcome.trim();
    match welcome.split_once('\n') {
        Some((title, rest)) => (title.trim().to_owned(), rest.trim().to_owned()),
        None if welcome.is_empty() => (tr!(chat.welcome).to_owned(), String::new()),
        None if welcome.chars().count() <= 72 => (welcome.to_owned(), String::new()),
        None => (tr!(chat.welcome).to_owned(), welcome.to_owned()),
    }
}

/// The first look: the greeting in the brand's colours, who is there, and that one need not wait here.
#[component]
pub fn Welcome(frame: Frame) -> impl IntoView {
    let (title, rest) = greeting(frame);
    let row = move || {
        if !frame.online.get() {
            return view! {
                <Icon name="moon" />
                <p dir="auto">{frame.away()}</p>
            }
            .into_any();
        }
        let here = frame.here.get();
        if here.is_empty() {
            return view! {
                <Icon name="message-circle" />
                <p>{tr!(chat.promise)}</p>
            }
            .into_any();
        }
        view! {
            <span class="faces" aria-hidden="true">
                {here.iter().take(FACES).map(|face| view! { <Avatar name=face.name.clone() id=face.id.0 /> }).collect_view()}
            </span>
            <p>
                <b>{names(&here)}</b>
                <span>{tr!(chat.promise)}</span>
            </p>
        }
        .into_any()
    };
    view! {
        <li class="widget-welcome">
            <div class="widget-hero">
                <Icon name="message-circle" />
                <h2 dir="auto">{title}</h2>
                {(!rest.is_empty()).then(|| view! { <p dir="auto">{rest}</p> })}
            </div>
            <div class="widget-here">{row}</div>
        </li>
    }
}

/// So many are shown and named.
const FACES: usize = 3;

fn names(here: &[Face]) -> String {
    match here {
        [] => String::new(),
        [a] => tr!(chat.here_one, a = a.name),
        [a, b] => tr!(chat.here_two, a = a.name, b = b.name),
        [a, b, c] => tr!(chat.here_three, a = a.name, b = b.name, c = c.name),
        [a, b, ..] => tr!(chat.here_more, a = a.name, b = b.name),
    }
}

/// The same greeting where the chat has begun: its first line, said by the workspace.
#[component]
pub fn Greeting(frame: Frame) -> impl IntoView {
    let (title, rest) = greeting(frame);
    let said = if rest.is_empty() {
        title
    } else {
        format!("{title}\n{rest}")
    };
    view! {
        <li class="message" data-from="staff">
            <span class="avatar" data-brand aria-hidden="true">
                {frame.workspace.with_value(|name| initials(name))}
            </span>
            <p class="message-by">
                <b>{frame.workspace.get_value()}</b>
            </p>
            <div class="bubble">
                <span dir="auto">{said}</span>
            </div>
        </li>
    }
}
