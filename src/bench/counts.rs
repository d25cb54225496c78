//! 12: three hundred open inboxes while much is said. Each asks for its counts 0.9 s after something changed, as the
//! screen does (`inbox/counts.rs`); what that costs is the server's time with them, less its time with as many streams
//! that ask nothing, in the same run.

use crate::{
    Bench,
    client::{Line, json},
    desk::Desk,
    load::{Plan, Relay, drive},
    report::Goal,
};
use anyhow::{Context, Result, ensure};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

const AGENTS: usize = 10;
const AFTER_A_CHANGE: Duration = Duration::from_millis(900);
/// Messages a second.
const RATE: f64 = 50.0;

pub async fn run(bench: &mut Bench) -> Result<()> {
    let (inboxes, threads) = (bench.many(300), 40);
    let desk = Desk::open(bench, "counts", AGENTS, None).await?;
    // Nobody but the benchmark moves a thread, so every answer is known.
    desk.without_routing().await?;
    let visitors = desk.visitors(threads, true).await?;
    let relay = desk.relay(&visitors, false, inboxes);
    let plan = Plan {
        senders: 4,
        conversations: threads,
        rate: Some(RATE),
        length: bench.seconds(20.0),
        heard_by: inboxes as u32,
        warm: true,
    };
    let (mut pairs, mut asked) = (vec![], 0);
    for _ in 0..bench.rounds() {
        let bare = seconds_a_minute(&desk, &relay, &plan).await?;
        let stop = Arc::new(AtomicBool::new(false));
        let mut open = JoinSet::new();
        for n in 0..inboxes {
            let (at, token) = (desk.at, desk.agents[n % AGENTS].clone());
            let first = AFTER_A_CHANGE.mul_f64(n as f64 / inboxes as f64);
            let stop = stop.clone();
            open.spawn(async move { inbox(at, token, threads as i64, first, &stop).await });
        }
        let with = seconds_a_minute(&desk, &relay, &plan).await?;
        stop.store(true, Relaxed);
        while let Some(one) = open.join_next().await {
            asked += one??;
        }
        pairs.push((bare, with));
    }
    ensure!(asked > 0, "no inbox asked");
    let report = &mut bench.report;
    report.pairs(
        "processor, with counts ÷ bare streams",
        "s a minute",
        &pairs,
        Goal::None,
    );
    // As many as 300 would cost, where fewer were open.
    let each = 300.0 / inboxes as f64;
    let cost: Vec<f64> = pairs
        .iter()
        .map(|(bare, with)| (with - bare) * each)
        .collect();
    report.figure(
        "processor of 300 inboxes' counts at 50 messages a second",
        "s a minute",
        &cost,
        Goal::AtMost(6.0),
    );
    report.fact("answers, each with the right counts", asked.to_string());
    Ok(())
}

/// The server's processor time while this is said, for a minute of it.
async fn seconds_a_minute(desk: &Desk, relay: &Relay, plan: &Plan) -> Result<f64> {
    let server = desk.process.watched();
    let (before, since) = (server.cpu(), Instant::now());
    drive(relay, plan, None).await?;
    let spent = server.cpu().saturating_sub(before).as_secs_f64();
    Ok(spent * 60.0 / since.elapsed().as_secs_f64())
}

/// Asks until it is stopped; how often it was answered.
async fn inbox(
    at: std::net::SocketAddr,
    token: String,
    threads: i64,
    first: Duration,
    stop: &AtomicBool,
) -> Result<u64> {
    tokio::time::sleep(first).await;
    let mut line = Line::open(at).await?;
    let ask = json("GET /api/v1/conversations/counts", &token, "");
    let mut answers = 0;
    while !stop.load(Relaxed) {
        let counts = line.ask(&ask).await?.json()?;
        let all = counts["all"].as_i64().context("no count of all")?;
        ensure!(all == threads, "{all} conversations instead of {threads}");
        answers += 1;
        tokio::time::sleep(AFTER_A_CHANGE).await;
    }
    Ok(answers)
}
