//! What has to be done later: a row written in the transaction of its cause, so that neither is there without the other.
//! One of a kind for each key. Whoever claims a job has a lease on it; what it does to the database it does in the
//! transaction that also takes the job away ([`Job::done`]), so the effect is there once, whoever dies or comes late.
//! What fails is tried again, later each time, and is dead after a day: then it waits for somebody who asks for it
//! again.

use super::{
    backoff,
    db::{Conn, Db, Tx, args, fresh, sql},
};
use crate::model::refusal::Refusal;
use crate::model::{
    error::{Error, Result},
    id::WorkspaceId,
    time::{Time, now},
};
use chrono::{DateTime, Duration as Span, Utc};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use sqlx::types::Json;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A job whose holder has not been heard from for so long is anybody's again.
const LEASE: Span = Span::minutes(5);
/// After its first try for so long a job is tried again.
const ALIVE: Span = Span::hours(24);
/// Claimed in one go, of each kind.
const PAGE: i64 = 100;
/// Done side by side.
const AT_ONCE: usize = 8;
/// The clock of jobs: what is due is seen at the latest so long afterwards.
const ROUND: Duration = Duration::from_secs(5);

sql! {
    PUT = "insert into job (id, workspace_id, kind, key, payload, cause, due_at, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8) \
        on conflict (workspace_id, kind, key) do update set id = excluded.id, payload = excluded.payload, cause = excluded.cause, \
        due_at = excluded.due_at, created_at = excluded.created_at, tries = 0, tried_at = null, lease = null, leased_until = null, \
        error = null, dead_at = null";
    DUE = "select id, workspace_id from job where kind = $1 and dead_at is null and due_at <= $2 \
        and (leased_until is null or leased_until <= $2) order by due_at limit $3";
    NEXT = "select min(due_at) from job where kind = $1 and dead_at is null and due_at > $2";
    CLAIM = "update job set lease = $2, leased_until = $3, tries = tries + 1, tried_at = coalesce(tried_at, $4) \
        where id = $1 and dead_at is null and due_at <= $4 and (leased_until is null or leased_until <= $4) \
        returning id, workspace_id, kind, key, payload, cause, tries, tried_at";
    DONE = "delete from job where id = $1 and lease = $2";
    LATER = "update job set lease = null, leased_until = null, due_at = $3, error = $4 where id = $1 and lease = $2";
    DIES = "update job set lease = null, leased_until = null, dead_at = $3, error = $4 where id = $1 and lease = $2";
    DEAD = "select id, workspace_id, kind, key, tries, coalesce(error, ''), dead_at from job where dead_at is not null \
        order by dead_at limit 1000";
    AGAIN = "update job set dead_at = null, tries = 0, tried_at = null, due_at = $2 where id = $1 and dead_at is not null";
}

/// A job to be written.
pub struct NewJob {
    pub kind: &'static str,
    /// What it is about. A second one of the same kind and key takes the place of the first, also of one that is just
    /// being done: that one's transaction finds its lease gone and is undone.
    pub key: String,
    pub due: Time,
    pub payload: serde_json::Value,
    /// The entry of the log that set it off.
    pub cause: Option<i64>,
}

/// Write a job, in the transaction of its cause.
pub async fn put(tx: &mut Tx, workspace: WorkspaceId, job: NewJob) -> Result<()> {
    let NewJob {
        kind,
        key,
        due,
        payload,
        cause,
    } = job;
    let id: Uuid = fresh();
    tx.run(
        PUT,
        args![id, workspace, kind, key, payload, cause, due, now()],
    )
    .await?;
    tx.has_jobs();
    Ok(())
}

/// A job that somebody holds.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: Uuid,
    pub workspace: WorkspaceId,
    pub kind: String,
    pub key: String,
    pub payload: serde_json::Value,
    pub cause: Option<i64>,
    /// This one is counted.
    pub tries: i64,
    tried_at: Time,
    lease: Uuid,
}

impl Job {
    /// Take it away, in the transaction of its effect. `false`: it is somebody else's by now, or another stands in its
    /// place, and whatever the transaction did must not be committed.
    pub async fn done(&self, tx: &mut Tx) -> Result<bool> {
        Ok(tx.run(DONE, args![self.id, self.lease]).await? == 1)
    }
}

type Run = Arc<dyn Fn(Job) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// What does the jobs of one kind.
#[derive(Clone)]
pub struct Worker {
    kind: &'static str,
    run: Run,
}

impl Worker {
    /// `run` does one job and ends with [`Job::done`].
    pub fn new<F>(kind: &'static str, run: impl Fn(Job) -> F + Send + Sync + 'static) -> Worker
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        Worker {
            kind,
            run: Arc::new(move |job| run(job).boxed()),
        }
    }
}

/// Do what is due until the process stops. Safe on every node at once.
pub async fn run(db: Db, workers: Vec<Worker>, stop: CancellationToken) {
    loop {
        let rests = match do_due(&db, &workers, &stop).await {
            Ok(rests) => rests,
            Err(error) => {
                tracing::warn!(%error, "what is due cannot be looked for");
                ROUND
            }
        };
        tokio::select! {
            () = tokio::time::sleep(rests) => {}
            () = db.jobs_put() => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Do what is due now. How long until the next is due, or until somebody should look again.
pub async fn do_due(db: &Db, workers: &[Worker], stop: &CancellationToken) -> Result<Duration> {
    let mut rests = ROUND;
    for worker in workers {
        loop {
            let at = now();
            let due: Vec<(Uuid, Uuid)> = db.all(DUE, args![worker.kind, at, PAGE]).await?;
            let whole = due.len() as i64 == PAGE;
            let claimed = stream::iter(due)
                .take_while(|_| std::future::ready(!stop.is_cancelled()))
                .map(|(id, workspace)| one(db, worker, id, workspace.into()))
                .buffer_unordered(AT_ONCE)
                .filter(|claimed| std::future::ready(*claimed));
            // Where none could be claimed, others are at it, or nothing can be written: later is soon enough.
            if claimed.count().await == 0 || !whole {
                break;
            }
        }
        let (next,): (Option<DateTime<Utc>>,) = db.one(NEXT, args![worker.kind, now()]).await?;
        if let Some(next) = next {
            let wait = (next - now().0).to_std().unwrap_or_default();
            rests = rests.min(wait.max(Duration::from_millis(20)));
        }
    }
    Ok(rests)
}

/// Claim one, do it, and note it if it failed. `false`: it could not be claimed.
async fn one(db: &Db, worker: &Worker, id: Uuid, workspace: WorkspaceId) -> bool {
    let job = match claim(db, id, workspace).await {
        Ok(Some(job)) => job,
        Ok(None) => return false, // another node was faster
        Err(error) => {
            tracing::warn!(%error, kind = worker.kind, "a job cannot be claimed");
            return false;
        }
    };
    let done = AssertUnwindSafe((worker.run)(job.clone()))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(Error::conflict(Refusal::panicked())));
    let Err(error) = done else { return true };
    let at = now();
    let dead = at.0 - job.tried_at.0 >= ALIVE;
    tracing::warn!(%error, kind = worker.kind, key = job.key, tries = job.tries, dead, "a job failed");
    let noted = async {
        let said = error.to_string();
        let mut tx = db.begin(workspace).await?;
        if dead {
            tx.run(DIES, args![job.id, job.lease, at, said]).await?;
        } else {
            let tries = u32::try_from(job.tries).unwrap_or(u32::MAX);
            let pause = Span::from_std(backoff::pause(tries)).unwrap_or(LEASE);
            tx.run(LATER, args![job.id, job.lease, at.plus(pause), said])
                .await?;
        }
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, kind = worker.kind, "that a job failed cannot be noted; its lease ends by itself");
    }
    true
}

/// Hold a job that is due; `None` where somebody else has it.
async fn claim(db: &Db, id: Uuid, workspace: WorkspaceId) -> Result<Option<Job>> {
    type Row = (
        Uuid,
        Uuid,
        String,
        String,
        Json<serde_json::Value>,
        Option<i64>,
        i64,
        DateTime<Utc>,
    );
    let (lease, at) = (Uuid::new_v4(), now());
    let mut tx = db.begin(workspace).await?;
    let row: Option<Row> = tx.opt(CLAIM, args![id, lease, at.plus(LEASE), at]).await?;
    tx.commit().await?;
    let job = |(id, workspace, kind, key, payload, cause, tries, tried_at): Row| Job {
        id,
        workspace: workspace.into(),
        kind,
        key,
        payload: payload.0,
        cause,
        tries,
        tried_at: Time(tried_at),
        lease,
    };
    Ok(row.map(job))
}

/// A job that was tried for a day.
pub struct Dead {
    pub id: Uuid,
    pub workspace: WorkspaceId,
    pub kind: String,
    pub key: String,
    pub tries: i64,
    pub error: String,
    pub at: Time,
}

/// What is dead, the oldest first, a thousand at most.
pub async fn dead(conn: &mut Conn) -> Result<Vec<Dead>> {
    type Row = (Uuid, Uuid, String, String, i64, String, DateTime<Utc>);
    let rows: Vec<Row> = conn.all(DEAD, args![]).await?;
    let job = |(id, workspace, kind, key, tries, error, at): Row| Dead {
        id,
        workspace: workspace.into(),
        kind,
        key,
        tries,
        error,
        at: Time(at),
    };
    Ok(rows.into_iter().map(job).collect())
}

/// A dead one once more, now. `false`: there is none of this id.
pub async fn again(tx: &mut Tx, id: Uuid) -> Result<bool> {
    let found = tx.run(AGAIN, args![id, now()]).await? == 1;
    tx.has_jobs();
    Ok(found)
}
