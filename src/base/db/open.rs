//! Opening: which file is ours, the schema up to date (after a copy), the pools, the writers.

use super::{
    Conn, DatabaseUrl, Db, Inner, Read, Woken,
    copy::Copied,
    planner,
    writer::{Reopen, writer},
};
use crate::base::fail;
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, SqliteConnection,
    migrate::{AppliedMigration, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// `DeskB` in the file header: a database with another id is not ours.
pub const APPLICATION_ID: i64 = 0x4465_736b;
/// Older SQLite can corrupt a WAL when it is reset (fixed in 3.51.3).
const SQLITE_AT_LEAST: (u32, u32, u32) = (3, 51, 3);
/// PostgreSQL: connections that write, per node; a workspace always uses the same one.
const LANES: usize = 4;

pub static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
pub static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{0} is not a Deskbell database. Choose another folder with --data.")]
    NotOurs(String),
    #[error(
        "The database belongs to a newer version of Deskbell (it has migration {0}). Start that version."
    )]
    Newer(i64),
    #[error(
        "This program was built with SQLite {0}. It needs 3.51.3 or newer: older versions can corrupt the write-ahead log."
    )]
    OldSqlite(String),
    #[error(
        "The database was made by a development version of Deskbell, before its first release, and cannot be brought up to date. Choose another folder with --data, or another database."
    )]
    Development,
    #[error("Cannot open the database: {0}")]
    Sql(#[from] sqlx::Error),
    #[error(
        "Cannot copy the database to {to} before migrating it: {why}. Nothing was changed. If you have a backup, run `deskbell migrate --no-copy`."
    )]
    Copy { to: String, why: String },
    #[error("The migration failed: {0}")]
    Migrate(sqlx::migrate::MigrateError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl Db {
    /// Open, bring the schema up to date, start the writer. Before it is migrated, the database is copied into the
    /// folder `copies`; `None` is for those who have a backup of their own.
    pub async fn open(place: &DatabaseUrl, copies: Option<&Path>) -> Result<Db, OpenError> {
        match place {
            DatabaseUrl::File(path) => Db::open_sqlite(path, copies).await,
            DatabaseUrl::Postgres(url) => Db::open_postgres(url, copies).await,
        }
    }

    async fn open_sqlite(path: &Path, copies: Option<&Path>) -> Result<Db, OpenError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .statement_cache_capacity(400)
            .pragma("wal_autocheckpoint", "4000")
            // What a savepoint may have to put back is not written to a file of its own.
            .pragma("temp_store", "memory")
            .pragma("cache_size", "-16000")
            // A page's rows are handed from SQLite's thread to ours without a pause at every fiftieth.
            .row_buffer_size(1000);
        // A foreign file is recognised before anything is changed in it.
        if path.exists() {
            let as_it_is = SqliteConnectOptions::new()
                .filename(path)
                .busy_timeout(Duration::from_secs(5));
            let mut conn = SqliteConnection::connect_with(&as_it_is).await?;
            let look = async {
                let id: i64 = sqlx::query_scalar("pragma application_id")
                    .fetch_one(&mut conn)
                    .await?;
                let tables: i64 = sqlx::query_scalar("select count(*) from sqlite_master")
                    .fetch_one(&mut conn)
                    .await?;
                Ok::<_, sqlx::Error>(id == APPLICATION_ID || (id == 0 && tables == 0))
            };
            if !matches!(look.await, Ok(true)) {
                return Err(OpenError::NotOurs(path.display().to_string()));
            }
        }
        // Client ids are random and any conversation may be written to, so what is written lands anywhere in the
        // indexes; those that are in use should fit. Up to so many KiB of memory, and it is kept.
        let writing = options.clone().pragma("cache_size", "-64000");
        let mut conn = SqliteConnection::connect_with(&writing).await?;
        let version: String = sqlx::query_scalar("select sqlite_version()")
            .fetch_one(&mut conn)
            .await?;
        let mut parts = version.split('.').map(|p| p.parse().unwrap_or(0));
        let linked = (
            parts.next().unwrap_or(0),
            parts.next().unwrap_or(0),
            parts.next().unwrap_or(0),
        );
        if linked < SQLITE_AT_LEAST {
            return Err(OpenError::OldSqlite(version));
        }
        let id: i64 = sqlx::query_scalar("pragma application_id")
            .fetch_one(&mut conn)
            .await?;
        // Not a byte of a newer version's file is changed before it is recognised.
        if id != APPLICATION_ID {
            sqlx::query(AssertSqlSafe(format!(
                "pragma application_id = {APPLICATION_ID}"
            )))
            .execute(&mut conn)
            .await?;
        }
        fail::before_migrating(&mut conn).await?;
        migrate(&SQLITE, &mut conn, path, copies).await?;
        planner::inform(&mut conn).await?;
        fail::after_migrating(&mut conn, path).await?;
        let read = SqlitePoolOptions::new()
            .max_connections(8)
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(options.read_only(true).pragma("query_only", "1"))
            .await?;
        let woken: Arc<Woken> = Arc::default();
        let (lane, queue) = mpsc::channel(4096);
        tokio::spawn(writer(
            Conn::Sqlite(Box::new(conn)),
            Reopen::Sqlite(Box::new(writing)),
            queue,
            woken.clone(),
        ));
        Ok(Db(Arc::new(Inner {
            read: Read::Sqlite(read),
            lanes: vec![lane],
            woken,
        })))
    }

    async fn open_postgres(url: &str, copies: Option<&Path>) -> Result<Db, OpenError> {
        let options: PgConnectOptions = url
            .parse::<PgConnectOptions>()?
            .application_name("deskbell")
            .statement_cache_capacity(400)
            .options([
                ("lock_timeout", "5s"),
                ("idle_in_transaction_session_timeout", "5s"),
                ("synchronous_commit", "on"),
            ]);
        let mut conn = PgConnection::connect_with(&options).await?;
        migrate(&POSTGRES, &mut conn, url, copies).await?;
        let read = PgPoolOptions::new()
            .max_connections(12)
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(options.clone())
            .await?;
        let woken: Arc<Woken> = Arc::default();
        let mut lanes = vec![];
        for _ in 0..LANES {
            let (lane, queue) = mpsc::channel(4096);
            let conn = PgConnection::connect_with(&options).await?;
            tokio::spawn(writer(
                Conn::Pg(Box::new(conn)),
                Reopen::Pg(Box::new(options.clone())),
                queue,
                woken.clone(),
            ));
            lanes.push(lane);
        }
        Ok(Db(Arc::new(Inner {
            read: Read::Pg(read),
            lanes,
            woken,
        })))
    }
}

/// The migrations that are not applied yet, oldest first: `(version, name)`.
pub async fn pending(place: &DatabaseUrl) -> Result<Vec<(i64, String)>, OpenError> {
    let (known, applied): (&Migrator, Vec<i64>) = match place {
        DatabaseUrl::File(path) if !path.exists() => (&SQLITE, vec![]),
        DatabaseUrl::File(path) => {
            let mut c = SqliteConnection::connect_with(
                &SqliteConnectOptions::new().filename(path).read_only(true),
            )
            .await?;
            (
                &SQLITE,
                sqlx::query_scalar("select version from _sqlx_migrations")
                    .fetch_all(&mut c)
                    .await
                    .unwrap_or_default(),
            )
        }
        DatabaseUrl::Postgres(url) => {
            let mut c = PgConnection::connect(url).await?;
            (
                &POSTGRES,
                sqlx::query_scalar("select version from _sqlx_migrations")
                    .fetch_all(&mut c)
                    .await
                    .unwrap_or_default(),
            )
        }
    };
    Ok(known
        .iter()
        .filter(|m| !applied.contains(&m.version))
        .map(|m| (m.version, m.description.to_string()))
        .collect())
}

/// `copies`: the folder that a copy is put into before anything is migrated; without one there is no copy.
async fn migrate<C: Copied>(
    known: &Migrator,
    conn: &mut C,
    at: &C::At,
    copies: Option<&Path>,
) -> Result<(), OpenError> {
    conn.ensure_migrations_table(&known.table_name)
        .await
        .map_err(OpenError::Migrate)?;
    if is_current(known, &applied(known, conn).await?) {
        return run(known, conn).await;
    }
    let alone = conn.alone(at).await?;
    // Another process may have been here meanwhile.
    let there = applied(known, conn).await?;
    if let (Some(folder), false, false) = (copies, there.is_empty(), is_current(known, &there)) {
        conn.copy(at, folder, &there).await?;
    }
    run(known, conn).await?;
    drop(alone);
    conn.go_on().await
}

async fn run<C: Copied>(known: &Migrator, conn: &mut C) -> Result<(), OpenError> {
    known
        .run_direct(None, conn, false)
        .await
        .map_err(OpenError::Migrate)
}

/// What the database has, all of which this version knows.
async fn applied<C: Copied>(known: &Migrator, conn: &mut C) -> Result<Vec<i64>, OpenError> {
    let applied = conn
        .list_applied_migrations(&known.table_name)
        .await
        .map_err(OpenError::Migrate)?;
    // Until the first release the schema was rewritten; since then it only grows.
    let differs = |a: &AppliedMigration| {
        let ours = known.iter().find(|m| m.version == a.version);
        ours.is_some_and(|m| m.checksum != a.checksum)
    };
    if applied.iter().any(differs) {
        return Err(OpenError::Development);
    }
    if let Some(strange) = applied.iter().find(|a| !known.version_exists(a.version)) {
        return Err(OpenError::Newer(strange.version));
    }
    Ok(applied.into_iter().map(|a| a.version).collect())
}

fn is_current(known: &Migrator, applied: &[i64]) -> bool {
    known.iter().all(|m| applied.contains(&m.version))
}
