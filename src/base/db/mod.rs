//! One SQL, two databases. [`Db`] is a cheap handle; reading goes through a pool, writing through the
//! **writer**: a task that owns a connection, opens an outer transaction, lends the connection to waiting
//! verbs one after another, each inside a savepoint, and commits once for all of them. [`Tx::commit`]
//! returns after that commit, so an acknowledged write is on the disk (SQLite: WAL with
//! `synchronous=FULL`; PostgreSQL: `synchronous_commit=on`).
//!
//! On PostgreSQL a lane lends to one verb per transaction: then every transaction locks its rows first and
//! the workspace's counter last, whatever other nodes do, and no cycle of locks can arise. The hot verb
//! (saying many messages at once, see `conversation`) is one verb there too, so nothing is lost by it.

mod conn;
mod copy;
mod errors;
mod open;
pub mod planner;
mod statements;
mod values;
pub mod words;
mod writer;

pub use conn::{Conn, Snapshot};
pub use errors::is_unique;
pub use open::{APPLICATION_ID, OpenError, POSTGRES, SQLITE, pending};
#[cfg(test)]
pub use statements::composed;
pub(crate) use statements::sql;
pub use statements::statement;
pub(crate) use values::args;
pub use values::{Rec, Rows, Val};
pub use writer::Tx;

use crate::model::{error::Error, id::WorkspaceId};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};
use tokio::sync::{Notify, mpsc, oneshot};
use uuid::Uuid;
use values::bound;

/// Where the data is.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// A SQLite file.
    File(std::path::PathBuf),
    /// `postgres://…`; may hold a password, so it is never printed whole.
    Postgres(String),
}

type Ring = Box<dyn Fn(&BTreeSet<WorkspaceId>) + Send + Sync>;

/// Who is woken by a commit.
#[derive(Default)]
struct Woken {
    bus: OnceLock<Ring>,
    jobs: Notify,
}

struct Inner {
    read: Read,
    lanes: Vec<mpsc::Sender<oneshot::Sender<Tx>>>,
    woken: Arc<Woken>,
}

enum Read {
    Sqlite(SqlitePool),
    Pg(PgPool),
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

impl Db {
    /// The bell: called after every commit that told something, with whose news it was. Set once.
    pub fn on_commit(&self, f: impl Fn(&BTreeSet<WorkspaceId>) + Send + Sync + 'static) {
        let _ = self.0.woken.bus.set(Box::new(f));
    }

    /// Waits until a job has been put in here.
    pub async fn jobs_put(&self) {
        self.0.woken.jobs.notified().await;
    }

    /// A savepoint in the writer's next batch.
    pub async fn begin(&self, workspace: WorkspaceId) -> Result<Tx, Error> {
        let lane = &self.0.lanes[(workspace.0.as_u128() % self.0.lanes.len() as u128) as usize];
        let (lend, lent) = oneshot::channel();
        lane.send(lend).await.map_err(|_| Error::Unavailable)?;
        lent.await.map_err(|_| Error::Unavailable)
    }

    /// A read transaction.
    pub async fn snapshot(&self) -> Result<Snapshot, sqlx::Error> {
        Ok(Snapshot(match &self.0.read {
            Read::Sqlite(pool) => Conn::SqliteSnapshot(pool.begin().await?),
            Read::Pg(pool) => {
                // In a task of its own: a cancelled begin would hand an open transaction back to the pool.
                let pool = pool.clone();
                let begun = tokio::spawn(async move {
                    pool.begin_with(AssertSqlSafe(
                        "begin isolation level repeatable read read only".to_owned(),
                    ))
                    .await
                });
                Conn::PgSnapshot(begun.await.map_err(|_| sqlx::Error::WorkerCrashed)??)
            }
        }))
    }

    pub async fn all<T: Rec>(&self, sql: &'static str, args: Vec<Val>) -> Rows<T> {
        match &self.0.read {
            Read::Sqlite(p) => bound!(sqlx::query_as::<_, T>(sql), args).fetch_all(p).await,
            Read::Pg(p) => bound!(sqlx::query_as::<_, T>(sql), args).fetch_all(p).await,
        }
    }
    pub async fn opt<T: Rec>(
        &self,
        sql: &'static str,
        args: Vec<Val>,
    ) -> Result<Option<T>, sqlx::Error> {
        match &self.0.read {
            Read::Sqlite(p) => {
                bound!(sqlx::query_as::<_, T>(sql), args)
                    .fetch_optional(p)
                    .await
            }
            Read::Pg(p) => {
                bound!(sqlx::query_as::<_, T>(sql), args)
                    .fetch_optional(p)
                    .await
            }
        }
    }
    pub async fn one<T: Rec>(&self, sql: &'static str, args: Vec<Val>) -> Result<T, sqlx::Error> {
        self.opt(sql, args).await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// PostgreSQL's pool, for `listen`; `None` with SQLite.
    pub fn postgres(&self) -> Option<&PgPool> {
        match &self.0.read {
            Read::Pg(pool) => Some(pool),
            Read::Sqlite(_) => None,
        }
    }

    /// SQLite's pool, to notice what another process wrote; `None` with PostgreSQL.
    pub fn sqlite(&self) -> Option<&SqlitePool> {
        match &self.0.read {
            Read::Sqlite(pool) => Some(pool),
            Read::Pg(_) => None,
        }
    }

    /// Close the reading pool. The writer ends when the last handle is dropped.
    pub async fn close(&self) {
        match &self.0.read {
            Read::Sqlite(p) => p.close().await,
            Read::Pg(p) => p.close().await,
        }
    }
}

/// A new id (UUID version 7, RFC 9562): sorts by the moment it was made.
pub fn fresh<Id: From<Uuid>>() -> Id {
    Uuid::now_v7().into()
}
