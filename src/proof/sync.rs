//! Promise 2: what was acknowledged is synced. Seen from outside: between the frame that commits a message and the
//! answer that acknowledges it lies a sync of the write-ahead log. The control run, which does not sync, has to fail.

use super::{
    form::{either, report},
    served::Home,
    trace::{self, Step},
    wire::{Caller, Wire},
};
use crate::test::{Engine, run_story};
use futures::future::join_all;
use rustix::process::Signal;
use serde_json::json;
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};
use uuid::Uuid;

const MARK: &str = "sync-proof-";
const CALLS: &str = "write,pwrite64,writev,pwritev,sendto,sendmsg,fsync,fdatasync";

/// The messages that were acknowledged, and those of them whose sync came first.
fn judged(steps: &[Step]) -> (HashSet<u64>, HashSet<u64>) {
    /// How far what holds a message has come.
    #[derive(Clone, Copy, PartialEq)]
    enum At {
        Written,
        Syncing(u32),
        Synced,
    }
    let (mut at, mut acknowledged, mut safe) = (HashMap::new(), HashSet::new(), HashSet::new());
    let mut committed = false;
    for step in steps {
        let mut turn = |from: At, to: At| {
            at.values_mut()
                .filter(|a| **a == from)
                .for_each(|a| *a = to);
        };
        match step {
            Step::Page(said) => said.iter().for_each(|n| {
                at.entry(*n).or_insert(At::Written);
            }),
            Step::Commit => committed = true, // the head of the last frame; its page follows
            Step::Syncs(thread) if committed => {
                turn(At::Written, At::Syncing(*thread));
                committed = false;
            }
            Step::Syncs(_) => {}
            Step::Synced(thread) => turn(At::Syncing(*thread), At::Synced),
            Step::Answer(said) => {
                for n in said {
                    if acknowledged.insert(*n) && at.get(n) == Some(&At::Synced) {
                        safe.insert(*n);
                    }
                }
            }
        }
    }
    (acknowledged, safe)
}

async fn send(home: &Home, people: &[(Caller, Uuid)], sends: u64) -> usize {
    let each = sends / people.len() as u64;
    let all = people
        .iter()
        .enumerate()
        .map(|(p, (who, place))| async move {
            let mut wire = Wire::to(home.at());
            let path = format!("/api/v1/conversations/{place}/messages");
            for n in 0..each {
                let body = format!("{MARK}{:08}", p as u64 * each + n);
                let said = json!({"client_id": Uuid::new_v4(), "body": body});
                let answer = wire.post(who, &path, &said).await.unwrap();
                assert_eq!(answer.status, 201, "{}", answer.text);
            }
            each as usize
        });
    join_all(all).await.into_iter().sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_acknowledged_is_synced_before() {
    if !trace::possible("sync Sqlite") {
        return;
    }
    run_story(Engine::Sqlite, async |desk| {
        let mut people = vec![];
        for n in 0..8 {
            let visitor = desk.visitor(&format!("Visitor{n}")).await;
            let place = visitor.writes("Hello").await;
            people.push((Caller::from(&visitor), place));
        }
        let home = Home::of(desk).await;
        let out = home.config.data.join("trace");
        let mut told = String::new();
        for (level, sends) in [("FULL", either(200, 1_000)), ("NORMAL", either(40, 200))] {
            let with = [("DESKBELL_SYNCHRONOUS", level.to_owned())];
            let mut served = home.start_under(&trace::words(&out, CALLS), &with);
            assert!(served.ready().await.is_some(), "{}", home.said());
            let sent = send(&home, &people, sends).await;
            served.signal(Signal::TERM);
            assert!(served.end_within(Duration::from_secs(9)).await.is_some());
            let steps = trace::steps(&std::fs::read_to_string(&out).unwrap(), MARK);
            let (acknowledged, safe) = judged(&steps);
            assert_eq!(acknowledged.len(), sent, "or the trace misses answers");
            match level {
                "FULL" => assert_eq!(acknowledged, safe, "acknowledged before it was synced"),
                _ => assert!(
                    safe.len() * 10 < sent,
                    "the check would pass without a sync"
                ),
            }
            told += &format!(
                ", {level}: {} of {sent} synced before their answer",
                safe.len()
            );
        }
        report(&format!("sync Sqlite{told} (the second must fail)"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_commit_waits_for_postgres_to_sync_whatever_its_default_is() {
    run_story(Engine::Postgres, async |desk| {
        let lazy = "do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$";
        let asked = "select current_setting('synchronous_commit')";
        let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
        tx.run(lazy, vec![]).await.unwrap();
        tx.commit().await.unwrap();
        let other = desk.second_node().await;
        let mut snapshot = super::served::Home::new(other.config().clone()).snapshot().await;
        let default: (String,) = snapshot.one(asked, vec![]).await.unwrap();
        assert_eq!(default.0, "off", "or nothing is shown");
        let mut tx = other.db().begin(desk.workspace).await.unwrap();
        let ours: (String,) = tx.one(asked, vec![]).await.unwrap();
        assert_eq!(ours.0, "on");
        drop(tx);
        other.stop().cancel();
        report("sync Postgres: synchronous_commit is on for what we write although the database's default is off; the disk is PostgreSQL's");
    })
    .await;
}
