//! Many askers, one transaction: what waits for the same kind of work is done in one verb.
//! While one batch is being committed the next one gathers, so under load batches grow by themselves.

use super::db::{Db, Tx};
use crate::model::{error::Error, id::WorkspaceId};
use std::{future::Future, pin::Pin, time::Duration};
use tokio::sync::{mpsc, oneshot};

/// One answer per item, in order. An item that fails its check is answered alone; an `Err` of the whole
/// rolls everything back.
pub type Done<'a, O> =
    Pin<Box<dyn Future<Output = Result<Vec<Result<O, Error>>, Error>> + Send + 'a>>;

struct Item<I, O> {
    item: I,
    answer: oneshot::Sender<Result<O, Error>>,
}

/// A batch that failed as a whole is tried again after these: two nodes that meet do not meet for ever. Where there
/// is only one, once and at once is enough, and a full disk is told without delay.
const AGAIN: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(10),
    Duration::from_millis(50),
    Duration::from_millis(200),
];

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
                    if !matches!(done, Err(Error::Unavailable)) {
                        break;
                    }
                    // A deadlock, another node that wrote the same first, or a lost connection: once more, on
                    // whatever connection there is now.
                    tokio::time::sleep(*wait).await;
                    done = attempt(&db, workspace, work, &items).await;
                }
                match done {
                    Ok(results) => answers
                        .into_iter()
                        .zip(results)
                        .for_each(|(a, r)| drop(a.send(r))),
                    Err(e) => answers
                        .into_iter()
                        .for_each(|a| drop(a.send(Err(e.clone())))),
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
