//! Promise 1: nothing that was acknowledged is lost when the process dies, at whatever moment. kill -9 while
//! sixteen people write; start again; compare what they were promised with what is there.

use super::{
    books,
    dice::Dice,
    form::{either, report},
    people::Crowd,
    reader::Reader,
    served::{Home, Served},
};
use crate::{
    base::fail,
    test::{Engine, TestDesk, run_story, soon},
};
use std::{collections::BTreeMap, time::Duration};
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_acknowledged_is_lost_in_a_crash_on_sqlite() {
    run_story(Engine::Sqlite, async |desk| {
        let points = [
            "random",
            fail::BEFORE_COMMIT,
            "random",
            fail::COMMITTED,
            "random",
            fail::ANSWERED,
            fail::CHECKPOINT,
        ];
        crashes(desk, &points, either((25, 5_000), (500, 200_000))).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_acknowledged_is_lost_in_a_crash_on_postgres() {
    run_story(Engine::Postgres, async |desk| {
        let points = [
            "random",
            fail::BEFORE_COMMIT,
            fail::COMMITTED,
            fail::ANSWERED,
        ];
        crashes(desk, &points, either((6, 500), (100, 20_000))).await;
    })
    .await;
}

/// How one process is to end.
fn fate(points: &[&'static str], n: usize, dice: &mut Dice) -> (&'static str, u64) {
    let point = points[n % points.len()];
    let pass = match point {
        "random" => dice.between(50, 900), // milliseconds
        fail::CHECKPOINT => dice.between(2, 8),
        _ => dice.between(20, 100), // batches
    };
    (point, pass)
}

async fn crashes(desk: TestDesk, points: &[&'static str], (kills, least): (usize, usize)) {
    let mut dice = Dice::thrown();
    let (engine, seed) = (desk.engine, dice.seed);
    let mut crowd = Crowd::gathered(&desk, 13, seed).await;
    assert_eq!(crowd.writers.len(), 16);
    let home = Home::of(desk).await;
    let epoch = epoch(&home).await;
    let end = CancellationToken::new();
    let reader = Reader::new(&crowd.supervisor, home.at(), &epoch);
    let last = reader.last();
    let reading = tokio::spawn(reader.listen(end.clone()));

    let (mut died, mut slowest) = (BTreeMap::<&str, usize>::new(), Duration::ZERO);
    let (mut head, mut n, mut random, mut wrote) = (crowd.since, 0, 0, 0);
    while n < kills || crowd.acknowledged() < least {
        assert!(n < kills * 3, "{} acknowledged", crowd.acknowledged());
        let (point, pass) = fate(points, n, &mut dice);
        n += 1;
        let fails = ("DESKBELL_FAIL", format!("{point}:{pass}"));
        let mut served = home.start(&[fails]);
        match served.ready().await {
            Some(took) => slowest = slowest.max(took),
            None => {
                *died.entry(point).or_default() += 1; // while it was starting
                continue;
            }
        }
        let mut snapshot = home.snapshot().await;
        // What is out of order stays so, and to look at all of it takes the longer the more there is.
        if n <= 25 || n % 20 == 0 {
            books::in_order(&mut snapshot).await;
        }
        head = books::hold(&mut snapshot, &crowd, head).await;
        drop(snapshot);
        let before = crowd.acknowledged();
        let writing = crowd.writing(home.at(), &end);
        kill(&mut served, point, pass).await;
        crowd.back(writing).await;
        *died.entry(point).or_default() += 1;
        if point == "random" {
            random += 1;
            wrote += usize::from(crowd.acknowledged() > before);
        }
    }

    assert!(wrote * 2 >= random, "nobody was writing:\n{}", home.said());
    let (mut served, _) = home.serve(&[]).await;
    crowd.finish(home.at()).await;
    let mut snapshot = home.snapshot().await;
    books::in_order(&mut snapshot).await;
    books::hold(&mut snapshot, &crowd, crowd.since).await;
    let sql = "select seq from event where staff is not null order by seq desc limit 1";
    let (top,): (i64,) = snapshot.one(sql, vec![]).await.unwrap();
    drop(snapshot);
    let top = format!("{epoch}.{top}");
    soon("the reader has heard it all", async || {
        *last.borrow() == top
    })
    .await;
    end.cancel();
    let reader = reading.await.unwrap();
    reader.in_order();
    served.signal(rustix::process::Signal::TERM);
    let status = served.end_within(Duration::from_secs(9)).await;
    assert!(status.is_some_and(|s| s.success()), "{status:?}");
    let screens = reader.equals(&home.opened().await).await;

    for point in points {
        assert!(died.contains_key(point), "no process died at {point}");
    }
    let (acknowledged, again) = (
        crowd.acknowledged(),
        crowd.writers.iter().map(|w| w.again).sum::<u64>(),
    );
    report(&format!(
        "crash {engine:?}: {n} kills {died:?}, {acknowledged} acknowledged ({again} by a retry): 0 lost, 0 doubled, 0 out of order; \
         with 95 % confidence under {:.4} % of what is acknowledged is lost and under {:.1} % of kills lose anything (3/n); \
         ready again after at most {:.2} s; {screens} screens equal after {} streams; seed {seed}",
        300.0 / acknowledged as f64,
        300.0 / n as f64,
        slowest.as_secs_f64(),
        reader.opened,
    ));
    assert!(slowest < Duration::from_secs(20), "{slowest:?}");
}

async fn epoch(home: &Home) -> String {
    let mut snapshot = home.snapshot().await;
    let found = snapshot.one::<(String,)>("select epoch from workspace", vec![]);
    found.await.unwrap().0
}

async fn kill(served: &mut Served, point: &str, pass: u64) {
    if point == "random" {
        tokio::time::sleep(Duration::from_millis(pass)).await;
        assert!(served.ended().is_none(), "it died by itself");
        served.kill();
    } else {
        let status = served.end_within(Duration::from_secs(60)).await;
        let signal = status.and_then(|s| std::os::unix::process::ExitStatusExt::signal(&s));
        assert_eq!(signal, Some(9), "it should have died at {point}:{pass}");
    }
}
