//! Hearing what happens, in the browser: one stream of events per person and browser, over all tabs, that comes
//! back by itself. The server-sent events are read by one tab (Web Locks) and handed to the others
//! (BroadcastChannel); where no stream can be had, the same address is polled on the same cursor.

#[cfg(feature = "hydrate")]
mod stream;
#[cfg(not(feature = "hydrate"))]
#[path = "stream_absent.rs"]
mod stream;

use crate::model::{
    conversation::Side,
    event::{Cursor, Event},
    wire,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::sync::Arc;

/// How it stands with the news.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Connection {
    #[default]
    Connecting,
    Live,
    /// Asking every few seconds.
    Polling,
    /// The server cannot be reached.
    Offline,
    /// The session has ended; nothing more will come.
    Refused,
}

/// Where to listen, and as whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// Same origin, perhaps with a query; `after` is added.
    pub url: String,
    /// Workspace and person: tabs of the same one share a stream.
    pub principal: String,
    /// Where cookies are refused: sent as a header. Such a listener polls, for an EventSource sends none.
    pub bearer: Option<String>,
}

impl Source {
    pub fn staff(principal: impl Into<String>) -> Source {
        Source {
            url: "/api/v1/events".into(),
            principal: principal.into(),
            bearer: None,
        }
    }

    pub fn visitor(
        widget: crate::model::id::WidgetId,
        principal: impl Into<String>,
        bearer: Option<String>,
    ) -> Source {
        Source {
            url: format!("/api/v1/events?as=visitor&widget={widget}"),
            principal: principal.into(),
            bearer,
        }
    }
}

type Handler<C> = Arc<dyn Fn(&Event<C>) + Send + Sync>;
/// The next number, and everybody who listens by theirs.
type Handlers<C> = (u32, Vec<(u32, Handler<C>)>);

/// The news for the page, provided as context. Nothing comes before [`Live::listen`].
pub struct Live<C: Side> {
    pub state: RwSignal<Connection>,
    ears: StoredValue<Handlers<C>>,
    engine: StoredValue<Option<(Source, u32)>>,
}

impl<C: Side> Copy for Live<C> {}
impl<C: Side> Clone for Live<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Side + DeserializeOwned> Live<C>
where
    C::Line: DeserializeOwned + Serialize,
    C: Serialize,
{
    /// Make one, for everything below.
    pub fn provide() -> Live<C> {
        let live = Live {
            state: RwSignal::new(Connection::Connecting),
            ears: StoredValue::new((0, vec![])),
            engine: StoredValue::new(None),
        };
        provide_context(live);
        on_cleanup(move || live.stop());
        live
    }

    /// The one that was provided above.
    pub fn of_page() -> Option<Live<C>> {
        use_context()
    }

    /// Listen from `after` on (the cursor of the page's first data). Asked again with the same source, it goes on
    /// from where it is; with another, it begins anew. Does nothing on the server.
    pub fn listen(self, source: Source, after: Option<Cursor>) {
        let same = self
            .engine
            .try_with_value(|e| e.as_ref().is_some_and(|(s, _)| *s == source));
        if same != Some(false) {
            return;
        }
        self.stop();
        let hear = move |json: &str| self.hear(json);
        let state = move |now| _ = self.state.try_set(now);
        if let Some(number) = stream::start(source.clone(), after, Box::new(hear), Box::new(state))
        {
            self.engine.try_set_value(Some((source, number)));
        }
    }

    /// Hear no more.
    pub fn stop(self) {
        if let Some((_, number)) = self.engine.try_update_value(Option::take).flatten() {
            stream::stop(number);
        }
    }

    /// Try now instead of later: the person asked for it.
    pub fn nudge(self) {
        if let Some(Some((_, number))) = self.engine.try_get_value() {
            stream::nudge(number);
        }
    }

    /// Be told each event, until the owner around goes. A `reset` says: fetch again, in place.
    pub fn subscribe(self, ear: impl Fn(&Event<C>) + Send + Sync + 'static) {
        let number = self.ears.try_update_value(|(last, all)| {
            *last += 1;
            all.push((*last, Arc::new(ear)));
            *last
        });
        if Owner::current().is_some() {
            on_cleanup(move || {
                _ = self
                    .ears
                    .try_update_value(|(_, all)| all.retain(|(n, _)| Some(*n) != number))
            });
        }
    }

    /// One event as it came.
    fn hear(self, json: &str) {
        match wire::read::<Event<C>>(json) {
            Ok(event) => self.tell(&event),
            Err(error) => leptos::logging::warn!("an event was not understood: {error}"),
        }
    }

    fn tell(self, event: &Event<C>) {
        // Copied first: an ear may subscribe another.
        let ears = self
            .ears
            .try_with_value(|(_, all)| all.iter().map(|(_, e)| e.clone()).collect::<Vec<_>>());
        for ear in ears.unwrap_or_default() {
            ear(event);
        }
    }
}

/// Tell this person's other tabs that the session has ended here.
pub fn signed_out() {
    stream::signed_out();
}

/// Be told when another tab ends the session, until the owner around goes.
pub fn on_signed_out(act: impl Fn() + 'static) {
    stream::on_signed_out(act);
}
