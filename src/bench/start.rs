//! 11: from exec to the first page, idle memory, size. What was written before must not make it slower.

use crate::{
    Bench,
    desk::Desk,
    load::{Plan, drive},
    report::Goal,
    ruler::Ceiling,
};
use anyhow::Result;
use std::time::{Duration, Instant};

const PAGE: &str = "/sign-in";

pub async fn run(bench: &mut Bench) -> Result<()> {
    let mut desk = Desk::open(bench, "start", 1, None).await?;
    let visitors = desk.visitors(bench.many(1000), true).await?;
    let (mut pairs, mut empty, mut memory) = (vec![], vec![], vec![]);
    for _ in 0..bench.rounds() {
        let since = Instant::now();
        drop(Ceiling::with_pages(bench, "start.ceiling").await?);
        let bare = since.elapsed().as_secs_f64();
        let took = desk.killed_and_started(PAGE).await?.as_secs_f64();
        pairs.push((bare * 1e3, took * 1e3));
        tokio::time::sleep(Duration::from_secs(2)).await;
        memory.push(desk.process.watched().memory()? / 1024.0 / 1024.0);
        empty.push(took * 1e3);
    }
    // A full disk of messages, and then again, after a stop in the middle of it.
    let relay = desk.relay(&visitors, false, 0);
    let plan = Plan {
        senders: 64,
        conversations: visitors.len(),
        rate: None,
        length: bench.seconds(30.0),
        heard_by: 0,
        warm: false,
    };
    let written = drive(&relay, &plan, None).await?.acked.len();
    let mut full = vec![];
    for _ in 0..bench.rounds() {
        full.push(desk.killed_and_started(PAGE).await?.as_secs_f64() * 1e3);
    }
    let size = std::fs::metadata(&bench.server)?.len() as f64 / 1024.0 / 1024.0;
    let report = &mut bench.report;
    report.pairs(
        "exec → first page, ÷ the ceiling's",
        "ms",
        &pairs,
        Goal::None,
    );
    report.figure("exec → first page", "ms", &empty, Goal::AtMost(250.0));
    report.figure(
        &format!("the same with {written} messages"),
        "ms",
        &full,
        Goal::AtMost(250.0),
    );
    report.figure("idle memory", "MiB", &memory, Goal::AtMost(40.0));
    report.figure("size of the binary", "MiB", &[size], Goal::None);
    Ok(())
}
