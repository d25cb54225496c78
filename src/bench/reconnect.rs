//! 13: the server dies under ten thousand streams; each comes back with its cursor and hears the twenty messages
//! that it missed, once and in order. Then one agent who is a thousand and ten thousand events behind.

use crate::{
    Bench,
    client::{Line, Subscription, request},
    desk::{Desk, Visitor, listening, text},
    report::Goal,
};
use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

const MISSED: usize = 20;

pub async fn run(bench: &mut Bench) -> Result<()> {
    let streams = bench.many(10_000);
    let mut desk = Desk::open(bench, "reconnect", 1, None).await?;
    desk.without_routing().await?;
    let visitors = desk.visitors(streams, true).await?;
    let (mut storms, mut behind) = (vec![], HashMap::<usize, Vec<f64>>::new());
    for _ in 0..if bench.smoke { 1 } else { 2 } {
        let ears = crate::desk::open_ears(desk.at, seats(&visitors, None)).await?;
        let cursor = cursor(desk.at, &desk.agents[0]).await?;
        desk.killed_and_started("/api/v1/health/ready").await?;
        drop(ears);
        let said = miss(&desk, &visitors).await?;

        let requests = seats(&visitors, Some(&cursor));
        let (start, at) = (Instant::now(), desk.at);
        let back = stream::iter(requests.into_iter().enumerate()).map(|(i, request)| {
            let said = &said[i];
            async move {
                let from = Ipv4Addr::new(127, 0, 2, 1 + (i / 8000) as u8);
                let subscription = Subscription::open(at, Some(from), &request).await?;
                let heard = hear(subscription, said.len()).await?;
                ensure!(
                    heard == *said,
                    "a stream missed {said:?} and heard {heard:?}"
                );
                anyhow::Ok(())
            }
        });
        // Not more at once than a listening socket takes in.
        back.buffer_unordered(256).try_collect::<()>().await?;
        storms.push(start.elapsed().as_secs_f64());

        let all: usize = said.iter().map(Vec::len).sum();
        for far in [1000, 10_000].into_iter().filter(|far| *far <= all) {
            let mine = further(&cursor, all - far)?;
            for _ in 0..5 {
                let since = Instant::now();
                let subscription =
                    Subscription::open(desk.at, None, &listening(&desk.agents[0], Some(&mine)))
                        .await?;
                let heard = hear(subscription, far).await?;
                let took = since.elapsed().as_secs_f64();
                let mut sorted = heard.clone();
                sorted.sort_unstable();
                sorted.dedup();
                ensure!(
                    sorted.len() == far,
                    "{} of {far} were different",
                    sorted.len()
                );
                behind.entry(far).or_default().push(took * 1e3);
            }
        }
    }
    let report = &mut bench.report;
    let what = format!("{streams} streams back and current, {MISSED} missed each");
    report.figure(&what, "s", &storms, Goal::AtMost(8.0));
    for (far, goal) in [(1000, Goal::AtMost(15.0)), (10_000, Goal::None)] {
        if let Some(times) = behind.get(&far) {
            report.figure(
                &format!("an agent {far} events behind, current"),
                "ms",
                times,
                goal,
            );
        }
    }
    report.fact("right", "0 lost, 0 doubled, in order".into());
    Ok(())
}

/// The cursor so many events later: every message was one, and nothing else happened.
fn further(cursor: &str, by: usize) -> Result<String> {
    let (epoch, seq) = cursor
        .rsplit_once('.')
        .context("a cursor without its seq")?;
    Ok(format!("{epoch}.{}", seq.parse::<usize>()? + by))
}

fn seats(visitors: &[Visitor], after: Option<&str>) -> Vec<Vec<u8>> {
    visitors
        .iter()
        .map(|v| listening(&v.token, after))
        .collect()
}

async fn cursor(at: SocketAddr, token: &str) -> Result<String> {
    let who = format!("authorization: Bearer {token}\r\naccept: application/json\r\n");
    text(
        &Line::open(at)
            .await?
            .ask(&request("GET /api/v1/events", &who, ""))
            .await?
            .json()?,
        "/cursor",
    )
}

/// Twenty messages in each conversation; which ones, conversation by conversation.
async fn miss(desk: &Desk, visitors: &[Visitor]) -> Result<Vec<Vec<u32>>> {
    let mut said = vec![vec![]; visitors.len()];
    let relay = desk.relay(visitors, false, 0);
    let say = relay.say.clone();
    let share = |k: usize| {
        let (say, at) = (say.clone(), relay.at);
        async move {
            let mut line = Line::open(at).await?;
            let mut done = vec![];
            for i in 0..MISSED {
                for c in (k..visitors.len()).step_by(64) {
                    let n = (c * MISSED + i) as u32;
                    let answer = line.ask(&say(c, n)).await?;
                    ensure!(
                        answer.status == 201,
                        "{}",
                        String::from_utf8_lossy(&answer.body)
                    );
                    done.push((c, n));
                }
            }
            anyhow::Ok(done)
        }
    };
    let done: Vec<_> = futures::future::try_join_all((0..64).map(share)).await?;
    done.into_iter()
        .flatten()
        .for_each(|(c, n)| said[c].push(n));
    Ok(said)
}

async fn hear(mut subscription: Subscription, many: usize) -> Result<Vec<u32>> {
    let mut heard = Vec::with_capacity(many);
    let all = async {
        let mut seq = 0;
        while heard.len() < many {
            let now = subscription.next().await?;
            ensure!(!now.reset, "the stream began anew");
            if let Some(n) = now.mark {
                ensure!(now.seq > seq, "{} after {seq}", now.seq);
                seq = now.seq;
                heard.push(n);
            }
        }
        Ok(())
    };
    tokio::time::timeout(Duration::from_secs(60), all)
        .await
        .with_context(|| format!("not current: {} of {many} heard", heard.len()))??;
    Ok(heard)
}
