//! Notifications of this computer: asked for once above a list, and a setting of one's own. A browser asks its person
//! only once, so nothing is asked before somebody wants it.

use super::{Icon, browser, effect};
use crate::tr;
use leptos::{prelude::*, task::spawn_local};

/// Where it is kept that the bar was answered, whatever the answer was.
const ANSWERED: &str = "deskbell.notify";

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the browser is asked, and on the server.
    Unknown,
    Open,
    On,
    Refused,
}

fn now() -> State {
    if browser::may_notify() {
        State::On
    } else if browser::can_ask_to_notify() {
        State::Open
    } else if browser::may_not_notify() {
        State::Refused
    } else {
        State::Unknown
    }
}

fn ask(state: RwSignal<State>) {
    browser::store(ANSWERED, Some("1"));
    spawn_local(async move {
        browser::ask_to_notify().await;
        state.try_set(now());
    });
}

/// One line that asks, gone for good once it is answered.
#[component]
pub fn AskToNotify() -> impl IntoView {
    let (state, answered) = (RwSignal::new(State::Unknown), RwSignal::new(false));
    effect(move |_| {
        answered.set(browser::stored(ANSWERED).is_some());
        state.set(now());
    });
    let later = move |_| {
        browser::store(ANSWERED, Some("1"));
        answered.set(true);
    };
    move || {
        (state.get() == State::Open && !answered.get()).then(|| {
            view! {
                <div class="ask" role="group" aria-label=tr!(notify.title)>
                    <Icon name="bell" size="s" />
                    <span>{tr!(notify.ask)}</span>
                    <button class="button" data-size="s" type="button" on:click=move |_| ask(state)>
                        {tr!(notify.turn_on)}
                    </button>
                    <button
                        class="button"
                        data-kind="quiet"
                        data-size="s"
                        data-icon
                        type="button"
                        aria-label=tr!(notify.not_now)
                        title=tr!(notify.not_now)
                        on:click=later
                    >
                        <Icon name="x" size="s" />
                    </button>
                </div>
            }
        })
    }
}

/// How it stands, and the way to turn it on.
#[component]
pub fn Notifications() -> impl IntoView {
    let state = RwSignal::new(State::Unknown);
    effect(move |_| state.set(now()));
    let words = move || match state.get() {
        State::On => tr!(notify.on),
        State::Refused => tr!(notify.refused),
        State::Open | State::Unknown => tr!(notify.off),
    };
    view! {
        <section class="card">
            <header>
                <h2>{tr!(notify.title)}</h2>
            </header>
            <div class="card-body fields">
                <p class="hint" role="status">
                    {words}
                </p>
                {move || {
                    (state.get() == State::Open)
                        .then(|| {
                            view! {
                                <p>
                                    <button class="button" type="button" on:click=move |_| ask(state)>
                                        <Icon name="bell" size="s" />
                                        {tr!(notify.turn_on)}
                                    </button>
                                </p>
                            }
                        })
                }}
            </div>
        </section>
    }
}
