//! What stands in the place of a conversation: nothing is chosen, it is not there, or it is on its way.

use super::{
    super::{composer::unsent, screen::Screen, words::first_name},
    refocus,
};
use crate::{
    kit::{Icon, copy::Copy, effect},
    tr,
};
use leptos::prelude::*;

pub(super) fn choose() -> impl IntoView {
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
pub(super) fn missing(screen: Screen) -> impl IntoView {
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
