//! What the process does by itself, until it stops.

use crate::desk::{account, conversation, routing, state::Desk};
use crate::live::bus::log;
use crate::model::{error::Result, limits, time::now};
use chrono::Duration as Span;
use std::{future::Future, time::Duration};

/// Rows cut from the log in one transaction.
const BATCH: i64 = 2_000;
/// Streams, at some 20 KiB each, that have to go before memory is given back.
const MANY_STREAMS: u64 = 200;

pub fn start(desk: &Desk, give_back: fn()) {
    desk.tasks()
        .spawn(account::ops::keep_presence(desk.clone()));
    desk.tasks().spawn(routing::ops::hear(desk.clone()));
    desk.tasks()
        .spawn(conversation::ops::hear_other_nodes(desk.clone()));
    desk.tasks().spawn(tidy_memory(desk.clone(), give_back));
    every(
        desk,
        "waking what was set aside",
        Duration::from_secs(5),
        |desk| async move { conversation::ops::wake(&desk).await },
    );
    every(desk, "trimming the log", Duration::from_secs(3600), trim);
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
/// sleeps would keep it for ever. Each is asked to give it back, and held for a moment so that another takes the next.
async fn tidy_memory(desk: Desk, give_back: fn()) {
    let threads = tokio::runtime::Handle::current().metrics().num_workers();
    let mut most = 0;
    let mut turns = tokio::time::interval(Duration::from_secs(2));
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
            for _ in 0..threads {
                tokio::spawn(async move {
                    give_back();
                    std::thread::sleep(Duration::from_millis(2));
                });
            }
        }
    }
}

/// Cut what is older than the log is kept, in small batches.
async fn trim(desk: Desk) -> Result<()> {
    let before = now().minus(Span::days(limits::LOG_DAYS));
    let workspaces = log::workspaces(&mut *desk.db().look().await?).await?;
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
