//! The engine: who leads (Web Locks), what the leader does (EventSource with our own way of coming back, or
//! polling), and what the tabs tell each other (BroadcastChannel).

use super::{Connection, Source};
use crate::{
    live::{self, door::Asking},
    model::{
        event::{Cursor, NAMES},
        time::now,
        wire::{self, Json},
    },
};
use futures::{
    StreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
    future::{Either, select},
};
use gloo_timers::future::sleep;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, EventSource, MessageEvent};

/// Without a ping for so long, a stream is dead although nobody said so.
const WATCHDOG: Duration = Duration::from_secs(40);
/// Between two polls.
const POLL: Duration = Duration::from_secs(3);
/// Polling so long, then the stream is tried again.
const STREAM_AGAIN: f64 = 60_000.0;

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

/// What tabs tell each other.
#[derive(Serialize, Deserialize)]
enum Whisper {
    /// I am new; how does it stand?
    Hello,
    /// The leader: so it stands, and I have heard up to here.
    Here {
        state: Connection,
        cursor: Option<Cursor>,
    },
    /// The leader: an event, as it came.
    Event { json: String },
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

    fn whisper(&self, what: &Whisper) {
        if let (Some(channel), Ok(json), true) =
            (&self.channel, serde_json::to_string(what), self.alive.get())
        {
            _ = channel.post_message(&JsValue::from_str(&json));
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

    fn attend_whispers(self: &Rc<Self>) {
        let Some(channel) = &self.channel else { return };
        let engine = Rc::downgrade(self);
        let hear = Closure::<dyn Fn(MessageEvent)>::new(move |e: MessageEvent| {
            let (Some(engine), Some(json)) = (engine.upgrade(), e.data().as_string()) else {
                return;
            };
            match (wire::read::<Whisper>(&json), engine.leads.get()) {
                (Ok(Whisper::Hello), true) => engine.say(engine.state.get()),
                (Ok(Whisper::Event { json }), false) => _ = engine.take(&json),
                (Ok(Whisper::Here { state, cursor }), false) => {
                    engine.say(state);
                    let behind = match (&*engine.cursor.borrow(), &cursor) {
                        (Some(mine), Some(leads)) => {
                            mine.epoch != leads.epoch || mine.seq < leads.seq
                        }
                        _ => false,
                    };
                    // What the leader had heard before this tab was there.
                    if behind {
                        spawn_local(async move { _ = engine.poll(0).await });
                    }
                }
                _ => {}
            }
        });
        channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        self.closures.borrow_mut().push(Box::new(hear));
    }

    /// Ask for the lock; whoever holds it leads, until the tab goes. `false` where there are no locks.
    fn stand_for_election(self: Rc<Self>, name: &str) -> bool {
        let locks =
            js_sys::Reflect::get(&window().navigator(), &"locks".into()).unwrap_or_default();
        let Ok(request) = js_sys::Reflect::get(&locks, &"request".into())
            .and_then(|f| f.dyn_into::<js_sys::Function>())
        else {
            return false;
        };
        let engine = self.clone();
        let granted = Closure::once_into_js(move |_: JsValue| -> js_sys::Promise {
            js_sys::Promise::new(&mut |resolve, _| {
                if engine.alive.get() {
                    engine.release.replace(Some(resolve));
                    engine.clone().lead();
                } else {
                    _ = resolve.call0(&JsValue::NULL);
                }
            })
        });
        match request.call2(&locks, &name.into(), &granted) {
            Ok(promise) => {
                // A refusal (a document that may not lock) means that this tab stands alone.
                let asked = promise.unchecked_into::<js_sys::Promise>();
                spawn_local(async move {
                    if wasm_bindgen_futures::JsFuture::from(asked).await.is_err() {
                        self.lead();
                    }
                });
                true
            }
            Err(_) => false,
        }
    }

    fn lead(self: Rc<Self>) {
        if let (Some(mut rx), true) = (self.rx.take(), self.alive.get()) {
            self.leads.set(true);
            spawn_local(async move { self.run(&mut rx).await });
        }
    }

    /// The leader's life.
    async fn run(&self, rx: &mut UnboundedReceiver<Signal>) {
        let mut failures = 0_u32;
        while self.alive.get() {
            if self.polls.get() || failures >= 2 {
                if !self.poll_for_a_while(rx).await {
                    return self.say(Connection::Refused);
                }
                failures = 0;
                if self.polls.get() {
                    continue;
                }
            }
            let opened = self.stream(rx, failures).await;
            if !self.alive.get() {
                return;
            }
            failures = if opened { 0 } else { failures + 1 };
            self.say(if online() {
                Connection::Connecting
            } else {
                Connection::Offline
            });
            let most = if visible() {
                (500.0 * f64::from(2_u32.pow(failures.min(3)))).min(4_000.0)
            } else {
                30_000.0
            };
            self.pause(rx, js_sys::Math::random() * most).await;
        }
    }

    /// Wait, unless something calls.
    async fn pause(&self, rx: &mut UnboundedReceiver<Signal>, milliseconds: f64) {
        let until = js_sys::Date::now() + milliseconds;
        while self.alive.get() {
            let left = until - js_sys::Date::now();
            if left <= 0.0 {
                return;
            }
            match select(rx.next(), sleep(Duration::from_millis(left as u64 + 1))).await {
                Either::Left((Some(Signal::Nudge), _)) if online() => return,
                Either::Left((Some(_), _)) => {}
                _ => return,
            }
        }
    }

    /// One stream from its beginning to its end, after so many failures. `true` if it opened.
    async fn stream(&self, rx: &mut UnboundedReceiver<Signal>, failures: u32) -> bool {
        let Ok(source) = EventSource::new(&self.url()) else {
            return false;
        };
        while rx.try_recv().is_ok() {}
        // One sender for all names keeps the events in order.
        let tx = self.tx.clone();
        let event = Closure::<dyn Fn(MessageEvent)>::new(move |e: MessageEvent| {
            if let Some(json) = e.data().as_string() {
                _ = tx.unbounded_send(Signal::Event(json));
            }
        });
        for name in NAMES {
            _ = source.add_event_listener_with_callback(name, event.as_ref().unchecked_ref());
        }
        let tx = self.tx.clone();
        let open = Closure::<dyn Fn()>::new(move || _ = tx.unbounded_send(Signal::Opened));
        source.set_onopen(Some(open.as_ref().unchecked_ref()));
        let tx = self.tx.clone();
        let broken = Closure::<dyn Fn()>::new(move || _ = tx.unbounded_send(Signal::Broken));
        source.set_onerror(Some(broken.as_ref().unchecked_ref()));

        let mut opened = false;
        while self.alive.get() {
            match select(
                rx.next(),
                sleep(if opened {
                    WATCHDOG
                } else {
                    retry_delay(failures)
                }),
            )
            .await
            {
                Either::Left((Some(Signal::Opened), _)) => {
                    opened = true;
                    self.say(Connection::Live);
                }
                Either::Left((Some(Signal::Event(json)), _)) => {
                    opened = true;
                    self.take_and_tell(&json);
                }
                Either::Left((Some(Signal::Nudge), _)) if online() => {}
                // Broken, gone quiet, or the network is away. The browser's own way of coming back gives up on some
                // answers for good, so it is ours.
                _ => break,
            }
        }
        source.set_onopen(None);
        source.set_onerror(None);
        source.close();
        opened
    }

    /// Ask every few seconds, until it is time to try the stream. `false`: the session has ended.
    async fn poll_for_a_while(&self, rx: &mut UnboundedReceiver<Signal>) -> bool {
        let until = js_sys::Date::now() + STREAM_AGAIN;
        let mut failures = 0_u32;
        while self.alive.get() && js_sys::Date::now() < until {
            match self.poll(failures).await {
                Ok(more) => {
                    failures = 0;
                    self.say(Connection::Polling);
                    if more {
                        continue;
                    }
                }
                Err(401 | 403 | 404) => return false,
                Err(_) => {
                    failures += 1;
                    self.say(Connection::Offline);
                }
            }
            let wait = if visible() { POLL } else { POLL * 4 };
            self.pause(rx, wait.as_millis() as f64).await;
        }
        true
    }

    /// What has happened since, at once. `Ok(true)` if there may be more, `Err(0)` if there was no answer.
    async fn poll(&self, failures: u32) -> Result<bool, u16> {
        #[derive(Deserialize)]
        struct Caught {
            events: Vec<Json>,
            cursor: Cursor,
            reset: bool,
        }
        let mut request = gloo_net::http::Request::get(&self.url())
            .header("accept", "application/json")
            .header(live::OWN, "1");
        if let Some(bearer) = &self.source.bearer {
            request = request.header("authorization", &format!("Bearer {bearer}"));
        }
        let (mut asking, request) = Asking::of(request);
        let answered = Box::pin(async move {
            let answer = request.send().await.map_err(|_| 0_u16)?;
            if !answer.ok() {
                return Err(answer.status());
            }
            let json = answer.text().await.map_err(|_| 0_u16)?;
            asking.answered();
            wire::read::<Caught>(&json).map_err(|_| 0)
        });
        let caught = match select(answered, sleep(retry_delay(failures))).await {
            Either::Left((caught, _)) => caught?,
            Either::Right(_) => return Err(0),
        };
        let more = caught.events.len() >= 100;
        for event in &caught.events {
            let json = event.write();
            if self.leads.get() {
                self.take_and_tell(&json)
            } else {
                _ = self.take(&json)
            }
        }
        if caught.reset {
            let reset = Json::of([
                ("type", "reset".into()),
                ("data", Json::of([])),
                ("cursor", caught.cursor.to_string().into()),
                ("at", now().to_string().into()),
                ("workspace_id", uuid::Uuid::nil().to_string().into()),
            ]);
            let json = reset.write();
            if self.leads.get() {
                self.take_and_tell(&json)
            } else {
                _ = self.take(&json)
            }
        }
        self.cursor.replace(Some(caught.cursor));
        Ok(more)
    }
}

const SESSION: &str = "deskbell-session";

pub fn signed_out() {
    if let Ok(channel) = BroadcastChannel::new(SESSION) {
        _ = channel.post_message(&JsValue::from_str("out"));
        channel.close();
    }
}

pub fn on_signed_out(act: impl Fn() + 'static) {
    let Ok(channel) = BroadcastChannel::new(SESSION) else {
        return;
    };
    let hear = Closure::<dyn Fn()>::new(act);
    channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    let kept = StoredValue::new_local((channel, hear));
    on_cleanup(move || {
        kept.with_value(|(channel, _)| {
            channel.set_onmessage(None);
            channel.close();
        });
    });
}
