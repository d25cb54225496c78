//! The writer: a task that owns a connection, opens an outer transaction, lends the connection to waiting verbs one
//! after another, each inside a savepoint, and commits once for all of them.

use super::{Conn, Woken};
use crate::{
    base::fail,
    model::{error::Error, id::WorkspaceId},
};
use sqlx::{
    Connection, Executor, PgConnection, SqliteConnection, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};
use std::{
    collections::BTreeSet,
    ops::{Deref, DerefMut},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};

/// The writer's connection, lent to one verb inside its savepoint. Dropped without [`Tx::commit`], the
/// savepoint is rolled back. Hold it for statements only, never across anything that waits.
pub struct Tx {
    conn: Option<Conn>,
    back: Option<oneshot::Sender<(Conn, Outcome)>>,
    news: News,
}

/// Whom the commit wakes.
#[derive(Default)]
struct News {
    /// Workspaces whose log has grown.
    workspaces: BTreeSet<WorkspaceId>,
    /// Whether there are new jobs.
    jobs: bool,
}

impl News {
    fn add(&mut self, other: News) {
        self.workspaces.extend(other.workspaces);
        self.jobs |= other.jobs;
    }
}

enum Outcome {
    Commit {
        ack: oneshot::Sender<bool>,
        news: News,
    },
    Rollback,
}

impl Tx {
    /// Give the connection back; returns once the outer transaction is committed and synced.
    pub async fn commit(mut self) -> Result<(), Error> {
        let (ack, done) = oneshot::channel();
        let news = std::mem::take(&mut self.news);
        if let (Some(conn), Some(back)) = (self.conn.take(), self.back.take()) {
            let _ = back.send((conn, Outcome::Commit { ack, news }));
        }
        match done.await {
            Ok(true) => Ok(()),
            _ => Err(Error::Unavailable),
        }
    }

    /// The workspace has news: listeners are woken after the commit.
    pub fn ring(&mut self, workspace: WorkspaceId) {
        self.news.workspaces.insert(workspace);
    }

    /// There are new jobs: whoever does them is woken after the commit.
    pub fn has_jobs(&mut self) {
        self.news.jobs = true;
    }
}

impl Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        self.conn
            .as_ref()
            .expect("a lent connection is there until commit")
    }
}
impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn
            .as_mut()
            .expect("a lent connection is there until commit")
    }
}
impl Drop for Tx {
    fn drop(&mut self) {
        if let (Some(conn), Some(back)) = (self.conn.take(), self.back.take()) {
            let _ = back.send((conn, Outcome::Rollback));
        }
    }
}

/// How to reach the database again.
pub(super) enum Reopen {
    Sqlite(Box<SqliteConnectOptions>),
    Pg(Box<PgConnectOptions>),
}

impl Reopen {
    async fn connect(&self) -> Result<Conn, sqlx::Error> {
        Ok(match self {
            Reopen::Sqlite(o) => Conn::Sqlite(Box::new(SqliteConnection::connect_with(o).await?)),
            Reopen::Pg(o) => Conn::Pg(Box::new(PgConnection::connect_with(o).await?)),
        })
    }
}

/// The writer's loop: see the head of this file.
pub(super) async fn writer(
    conn: Conn,
    reopen: Reopen,
    mut queue: mpsc::Receiver<oneshot::Sender<Tx>>,
    woken: Arc<Woken>,
) {
    let most = if conn.is_postgres() { 1 } else { 64 };
    let begin = if conn.is_postgres() {
        "begin"
    } else {
        "begin immediate"
    };
    let mut held = Some(conn);
    while let Some(first) = queue.recv().await {
        // What waits here was promised nothing yet; a connection that is gone is opened again.
        let mut conn = match held.take() {
            Some(conn) => conn,
            None => match reopen.connect().await {
                Ok(conn) => conn,
                Err(e) => {
                    tracing::error!(error = %e, "the writer cannot reach the database");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
            },
        };
        if let Err(e) = conn.plain(begin).await {
            tracing::error!(error = %e, "the writer cannot begin");
            let _ = conn.plain("rollback").await;
            held = alive(conn, &e);
            continue;
        }
        let (mut acks, mut all) = (vec![], News::default());
        let (mut next, mut broken, since) = (Some(first), false, Instant::now());
        let mut lent = 0;
        while let Some(asker) = next.take() {
            lent += 1;
            broken |= conn.plain("savepoint verb").await.is_err();
            let (back, returned) = oneshot::channel();
            let tx = Tx {
                conn: Some(conn),
                back: Some(back),
                news: News::default(),
            };
            let _ = asker.send(tx); // an asker that has gone drops it, which returns it
            let (c, outcome) = match returned.await {
                Ok(r) => r,
                Err(_) => {
                    unreachable!("a Tx always returns its connection, at the latest when dropped")
                }
            };
            conn = c;
            match outcome {
                Outcome::Commit { ack, news } => {
                    broken |= conn.plain("release savepoint verb").await.is_err();
                    acks.push(ack);
                    all.add(news);
                }
                Outcome::Rollback => {
                    broken |= conn.plain("rollback to savepoint verb").await.is_err();
                    broken |= conn.plain("release savepoint verb").await.is_err();
                }
            }
            if lent < most && since.elapsed() < Duration::from_millis(20) && !broken {
                next = queue.try_recv().ok();
            }
        }
        if !all.workspaces.is_empty() && conn.is_postgres() {
            // One for the whole batch, and it says only "look".
            broken |= conn.plain("notify deskbell").await.is_err();
        }
        let end = if broken || acks.is_empty() {
            "rollback"
        } else {
            "commit"
        };
        fail::point(fail::BEFORE_COMMIT);
        let ended = conn.plain(end).await;
        fail::point(fail::COMMITTED);
        let good = ended.is_ok() && end == "commit";
        match ended {
            Ok(()) => held = Some(conn),
            Err(e) => {
                tracing::error!(error = %e, "a batch was not committed");
                let _ = conn.plain("rollback").await;
                held = alive(conn, &e);
            }
        }
        for ack in acks {
            let _ = ack.send(good);
        }
        fail::point(fail::ANSWERED);
        if good && all.jobs {
            woken.jobs.notify_one();
        }
        if good
            && !all.workspaces.is_empty()
            && let Some(ring) = woken.bus.get()
        {
            ring(&all.workspaces);
        }
    }
    if let Some(Conn::Sqlite(mut c)) = held {
        let _ = c
            .execute(sqlx::raw_sql("pragma wal_checkpoint(truncate)"))
            .await;
        let _ = c.close().await;
    }
}

/// Keep a connection whose statement failed, unless the connection itself is gone.
fn alive(conn: Conn, e: &sqlx::Error) -> Option<Conn> {
    let gone = matches!(
        e,
        sqlx::Error::Io(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Tls(_)
    );
    let ended = e.as_database_error().is_some_and(|d| {
        d.code()
            .is_some_and(|c| c.starts_with("57") || c == "25P03")
    });
    (!gone && !ended).then_some(conn)
}
