//! The list: what stands in the view, newest first, and the tiles above it.

use super::{
    row::Row,
    screen::{Screen, Wanted, view_name},
};
use crate::{
    kit::{Icon, loaded::Failed},
    model::conversation::View,
    tr,
};
use leptos::{either::EitherOf4, ev, html, prelude::*};

#[component]
pub fn List(screen: Screen, new_chat: RwSignal<bool>) -> impl IntoView {
    let title = move || view_name(screen.wanted.get().view);
    let heading = move || {
        if screen.wanted.get().open.is_none() {
            view! { <h1>{title}</h1> }.into_any()
        } else {
            view! { <h2>{title}</h2> }.into_any()
        }
    };
    view! {
        <section class="list" aria-label=tr!(inbox.conversations)>
            <header class="list-head">
                {heading}
                <button
                    class="button"
                    data-size="s"
                    type="button"
                    aria-haspopup="dialog"
                    disabled=move || !screen.hydrated.get()
                    on:click=move |_| new_chat.set(true)
                >
                    <Icon name="message-square-plus" size="s" />
                    {tr!(inbox.new_chat)}
                </button>
            </header>
            <dl class="tiles" aria-label=tr!(inbox.right_now)>
                {tile(tr!(inbox.active), Signal::derive(move || screen.counts.read().active), false)}
                {tile(tr!(inbox.waiting), Signal::derive(move || screen.counts.read().waiting), false)}
                {tile(tr!(inbox.closed_today), Signal::derive(move || screen.counts.read().closed_today), false)}
                {tile(tr!(inbox.unassigned), Signal::derive(move || screen.counts.read().unassigned), true)}
            </dl>
            {move || fresh(screen)}
            <Rows screen />
        </section>
    }
}

fn tile(name: &'static str, count: Signal<i64>, marked: bool) -> impl IntoView {
    view! {
        <div data-mark=move || (marked && count.get() > 0).then_some("unassigned")>
            <dt>{name}</dt>
            <dd>{count}</dd>
        </div>
    }
}

/// New conversations that came while the reader was further down.
fn fresh(screen: Screen) -> Option<impl IntoView> {
    let n = screen.fresh.with(Vec::len);
    (n > 0).then(|| {
        let show = move |_| {
            screen.take_fresh();
            if let Some(rows) = document().query_selector(".rows").ok().flatten() {
                rows.set_scroll_top(0);
            }
        };
        view! {
            <button class="button news" data-size="s" type="button" on:click=show>
                {if n == 1 { tr!(inbox.one_fresh).to_string() } else { tr!(inbox.many_fresh, n = n) }}
            </button>
        }
    })
}

#[component]
fn Rows(screen: Screen) -> impl IntoView {
    let node = NodeRef::<html::Ol>::new();
    let scrolled = move |_: ev::Event| {
        let Some(list) = node.get_untracked() else {
            return;
        };
        let top = list.scroll_top() < 40;
        if top != screen.at_top.get_untracked() {
            screen.at_top.set(top);
            if top {
                screen.take_fresh();
            }
        }
        if list.scroll_height() - list.scroll_top() - list.client_height() < 400 {
            screen.more();
        }
    };
    let state = Memo::new(move |_| {
        let wanted = screen.wanted.get().view;
        match (
            screen.failed.read().is_some(),
            screen.view.get() == wanted,
            screen.rows.read().is_empty(),
        ) {
            (true, false, _) => 0,
            (_, false, _) => 1,
            (_, true, true) => 2,
            (_, true, false) => 3,
        }
    });
    move || match state.get() {
        0 => EitherOf4::A(view! {
            <Failed error=screen.failed.get_untracked().unwrap_or(crate::model::error::Error::Unavailable) retry=Callback::new(move |()| screen.go()) />
        }),
        1 => EitherOf4::B(Waiting()),
        2 => EitherOf4::C(empty(screen.view.get())),
        _ => EitherOf4::D(view! {
            <ol class="rows" aria-label=move || view_name(screen.view.get()) node_ref=node on:scroll=scrolled>
                <For each=move || screen.rows.get() key=|row| row.conversation.id let:row>
                    <Row row screen />
                </For>
            </ol>
        }),
    }
}

/// Rows that are on their way.
#[component]
pub fn Waiting() -> impl IntoView {
    let row = || {
        view! {
            <li class="row">
                <span class="skeleton" data-shape="round"></span>
                <span class="skeleton" data-width="m"></span>
                <span class="skeleton" data-width="l"></span>
            </li>
        }
    };
    view! {
        <ol class="rows" aria-busy="true" aria-label=tr!(inbox.loading)>
            {(0..8).map(|_| row()).collect_view()}
        </ol>
    }
}

fn empty(view: View) -> impl IntoView {
    let (picture, title, words) = match view {
        View::Mine => ("bell", tr!(inbox.empty_mine_title), tr!(inbox.empty_mine)),
        View::Unassigned => (
            "check-check",
            tr!(inbox.empty_unassigned_title),
            tr!(inbox.empty_unassigned),
        ),
        View::Snoozed => (
            "clock",
            tr!(inbox.empty_snoozed_title),
            tr!(inbox.empty_snoozed),
        ),
        View::Closed => (
            "archive",
            tr!(inbox.empty_closed_title),
            tr!(inbox.empty_closed),
        ),
        _ => ("messages-square", tr!(inbox.empty_title), tr!(inbox.empty)),
    };
    view! {
        <div class="empty">
            <span class="empty-mark">
                <Icon name=picture />
            </span>
            <h2>{title}</h2>
            <p>{words}</p>
            {(view == View::Mine)
                .then(|| {
                    view! {
                        <a href=Wanted { view: View::Unassigned, open: None }.address() class="button">
                            {tr!(inbox.see_unassigned)}
                        </a>
                    }
                })}
        </div>
    }
}
