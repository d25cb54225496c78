//! The views, with how many conversations stand in each: the side's first list of links.

use super::screen::{Wanted, view_name};
use crate::{
    kit::Icon,
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

/// `unread` is what Mine shows loudly, while anything is.
#[component]
pub fn Views(
    #[prop(into)] view: Signal<View>,
    #[prop(into)] counts: Signal<Counts>,
    #[prop(into)] unread: Signal<i64>,
) -> impl IntoView {
    let link = move |one: View| {
        let loud = move || one == View::Mine && view.get() == View::Mine && unread.get() > 0;
        let count = move || counts.with(|c| c.of(one));
        view! {
            <a
                href=Wanted { view: one, open: None }.address()
                aria-current=move || (view.get() == one).then_some("page")
                on:click=move |_| crate::kit::browser::hide_popovers()
            >
                <Icon name=picture(one) />
                <span>{view_name(one)}</span>
                {move || {
                    let n = if loud() { unread.get() } else { count() };
                    (n > 0)
                        .then(|| {
                            view! {
                                <span class="count" data-tone=(!loud()).then_some("quiet")>
                                    {n}
                                    {loud().then(|| view! { <span class="visually-hidden">" " {tr!(inbox.unread)}</span> })}
                                </span>
                            }
                        })
                }}
            </a>
        }
    };
    view! {
        <nav class="nav" aria-label=tr!(inbox.views)>
            {View::ALL.iter().map(|v| link(*v)).collect_view()}
        </nav>
    }
}
