//! 3: one message to five hundred open desks; then typing, which is told and not written, to a thousand.

use crate::{
    Bench,
    client::{Line, json},
    clock::{quantile, steady},
    desk::{Desk, open_ears},
    load::{Outcome, Plan, drive},
    report::Goal,
    ruler::Ceiling,
};
use anyhow::{Result, ensure};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

const AGENTS: usize = 10;
/// More than either can tell, so that what is measured is how much each can.
const FLOOD: f64 = 400.0;
/// One person's typing is told once a second, so as many take turns as the flood asks for, and half as many again.
const TYPISTS: usize = 600;

pub async fn run(bench: &mut Bench) -> Result<()> {
    let (desks, typed_to) = (bench.many(500), bench.many(1000));
    let desk = Desk::open(bench, "fanout", AGENTS, None).await?;
    let visitors = desk.visitors(TYPISTS, true).await?;
    let ceiling = Ceiling::open(bench, "fanout.ceiling").await?;
    let (ours, theirs) = (desk.relay(&visitors, false, desks), ceiling.relay(1, desks));
    let plan = |conversations| Plan {
        senders: 4,
        conversations,
        rate: Some(20.0),
        length: bench.seconds(10.0),
        heard_by: desks as u32,
        warm: true,
    };
    let (probe, mut said, mut steady_typing, mut flood) =
        (bench.work.folder("sync"), vec![], vec![], vec![]);
    for _ in 0..bench.rounds() {
        let pair = steady(&probe, bench.tries(), async || {
            let ruler = drive(&theirs, &plan(1), None).await?;
            Ok((ruler, drive(&ours, &plan(visitors.len()), None).await?))
        });
        said.push(pair.await?);
        let typing = |i: usize| {
            let visitor = &visitors[i % visitors.len()];
            let path = format!("POST /api/v1/conversations/{}/typing", visitor.conversation);
            json(&path, &visitor.token, r#"{"typing":true}"#)
        };
        let passing = |_| ceiling.passing(0);
        let listeners: Vec<Vec<u8>> = ceiling
            .relay(1, typed_to)
            .ears
            .into_iter()
            .map(|s| s.request)
            .collect();
        let watchers: Vec<Vec<u8>> = desk
            .relay(&[], false, typed_to)
            .ears
            .into_iter()
            .map(|s| s.request)
            .collect();
        let length = bench.seconds(4.0);
        for (rate, pairs) in [(100.0, &mut steady_typing), (FLOOD, &mut flood)] {
            let ruler = pass(ceiling.at, listeners.clone(), rate, length, &passing, false).await?;
            pairs.push((
                ruler,
                pass(desk.at, watchers.clone(), rate, length, &typing, true).await?,
            ));
        }
    }
    let ms = |o: &Outcome, q| quantile(&o.last, q) * 1e3;
    let at = |q| {
        said.iter()
            .map(|(r, o)| (ms(r, q), ms(o, q)))
            .collect::<Vec<_>>()
    };
    let report = &mut bench.report;
    report.pairs(
        "20/s to 500, due → last of them, p50, ÷ ceiling",
        "ms",
        &at(0.5),
        Goal::None,
    );
    report.pairs(
        "20/s to 500, due → last of them, p99, ÷ ceiling",
        "ms",
        &at(0.99),
        Goal::AtMost(2.5),
    );
    report.pairs(
        "typing 100/s to 1,000, deliveries, ÷ ceiling",
        "/s",
        &steady_typing,
        Goal::AtLeast(0.5),
    );
    report.pairs(
        "typing 400/s to 1,000, deliveries, ÷ ceiling",
        "/s",
        &flood,
        Goal::AtLeast(0.5),
    );
    Ok(())
}

/// Deliveries a second of what only passes by, while it is offered at this rate.
async fn pass(
    at: SocketAddr,
    ears: Vec<Vec<u8>>,
    rate: f64,
    length: Duration,
    say: &impl Fn(usize) -> Vec<u8>,
    named: bool,
) -> Result<f64> {
    let heard = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for mut subscription in open_ears(at, ears).await? {
        let heard = heard.clone();
        tasks.spawn(async move {
            while let Ok(now) = subscription.next().await {
                if now.typing || (!named && now.mark.is_some()) {
                    heard.fetch_add(1, Relaxed);
                }
            }
        });
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let start = Instant::now();
    let senders = (0..4).map(|k| async move {
        let mut line = Line::open(at).await?;
        for i in (k..).step_by(4) {
            tokio::time::sleep_until((start + Duration::from_secs_f64(i as f64 / rate)).into())
                .await;
            if start.elapsed() >= length {
                return anyhow::Ok(());
            }
            let answer = line.ask(&say(i)).await?;
            ensure!(
                (200..300).contains(&answer.status),
                "{}",
                String::from_utf8_lossy(&answer.body)
            );
        }
        Ok(())
    });
    futures::future::try_join_all(senders).await?;
    let told = heard.load(Relaxed) as f64 / start.elapsed().as_secs_f64();
    ensure!(told > 0.0, "nobody heard anything");
    Ok(told)
}
