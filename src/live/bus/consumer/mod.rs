//! Durable consumers of the log: each has a cursor for each workspace, and moves it on in the transaction that does what
//! it heard. So a crash between the two loses nothing, and of two nodes one does it. A workspace that fails waits, the
//! others go on; an entry that fails for good is set aside as a dead letter, where an operator sees it and may ask for
//! another try.

mod failed;
mod step;
mod store;

#[cfg(test)]
pub use store::ALL;
pub use store::{DeadLetter, ask_again, dead_letters};

use super::{Bus, log::Record};
use crate::base::db::{Db, Tx, args};
use crate::model::refusal::Refusal;
use crate::model::{
    error::{Error, Result},
    event::EventKind,
    id::WorkspaceId,
};
use futures::FutureExt;
use std::{
    collections::{BTreeSet, HashMap},
    future::Future,
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Entries heard in one step.
const STEP: i64 = 200;
/// Without a stroke of the bell everything is looked at once so often: a node's bell may not have been heard.
const ROUND: Duration = Duration::from_secs(5);
/// Never less than so long from one round to the next.
const BREATH: Duration = Duration::from_millis(100);

/// What hears the log, whatever happens. It may hear an entry twice only if the transaction it was given was not
/// committed, so whatever it does belongs into that transaction.
pub trait Consumer: Send + Sync + 'static {
    /// Its name in the table `consumer`. It never changes: under another one it would begin anew.
    const NAME: &'static str;

    /// Whether entries of this kind concern it.
    fn wants(kind: EventKind) -> bool;

    /// It is new in this workspace and hears the log from today's head on: what stands there already.
    fn start(&self, tx: &mut Tx, workspace: WorkspaceId)
    -> impl Future<Output = Result<()>> + Send;

    /// Entries that it wants, in their order. `true`: there was more to do than one step does. What it did is in the log
    /// by then, and so it is called again at once.
    fn hear(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        entries: &[Record],
    ) -> impl Future<Output = Result<bool>> + Send;
}

/// A workspace where something failed.
struct Failing {
    tries: u32,
    since: Instant,
    not_before: Instant,
}

/// A consumer at work.
pub struct Following<C: Consumer> {
    consumer: C,
    db: Db,
    /// Read up to here, past what was not wanted.
    read: HashMap<WorkspaceId, i64>,
    failing: HashMap<WorkspaceId, Failing>,
}

impl<C: Consumer> Following<C> {
    pub fn new(consumer: C, db: Db) -> Self {
        Following {
            consumer,
            db,
            read: HashMap::new(),
            failing: HashMap::new(),
        }
    }

    /// Hear every workspace's log until the process stops.
    pub async fn run(mut self, bus: Bus, stop: CancellationToken) {
        let changes = bus.changes();
        let mut where_to = None;
        loop {
            match where_to {
                None => self.look_everywhere().await,
                Some(workspaces) => self.look_at(workspaces).await,
            }
            tokio::select! {
                rung = changes.next() => {
                    let known = !rung.contains(&None);
                    where_to = known.then(|| rung.into_iter().flatten().collect());
                }
                () = tokio::time::sleep(self.rests()) => where_to = None,
                () = stop.cancelled() => return,
            }
        }
    }

    #[cfg(test)]
    pub fn consumer(&self) -> &C {
        &self.consumer
    }

    #[cfg(test)]
    pub fn consumer_mut(&mut self) -> &mut C {
        &mut self.consumer
    }

    /// What failed is tried again now.
    #[cfg(test)]
    pub fn hurry(&mut self) {
        let failing = self.failing.values_mut();
        failing.for_each(|f| f.not_before = Instant::now());
    }

    /// Whether anything failed and waits for its next try.
    pub fn is_failing(&self) -> bool {
        !self.failing.is_empty()
    }

    /// Until the next round, or until the first workspace that failed may be tried again.
    fn rests(&self) -> Duration {
        let at = Instant::now();
        let waits = self.failing.values();
        let first = waits.map(|f| f.not_before.saturating_duration_since(at));
        // Where even looking fails, nothing puts the next try off.
        first.min().unwrap_or(ROUND).clamp(BREATH, ROUND)
    }

    /// Wherever there is news, and what was asked for once more.
    pub async fn look_everywhere(&mut self) {
        let found = async {
            let again: Vec<(Uuid, i64)> = self.db.all(store::ASKED_AGAIN, args![C::NAME]).await?;
            Ok::<_, Error>((self.behind().await?, again))
        };
        let (behind, again) = match found.await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, consumer = C::NAME, "the log cannot be looked at");
                return;
            }
        };
        for (workspace, seq) in again {
            self.hear_again(workspace.into(), seq).await;
        }
        self.look_at(behind).await;
    }

    /// Where there is something that was not read yet. The cursor in the database may be behind that.
    pub(super) async fn behind(&self) -> Result<BTreeSet<WorkspaceId>> {
        let heads: Vec<(Uuid, i64)> = self.db.all(store::BEHIND, args![C::NAME]).await?;
        let unread = |(id, head): (Uuid, i64)| {
            let id = WorkspaceId(id);
            (self.read.get(&id) != Some(&head)).then_some(id)
        };
        Ok(heads.into_iter().filter_map(unread).collect())
    }

    async fn look_at(&mut self, workspaces: BTreeSet<WorkspaceId>) {
        for workspace in workspaces {
            if self
                .failing
                .get(&workspace)
                .is_some_and(|f| f.not_before > Instant::now())
            {
                continue;
            }
            self.catch_up(workspace).await;
        }
    }

    /// Hear what is new in one workspace, to the end or to the first failure.
    async fn catch_up(&mut self, workspace: WorkspaceId) {
        loop {
            match unwound(self.step(workspace)).await {
                Ok(false) => {
                    self.failing.remove(&workspace);
                    return;
                }
                // Still one at a time, until what was read together and failed is behind it.
                Ok(true) => {
                    if let Some(failing) = self.failing.get_mut(&workspace) {
                        (failing.tries, failing.since) = (0, Instant::now());
                    }
                }
                Err(error) => return self.failed(workspace, error).await,
            }
        }
    }
}

/// What panics has failed: one entry that nobody thought of ends no consumer.
async fn unwound<T>(done: impl Future<Output = Result<T>>) -> Result<T> {
    AssertUnwindSafe(done)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(Error::conflict(Refusal::panicked())))
}
