//! Promise 6: asked to stop, the process answers or refuses everything, tells its streams, loses nothing and ends in
//! time.

use super::{
    books,
    form::report,
    people::Crowd,
    served::Home,
    wire::{Caller, Wire},
};
use crate::test::{Engine, TestDesk, run_story, soon};
use axum::http::Method;
use rustix::process::Signal;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const STREAMS: usize = 500;
const SAID: &str =
    "select count(*) from message where client_id is not null and body like 'said %'";
const IN_TIME: Duration = Duration::from_secs(9);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stop_answers_or_refuses_everything_on_sqlite() {
    run_story(Engine::Sqlite, stops).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stop_answers_or_refuses_everything_on_postgres() {
    run_story(Engine::Postgres, stops).await;
}

/// A request of which only a part has arrived.
async fn half(at: std::net::SocketAddr, who: &Caller, path: &str) -> (Wire, Vec<u8>) {
    let mut wire = Wire::to(at);
    let body = json!({"client_id": Uuid::new_v4(), "body": "slow, and still in time"}).to_string();
    let head = wire.request(Some(who), &Method::POST, path, "*/*", body.len());
    let (now, later) = body.as_bytes().split_at(20);
    wire.raw(head.as_bytes()).await.unwrap();
    wire.raw(now).await.unwrap();
    (wire, later.to_vec())
}

async fn stops(desk: TestDesk) {
    let engine = desk.engine;
    let mut crowd = Crowd::gathered(&desk, 40, 6).await;
    let (slow, place) = {
        let slow = desk.visitor("Slow").await;
        (Caller::from(&slow), slow.writes("Hello").await)
    };
    let home = Home::of(desk).await;
    let (mut served, _) = home.serve(&[]).await;

    // A fifth of the streams hears everything.
    let mut streams = JoinSet::new();
    for n in 0..STREAMS {
        let who = match n % 5 {
            0 => &crowd.supervisor,
            _ => &crowd.writers[n % 40].who,
        };
        let mut stream = Wire::to(home.at()).stream(who, None).await.unwrap();
        streams.spawn(async move { stream.rest().await });
    }
    let path = format!("/api/v1/conversations/{place}/messages");
    let mut halves = vec![];
    for _ in 0..5 {
        halves.push(half(home.at(), &slow, &path).await);
    }
    assert_eq!(crowd.writers.len(), 50);
    for writer in &mut crowd.writers {
        writer.pause = Duration::from_millis(40);
    }
    let writing = crowd.writing(home.at(), &CancellationToken::new());
    soon("they are all writing", async || {
        let mut snapshot = home.snapshot().await;
        let who = "select count(distinct author_id) from message where client_id is not null and body like 'said %'";
        let (who,): (i64,) = snapshot.one(who, vec![]).await.unwrap();
        let (said,): (i64,) = snapshot.one(SAID, vec![]).await.unwrap();
        who == 41 && said >= 200 // the staff among them are one person
    })
    .await;
    assert_eq!(streams.len(), STREAMS);
    assert!(streams.try_join_next().is_none(), "every stream is open");

    let mut idle = Wire::to(home.at());
    assert_eq!(
        idle.get(None, "/api/v1/health/ready").await.unwrap().status,
        200
    );
    let since = Instant::now();
    served.signal(Signal::TERM);
    let told = streams.join_all().await;
    let streams_took = since.elapsed();
    let ready = idle.get(None, "/api/v1/health/ready").await;
    assert!(ready.is_err() || ready.is_ok_and(|a| a.status == 503));
    assert!(
        Wire::to(home.at()).get(None, "/").await.is_err(),
        "nobody new"
    );
    crowd.back(writing).await;
    for (mut wire, later) in halves {
        wire.raw(&later).await.unwrap();
        let answer = wire
            .answer()
            .await
            .expect("it was in flight: it is answered");
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    let status = served
        .end_within(IN_TIME.saturating_sub(since.elapsed()))
        .await;
    let took = since.elapsed();
    assert!(
        status.is_some_and(|s| s.success()),
        "{status:?} after {took:?}"
    );

    let retries = told.iter().map(|t| {
        let t = t.as_ref().expect("a stream ends, it is not cut off");
        let last = t.trim_end().lines().last().unwrap_or_default();
        let retry = last
            .strip_prefix("retry: ")
            .expect("it says when to come back");
        retry.parse::<u64>().unwrap()
    });
    let retries: Vec<u64> = retries.collect();
    let (soonest, latest) = (retries.iter().min().unwrap(), retries.iter().max().unwrap());
    assert!(
        latest - soonest > 1000,
        "not all at once: {soonest} to {latest} ms"
    );

    let mut snapshot = home.snapshot().await;
    books::in_order(&mut snapshot).await;
    books::hold(&mut snapshot, &crowd, crowd.since).await;
    let (stored,): (i64,) = snapshot.one(SAID, vec![]).await.unwrap();
    let acknowledged = crowd.acknowledged();
    assert!(
        acknowledged >= 100,
        "only {acknowledged}: nobody was writing"
    );
    assert_eq!(stored as usize, acknowledged, "stored without an answer");
    let slow = "select count(*) from message where body like 'slow, %'";
    assert_eq!(snapshot.one::<(i64,)>(slow, vec![]).await.unwrap().0, 5);
    if let crate::base::db::DatabaseUrl::File(file) = &home.config.place {
        let wal = file
            .with_extension("db-wal")
            .metadata()
            .map_or(0, |m| m.len());
        assert_eq!(wal, 0, "the log is folded into the file");
    }
    report(&format!(
        "stop {engine:?}: {STREAMS} streams told within {:.2} s to come back in {soonest} to {latest} ms, 50 writers with {acknowledged} \
         acknowledged and nothing else stored, 5 half-sent requests answered, exit 0 after {:.2} s",
        streams_took.as_secs_f64(),
        took.as_secs_f64(),
    ));
}
