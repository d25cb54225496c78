//! What people receive: their streams, and everything that can be read.

use super::Thread;
use crate::proof::{
    cast::{Cast, Thing, Whose},
    strangers::{asking::request, table::Line},
};
use crate::test::{Ears, Person};
use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::Value;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Uuid;

/// A stream that is read all the time, as clients do.
pub(super) struct Listening {
    stop: CancellationToken,
    heard: JoinHandle<String>,
}

impl Listening {
    pub(super) fn to(mut ears: Ears) -> Listening {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let heard = tokio::spawn(async move {
            let hour = Duration::from_secs(3600);
            let all = async { while let Ok(Some(_)) = ears.within(hour).await {} };
            tokio::select! {
                () = all => {}
                () = stopped.cancelled() => {}
            }
            ears.heard
        });
        Listening { stop, heard }
    }

    pub(super) async fn stop(self) -> String {
        self.stop.cancel();
        self.heard.await.unwrap()
    }
}

impl Cast {
    /// Everything that can be read, by one of them.
    pub(super) async fn reads(
        &self,
        at: usize,
        lines: &[Line],
        threads: &[Thread],
        cursor: &str,
    ) -> String {
        let side = self.side(at);
        let mut received = String::new();
        for line in lines.iter().filter(|l| is_reading(&l.door)) {
            let ids: Vec<Uuid> = match line.thing {
                Some(Thing::Conversation) => threads.iter().map(|t| t.id).collect(),
                Some(Thing::Contact) => threads.iter().map(|t| t.contact).collect(),
                // What another workspace's widget shows to anybody is no secret.
                Some(Thing::Widget) => vec![side.widget.0],
                Some(thing) => vec![self.thing(at, thing, Whose::Elsewhere).await],
                None => vec![Uuid::nil()],
            };
            for id in ids {
                let reply = self.ask(request(self, line, at, id, threads[0].id)).await;
                received += &format!("{:?} {}\n", reply.headers, reply.text);
            }
        }
        let path = format!("/api/v1/events?after={cursor}");
        received
            + &self
                .call(&self.members[at].person, Method::GET, &path, Value::Null)
                .await
                .text
    }

    pub(super) async fn stream(&self, who: &Person) -> Ears {
        let request = Request::builder()
            .uri("/api/v1/events")
            .header("host", "localhost:3000");
        let request = request
            .header("authorization", format!("Bearer {}", who.token))
            .header("accept", "text/event-stream");
        Ears::of(
            self.app
                .clone()
                .oneshot(request.body(Body::empty()).unwrap())
                .await
                .unwrap(),
        )
    }
}

fn is_reading(door: &str) -> bool {
    let name = door.rsplit('/').next().unwrap();
    let reads = [
        "open_",
        "earlier",
        "chat_earlier",
        "me",
        "front_page",
        "guide_page",
        "look_at_link",
        "widget_secret",
    ];
    if door.starts_with("fn ") {
        reads.iter().any(|r| name.starts_with(r))
    } else {
        ["get ", "page ", "file "]
            .iter()
            .any(|k| door.starts_with(k))
    }
}
