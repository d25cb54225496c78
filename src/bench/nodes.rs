//! 14: two nodes on one PostgreSQL, the visitors on one and the agents on the other; beside them one node, and
//! plain inserts with one NOTIFY in each transaction.

use crate::{
    Bench,
    clock::quantile,
    desk::{Desk, Visitor},
    load::{Outcome, Plan, drive},
    report::Goal,
};
use anyhow::Result;
use futures::future::try_join_all;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::time::{Duration, Instant};

const AGENTS: usize = 10;
/// Connections that insert, for the ruler.
const INSERTING: usize = 16;

pub async fn run(bench: &mut Bench) -> Result<()> {
    let Some(server) = bench.postgres.clone() else {
        bench.report.fact("skipped", "no --postgres".into());
        return Ok(());
    };
    let name = format!("deskbell_bench_{}", std::process::id());
    let mut admin = PgConnection::connect(&server).await?;
    admin
        .execute(AssertSqlSafe(format!("create database {name}")))
        .await?;
    let (head, _) = server.rsplit_once('/').unwrap_or((&server, ""));
    let done = measured(bench, &format!("{head}/{name}")).await;
    admin
        .execute(AssertSqlSafe(format!("drop database {name} with (force)")))
        .await?;
    done
}

async fn measured(bench: &mut Bench, database: &str) -> Result<()> {
    let conversations = bench.many(1000);
    let one = Desk::open(bench, "nodes.one", AGENTS, Some(database)).await?;
    let two = one.beside(bench.work.folder("nodes.two")).await?;
    let visitors = one.visitors(conversations, true).await?;
    let (mut delivered, mut capped) = (vec![], vec![]);
    for _ in 0..bench.rounds() {
        let alone = told(bench, &one, &one, &visitors).await?;
        let both = told(bench, &one, &two, &visitors).await?;
        delivered.push((alone, both));
        let cap = notify_each(database, bench.seconds(4.0)).await?;
        let flood = Plan {
            senders: 64,
            conversations,
            rate: None,
            length: bench.seconds(5.0),
            heard_by: 1,
            warm: false,
        };
        let mut relay = one.relay(&visitors, false, 1);
        relay.ears.iter_mut().for_each(|e| e.at = two.at);
        capped.push((cap, drive(&relay, &flood, None).await?.rate));
    }
    let at = |q| {
        let ms = |o: &Outcome| quantile(&o.last, q) * 1e3;
        delivered
            .iter()
            .map(|(one, two)| (ms(one), ms(two)))
            .collect::<Vec<_>>()
    };
    let report = &mut bench.report;
    report.pairs(
        "200/s across two nodes, p50, ÷ one node",
        "ms",
        &at(0.5),
        Goal::None,
    );
    report.pairs(
        "200/s across two nodes, p99, ÷ one node",
        "ms",
        &at(0.99),
        Goal::AtMost(3.0),
    );
    report.pairs(
        "messages, ÷ one NOTIFY for each transaction",
        "/s",
        &capped,
        Goal::AtLeast(1.3),
    );
    Ok(())
}

/// The visitors talk to one, the agents hear from the other.
async fn told(bench: &Bench, here: &Desk, there: &Desk, visitors: &[Visitor]) -> Result<Outcome> {
    let mut relay = here.relay(visitors, false, AGENTS);
    relay.ears.iter_mut().for_each(|e| e.at = there.at);
    let plan = Plan {
        senders: 16,
        conversations: visitors.len(),
        rate: Some(200.0),
        length: bench.seconds(8.0),
        heard_by: AGENTS as u32,
        warm: true,
    };
    drive(&relay, &plan, None).await
}

/// Transactions a second of an insert with a NOTIFY.
async fn notify_each(database: &str, length: Duration) -> Result<f64> {
    let mut first = PgConnection::connect(database).await?;
    first.execute("create table if not exists bench_ruler (id bigint generated always as identity, body text)").await?;
    let start = Instant::now();
    let inserting = (0..INSERTING).map(|_| async {
        let (mut conn, mut n) = (PgConnection::connect(database).await?, 0);
        while start.elapsed() < length {
            let mut tx = conn.begin().await?;
            sqlx::query("insert into bench_ruler (body) values ($1)")
                .bind(crate::desk::body(n))
                .execute(&mut *tx)
                .await?;
            tx.execute("notify bench_ruler").await?;
            tx.commit().await?;
            n += 1;
        }
        anyhow::Ok(n)
    });
    let all: u32 = try_join_all(inserting).await?.into_iter().sum();
    Ok(f64::from(all) / start.elapsed().as_secs_f64())
}
