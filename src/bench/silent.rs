//! 5: a thousand widgets that are open and silent: what they cost in processor time, beside as many that ask every
//! three seconds.

use crate::{
    Bench,
    client::Line,
    desk::{Desk, open_ears},
    report::Goal,
    ruler::{Seed, Talk},
};
use anyhow::Result;
use futures::future::try_join_all;
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(3);

pub async fn run(bench: &mut Bench) -> Result<()> {
    let widgets = bench.many(1000);
    let desk = Desk::open(bench, "silent", 1, None).await?;
    let visitors = desk.visitors(widgets, false).await?;
    let seed = match &bench.baseline {
        Some(seeds) => Some(seeds.polled(bench, "silent.polled").await?),
        None => None,
    };
    // As many as two cores can answer; the cost of one is what counts.
    let talks = match &seed {
        Some(seed) => seed.talks(bench.many(300)).await?,
        None => vec![],
    };
    let (mut ours, mut pairs) = (vec![], vec![]);
    for _ in 0..bench.rounds() {
        let requests = desk
            .relay(&visitors, true, 0)
            .ears
            .into_iter()
            .map(|s| s.request)
            .collect();
        let ears = open_ears(desk.at, requests).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (cpu, since) = (desk.process.watched().cpu(), Instant::now());
        // Whole turns of the ping, so that each is counted as often as any other.
        tokio::time::sleep(if bench.smoke {
            Duration::from_secs(4)
        } else {
            Duration::from_secs(45)
        })
        .await;
        let spent = desk
            .process
            .watched()
            .cpu()
            .saturating_sub(cpu)
            .as_secs_f64()
            / since.elapsed().as_secs_f64()
            / widgets as f64;
        drop(ears);
        ours.push(spent * 1e6);
        if let Some(seed) = &seed {
            let cpu = ask(seed, &talks, if bench.smoke { 1 } else { 4 }).await?;
            pairs.push((spent * 1e6, cpu * 1e6));
        }
    }
    let report = &mut bench.report;
    report.figure("processor time for an open tab", "µs/s", &ours, Goal::None);
    if !pairs.is_empty() {
        let polled: Vec<f64> = pairs.iter().map(|p| p.1).collect();
        report.figure(
            "the same, polled every 3 s (Django)",
            "µs/s",
            &polled,
            Goal::None,
        );
        let less: Vec<f64> = pairs.iter().map(|(ours, theirs)| theirs / ours).collect();
        report.figure("times less", "", &less, Goal::AtLeast(300.0));
    }
    Ok(())
}

/// Each asks so often, three seconds apart. Seconds of processor for each second of an open tab.
async fn ask(seed: &Seed, talks: &[Talk], turns: u32) -> Result<f64> {
    let (cpu, start) = (seed.process.watched().cpu(), Instant::now());
    let tabs = talks.iter().enumerate().map(|(i, talk)| async move {
        let (mut line, mut after) = (Line::open(seed.at).await?, 0);
        for turn in 0..turns {
            let when = start + EVERY * turn + EVERY.mul_f64(i as f64 / talks.len() as f64);
            tokio::time::sleep_until(when.into()).await;
            seed.poll(&mut line, talk, &mut after).await?;
        }
        anyhow::Ok(())
    });
    try_join_all(tabs).await?;
    let spent = seed.process.watched().cpu().saturating_sub(cpu);
    Ok(spent.as_secs_f64() / (talks.len() as f64 * f64::from(turns) * EVERY.as_secs_f64()))
}
