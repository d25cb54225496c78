//! The list: what stands in the view, in its order, and what stands above it.

use super::super::rows::RowList;
use super::{address::Wanted, row::Row, screen::Screen, views::Views, words::view_name};
use crate::{
    kit::{Icon, loaded::Failed, notify::AskToNotify},
    model::conversation::{Order, Shelf, View},
    tr,
};
use leptos::{either::EitherOf4, prelude::*};

#[component]
pub fn List(screen: Screen, new_chat: RwSignal<bool>) -> impl IntoView {
    let view = Signal::derive(move || screen.wanted.get().shelf.view);
    let title = move || view_name(view.get());
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
            <Views view counts=screen.counts unread=Signal::derive(move || screen.unread()) across=true />
            <AskToNotify />
            {move || order(screen)}
            {move || fresh(screen)}
            <Shelved screen />
        </section>
    }
}

/// How many were closed today, or in which order people wait.
fn order(screen: Screen) -> Option<AnyView> {
    let Wanted { shelf, open } = screen.wanted.get();
    if shelf.view == View::Closed {
        let today = move || tr!(inbox.n_closed_today, n = screen.counts.read().closed_today);
        return Some(view! { <p class="list-order">{today}</p> }.into_any());
    }
    let other = |order: Order, words: &'static str| {
        let there = Wanted {
            shelf: Shelf { order, ..shelf },
            open,
        };
        let current = (shelf.order == order).then_some("true");
        view! {
            <a href=there.address() aria-current=current>
                {words}
            </a>
        }
    };
    shelf.view.is_sorted().then(|| {
        view! {
            <nav class="list-order" aria-label=tr!(inbox.order)>
                {other(Order::Newest, tr!(inbox.newest_first))}
                {other(Order::Longest, tr!(inbox.longest_first))}
            </nav>
        }
        .into_any()
    })
}

/// New conversations that came while the reader was further down.
fn fresh(screen: Screen) -> Option<impl IntoView> {
    let n = screen.rows.fresh.with(Vec::len);
    (n > 0).then(|| {
        let show = move |_| {
            screen.take_fresh();
            screen.rows.to_top();
        };
        view! {
            <button class="button news" data-size="s" type="button" on:click=show>
                {tr!(inbox.fresh, n = n)}
            </button>
        }
    })
}

#[component]
fn Shelved(screen: Screen) -> impl IntoView {
    let state = Memo::new(move |_| {
        let wanted = screen.wanted.get().shelf.view;
        match (
            screen.failed.read().is_some(),
            screen.shelf.get().view == wanted,
            screen.rows.shown.read().is_empty(),
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
        2 => EitherOf4::C(empty(screen.shelf.get().view)),
        _ => EitherOf4::D(view! {
            <RowList
                rows=screen.rows
                label=Signal::derive(move || view_name(screen.shelf.get().view).to_owned())
                row=Callback::new(move |row| view! { <Row row screen /> }.into_any())
                on_top=Callback::new(move |()| screen.take_fresh())
                on_end=Callback::new(move |()| screen.more())
            />
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
                        <a href=Wanted::view(View::Unassigned).address() class="button">
                            {tr!(inbox.see_unassigned)}
                        </a>
                    }
                })}
        </div>
    }
}
