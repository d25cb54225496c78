//! Promise 20: who is suspended or signed out hears and does nothing any more, at once and at every node, also while
//! they are at it.

use super::{
    form::report,
    served::Home,
    wire::{Caller, Wire},
};
use crate::test::{Engine, TestDesk, run_story};
use axum::http::Method;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use uuid::Uuid;

const AGENTS: usize = 10;
const STREAMS: usize = 20;
const AT_ONCE: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_is_suspended_is_out_within_two_seconds_on_sqlite() {
    run_story(Engine::Sqlite, async |desk| suspends(desk, false).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_is_suspended_is_out_within_two_seconds_on_every_node() {
    run_story(Engine::Postgres, async |desk| suspends(desk, true).await).await;
}

/// Write without pause until refused: when the last was acknowledged, and what refused it.
async fn writes(who: Caller, home: std::net::SocketAddr, place: Uuid) -> (Instant, u16, usize) {
    let mut wire = Wire::to(home);
    let (path, mut last, mut n) = (
        format!("/api/v1/conversations/{place}/messages"),
        Instant::now(),
        0,
    );
    loop {
        let said = json!({"client_id": Uuid::new_v4(), "body": "still here", "kind": "note"});
        let status = wire.post(&who, &path, &said).await.unwrap().status;
        if status != 201 {
            return (last, status, n);
        }
        (last, n) = (Instant::now(), n + 1);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn suspends(desk: TestDesk, two: bool) {
    let engine = desk.engine;
    let admin = Caller::from(&desk.admin().await);
    let place = desk.visitor("Ada").await.writes("Hello").await;
    let mut agents = vec![];
    for n in 0..AGENTS {
        // Supervisors, who may write wherever they are.
        agents.push(Caller::from(&desk.supervisor(&format!("Agent{n}")).await));
    }
    let home = Home::of(desk).await;
    let (_served, _) = home.serve(&[]).await;
    let other = home.beside();
    let mut beside = None;
    if two {
        beside = Some(other.serve(&[]).await);
    }
    let nodes = if two {
        vec![home.at(), other.at()]
    } else {
        vec![home.at()]
    };

    let mut streams = JoinSet::new();
    let mut writing = JoinSet::new();
    for (a, agent) in agents.iter().enumerate() {
        for s in 0..STREAMS {
            let at = nodes[s % nodes.len()];
            let mut stream = Wire::to(at).stream(agent, None).await.unwrap();
            streams.spawn(async move {
                let end = stream.rest().await;
                (a, Instant::now(), end)
            });
        }
        writing.spawn(writes(agent.clone(), *nodes.last().unwrap(), place));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(streams.try_join_next().is_none() && writing.try_join_next().is_none());

    let mut wire = Wire::to(home.at());
    let mut said = vec![];
    for (n, agent) in agents.iter().enumerate() {
        // Half are suspended, half sign out.
        let status = if n % 2 == 0 {
            let path = format!("/api/v1/agents/{}/suspend", agent.id);
            wire.post(&admin, &path, &json!({})).await.unwrap().status
        } else {
            let path = "/api/v1/sessions/current";
            let out = Wire::to(home.at())
                .ask(Some(agent), Method::DELETE, path, None)
                .await;
            out.unwrap().status
        };
        assert!([200, 204].contains(&status), "{status}");
        said.push(Instant::now());
    }
    let (mut slowest, mut written) = (Duration::ZERO, 0);
    for (a, at, end) in streams.join_all().await {
        assert!(end.is_ok(), "a stream ends, it is not cut off");
        slowest = slowest.max(at.saturating_duration_since(said[a]));
    }
    let mut last = Duration::ZERO;
    for (at, status, n) in writing.join_all().await {
        assert_eq!(status, 401);
        assert!(n > 0, "each was at it");
        written += n;
        last = last.max(at.saturating_duration_since(said[0]));
    }
    assert!(written > AGENTS * 2, "they were at it: {written}");
    let span = said[AGENTS - 1] - said[0];
    assert!(
        slowest <= AT_ONCE && last <= AT_ONCE + span,
        "{slowest:?} {last:?}"
    );
    for agent in &agents {
        for at in &nodes {
            let refused = Wire::to(*at).stream(agent, None).await;
            assert!(refused.is_err_and(|e| e.to_string().contains("401")));
        }
    }
    report(&format!(
        "revocation {engine:?}, {} process(es): {} of {} streams ended within {:.2} s, the last write was acknowledged {:.2} s after the \
         first of {AGENTS} revocations, which took {:.2} s; every later request 401",
        nodes.len(),
        AGENTS * STREAMS,
        AGENTS * STREAMS,
        slowest.as_secs_f64(),
        last.as_secs_f64(),
        span.as_secs_f64(),
    ));
    drop(beside);
}
