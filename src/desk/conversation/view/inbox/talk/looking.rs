//! Who else is there.

use super::super::{screen::Screen, words::first_name};
use crate::{kit::Avatar, tr};
use leptos::prelude::*;

/// Which colleagues look at it, and which of them write.
#[component]
pub fn Looking(screen: Screen) -> impl IntoView {
    let words = Memo::new(move |_| {
        let mut all: Vec<(uuid::Uuid, String, bool)> = screen
            .watchers
            .all
            .with(|l| l.iter().map(|f| (f.id.0, f.name.clone(), false)).collect());
        screen.open.typing.with(|typing| {
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
