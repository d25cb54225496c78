//! What the leader does as long as it leads: one stream after another, with pauses between them.

use super::{Connection, Engine, Signal, online, retry_delay, visible};
use crate::model::event::NAMES;
use futures::{
    StreamExt,
    channel::mpsc::UnboundedReceiver,
    future::{Either, select},
};
use gloo_timers::future::sleep;
use std::{rc::Rc, time::Duration};
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{EventSource, MessageEvent};

/// Without a ping for so long, a stream is dead although nobody said so.
const WATCHDOG: Duration = Duration::from_secs(40);

impl Engine {
    pub(super) fn lead(self: Rc<Self>) {
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
    pub(super) async fn pause(&self, rx: &mut UnboundedReceiver<Signal>, milliseconds: f64) {
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
}
