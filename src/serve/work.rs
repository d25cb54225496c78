//! What the process does by itself, until it stops.

use crate::base::jobs::{self, Worker};
use crate::desk::{account, conversation, keeping, routing, state::Desk};
use crate::live::bus::log;
use crate::model::{error::Result, limits, time::now};
use chrono::Duration as Span;
use std::{
    future::Future,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

/// Rows cut from the log in one transaction.
const BATCH: i64 = 2_000;
/// Streams, at some 20 KiB each, that have to go before memory is given back.
const MANY_STREAMS: u64 = 200;
/// How often that is looked at.
const MEMORY: Duration = Duration::from_secs(2);
/// What a thread may be kept from its work for it.
const LONGEST_WAIT: Duration = Duration::from_millis(20);

pub fn start(desk: &Desk, give_back: fn()) {
    desk.tasks()
        .spawn(account::ops::keep_presence(desk.clone()));
    desk.tasks().spawn(routing::ops::hear(desk.clone()));
    desk.tasks().spawn(keeping::ops::hear(desk.clone()));
    desk.tasks()
        .spawn(conversation::ops::hear_other_nodes(desk.clone()));
    desk.tasks().spawn(tidy_memory(desk.clone(), give_back));
    desk.tasks().spawn(jobs::run(
        desk.db().clone(),
        workers(desk),
        desk.stop().clone(),
    ));
    every(desk, "trimming the log", Duration::from_secs(3600), trim);
    every(
        desk,
        "telling where the audit trails end",
        Duration::from_secs(3600),
        |desk| async move { keeping::ops::tell_heads(desk.db()).await },
    );
    every(
        desk,
        "keeping the log's mark",
        Duration::from_secs(5),
        |desk| async move {
            super::keep_heads(&desk).await;
            Ok(())
        },
    );
    every(
        desk,
        "forgetting quiet clients",
        Duration::from_secs(60),
        |desk| async move {
            desk.limits().tidy();
            Ok(())
        },
    );
}

/// Who does which jobs.
pub fn workers(desk: &Desk) -> Vec<Worker> {
    let desk = desk.clone();
    vec![Worker::new(conversation::ops::WAKE, move |job| {
        conversation::ops::wake(desk.clone(), job)
    })]
}

/// Do it now and then. It stops at an item's boundary: between two rounds.
fn every<F>(desk: &Desk, what: &'static str, pause: Duration, job: fn(Desk) -> F)
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let desk = desk.clone();
    desk.clone().tasks().spawn(async move {
        let mut turns = tokio::time::interval(pause);
        turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = turns.tick() => {}
                () = desk.stop().cancelled() => return,
            }
            if let Err(e) = job(desk.clone()).await {
                tracing::warn!(error = %e, "{what} did not work this time");
            }
        }
    });
}

/// What threads have freed is kept for their next use; once many streams have gone that is much, and a thread that
/// sleeps would keep it for ever. So all are asked to give it back, and wait for each other, since who waits cannot be
/// the next one to be asked; not for long, as one of them may be busy.
async fn tidy_memory(desk: Desk, give_back: impl Fn() + Copy + Send + 'static) {
    let threads = tokio::runtime::Handle::current().metrics().num_workers();
    let mut most = 0;
    let mut turns = tokio::time::interval(MEMORY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = turns.tick() => {}
            () = desk.stop().cancelled() => return,
        }
        let open = desk.bus().streams();
        most = open.max(most);
        if most - open >= MANY_STREAMS {
            most = open;
            let met = Arc::new((Mutex::new(0), Condvar::new()));
            for _ in 0..threads {
                let met = met.clone();
                tokio::spawn(async move {
                    give_back();
                    let (asked, all) = &*met;
                    let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
                    *asked += 1;
                    all.notify_all();
                    _ = all.wait_timeout_while(asked, LONGEST_WAIT, |n| *n < threads);
                });
            }
        }
    }
}

/// Cut what is older than the log is kept, in small batches.
async fn trim(desk: Desk) -> Result<()> {
    let before = now().minus(Span::days(limits::LOG_DAYS));
    let workspaces = log::workspaces(&mut *desk.db().snapshot().await?).await?;
    for workspace in workspaces {
        while !desk.stop().is_cancelled() {
            let mut tx = desk.db().begin(workspace).await?;
            let cut = log::trim(&mut tx, workspace, before, BATCH).await?;
            tx.commit().await?;
            if cut.is_none() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::bus::Subscription;
    use crate::model::{event::Listener, id::SessionId};
    use crate::test::{TestDesk, soon};
    use std::{collections::HashSet, thread::ThreadId};

    crate::stories! {
        memory_is_given_back_once_many_streams_have_gone,
    }

    async fn memory_is_given_back_once_many_streams_have_gone(desk: TestDesk) {
        let given: &'static Mutex<HashSet<ThreadId>> = Box::leak(Box::default());
        let tidying = tokio::spawn(tidy_memory(desk.node.clone(), move || {
            given.lock().unwrap().insert(std::thread::current().id());
        }));
        let subscription = Subscription {
            workspace: desk.workspace,
            listener: Listener::Contact {
                id: uuid::Uuid::now_v7().into(),
                widget: None,
                only: None,
            },
            session: SessionId(uuid::Uuid::now_v7()),
            until: now().plus(Span::days(1)),
            conversation: None,
        };
        let mut streams = vec![];
        // On a busy machine not all come in time.
        for _ in 0..5 {
            given.lock().unwrap().clear();
            for _ in 0..MANY_STREAMS + 50 {
                streams.push(
                    desk.node
                        .bus()
                        .listen(subscription.clone(), None)
                        .await
                        .unwrap(),
                );
            }
            tokio::time::sleep(MEMORY + MEMORY / 4).await;
            streams.truncate(60);
            tokio::time::sleep(MEMORY + MEMORY / 4).await;
            assert!(given.lock().unwrap().is_empty(), "not for a few");
            streams.clear();
            soon("somebody was asked", || async {
                !given.lock().unwrap().is_empty()
            })
            .await;
            tokio::time::sleep(MEMORY).await;
            if given.lock().unwrap().len() > 1 {
                break;
            }
        }
        assert!(
            given.lock().unwrap().len() > 1,
            "not one thread alone is asked"
        );
        tidying.abort();
    }
}
