//! The engine: who leads (Web Locks), what the leader does (EventSource with our own way of coming back, or
//! polling), and what the tabs tell each other (BroadcastChannel).

mod leader;
mod poll;
mod tabs;

pub use tabs::{on_signed_out, signed_out};

use super::{Connection, Source};
use crate::{
    live,
    model::{event::Cursor, wire},
};
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use leptos::prelude::*;
use serde::Deserialize;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};
use tabs::Whisper;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::BroadcastChannel;

type Hear = Box<dyn Fn(&str)>;
type Tell = Box<dyn Fn(Connection)>;
/// The last number that was given, and who has which.
type Engines = (u32, Vec<(u32, Rc<Engine>)>);

thread_local! {
    static ENGINES: RefCell<Engines> = RefCell::default();
}

/// What reaches the leader's loop.
enum Signal {
    Opened,
    Event(String),
    Broken,
    /// The network is back, the page is looked at again, or it is over.
    Nudge,
}

/// As much of an event as the engine needs.
#[derive(Deserialize)]
struct Placed {
    #[serde(default)]
    cursor: Option<Cursor>,
}

struct Engine {
    source: Source,
    hear: Hear,
    tell: Tell,
    cursor: RefCell<Option<Cursor>>,
    state: Cell<Connection>,
    alive: Cell<bool>,
    leads: Cell<bool>,
    /// It asks, and never listens.
    polls: Cell<bool>,
    tx: UnboundedSender<Signal>,
    rx: RefCell<Option<UnboundedReceiver<Signal>>>,
    channel: Option<BroadcastChannel>,
    /// Lets go of the lock.
    release: RefCell<Option<js_sys::Function>>,
    /// Kept for as long as they listen.
    closures: RefCell<Vec<Box<dyn std::any::Any>>>,
}

pub fn start(source: Source, after: Option<Cursor>, hear: Hear, tell: Tell) -> Option<u32> {
    let (tx, rx) = unbounded();
    let name = format!(
        "deskbell-live-{:x}",
        hash(&format!("{} {}", source.principal, source.url))
    );
    let polls = source.bearer.is_some();
    let channel = (!polls)
        .then(|| BroadcastChannel::new(&name).ok())
        .flatten();
    let engine = Rc::new(Engine {
        source,
        hear,
        tell,
        cursor: RefCell::new(after),
        state: Cell::new(Connection::Connecting),
        alive: Cell::new(true),
        leads: Cell::new(false),
        polls: Cell::new(polls),
        tx,
        rx: RefCell::new(Some(rx)),
        channel,
        release: RefCell::default(),
        closures: RefCell::default(),
    });
    let number = ENGINES.with_borrow_mut(|(last, all)| {
        *last += 1;
        all.push((*last, engine.clone()));
        *last
    });
    engine.wake_with_the_page();
    engine.attend_whispers();
    if engine.channel.is_none() {
        engine.clone().lead();
    } else if engine.clone().stand_for_election(&name) {
        engine.whisper(&Whisper::Hello);
    } else {
        // Plain http. Nobody tells the server there that a stream is ours, and one for each tab would take all the
        // connections that a browser has.
        engine.polls.set(true);
        engine.clone().lead();
    }
    Some(number)
}

pub fn stop(number: u32) {
    let found = ENGINES.with_borrow_mut(|(_, all)| {
        let at = all.iter().position(|(n, _)| *n == number)?;
        Some(all.swap_remove(at).1)
    });
    if let Some(engine) = found {
        engine.end();
    }
}

pub fn nudge(number: u32) {
    ENGINES.with_borrow(|(_, all)| {
        if let Some((_, engine)) = all.iter().find(|(n, _)| *n == number) {
            _ = engine.tx.unbounded_send(Signal::Nudge);
        }
    });
}

/// FNV-1a, 64 bits: a name for the lock that does not spell out who is signed in.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// See [`live::retry_delay`].
fn retry_delay(failures: u32) -> Duration {
    Duration::from_millis(live::retry_delay(failures).into())
}

fn visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

fn online() -> bool {
    window().navigator().on_line()
}

impl Engine {
    fn end(&self) {
        self.alive.set(false);
        _ = self.tx.unbounded_send(Signal::Nudge);
        if let Some(release) = self.release.take() {
            _ = release.call0(&JsValue::NULL);
        }
        if let Some(channel) = &self.channel {
            channel.set_onmessage(None);
            channel.close();
        }
    }

    fn say(&self, state: Connection) {
        if self.alive.get() && self.state.replace(state) != state {
            (self.tell)(state);
        }
        if self.leads.get() {
            self.whisper(&Whisper::Here {
                state,
                cursor: self.cursor.borrow().clone(),
            });
        }
    }

    /// One event, once. `true` if it was new.
    fn take(&self, json: &str) -> bool {
        let Ok(Placed { cursor }) = wire::read::<Placed>(json) else {
            return false;
        };
        if let Some(cursor) = cursor {
            let known = self
                .cursor
                .borrow()
                .as_ref()
                .is_some_and(|c| c.epoch == cursor.epoch && c.seq >= cursor.seq);
            // A reset may stand at a place that is known already.
            if known && !json.contains("\"type\":\"reset\"") {
                return false;
            }
            self.cursor.replace(Some(cursor));
        }
        if self.alive.get() {
            (self.hear)(json);
        }
        true
    }

    /// As the leader: take it and hand it on.
    fn take_and_tell(&self, json: &str) {
        if self.take(json) {
            self.whisper(&Whisper::Event {
                json: json.to_owned(),
            });
        }
    }

    fn url(&self) -> String {
        let url = &self.source.url;
        match &*self.cursor.borrow() {
            Some(cursor) => format!(
                "{url}{}after={cursor}",
                if url.contains('?') { '&' } else { '?' }
            ),
            None => url.clone(),
        }
    }

    /// The network coming back and the page being looked at cut every waiting short.
    fn wake_with_the_page(self: &Rc<Self>) {
        let wake = Closure::<dyn Fn()>::new({
            let engine = Rc::downgrade(self);
            move || {
                if let Some(engine) = engine.upgrade()
                    && engine.alive.get()
                {
                    _ = engine.tx.unbounded_send(Signal::Nudge);
                }
            }
        });
        for (target, name) in [
            (window().unchecked_into::<web_sys::EventTarget>(), "online"),
            (window().unchecked_into(), "offline"),
            (document().unchecked_into(), "visibilitychange"),
        ] {
            _ = target.add_event_listener_with_callback(name, wake.as_ref().unchecked_ref());
        }
        // Listens for as long as the page is there; it holds nothing but a weak pointer.
        wake.forget();
    }
}
