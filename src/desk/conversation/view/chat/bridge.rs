//! The browser's life around the frame, and what the host page says and hears.

use super::{
    host::Identity,
    state::{Frame, Sends, same_person},
    window,
};
use crate::desk::widget::api::{identify, leave, page};
use crate::kit::{browser, effect};
use crate::live::{Carry, Connection, Source, Writer, bearer};
use crate::model::{
    contact::Myself, conversation::Status, error::Error, widget::Policy, wire::Json,
};
use leptos::{prelude::*, task::spawn_local};
use std::time::Duration;

impl Frame {
    /// Everything that only a browser does. Call once.
    pub fn wake(self, sites: Vec<crate::model::domain::Domain>, sends: Sends) {
        self.live.subscribe(move |event| self.hear(event));
        effect(move |_| {
            self.awake.set(true);
            window::tell("data-hydrated", Some(""));
            self.visible.set(browser::visible());
            let seen = window_event_listener_untyped("visibilitychange", move |_| {
                self.visible.set(browser::visible())
            });
            let back = window_event_listener_untyped("online", move |_| sends.nudge());
            on_cleanup(move || {
                seen.remove();
                back.remove();
            });
            self.host.listen(sites.clone(), move || self.greeted());
            sends.load();
            // A tab whose browser refuses the cookie: its session is in the tab.
            if let Some(token) = browser::session_get(&self.token_key())
                .filter(|_| self.me.with_untracked(Option::is_none))
            {
                bearer::set(Some(token));
                spawn_local(async move {
                    if self.refresh().await == Err(Error::Unauthorized) {
                        bearer::set(None);
                        browser::session_set(&self.token_key(), None);
                    }
                    self.settle(sends, Carry::Here);
                });
            }
        });
        effect(move |_| {
            let cursor = self.cursor.get();
            if self.me.read().is_some() && cursor.is_some() {
                self.live.listen(
                    Source::visitor(self.widget, self.principal(), bearer::token()),
                    cursor,
                );
            }
        });
        // What waits goes as soon as the news comes again.
        effect(move |before: Option<Connection>| {
            let now = self.live.state.get();
            if before.is_some_and(|before| before != now)
                && matches!(now, Connection::Live | Connection::Polling)
            {
                sends.nudge();
            }
            now
        });
        let unread = Memo::new(move |_| self.unread());
        effect(move |_| {
            self.host
                .say("unread", Json::of([("count", unread.get().into())]))
        });
        // Where one stands in line is not in any event.
        effect(move |before: Option<Option<IntervalHandle>>| {
            if let Some(Some(handle)) = before {
                handle.clear();
            }
            let wanted =
                self.place_in_line().is_some() && self.host.open.get() && self.visible.get();
            wanted
                .then(|| {
                    set_interval_with_handle(move || self.refetch(), Duration::from_secs(20)).ok()
                })
                .flatten()
        });
        self.attend(sends);
    }

    /// 1 is next; while nobody has taken it.
    pub fn place_in_line(self) -> Option<i64> {
        self.open.thread.with(|t| {
            let seen = &t.as_ref()?.seen;
            seen.queue_position.filter(|_| {
                seen.conversation.status == Status::Waiting && seen.conversation.assignee.is_none()
            })
        })
    }

    fn greeted(self) {
        self.host.say(
            "unread",
            Json::of([("count", untrack(|| self.unread()).into())]),
        );
        self.host.event(
            "status",
            Json::of([("online", self.online.get_untracked().into())]),
        );
        if self.conversation().is_some() {
            self.host.say("started", Json::of([]));
        }
    }

    /// What the host page tells.
    fn attend(self, sends: Sends) {
        effect(move |_| {
            let (page_url, reference) = (self.host.page_url.get(), self.host.reference.get());
            if self.me.with_untracked(Option::is_some)
                && (page_url.is_some() || reference.is_some())
            {
                spawn_local(async move { _ = page(self.widget, page_url, reference).await });
            }
        });
        effect(move |_| {
            let Some(said) = self.host.identity.get() else {
                return;
            };
            let open = self.host.open.get();
            self.settle(sends, Carry::Here);
            match self.me.get_untracked() {
                Some(me) => spawn_local(async move { self.identified(sends, me, said).await }),
                None if self.policy() == Policy::VerifiedOnly && said.hash.is_some() && open => {
                    spawn_local(async move {
                        if self.introduce(sends, None, None).await.is_ok() {
                            _ = self.refresh().await;
                        }
                    })
                }
                None => {}
            }
        });
        effect(move |_| match self.host.verb.get() {
            Some((verb, text)) if verb == "newMessage" => {
                if !text.is_empty() {
                    self.written_here.set_value(true);
                    self.text.set(text);
                }
                self.host.focused.update(|n| *n += 1);
            }
            Some((verb, text)) if verb == "setTheme" => {
                window::tell(
                    "data-theme",
                    Some(text.as_str()).filter(|t| matches!(*t, "light" | "dark")),
                );
            }
            Some((verb, _)) if verb == "reset" => spawn_local(async move {
                sends.hold();
                if self.me.with_untracked(Option::is_some) {
                    _ = leave(self.widget).await;
                }
                browser::session_set(&self.token_key(), None);
                sends.forget();
                // And of whoever sat here before the page said who it was.
                Writer::forget(&self.widget.to_string());
                browser::reload();
            }),
            _ => {}
        });
    }

    /// The host page says who this is; asked once per tab for the same words.
    async fn identified(self, sends: Sends, me: Myself, said: Identity) {
        let (key, words) = (
            format!("deskbell.identified.{}", self.widget),
            format!("{} {said:?}", same_person(&Some(me.clone()))),
        );
        if browser::session_get(&key).as_ref() == Some(&words) {
            return;
        }
        // The answer may make the cookie somebody else's, for whom nothing of this may be sent.
        sends.hold();
        self.identifying.try_set_value(true);
        let ask = || {
            let said = said.clone();
            identify(self.widget, said.id, said.hash, said.name, said.email)
        };
        let answer = match ask().await {
            // Another tab was faster.
            Err(Error::Unauthorized) => {
                browser::sleep(300).await;
                ask().await
            }
            answer => answer,
        };
        if let Ok(token) = answer.as_ref().map(|now| now.token.as_deref())
            && token.is_some()
        {
            browser::session_set(&self.token_key(), token);
            bearer::set(token.map(str::to_owned));
        }
        self.identifying.try_set_value(false);
        match answer {
            Ok(now) if now.me.id == me.id => {
                browser::session_set(&key, Some(&words));
                self.me.try_set(Some(now.me));
                // Whatever was asked with the session of before was answered as to nobody.
                if said.hash.is_some() {
                    _ = self.refresh().await;
                }
            }
            // Somebody else is here now: their chat, and nothing of the one before.
            Ok(_) => {
                sends.forget();
                return browser::reload();
            }
            Err(error) => self.host.event(
                "identify:error",
                Json::of([("message", error.sentence().into())]),
            ),
        }
        sends.go_on();
    }
}
