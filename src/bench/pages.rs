//! 8: pages on kept connections: sign-in, the front page, and the inbox with fifty rows and a thread of fifty;
//! beside them a bare Leptos page with one query.

use crate::{
    Bench,
    client::{Line, json, request},
    clock::quantile,
    desk::{Desk, body},
    report::Goal,
    ruler::Ceiling,
};
use anyhow::{Result, ensure};
use futures::future::try_join_all;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

const MANY: usize = 16;
const ROWS: usize = 50;

struct Asked {
    rate: f64,
    p50: f64,
    p99: f64,
}

pub async fn run(bench: &mut Bench) -> Result<()> {
    let desk = Desk::open(bench, "pages", 1, None).await?;
    let visitors = desk.visitors(ROWS, true).await?;
    let mut line = Line::open(desk.at).await?;
    let path = format!(
        "POST /api/v1/conversations/{}/messages",
        visitors[0].conversation
    );
    for n in 1..ROWS as u32 {
        let said = format!(
            r#"{{"client_id":"{}","body":"{}"}}"#,
            uuid::Uuid::new_v4(),
            body(n)
        );
        line.ask(&json(&path, &visitors[0].token, &said))
            .await?
            .json()?;
    }
    let as_agent = format!(
        "accept: text/html\r\nauthorization: Bearer {}\r\n",
        desk.agents[0]
    );
    let page = |path: &str, who: &str| request(&format!("GET {path}"), who, "");
    let inbox = page(
        &format!("/desk/c/{}?view=all", visitors[0].conversation),
        &as_agent,
    );
    let shown = line.ask(&inbox).await?;
    let html = String::from_utf8_lossy(&shown.body);
    ensure!(
        shown.status == 200,
        "the inbox answered {}: {}",
        shown.status,
        shown.head
    );
    let said = (1..ROWS as u32)
        .filter(|n| html.contains(&crate::client::mark(*n)))
        .count();
    let rows = visitors
        .iter()
        .filter(|v| html.contains(&format!("/desk/c/{}", v.conversation)))
        .count();
    ensure!(
        said == ROWS - 1 && rows == ROWS,
        "the inbox shows {rows} rows and {said} messages"
    );

    let ceiling = Ceiling::with_pages(bench, "pages.ceiling").await?;
    let plain = "accept: text/html\r\n";
    let bare = (ceiling.at, page("/page", plain));
    let ours = [
        ("sign-in", page("/sign-in", plain), 0.2),
        ("front page", page("/", plain), 0.2),
        ("inbox with a thread", inbox.clone(), 0.05),
    ];
    let length = bench.seconds(3.0);
    let mut all: Vec<Vec<(Asked, Asked, Asked)>> = vec![vec![], vec![], vec![]];
    for _ in 0..bench.rounds() {
        for (at, (_, request, _)) in ours.iter().enumerate() {
            let ruler = ask(bare.0, &bare.1, MANY, length).await?;
            let many = ask(desk.at, request, MANY, length).await?;
            all[at].push((
                ruler,
                many,
                ask(desk.at, request, 1, length.mul_f64(0.5)).await?,
            ));
        }
    }
    for ((name, _, goal), found) in ours.iter().zip(&all) {
        let report = &mut bench.report;
        let rates: Vec<(f64, f64)> = found.iter().map(|(r, m, _)| (r.rate, m.rate)).collect();
        report.pairs(
            &format!("{name}, 16 clients, ÷ bare Leptos"),
            "/s",
            &rates,
            Goal::AtLeast(*goal),
        );
        let p99: Vec<f64> = found.iter().map(|(_, m, _)| m.p99 * 1e3).collect();
        report.figure(
            &format!("{name}, 16 clients, p99"),
            "ms",
            &p99,
            Goal::AtMost(25.0),
        );
        let p50: Vec<f64> = found.iter().map(|(_, _, one)| one.p50 * 1e3).collect();
        report.figure(
            &format!("{name}, 1 client, p50"),
            "ms",
            &p50,
            Goal::AtMost(5.0),
        );
    }
    Ok(())
}

async fn ask(at: SocketAddr, request: &[u8], clients: usize, length: Duration) -> Result<Asked> {
    let mut line = Line::open(at).await?;
    for _ in 0..20 {
        line.ask(request).await?;
    }
    let start = Instant::now();
    let clients = (0..clients).map(|_| async move {
        let (mut line, mut times) = (Line::open(at).await?, vec![]);
        while start.elapsed() < length {
            let since = Instant::now();
            let answer = line.ask(request).await?;
            ensure!(
                answer.status == 200 && answer.body.len() > 100,
                "a page answered {}",
                answer.status
            );
            times.push(since.elapsed().as_secs_f64());
        }
        anyhow::Ok(times)
    });
    let times: Vec<f64> = try_join_all(clients).await?.into_iter().flatten().collect();
    let rate = times.len() as f64 / start.elapsed().as_secs_f64();
    Ok(Asked {
        rate,
        p50: quantile(&times, 0.5),
        p99: quantile(&times, 0.99),
    })
}
