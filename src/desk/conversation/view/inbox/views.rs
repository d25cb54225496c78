//! The views, with how many conversations stand in each: the side's first list of links, and on a phone the row of
//! links above the list.

use super::{address::Wanted, words::view_name};
use crate::{
    kit::{Icon, browser, effect},
    model::conversation::{Counts, View},
    tr,
};
use leptos::prelude::*;

fn picture(view: View) -> &'static str {
    match view {
        View::Mine => "inbox",
        View::Unassigned => "bell",
        View::Active => "messages-square",
        View::Waiting => "hourglass",
        View::Snoozed => "clock",
        View::Closed => "archive",
        View::All => "globe",
    }
}

/// `unread` is how many of one's own have something unread: said loudly at Mine, whatever is on the screen.
#[component]
pub fn Views(
    #[prop(into)] view: Signal<View>,
    #[prop(into)] counts: Signal<Counts>,
    #[prop(into)] unread: Signal<i64>,
    /// Across, above the list.
    #[prop(optional)]
    across: bool,
) -> impl IntoView {
    let link = move |one: View| {
        let loud = move || (one == View::Mine && unread.get() > 0).then(|| unread.get());
        let total = move || counts.with(|c| c.of(one));
        view! {
            <a
                href=Wanted::view(one).address()
                aria-current=move || (view.get() == one).then_some("page")
                on:click=move |_| browser::hide_popovers()
            >
                {(!across).then(|| view! { <Icon name=picture(one) /> })}
                <span>{view_name(one)}</span>
                {move || {
                    loud()
                        .map(|n| {
                            view! {
                                <span class="count" data-loud>
                                    {n}
                                    <span class="visually-hidden">" " {tr!(inbox.unread)}</span>
                                </span>
                            }
                        })
                }}
                {move || {
                    (total() > 0)
                        .then(|| {
                            view! {
                                <span class="count" data-tone="quiet">
                                    {total()}
                                </span>
                            }
                        })
                }}
            </a>
        }
    };
    if across {
        effect(move |_| {
            view.track();
            browser::reveal(".switches [aria-current]");
        });
    }
    let (class, label) = if across {
        ("switches", tr!(inbox.switch_view))
    } else {
        ("nav", tr!(inbox.views))
    };
    view! {
        <nav class=class aria-label=label>
            {View::ALL.iter().map(|v| link(*v)).collect_view()}
        </nav>
    }
}
