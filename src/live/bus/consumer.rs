//! Durable consumers of the log: each has a cursor for each workspace, and moves it on in the transaction that does what
//! it heard. So a crash between the two loses nothing, and of two nodes one does it. A workspace that fails waits, the
//! others go on; an entry that fails for good is set aside as a dead letter, where an operator sees it and may ask for
//! another try.

use super::{
    Bus,
    log::{self, Record},
};
use crate::base::{
    backoff,
    db::{Conn, Db, Tx, args, fresh, sql},
};
use crate::model::refusal::Refusal;
use crate::model::{
    error::{Error, Result},
    event::EventKind,
    id::WorkspaceId,
    time::{Time, now},
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
/// Tries before an entry is set aside whose error another try will not mend.
const TRIES: u32 = 10;
/// So long an entry is tried whose error may be the database's, or the network's.
const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);
/// Without a stroke of the bell everything is looked at once so often: a node's bell may not have been heard.
const ROUND: Duration = Duration::from_secs(5);
/// Never less than so long from one round to the next.
const BREATH: Duration = Duration::from_millis(100);
/// Entries nobody wanted that may stand between the cursor in the database and how far was read.
const AHEAD: i64 = 1_000;

sql! {
    CURSOR = "select seq from consumer where name = $1 and workspace_id = $2";
    START_AT = "insert into consumer (name, workspace_id, seq) values ($1, $2, $3) on conflict (name, workspace_id) do nothing";
    ADVANCE = "update consumer set seq = $4 where name = $1 and workspace_id = $2 and seq = $3";
    BEHIND = "select w.id, w.seq from workspace w left join consumer c on c.workspace_id = w.id and c.name = $1 \
        where c.seq is null or c.seq < w.seq";
    SET_ASIDE = "insert into dead_letter (id, name, workspace_id, seq, kind, error, tries, at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (name, workspace_id, seq) do nothing";
    ASKED_AGAIN = "select workspace_id, seq from dead_letter where name = $1 and again order by at limit 100";
    TAKE_UP = "delete from dead_letter where name = $1 and workspace_id = $2 and seq = $3 and again";
    STILL_DEAD = "update dead_letter set again = $4, error = $5, tries = tries + 1 where name = $1 and workspace_id = $2 and seq = $3";
    ASK_AGAIN = "update dead_letter set again = $2 where id = $1";
    DEAD = "select id, name, workspace_id, seq, kind, error, tries, at from dead_letter order by at limit 1000";
}

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

    /// Hear what is new and end where a process that dies would: after everything but the commit.
    #[cfg(test)]
    pub async fn dies_before_its_commit(&self, workspace: WorkspaceId) -> bool {
        let mut tx = self.db.begin(workspace).await.unwrap();
        let from = cursor(&mut tx, C::NAME, workspace).await.unwrap().unwrap();
        let page = log::page(&mut tx, workspace, from, STEP).await.unwrap();
        let wanted: Vec<Record> = page.into_iter().filter(|e| C::wants(e.kind)).collect();
        let Some(last) = wanted.last() else {
            return false;
        };
        let moved = advance(&mut tx, C::NAME, workspace, from, last.seq)
            .await
            .unwrap();
        self.consumer
            .hear(&mut tx, workspace, &wanted)
            .await
            .unwrap();
        moved
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
            let again: Vec<(Uuid, i64)> = self.db.all(ASKED_AGAIN, args![C::NAME]).await?;
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
        let heads: Vec<(Uuid, i64)> = self.db.all(BEHIND, args![C::NAME]).await?;
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

    /// Something failed: wait, and once it is clear that waiting does not help, set the entry aside.
    async fn failed(&mut self, workspace: WorkspaceId, error: Error) {
        let failing = self.failing.entry(workspace).or_insert_with(|| Failing {
            tries: 0,
            since: Instant::now(),
            not_before: Instant::now(),
        });
        failing.tries += 1;
        failing.not_before = Instant::now() + backoff::pause(failing.tries);
        let tries = failing.tries;
        tracing::warn!(%error, consumer = C::NAME, %workspace, tries, "what was heard could not be done and is tried again");
        let hopeless = match error.is_worth_another_try() {
            true => failing.since.elapsed() >= PATIENCE,
            false => tries >= TRIES,
        };
        if hopeless {
            match self.set_aside(workspace, &error, tries).await {
                Ok(()) => drop(self.failing.remove(&workspace)),
                Err(error) => {
                    tracing::error!(%error, consumer = C::NAME, "an entry cannot be set aside");
                }
            }
        }
    }

    /// The entry that failed becomes a dead letter, and the cursor moves behind it.
    async fn set_aside(&mut self, workspace: WorkspaceId, error: &Error, tries: u32) -> Result<()> {
        let mut tx = self.db.begin(workspace).await?;
        let Some(from) = cursor(&mut tx, C::NAME, workspace).await? else {
            return Ok(());
        };
        let after = self.after(workspace, from);
        let page = log::page(&mut tx, workspace, after, STEP).await?;
        let Some(entry) = page.into_iter().find(|entry| C::wants(entry.kind)) else {
            return Ok(());
        };
        if !advance(&mut tx, C::NAME, workspace, from, entry.seq).await? {
            return Ok(()); // another node was faster
        }
        let said = error.to_string();
        let (kind, tries) = (entry.kind.word(), i64::from(tries));
        let id: Uuid = fresh();
        tx.run(
            SET_ASIDE,
            args![id, C::NAME, workspace, entry.seq, kind, said, tries, now()],
        )
        .await?;
        tx.commit().await?;
        tracing::error!(%error, consumer = C::NAME, %workspace, seq = entry.seq, "an entry is set aside; see `deskbell jobs`");
        Ok(())
    }

    /// What was read up to, where the cursor stands at `from`.
    fn after(&self, workspace: WorkspaceId, from: i64) -> i64 {
        let read = self.read.get(&workspace);
        read.map_or(from, |read| from.max(*read))
    }

    /// One step; `true` if there may be more to hear. After a failure one entry at a time, so that it is known which.
    async fn step(&mut self, workspace: WorkspaceId) -> Result<bool> {
        let most = match self.failing.contains_key(&workspace) {
            true => 1,
            false => usize::MAX,
        };
        let mut snapshot = self.db.snapshot().await?;
        let Some(from) = cursor(&mut snapshot, C::NAME, workspace).await? else {
            drop(snapshot);
            return self.start(workspace).await;
        };
        let after = self.after(workspace, from);
        let page = log::page(&mut snapshot, workspace, after, STEP).await?;
        drop(snapshot);
        let Some(last) = page.last().map(|entry| entry.seq) else {
            return Ok(false);
        };
        let whole = page.len() as i64 == STEP;
        let mut wanted = page.into_iter().filter(|entry| C::wants(entry.kind));
        let heard: Vec<Record> = wanted.by_ref().take(most).collect();
        let left = wanted.next().is_some();
        let to = match heard.last() {
            Some(entry) if left => entry.seq,
            _ => last,
        };
        if heard.is_empty() && to - from < AHEAD {
            self.read.insert(workspace, to);
            return Ok(whole);
        }
        let mut tx = self.db.begin(workspace).await?;
        if !advance(&mut tx, C::NAME, workspace, from, to).await? {
            return Ok(true); // another node was faster
        }
        let mut more = whole || left;
        if !heard.is_empty() {
            more |= self.consumer.hear(&mut tx, workspace, &heard).await?;
        }
        tx.commit().await?;
        self.read.insert(workspace, to);
        Ok(more)
    }

    async fn start(&self, workspace: WorkspaceId) -> Result<bool> {
        let mut tx = self.db.begin(workspace).await?;
        let head = log::head(&mut tx, workspace).await?;
        tx.run(START_AT, args![C::NAME, workspace, head.seq])
            .await?;
        self.consumer.start(&mut tx, workspace).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// An entry that was set aside, once more.
    async fn hear_again(&self, workspace: WorkspaceId, seq: i64) {
        let done = unwound(async {
            let mut tx = self.db.begin(workspace).await?;
            if tx.run(TAKE_UP, args![C::NAME, workspace, seq]).await? == 0 {
                return Ok(()); // another node was faster
            }
            let page = log::page(&mut tx, workspace, seq - 1, 1).await?;
            let entry: Vec<Record> = page.into_iter().filter(|e| e.seq == seq).collect();
            if entry.is_empty() {
                return Err(Error::conflict(Refusal::log_trimmed()));
            }
            self.consumer.hear(&mut tx, workspace, &entry).await?;
            tx.commit().await
        });
        let Err(error) = done.await else { return };
        tracing::error!(%error, consumer = C::NAME, %workspace, seq, "an entry that was set aside failed once more");
        let noted = async {
            let (again, said) = (error.is_worth_another_try(), error.to_string());
            let mut tx = self.db.begin(workspace).await?;
            tx.run(STILL_DEAD, args![C::NAME, workspace, seq, again, said])
                .await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::error!(%error, consumer = C::NAME, "that it failed could not be noted");
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

async fn cursor(conn: &mut Conn, name: &str, workspace: WorkspaceId) -> Result<Option<i64>> {
    let row: Option<(i64,)> = conn.opt(CURSOR, args![name, workspace]).await?;
    Ok(row.map(|(seq,)| seq))
}

/// Move the cursor on, in the transaction that does what was heard. `false`: another node was faster.
async fn advance(
    tx: &mut Tx,
    name: &str,
    workspace: WorkspaceId,
    from: i64,
    to: i64,
) -> Result<bool> {
    let moved = tx.run(ADVANCE, args![name, workspace, from, to]).await?;
    Ok(moved == 1)
}

/// An entry that a consumer could not deal with.
pub struct DeadLetter {
    pub id: Uuid,
    pub consumer: String,
    pub workspace: WorkspaceId,
    pub seq: i64,
    pub kind: String,
    pub error: String,
    pub tries: i64,
    pub at: Time,
}

/// What was set aside, the oldest first, a thousand at most.
pub async fn dead_letters(conn: &mut Conn) -> Result<Vec<DeadLetter>> {
    type Row = (
        Uuid,
        String,
        Uuid,
        i64,
        String,
        String,
        i64,
        chrono::DateTime<chrono::Utc>,
    );
    let rows: Vec<Row> = conn.all(DEAD, args![]).await?;
    let letter = |(id, consumer, workspace, seq, kind, error, tries, at): Row| DeadLetter {
        id,
        consumer,
        workspace: workspace.into(),
        seq,
        kind,
        error,
        tries,
        at: Time(at),
    };
    Ok(rows.into_iter().map(letter).collect())
}

/// Ask for another try of one that was set aside. `false`: there is none of this id.
pub async fn ask_again(tx: &mut Tx, id: Uuid) -> Result<bool> {
    Ok(tx.run(ASK_AGAIN, args![id, true]).await? == 1)
}
