//! Many askers, one transaction: what waits for the same kind of work is done in one verb.
//! While one batch is being committed the next one gathers, so under load batches grow by themselves.

use super::db::{Db, Tx};
use crate::model::{error::Error, id::WorkspaceId};
use std::{
    future::Future,
    ops::Range,
    pin::Pin,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};

/// One answer per item, in order. An item that fails its check is answered alone; an `Err` of the whole
/// rolls everything back.
pub type Done<'a, O> =
    Pin<Box<dyn Future<Output = Result<Vec<Result<O, Error>>, Error>> + Send + 'a>>;

type Answer<O> = oneshot::Sender<Result<O, Error>>;

struct Item<I, O> {
    item: I,
    answer: Answer<O>,
}

/// A batch that failed as a whole is tried again after these: two nodes that meet do not meet for ever. Where there
/// is only one, once and at once is enough, and a full disk is told without delay.
const AGAIN: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(10),
    Duration::from_millis(50),
    Duration::from_millis(200),
];

/// Attempts with parts of a batch, and when the last of them may begin: less than a browser waits for its answer.
const MOST_PARTS: usize = 40;
const PARTED_WITHIN: Duration = Duration::from_secs(2);

/// A queue of `I` for one workspace's lane, worked off by `work` at most `most` at a time.
pub struct Together<I, O>(mpsc::Sender<Item<I, O>>);

impl<I: Send + Sync + 'static, O: Send + 'static> Together<I, O> {
    pub fn start(
        db: Db,
        workspace: WorkspaceId,
        most: usize,
        work: for<'a> fn(&'a mut Tx, &'a [I]) -> Done<'a, O>,
    ) -> Self {
        let (sender, mut queue) = mpsc::channel::<Item<I, O>>(4096);
        let tries = db.postgres().map_or(1, |_| AGAIN.len());
        tokio::spawn(async move {
            let mut waiting = Vec::with_capacity(most);
            while queue.recv_many(&mut waiting, most).await > 0 {
                // Who was answered just now asks again at once: their requests are read first.
                let mut had = 0;
                while had < waiting.len() && waiting.len() < most {
                    had = waiting.len();
                    tokio::task::yield_now().await;
                    while waiting.len() < most
                        && let Ok(item) = queue.try_recv()
                    {
                        waiting.push(item);
                    }
                }
                let (items, answers): (Vec<I>, Vec<_>) =
                    waiting.drain(..).map(|w| (w.item, w.answer)).unzip();
                let mut done = attempt(&db, workspace, work, &items).await;
                for wait in &AGAIN[..tries] {
                    if !matches!(&done, Err(e) if e.is_worth_another_try()) {
                        break;
                    }
                    // A deadlock, another node that wrote the same first, or a lost connection: once more, on
                    // whatever connection there is now.
                    tokio::time::sleep(*wait).await;
                    done = attempt(&db, workspace, work, &items).await;
                }
                match done {
                    Ok(results) => answer(&mut answers.into_iter(), results),
                    Err(e) => parted(&db, workspace, work, &items, answers, e).await,
                }
            }
        });
        Together(sender)
    }

    /// Hand in one item; returns once the batch that it was part of is committed.
    pub async fn add(&self, item: I) -> Result<O, Error> {
        let (answer, answered) = oneshot::channel();
        self.0
            .send(Item { item, answer })
            .await
            .map_err(|_| Error::Unavailable)?;
        answered.await.map_err(|_| Error::Unavailable)?
    }
}

fn answer<O>(
    answers: &mut impl Iterator<Item = Answer<O>>,
    results: impl IntoIterator<Item = Result<O, Error>>,
) {
    for (result, answer) in results.into_iter().zip(answers) {
        drop(answer.send(result));
    }
}

/// What failed as a whole, in order and in ever smaller parts, each answered when it is committed: an item that
/// nothing can be done with does not take the others with it. Where it is the database that fails, nobody waits
/// for every single attempt.
async fn parted<I: Sync, O>(
    db: &Db,
    workspace: WorkspaceId,
    work: for<'a> fn(&'a mut Tx, &'a [I]) -> Done<'a, O>,
    items: &[I],
    answers: Vec<Answer<O>>,
    failure: Error,
) {
    let until = Instant::now() + PARTED_WITHIN;
    let mut answers = answers.into_iter();
    let mut attempts = 0;
    let halves = |part: Range<usize>| {
        let middle = part.start + part.len() / 2;
        [middle..part.end, part.start..middle]
    };
    // The next one is the last.
    let mut parts = match items.len() {
        1 => vec![],
        n => halves(0..n).to_vec(),
    };
    while let Some(part) = parts.pop() {
        if attempts == MOST_PARTS || Instant::now() > until {
            break;
        }
        attempts += 1;
        match attempt(db, workspace, work, &items[part.clone()]).await {
            Ok(results) => answer(&mut answers, results),
            Err(e) if part.len() == 1 => answer(&mut answers, [Err(e)]),
            Err(_) => parts.extend(halves(part)),
        }
    }
    let rest = answers.len();
    answer(&mut answers, (0..rest).map(|_| Err(failure.clone())));
}

async fn attempt<I: Sync, O>(
    db: &Db,
    workspace: WorkspaceId,
    work: for<'a> fn(&'a mut Tx, &'a [I]) -> Done<'a, O>,
    items: &[I],
) -> Result<Vec<Result<O, Error>>, Error> {
    let mut tx = db.begin(workspace).await?;
    let results = work(&mut tx, items).await?;
    if results.iter().any(Result::is_ok) {
        tx.commit().await?;
    }
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{base::db::Val, test::TestDesk};

    /// An empty name is refused by itself, a long one by the database.
    fn note<'a>(tx: &'a mut Tx, names: &'a [&'static str]) -> Done<'a, usize> {
        Box::pin(async move {
            let mut answers = vec![];
            for name in names {
                if name.is_empty() {
                    answers.push(Err(Error::NotFound));
                    continue;
                }
                tx.run(
                    "insert into noted (name) values ($1)",
                    vec![Val::from(*name)],
                )
                .await?;
                answers.push(Ok(name.len()));
            }
            Ok(answers)
        })
    }

    async fn noted(desk: &TestDesk) -> Vec<String> {
        let names: Vec<(String,)> = desk
            .node
            .db()
            .all("select name from noted order by n", vec![])
            .await
            .unwrap();
        names.into_iter().map(|(name,)| name).collect()
    }

    async fn a_table(desk: &TestDesk) {
        let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
        let table = match tx.is_postgres() {
            true => "create table noted (n serial primary key, name text check (length(name) < 6))",
            false => {
                "create table noted (n integer primary key, name text check (length(name) < 6))"
            }
        };
        tx.run(table, vec![]).await.unwrap();
        tx.commit().await.unwrap();
    }

    crate::stories! {
        one_that_fails_does_not_take_its_batch_with_it,
        one_that_fails_in_a_queue_is_answered_alone,
        a_queue_outlives_a_database_that_refuses_everything,
        who_loses_a_race_is_told_so_and_nobody_else_is_hurt,
    }

    async fn one_that_fails_does_not_take_its_batch_with_it(desk: TestDesk) {
        a_table(&desk).await;
        let (db, mut answers, mut answered) = (desk.node.db(), vec![], vec![]);
        let mut names: Vec<&str> = ["ada", "bob", "cy", "dora", "eve", "fay"].repeat(10);
        for (at, bad) in [(1, ""), (7, "too long"), (50, "too long")] {
            names[at] = bad;
        }
        for _ in &names {
            let (answer, heard) = oneshot::channel();
            answers.push(answer);
            answered.push(heard);
        }
        let failure = attempt(db, desk.workspace, note, &names).await.unwrap_err();
        assert!(noted(&desk).await.is_empty(), "rolled back");
        parted(db, desk.workspace, note, &names, answers, failure).await;
        for (at, heard) in answered.into_iter().enumerate() {
            let expected = match at {
                1 => Err(Error::NotFound),
                7 | 50 => Err(Error::Unavailable),
                _ => Ok(names[at].len()),
            };
            assert_eq!(heard.await.unwrap(), expected, "{at}");
        }
        names.retain(|name| !name.is_empty() && name.len() < 6);
        assert_eq!(noted(&desk).await, names, "each once, in order");
    }

    async fn one_that_fails_in_a_queue_is_answered_alone(desk: TestDesk) {
        a_table(&desk).await;
        let queue = Together::start(desk.node.db().clone(), desk.workspace, 16, note);
        let names = [
            "ada", "bob", "too long", "cy", "", "too long", "dora", "eve",
        ];
        let answers = futures::future::join_all(names.map(|name| queue.add(name))).await;
        let good: Vec<usize> = answers.into_iter().flatten().collect();
        assert_eq!(good, [3, 3, 2, 4, 3]);
    }

    async fn a_queue_outlives_a_database_that_refuses_everything(desk: TestDesk) {
        let queue = Together::start(desk.node.db().clone(), desk.workspace, 16, note);
        let all = ["ada", "bob", "cy", "dora"].map(|name| queue.add(name));
        for answer in futures::future::join_all(all).await {
            assert_eq!(answer, Err(Error::Unavailable), "there is no such table");
        }
        a_table(&desk).await;
        assert_eq!(queue.add("ada").await, Ok(3));
    }

    async fn who_loses_a_race_is_told_so_and_nobody_else_is_hurt(desk: TestDesk) {
        let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
        let postgres = tx.is_postgres();
        let table = "create table noted (n integer primary key, name text unique, other integer references noted (n))";
        tx.run(table, vec![]).await.unwrap();
        tx.commit().await.unwrap();
        let write = async |n: i64, name: &'static str, other: i64| -> Result<(), Error> {
            let mut tx = desk.node.db().begin(desk.workspace).await?;
            let values = vec![Val::from(n), Val::from(name), Val::from(other)];
            tx.run(
                "insert into noted (n, name, other) values ($1, $2, $3)",
                values,
            )
            .await?;
            tx.commit().await
        };
        assert_eq!(write(1, "ada", 1).await, Ok(()));
        assert_eq!(write(2, "ada", 1).await, Err(Error::lost_race()));
        assert_eq!(write(1, "bob", 1).await, Err(Error::lost_race()));
        assert_eq!(write(3, "cy", 99).await, Err(Error::NotFound));
        if postgres {
            for (n, name) in [(i64::MAX, "dora"), (4, "e\0e")] {
                let wrong = write(n, name, 1).await.unwrap_err();
                assert_eq!(wrong.status(), 422, "{wrong:?}");
            }
        }
        assert_eq!(write(5, "fay", 1).await, Ok(()));
        assert_eq!(noted(&desk).await, ["ada", "fay"]);
    }
}
