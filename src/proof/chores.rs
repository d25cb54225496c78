//! What has to be done later is done once: on two nodes, by whoever takes over from a process that died, and however
//! often the process is killed while it is at it.

use super::{
    dice::Dice,
    form::{either, report},
    served::Home,
};
use crate::base::{
    db::{Db, args},
    fail,
    jobs::{self, Job, NewJob, Worker},
};
use crate::model::refusal::Refusal;
use crate::model::{
    error::{Error, Result},
    time::now,
};
use crate::test::{Engine, TestDesk, run_story, soon};
use chrono::Duration as Span;
use rustix::process::Signal;
use serde_json::json;
use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use uuid::Uuid;

crate::stories! {
    each_job_is_done_once_on_two_nodes,
    whoever_comes_late_to_a_job_does_nothing,
    what_fails_is_tried_later_and_is_dead_after_a_day,
    what_others_hold_is_not_asked_for_without_end,
    a_job_is_there_if_and_only_if_its_cause_is,
}

const KIND: &str = "count";

fn job(key: &str) -> NewJob {
    NewJob {
        kind: KIND,
        key: key.to_owned(),
        due: now(),
        payload: json!({ "of": key }),
        cause: None,
    }
}

async fn put(desk: &TestDesk, keys: impl IntoIterator<Item = String>) {
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    for key in keys {
        jobs::put(&mut tx, desk.workspace, job(&key)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn table_of_effects(desk: &TestDesk) {
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    tx.run("create table effect (key text not null)", vec![])
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn effects(db: &Db) -> Vec<String> {
    let all: Vec<(String,)> = db
        .all("select key from effect order by key", vec![])
        .await
        .unwrap();
    all.into_iter().map(|(key,)| key).collect()
}

/// Writes down the key, in the transaction that takes the job away.
async fn count(db: Db, job: Job) -> Result<()> {
    let mut tx = db.begin(job.workspace).await?;
    assert_eq!(job.payload["of"], job.key);
    tx.run(
        "insert into effect (key) values ($1)",
        args![job.key.clone()],
    )
    .await?;
    match job.done(&mut tx).await? {
        true => tx.commit().await,
        false => Ok(()),
    }
}

async fn each_job_is_done_once_on_two_nodes(desk: TestDesk) {
    table_of_effects(&desk).await;
    let nodes = [desk.node.clone(), desk.second_node().await];
    // Who is at which job: never two at one.
    let at: Arc<Mutex<HashSet<String>>> = Arc::default();
    let met = Arc::new(AtomicUsize::new(0));
    let mut working = vec![];
    for node in &nodes {
        let (db, at, met) = (node.db().clone(), at.clone(), met.clone());
        let worker = Worker::new(KIND, move |job: Job| {
            let (db, at, met) = (db.clone(), at.clone(), met.clone());
            async move {
                if !at.lock().unwrap().insert(job.key.clone()) {
                    met.fetch_add(1, Ordering::Relaxed);
                }
                tokio::task::yield_now().await;
                let key = job.key.clone();
                let done = count(db, job).await;
                at.lock().unwrap().remove(&key);
                done
            }
        });
        let stop = node.stop().clone();
        working.push(tokio::spawn(jobs::run(
            node.db().clone(),
            vec![worker],
            stop,
        )));
    }
    let many = either(200, 2_000);
    let keys: Vec<String> = (0..many).map(|n| format!("{n:05}")).collect();
    for some in keys.chunks(20) {
        put(&desk, some.iter().cloned()).await;
    }
    soon("all is done", async || {
        effects(desk.node.db()).await.len() >= many
    })
    .await;
    nodes.iter().for_each(|node| node.stop().cancel());
    for one in working {
        one.await.unwrap();
    }
    assert_eq!(effects(desk.node.db()).await, keys, "each once");
    assert_eq!(met.load(Ordering::Relaxed), 0, "two were at one job");
    let left = "select cast(count(*) as bigint) from job";
    let (left,): (i64,) = desk.node.db().one(left, vec![]).await.unwrap();
    assert_eq!(left, 0);
}

/// A worker that keeps what it was given and does nothing.
fn idle(taken: &Arc<Mutex<Vec<Job>>>) -> Worker {
    let taken = taken.clone();
    Worker::new(KIND, move |job| {
        taken.lock().unwrap().push(job);
        std::future::pending()
    })
}

async fn whoever_comes_late_to_a_job_does_nothing(desk: TestDesk) {
    table_of_effects(&desk).await;
    let db = desk.node.db();
    let stop = desk.node.stop();
    put(&desk, ["late".to_owned(), "moved".to_owned()]).await;
    // Somebody takes both and is not heard from again.
    let taken = Arc::default();
    let asleep = [idle(&taken)];
    let sleeping = jobs::do_due(db, &asleep, stop);
    let both = soon("both are taken", async || taken.lock().unwrap().len() == 2);
    tokio::select! {
        _ = sleeping => unreachable!("it sleeps"),
        () = both => {}
    }
    let worker = |db: &Db| {
        let db = db.clone();
        [Worker::new(KIND, move |job| count(db.clone(), job))]
    };
    jobs::do_due(db, &worker(db), stop).await.unwrap();
    assert!(effects(db).await.is_empty(), "both have a holder");

    // Of one the lease runs out; in place of the other stands a new one.
    let mut tx = db.begin(desk.workspace).await.unwrap();
    let over = "update job set leased_until = $1 where key = 'late'";
    tx.run(over, args![now().minus(Span::seconds(1))])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    put(&desk, ["moved".to_owned()]).await;
    jobs::do_due(db, &worker(db), stop).await.unwrap();
    assert_eq!(effects(db).await, ["late", "moved"]);
    let late = taken.lock().unwrap().clone();
    for job in late {
        count(db.clone(), job).await.unwrap();
    }
    assert_eq!(effects(db).await, ["late", "moved"], "who slept came late");
}

async fn what_fails_is_tried_later_and_is_dead_after_a_day(desk: TestDesk) {
    table_of_effects(&desk).await;
    let (db, stop) = (desk.node.db(), desk.node.stop());
    let fails = Arc::new(Mutex::new(true));
    let tries = Arc::new(AtomicUsize::new(0));
    let (shared, fail, tried) = (db.clone(), fails.clone(), tries.clone());
    let worker = [Worker::new(KIND, move |job| {
        let (db, fail) = (shared.clone(), *fail.lock().unwrap());
        tried.fetch_add(1, Ordering::Relaxed);
        async move {
            match fail {
                true => Err(Error::conflict(Refusal::panicked())),
                false => count(db, job).await,
            }
        }
    })];
    put(&desk, ["one".to_owned()]).await;
    let update = async |sql: &'static str, at| {
        let mut tx = db.begin(desk.workspace).await.unwrap();
        tx.run(sql, args![at]).await.unwrap();
        tx.commit().await.unwrap();
    };
    jobs::do_due(db, &worker, stop).await.unwrap();
    jobs::do_due(db, &worker, stop).await.unwrap();
    assert_eq!(tries.load(Ordering::Relaxed), 1, "not again at once");
    let due = "update job set due_at = $1";
    update(due, now()).await;
    jobs::do_due(db, &worker, stop).await.unwrap();
    assert_eq!(tries.load(Ordering::Relaxed), 2);
    let dead = async || jobs::dead(&mut db.snapshot().await.unwrap()).await.unwrap();
    assert!(dead().await.is_empty());

    update("update job set tried_at = $1", now().minus(Span::hours(25))).await;
    update(due, now()).await;
    jobs::do_due(db, &worker, stop).await.unwrap();
    let found = dead().await;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].key.as_str(), found[0].tries), ("one", 3));
    assert!(found[0].error.contains("panicked"), "{}", found[0].error);
    update(due, now()).await;
    jobs::do_due(db, &worker, stop).await.unwrap();
    assert_eq!(tries.load(Ordering::Relaxed), 3, "it is dead");

    *fails.lock().unwrap() = false;
    let mut tx = db.begin(desk.workspace).await.unwrap();
    assert!(!jobs::again(&mut tx, Uuid::new_v4()).await.unwrap());
    assert!(jobs::again(&mut tx, found[0].id).await.unwrap());
    tx.commit().await.unwrap();
    jobs::do_due(db, &worker, stop).await.unwrap();
    assert_eq!(effects(db).await, ["one"]);
    assert!(dead().await.is_empty());
}

async fn what_others_hold_is_not_asked_for_without_end(desk: TestDesk) {
    table_of_effects(&desk).await;
    let db = desk.node.db();
    // A whole page of them is due, and none can be claimed: nothing can be written any more.
    put(&desk, (0..150).map(|n| format!("{n:03}"))).await;
    let mut tx = db.begin(desk.workspace).await.unwrap();
    tx.run("alter table job rename column lease to gone", vec![])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let shared = db.clone();
    let worker = [Worker::new(KIND, move |job| count(shared.clone(), job))];
    let round = jobs::do_due(db, &worker, desk.node.stop());
    let rests = tokio::time::timeout(Duration::from_secs(60), round).await;
    rests.expect("the round ends").unwrap();
    assert!(effects(db).await.is_empty());
}

async fn a_job_is_there_if_and_only_if_its_cause_is(desk: TestDesk) {
    table_of_effects(&desk).await;
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let db = desk.node.db();
    let mut tx = db.begin(desk.workspace).await.unwrap();
    jobs::put(&mut tx, desk.workspace, job("undone"))
        .await
        .unwrap();
    drop(tx);
    let count = async || -> i64 {
        let sql = "select cast(count(*) as bigint) from job";
        db.one::<(i64,)>(sql, vec![]).await.unwrap().0
    };
    assert_eq!(count().await, 0);
    let conversation = ada.writes("Hello").await;
    sam.says(conversation, "Hi").await;
    let path = format!("/conversations/{conversation}/status");
    let sleep = async |hours| {
        let until = now().plus(Span::hours(hours));
        let said = json!({"status": "snoozed", "until": until});
        sam.post(&path, said).await.ok();
    };
    sleep(1).await;
    assert_eq!(count().await, 1);
    ada.says(conversation, "I am back").await;
    assert_eq!(
        sam.conversation(conversation).await.ok()["status"],
        "active"
    );
    sleep(2).await;
    assert_eq!(count().await, 1, "one alarm a conversation");
}

/// Killed while hundreds wake at once: each wakes, and once. A process gets so far as `commits`: further than its start,
/// and twice that is not all there is to do. SQLite commits for many at once, PostgreSQL for each.
async fn all_wake_once(desk: TestDesk, kills: usize, commits: (u64, u64)) {
    let engine = desk.engine;
    let mut dice = Dice::thrown();
    let sam = desk.agent("Sam").await;
    let many = either(150, 2_000);
    for n in 0..many {
        let conversation = desk.visitor(&format!("V{n}")).await.writes("Hello").await;
        let until = now().plus(Span::hours(1));
        let said = json!({"status": "snoozed", "until": until});
        let path = format!("/conversations/{conversation}/status");
        sam.post(&path, said).await.ok();
    }
    let (sql, values) = ("update conversation set snoozed_until = $1", args![now()]);
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    tx.run(sql, values).await.unwrap();
    tx.run("update job set due_at = $1", args![now()])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    drop(sam);
    let home = Home::of(desk).await;
    let awake = async || -> i64 {
        let sql = "select cast(count(*) as bigint) from conversation where status <> 'snoozed'";
        let mut snapshot = home.snapshot().await;
        snapshot.one::<(i64,)>(sql, vec![]).await.unwrap().0
    };
    let mut between = 0;
    for n in 0..kills {
        let points = [fail::BEFORE_COMMIT, fail::COMMITTED, fail::ANSWERED];
        let (least, most) = commits;
        let (point, pass) = (points[n % points.len()], dice.between(least, most));
        let mut served = home.start(&[("DESKBELL_FAIL", format!("{point}:{pass}"))]);
        // The last of them has fewer commits than that left to do.
        let rested = async {
            loop {
                tokio::time::sleep(Duration::from_millis(100)).await;
                if awake().await == many as i64 {
                    break;
                }
            }
        };
        tokio::select! {
            status = served.end_within(Duration::from_secs(60)) => {
                assert!(status.is_some(), "it should have died at {point}:{pass}");
            }
            () = rested => served.kill(),
        }
        let now = awake().await;
        between += usize::from(now > 0 && now < many as i64);
        // What somebody died over is anybody's after its lease, which need not be waited for.
        let opened = home.opened().await;
        let workspaces: Vec<(Uuid,)> = opened
            .db()
            .all("select id from workspace", vec![])
            .await
            .unwrap();
        let mut tx = opened.db().begin(workspaces[0].0.into()).await.unwrap();
        let sql = "update job set leased_until = null, lease = null";
        tx.run(sql, vec![]).await.unwrap();
        tx.commit().await.unwrap();
        opened.stop().cancel();
        opened.db().close().await;
    }
    let (mut served, _) = home.serve(&[]).await;
    soon("all are awake", async || awake().await == many as i64).await;
    served.signal(Signal::TERM);
    assert!(served.end_within(Duration::from_secs(9)).await.is_some());
    let mut snapshot = home.snapshot().await;
    let once = "select cast(count(*) as bigint) from (select m.conversation_id from message m where m.kind = 'event' \
        and m.author_kind = 'system' group by m.conversation_id having count(*) = 1) as t";
    let (once,): (i64,) = snapshot.one(once, vec![]).await.unwrap();
    assert_eq!(once, many as i64, "each woke once");
    assert!(between >= 2, "killed in between only {between} times");
    report(&format!(
        "chores {engine:?}: {many} alarms at once, killed {between} times in between: each woke once; seed {}",
        dice.seed
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_sleeps_wakes_once_however_often_the_desk_is_killed_on_sqlite() {
    run_story(Engine::Sqlite, async |desk| {
        all_wake_once(desk, 6, (8, 14)).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_sleeps_wakes_once_however_often_the_desk_is_killed_on_postgres() {
    run_story(Engine::Postgres, async |desk| {
        all_wake_once(desk, 4, (24, 40)).await
    })
    .await;
}
