//! Opening: which file is ours, the schema up to date (after a backup beside the file), the pools, the writers.

use super::{
    Conn, Db, Heard, Inner, Place, Read,
    writer::{Reopen, writer},
};
use crate::base::fail;
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, SqliteConnection,
    migrate::Migrator,
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
    #[error(
        "{0} is not a Deskbell database (its application id is another one). Choose another folder with --data."
    )]
    NotOurs(String),
    #[error(
        "The database was written by a newer Deskbell (migration {0} is unknown here). Start the newer version."
    )]
    Newer(i64),
    #[error(
        "SQLite {0} is linked; at least 3.51.3 is needed, older versions can corrupt the write-ahead log."
    )]
    OldSqlite(String),
    #[error("The database cannot be opened: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("A migration failed: {0}")]
    Migrate(sqlx::migrate::MigrateError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl Db {
    /// Open, bring the schema up to date (after a backup beside the file), start the writer.
    pub async fn open(place: &Place) -> Result<Db, OpenError> {
        match place {
            Place::File(path) => Db::open_sqlite(path).await,
            Place::Postgres(url) => Db::open_postgres(url).await,
        }
    }

    async fn open_sqlite(path: &Path) -> Result<Db, OpenError> {
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
        migrate(&SQLITE, &mut conn, Some(path)).await?;
        fail::after_migrating(&mut conn, path).await?;
        let read = SqlitePoolOptions::new()
            .max_connections(8)
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(options.read_only(true).pragma("query_only", "1"))
            .await?;
        let heard: Arc<Heard> = Arc::default();
        let (lane, queue) = mpsc::channel(4096);
        tokio::spawn(writer(
            Conn::Sqlite(Box::new(conn)),
            Reopen::Sqlite(Box::new(writing)),
            queue,
            heard.clone(),
        ));
        Ok(Db(Arc::new(Inner {
            read: Read::Sqlite(read),
            lanes: vec![lane],
            heard,
        })))
    }

    async fn open_postgres(url: &str) -> Result<Db, OpenError> {
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
        migrate(&POSTGRES, &mut conn, None).await?;
        let read = PgPoolOptions::new()
            .max_connections(12)
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(options.clone())
            .await?;
        let heard: Arc<Heard> = Arc::default();
        let mut lanes = vec![];
        for _ in 0..LANES {
            let (lane, queue) = mpsc::channel(4096);
            let conn = PgConnection::connect_with(&options).await?;
            tokio::spawn(writer(
                Conn::Pg(Box::new(conn)),
                Reopen::Pg(Box::new(options.clone())),
                queue,
                heard.clone(),
            ));
            lanes.push(lane);
        }
        Ok(Db(Arc::new(Inner {
            read: Read::Pg(read),
            lanes,
            heard,
        })))
    }
}

/// The migrations that are not applied yet, oldest first: `(version, name)`.
pub async fn pending(place: &Place) -> Result<Vec<(i64, String)>, OpenError> {
    let (known, applied): (&Migrator, Vec<i64>) = match place {
        Place::File(path) if !path.exists() => (&SQLITE, vec![]),
        Place::File(path) => {
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
        Place::Postgres(url) => {
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

trait Versioned: sqlx::migrate::Migrate {
    async fn backup(&mut self, to: &Path) -> Result<(), sqlx::Error>;
}
impl Versioned for SqliteConnection {
    async fn backup(&mut self, to: &Path) -> Result<(), sqlx::Error> {
        sqlx::query("vacuum into $1")
            .bind(to.display().to_string())
            .execute(self)
            .await
            .map(|_| ())
    }
}
impl Versioned for PgConnection {
    async fn backup(&mut self, _: &Path) -> Result<(), sqlx::Error> {
        Ok(())
    }
}

async fn migrate<C>(known: &Migrator, conn: &mut C, file: Option<&Path>) -> Result<(), OpenError>
where
    C: Versioned + Connection,
{
    conn.ensure_migrations_table(&known.table_name)
        .await
        .map_err(OpenError::Migrate)?;
    let applied = conn
        .list_applied_migrations(&known.table_name)
        .await
        .map_err(OpenError::Migrate)?;
    if let Some(strange) = applied.iter().find(|a| !known.version_exists(a.version)) {
        return Err(OpenError::Newer(strange.version));
    }
    let missing = known
        .iter()
        .any(|m| !applied.iter().any(|a| a.version == m.version));
    if let (Some(file), true, Some(last)) = (file, missing, applied.last()) {
        let to = file.with_extension(format!("before-{}.db", last.version + 1));
        if !to.exists() {
            tracing::info!(backup = %to.display(), "backing up before migrating");
            conn.backup(&to).await?;
        }
    }
    known
        .run_direct(None, conn, false)
        .await
        .map_err(OpenError::Migrate)
}
