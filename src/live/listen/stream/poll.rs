//! Asking instead of listening, where no stream can be had: the same address, on the same cursor.

use super::{Connection, Engine, Signal, retry_delay, visible};
use crate::{
    live::{self, door::Asking},
    model::{
        event::Cursor,
        time::now,
        wire::{self, Json},
    },
};
use futures::{
    channel::mpsc::UnboundedReceiver,
    future::{Either, select},
};
use gloo_timers::future::sleep;
use serde::Deserialize;
use std::time::Duration;

/// Between two polls.
const POLL: Duration = Duration::from_secs(3);
/// Polling so long, then the stream is tried again.
const STREAM_AGAIN: f64 = 60_000.0;

impl Engine {
    /// Ask every few seconds, until it is time to try the stream. `false`: the session has ended.
    pub(super) async fn poll_for_a_while(&self, rx: &mut UnboundedReceiver<Signal>) -> bool {
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
    pub(super) async fn poll(&self, failures: u32) -> Result<bool, u16> {
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
