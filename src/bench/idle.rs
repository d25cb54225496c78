//! 4: ten thousand streams that say nothing, half of them visitors', half agents'.

use crate::{
    Bench,
    clock::Watched,
    desk::{Desk, open_ears},
    report::Goal,
    ruler::Ceiling,
};
use anyhow::Result;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

struct Silence {
    /// KiB for each stream.
    each: f64,
    /// Of the peak above the start, after all are closed.
    kept: f64,
    /// Share of one core.
    cpu: f64,
}

pub async fn run(bench: &mut Bench) -> Result<()> {
    let streams = bench.many(10_000);
    let mut desk = Desk::open(bench, "idle", 10, None).await?;
    let visitors = desk.visitors(streams / 2, false).await?;
    let (mut pairs, mut kept, mut cpu) = (vec![], vec![], vec![]);
    for round in 0..bench.rounds() {
        let wait = if round == 0 {
            bench.seconds(60.0)
        } else {
            bench.seconds(10.0)
        };
        let ceiling = Ceiling::open(bench, "idle.ceiling").await?;
        let bare = ceiling
            .relay(streams, 1)
            .ears
            .into_iter()
            .map(|s| s.request)
            .collect();
        let bare = silence(
            ceiling.at,
            ceiling.process.watched(),
            bare,
            Duration::from_secs(1),
        )
        .await?;
        drop(ceiling);
        desk.killed_and_started("/api/v1/health/ready").await?;
        let ours = desk
            .relay(&visitors, true, streams / 2)
            .ears
            .into_iter()
            .map(|s| s.request)
            .collect();
        let ours = silence(desk.at, desk.process.watched(), ours, wait).await?;
        pairs.push((bare.each, ours.each));
        kept.push(ours.kept);
        cpu.push(ours.cpu);
    }
    let report = &mut bench.report;
    report.pairs(
        "memory of a silent stream, ÷ plain axum",
        "KiB",
        &pairs,
        Goal::AtMost(1.0),
    );
    let each: Vec<f64> = pairs.iter().map(|p| p.1).collect();
    report.figure(
        "memory of a silent stream: the stretch",
        "KiB",
        &each,
        Goal::AtMost(12.0),
    );
    let cpu: Vec<f64> = cpu
        .iter()
        .map(|c| c * 100.0 * 10_000.0 / streams as f64)
        .collect();
    report.figure(
        "processor for 10,000, of one core",
        "%",
        &cpu,
        Goal::AtMost(2.0),
    );
    let kept: Vec<f64> = kept.iter().map(|k| k * 100.0).collect();
    report.figure(
        "kept of the peak after all are closed",
        "%",
        &kept,
        Goal::AtMost(25.0),
    );
    Ok(())
}

async fn silence(
    at: SocketAddr,
    server: Watched,
    requests: Vec<Vec<u8>>,
    wait: Duration,
) -> Result<Silence> {
    // What the first few cost (a pool of connections, caches) is nobody's stream.
    let few = requests.iter().take(64).cloned().collect();
    drop(open_ears(at, few).await?);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (before, n) = (server.memory()?, requests.len() as f64);
    let ears = open_ears(at, requests).await?;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let peak = server.memory()?;
    let (cpu, since) = (server.cpu(), Instant::now());
    tokio::time::sleep(wait).await;
    let cpu = server.cpu().saturating_sub(cpu).as_secs_f64() / since.elapsed().as_secs_f64();
    let grown = peak.max(server.memory()?);
    drop(ears);
    tokio::time::sleep(Duration::from_secs(6)).await;
    let kept = (server.memory()? - before).max(0.0) / (grown - before);
    Ok(Silence {
        each: (peak - before) / n / 1024.0,
        kept,
        cpu,
    })
}
