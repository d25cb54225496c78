//! The staff's inbox: views, list, thread, and what stands beside it. The page gives it its first answer and
//! the address; from then on it keeps itself current.

mod acts;
pub mod address;
mod alerts;
pub mod beside;
pub mod composer;
pub mod correct;
mod counts;
mod doors;
pub mod keys;
pub mod list;
pub mod menus;
pub mod new_chat;
pub mod row;
pub mod screen;
pub mod shelf;
pub mod talk;
pub mod views;
mod watchers;
pub mod words;

use crate::{
    kit::{Icon, Title, browser, effect, toast::Say},
    live::{Connection, Live, Me, Source, listen},
    model::inbox::Inbox,
    tr,
};
use address::Wanted;
use keys::{Keys, Sheet};
use leptos::prelude::*;
use new_chat::NewChat;
use screen::Screen;
use words::{name_of, view_name};

/// The page's state, from its first answer. Call inside the page's owner, once.
pub fn open(first: Inbox, wanted: Memo<Wanted>) -> Screen {
    let live = Live::of_page().unwrap_or_else(Live::provide);
    let me = Me::of_page().unwrap_or_else(|| Me::provide(first.me.clone()));
    let say = use_context::<Say>().unwrap_or_else(Say::provide);
    let screen = Screen::new(first, wanted, me, live, say);
    live.subscribe(move |event| screen.hear(event));
    // Only in the browser: effects do not run on the server.
    effect(move |before: Option<Wanted>| {
        let now = wanted.get();
        if before.is_some_and(|before| before != now) {
            screen.go();
        }
        now
    });
    effect(move |_| {
        let me = screen.me.with_untracked(|me| me.id);
        live.listen(Source::staff(me.to_string()), screen.open.cursor());
        screen.outbox.load();
        screen.visible.set(browser::visible());
        screen.hydrated.set(true);
    });
    effect(move |before: Option<Connection>| {
        let now = live.state.get();
        match (before, now) {
            (_, Connection::Refused) => browser::reload(),
            (Some(before), Connection::Live | Connection::Polling) if before != now => {
                screen.outbox.nudge()
            }
            _ => {}
        }
        now
    });
    effect(move |_| {
        let now = live.state.get();
        match now {
            Connection::Live | Connection::Polling | Connection::Refused => screen.cut.set(None),
            Connection::Connecting | Connection::Offline => set_timeout(
                move || {
                    if live.state.try_get_untracked() == Some(now) {
                        screen.cut.try_set(Some(now));
                    }
                },
                std::time::Duration::from_secs(4),
            ),
        }
    });
    effect(move |_| listen::on_signed_out(browser::reload));
    let looked = window_event_listener_untyped("visibilitychange", move |_| {
        screen.visible.set(browser::visible())
    });
    on_cleanup(move || looked.remove());
    screen
}

/// Everything of the inbox that stands in the page's `main`.
#[component]
pub fn InboxMain(screen: Screen) -> impl IntoView {
    let sheet = use_context::<Sheet>().map_or_else(|| RwSignal::new(false), |s| s.0);
    let new_chat = RwSignal::new(false);
    keys::listen(screen, sheet);
    let kind = move || {
        if screen.wanted.get().open.is_some() {
            "thread"
        } else {
            "list"
        }
    };
    view! {
        <Title text=Signal::derive(move || title(screen)) />
        <main class="inbox" id="main" data-screen=kind>
            <Cut screen />
            <list::List screen new_chat />
            <talk::Talk screen />
        </main>
        <NewChat screen open=new_chat />
        <correct::Correct screen />
        <Keys open=sheet />
    }
}

/// "(3) Clara Winther": what is unread stands first, for a narrow tab.
fn title(screen: Screen) -> String {
    let open = screen.wanted.get().open;
    let name = screen.open.thread.with(|t| {
        let c = t
            .as_ref()
            .map(|t| &t.seen.conversation)
            .filter(|c| Some(c.id) == open);
        c.map(|c| name_of(&c.contact))
    });
    let words = name.unwrap_or_else(|| view_name(screen.wanted.get().shelf.view).to_owned());
    let unread = screen.unread();
    if screen.hydrated.get() {
        browser::badge(unread);
    }
    let title = tr!(shell.title, page = words);
    if unread > 0 {
        format!("({unread}) {title}")
    } else {
        title
    }
}

/// Says that the news has stopped coming; nothing while it comes, or has only just stopped. One line above
/// everything: it lies on nothing, and what somebody writes stays where it is.
#[component]
fn Cut(screen: Screen) -> impl IntoView {
    view! {
        <div class="cut" role="status">
            {move || {
                screen
                    .cut
                    .get()
                    .map(|now| {
                        let words = if now == Connection::Offline { tr!(inbox.cut_offline) } else { tr!(inbox.cut) };
                        let again = move |_| {
                            screen.live.nudge();
                            screen.outbox.nudge();
                        };
                        view! {
                            <p>
                                <Icon name="wifi-off" size="s" />
                                <span>{words}</span>
                                <button class="button" type="button" data-kind="link" on:click=again>
                                    {tr!(common.try_again)}
                                </button>
                            </p>
                        }
                    })
            }}
        </div>
    }
}
