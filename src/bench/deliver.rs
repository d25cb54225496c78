//! 1: from the moment a message was due to the last agent's event. A visitor's stream on each conversation, ten
//! agents on the inbox.

use crate::{
    Bench,
    client::Line,
    clock::{quantile, steady},
    desk::Desk,
    load::{Outcome, Plan, drive},
    report::Goal,
    ruler::{Ceiling, Seed, Talk},
};
use anyhow::{Result, ensure};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant},
};

pub const AGENTS: usize = 10;
/// Of the ruler: as many listeners for each message, on fewer conversations, because none hears all.
pub const RULED: usize = 100;
const POLL: Duration = Duration::from_secs(3);

pub async fn run(bench: &mut Bench) -> Result<()> {
    let conversations = bench.many(1000);
    let desk = Desk::open(bench, "deliver", AGENTS, None).await?;
    let visitors = desk.visitors(conversations, true).await?;
    let ceiling = Ceiling::open(bench, "deliver.ceiling").await?;
    let (ours, theirs) = (
        desk.relay(&visitors, true, AGENTS),
        ceiling.relay(RULED, AGENTS + 1),
    );
    let seed = match &bench.baseline {
        Some(seeds) => Some(seeds.polled(bench, "deliver.polled").await?),
        None => None,
    };
    let talks = match &seed {
        Some(seed) => seed.talks(bench.many(100)).await?,
        None => vec![],
    };

    let plan = |conversations, rate, length| Plan {
        senders: 16,
        conversations,
        rate: Some(rate),
        length,
        heard_by: AGENTS as u32 + 1,
        warm: true,
    };
    let probe = bench.work.folder("sync");
    let (length, fast) = (bench.seconds(10.0), bench.seconds(8.0));
    let (mut quiet, mut loud): (Vec<(Outcome, Outcome)>, Vec<Outcome>) = Default::default();
    let (mut polled, mut channels): (Vec<f64>, Vec<(f64, f64)>) = Default::default();
    for _ in 0..bench.rounds() {
        let pair = steady(&probe, bench.tries(), async || {
            let ruler = drive(&theirs, &plan(RULED, 200.0, length), None).await?;
            Ok((
                ruler,
                drive(&ours, &plan(conversations, 200.0, length), None).await?,
            ))
        });
        quiet.push(pair.await?);
        loud.push(drive(&ours, &plan(conversations, 1000.0, fast), None).await?);
        if let (Some(seed), Some(seeds)) = (&seed, &bench.baseline) {
            // Half the interval is what asking costs by itself; a database that was choked says no more.
            let asked = poll(seed, &talks, bench.seconds(8.0)).await?;
            polled.push(quantile(&asked, 0.5).min(POLL.as_secs_f64() / 2.0));
            channels.push(seeds.channels(bench, "deliver.channels").await?);
        }
    }

    let ms = |o: &Outcome, q| quantile(&o.last, q) * 1e3;
    let at = |q| {
        quiet
            .iter()
            .map(|(r, o)| (ms(r, q), ms(o, q)))
            .collect::<Vec<_>>()
    };
    let beside = |ruler: &[f64], q: f64, of: &[&Outcome]| {
        ruler
            .iter()
            .zip(of)
            .map(|(r, o)| (r * 1e3, ms(o, q)))
            .collect::<Vec<_>>()
    };
    let report = &mut bench.report;
    report.pairs(
        "200/s, due → last listener, p50, ÷ ceiling",
        "ms",
        &at(0.5),
        Goal::None,
    );
    report.pairs(
        "200/s, due → last listener, p99, ÷ ceiling",
        "ms",
        &at(0.99),
        Goal::AtMost(3.0),
    );
    if !polled.is_empty() {
        let ours: Vec<&Outcome> = quiet.iter().map(|(_, o)| o).collect();
        report.pairs(
            "200/s, p50, ÷ polling every 3 s",
            "ms",
            &beside(&polled, 0.5, &ours),
            Goal::AtMost(1.0 / 300.0),
        );
        let ours: Vec<&Outcome> = loud.iter().collect();
        let (p50, p99): (Vec<f64>, Vec<f64>) = channels.into_iter().unzip();
        report.pairs(
            "1,000/s, p50, ÷ Channels at 100/s",
            "ms",
            &beside(&p50, 0.5, &ours),
            Goal::AtMost(1.0),
        );
        report.pairs(
            "1,000/s, p99, ÷ Channels at 100/s",
            "ms",
            &beside(&p99, 0.99, &ours),
            Goal::AtMost(1.0),
        );
    } else {
        report.figure(
            "1,000/s, due → last listener, p50",
            "ms",
            &loud.iter().map(|o| ms(o, 0.5)).collect::<Vec<_>>(),
            Goal::None,
        );
        report.figure(
            "1,000/s, due → last listener, p99",
            "ms",
            &loud.iter().map(|o| ms(o, 0.99)).collect::<Vec<_>>(),
            Goal::None,
        );
    }
    let client: Vec<f64> = loud.iter().map(|o| o.client).collect();
    report.figure(
        "1,000/s, the client's own share of a core",
        "",
        &client,
        Goal::None,
    );
    let heard: usize = quiet
        .iter()
        .map(|(_, o)| o.last.len())
        .chain(loud.iter().map(|o| o.last.len()))
        .sum();
    report.fact(
        "right",
        format!(
            "{heard} messages, each by {} listeners, once, in order",
            AGENTS + 1
        ),
    );
    Ok(())
}

/// Ten messages a second, and a hundred who ask every three seconds; due → seen.
async fn poll(seed: &Seed, talks: &[Talk], length: Duration) -> Result<Vec<f64>> {
    let due: Arc<Mutex<HashMap<u32, Instant>>> = Arc::default();
    let (start, salt) = (Instant::now(), rand());
    let ended: OnceLock<Instant> = OnceLock::new();
    let say = async {
        let mut line = Line::open(seed.at).await?;
        for n in 0..(length.as_secs_f64() * 10.0) as u32 {
            let when = start + Duration::from_millis(100) * n;
            tokio::time::sleep_until(when.into()).await;
            if start.elapsed() > length * 2 {
                break; // its database is choked, and each answer takes seconds
            }
            let number = salt + n;
            due.lock()
                .unwrap_or_else(|e| e.into_inner())
                .insert(number, when);
            let talk = &talks[(n as usize * 37) % talks.len()];
            if line.ask(&seed.say(talk, number)).await?.status != 200 {
                due.lock()
                    .unwrap_or_else(|e| e.into_inner())
                    .remove(&number); // its database is locked at times
            }
        }
        let _ = ended.set(Instant::now());
        anyhow::Ok(())
    };
    let ask = talks.iter().enumerate().map(|(i, talk)| {
        let (due, ended) = (due.clone(), &ended);
        async move {
            let (mut line, mut after, mut seen) = (Line::open(seed.at).await?, 0, vec![]);
            let mut when = start + POLL.mul_f64(i as f64 / talks.len() as f64);
            while ended.get().is_none_or(|at| when < *at + POLL) {
                tokio::time::sleep_until(when.into()).await;
                for n in seed.poll(&mut line, talk, &mut after).await? {
                    let due = due
                        .lock()
                        .unwrap_or_else(|e| e.into_inner())
                        .get(&n)
                        .copied();
                    seen.extend(due.map(|d| d.elapsed().as_secs_f64()));
                }
                when += POLL;
            }
            anyhow::Ok(seen)
        }
    });
    let (said, seen) = tokio::join!(say, futures::future::try_join_all(ask));
    said?;
    let seen: Vec<f64> = seen?.into_iter().flatten().collect();
    let sent = due.lock().unwrap_or_else(|e| e.into_inner()).len();
    ensure!(
        seen.len() >= sent && sent > 0,
        "{} of {sent} were seen",
        seen.len()
    );
    Ok(seen)
}

/// Marks of one round are not those of another.
fn rand() -> u32 {
    uuid::Uuid::new_v4().as_u128() as u32 % 90_000_000
}
