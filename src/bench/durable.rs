//! 2: how many messages a second are acknowledged, all of them on the disk. The power is cut under full load, and
//! whatever had been acknowledged has to be there, once.

use crate::{
    Bench,
    clock::{median, steady},
    desk::Desk,
    load::{Outcome, Plan, drive},
    report::Goal,
    ruler::Ceiling,
};
use anyhow::{Result, ensure};
use std::{collections::HashMap, sync::Mutex};

const SENDERS: usize = 64;
const TALKS: usize = 100;

pub async fn run(bench: &mut Bench) -> Result<()> {
    let conversations = bench.many(1000);
    let plan = |senders, conversations, length| Plan {
        senders,
        conversations,
        rate: None,
        length,
        heard_by: 0,
        warm: false,
    };
    let length = bench.seconds(8.0);
    let (probe, mut pairs, mut baseline, mut counted) =
        (bench.work.folder("sync"), vec![], vec![], 0);
    let seed = match &bench.baseline {
        Some(seeds) => Some(seeds.polled(bench, "durable.polled").await?),
        None => None,
    };
    let talks = match &seed {
        Some(seed) => seed.talks(TALKS).await?,
        None => vec![],
    };
    for _ in 0..bench.rounds() {
        let (ruler, ours, right) = steady(&probe, bench.tries(), async || {
            let ceiling = Ceiling::open(bench, "durable.ceiling").await?;
            let flood = plan(SENDERS, conversations, length.mul_f64(0.5));
            let ruler = drive(&ceiling.relay(conversations, 0), &flood, None).await?;
            let (ours, right) =
                cut(bench, conversations, &plan(SENDERS, conversations, length)).await?;
            Ok((ruler, ours, right))
        })
        .await?;
        pairs.push((ruler.rate, ours.rate));
        counted += right;
        if let Some(seed) = &seed {
            let slow = drive(
                &seed.relay(&talks),
                &plan(8, TALKS, length.mul_f64(0.5)),
                None,
            )
            .await?;
            baseline.push((slow.rate, ours.rate));
        }
    }
    let report = &mut bench.report;
    report.pairs(
        "64 closed-loop senders, acknowledged, ÷ ceiling",
        "/s",
        &pairs,
        Goal::AtLeast(0.25),
    );
    if !baseline.is_empty() {
        report.pairs("the same, ÷ Django", "/s", &baseline, Goal::AtLeast(40.0));
    }
    report.fact(
        "right",
        format!("{counted} acknowledged before kill -9: 0 lost, 0 doubled"),
    );
    eprintln!(
        "   median of the ruler: {:.0}/s",
        median(&pairs.iter().map(|p| p.0).collect::<Vec<_>>())
    );
    Ok(())
}

/// Flood, cut the power, start again, count. Returns how many were acknowledged and found.
async fn cut(bench: &Bench, conversations: usize, plan: &Plan) -> Result<(Outcome, usize)> {
    let mut desk = Desk::open(bench, "durable", 1, None).await?;
    let visitors = desk.visitors(conversations, true).await?;
    let relay = desk.relay(&visitors, false, 0);
    let process = Mutex::new(&mut desk.process);
    let kill = || process.lock().unwrap_or_else(|e| e.into_inner()).kill();
    let outcome = drive(&relay, plan, Some(&kill)).await?;
    drop(relay);
    desk.killed_and_started("/api/v1/health/ready").await?;
    let mut times: HashMap<u32, usize> = HashMap::new();
    for mark in desk.written(&visitors).await?.into_iter().flatten() {
        *times.entry(mark).or_default() += 1;
    }
    let lost = outcome
        .acked
        .iter()
        .filter(|n| !times.contains_key(n))
        .count();
    let doubled = times.values().filter(|n| **n > 1).count();
    ensure!(!outcome.acked.is_empty(), "nothing was acknowledged");
    ensure!(
        lost == 0 && doubled == 0,
        "{lost} lost, {doubled} doubled of {}",
        outcome.acked.len()
    );
    let right = outcome.acked.len();
    Ok((outcome, right))
}
