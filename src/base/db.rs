//! One SQL, two databases. [`Db`] is a cheap handle; reading goes through a pool, writing through the
//! **writer**: a task that owns a connection, opens an outer transaction, lends the connection to waiting
//! verbs one after another, each inside a savepoint, and commits once for all of them. [`Tx::commit`]
//! returns after that commit, so an acknowledged write is on the disk (SQLite: WAL with
//! `synchronous=FULL`; PostgreSQL: `synchronous_commit=on`).
//!
//! On PostgreSQL a lane lends to one verb per transaction: then every transaction locks its rows first and
//! the workspace's counter last, whatever other nodes do, and no cycle of locks can arise. The hot verb
//! (saying many messages at once, see `conversation`) is one verb there too, so nothing is lost by it.

use super::fail;
use crate::model::{error::Error, id::WorkspaceId, time::Time};
use chrono::{DateTime, Utc};
use sqlx::{
    AssertSqlSafe, Connection, Executor, FromRow, PgConnection, PgPool, Postgres, Sqlite,
    SqliteConnection, SqlitePool, Transaction,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions, PgRow},
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
    },
};
use std::{
    collections::{BTreeSet, HashMap},
    ops::{Deref, DerefMut},
    path::Path,
    sync::{Arc, LazyLock, Mutex, OnceLock},
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// `DeskB` in the file header: a database with another id is not ours.
pub const APPLICATION_ID: i64 = 0x4465_736b;
/// Older SQLite can corrupt a WAL when it is reset (fixed in 3.51.3).
const SQLITE_AT_LEAST: (u32, u32, u32) = (3, 51, 3);
/// PostgreSQL: connections that write, per node; a workspace always uses the same one.
const LANES: usize = 4;

pub static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
pub static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

pub type Rows<T> = Result<Vec<T>, sqlx::Error>;

/// A row type that both drivers can fill.
pub trait Rec: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Rec for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{}

/// A bound value. `None` is a NULL of that type (PostgreSQL wants to know which).
#[derive(Clone, Debug)]
pub enum Val {
    Bool(Option<bool>),
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Uuid(Option<Uuid>),
    Time(Option<DateTime<Utc>>),
    Json(Option<serde_json::Value>),
}

macro_rules! vals {
    ($($type:ty => $variant:ident $(, $get:expr)?;)*) => {$(
        impl From<$type> for Val { fn from(v: $type) -> Val { Val::$variant(Some(vals!(@ v $(, $get)?))) } }
        impl From<Option<$type>> for Val { fn from(v: Option<$type>) -> Val { Val::$variant(v.map(|v| vals!(@ v $(, $get)?))) } }
    )*};
    (@ $v:ident) => { $v };
    (@ $v:ident, $get:expr) => { { let get: fn(_) -> _ = $get; get($v) } };
}
vals! {
    bool => Bool;
    i64 => Int;
    String => Text;
    Vec<u8> => Bytes;
    Uuid => Uuid;
    DateTime<Utc> => Time;
    Time => Time, |t: Time| t.0;
    serde_json::Value => Json;
    crate::model::id::WorkspaceId => Uuid, |i: crate::model::id::WorkspaceId| i.0;
    crate::model::id::AgentId => Uuid, |i: crate::model::id::AgentId| i.0;
    crate::model::id::ContactId => Uuid, |i: crate::model::id::ContactId| i.0;
    crate::model::id::WidgetId => Uuid, |i: crate::model::id::WidgetId| i.0;
    crate::model::id::ConversationId => Uuid, |i: crate::model::id::ConversationId| i.0;
    crate::model::id::MessageId => Uuid, |i: crate::model::id::MessageId| i.0;
    crate::model::id::TeamId => Uuid, |i: crate::model::id::TeamId| i.0;
    crate::model::id::SessionId => Uuid, |i: crate::model::id::SessionId| i.0;
    crate::model::id::ClientId => Uuid, |i: crate::model::id::ClientId| i.0;
}
impl From<&str> for Val {
    fn from(v: &str) -> Val {
        Val::Text(Some(v.to_owned()))
    }
}
impl From<Option<&str>> for Val {
    fn from(v: Option<&str>) -> Val {
        Val::Text(v.map(str::to_owned))
    }
}
impl From<[u8; 32]> for Val {
    fn from(v: [u8; 32]) -> Val {
        Val::Bytes(Some(v.to_vec()))
    }
}

/// `args![id, name, …]`: the values of `$1, $2, …`.
macro_rules! args {
    ($($v:expr),* $(,)?) => { vec![$($crate::base::db::Val::from($v)),*] };
}
pub(crate) use args;

/// Statements with a name each; a test prepares every one on both databases.
macro_rules! sql {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* pub(super) const $name: &str = $text;)*
        /// Every statement above, for the test that prepares them on both databases.
        #[cfg(test)]
        pub const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}
pub(crate) use sql;

/// A statement that is written once for each shape and kept, so that the driver's cache of prepared statements finds
/// it again. Use few shapes.
fn kept(shape: ([&'static str; 3], usize), write: impl FnOnce() -> String) -> &'static str {
    type Kept = HashMap<([&'static str; 3], usize), &'static str>;
    static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Default::default);
    let mut kept = KEPT.lock().unwrap_or_else(|e| e.into_inner());
    kept.entry(shape)
        .or_insert_with(|| Box::leak(write().into_boxed_str()))
}

/// `$from, …` for `n` values.
fn places(from: usize, n: usize) -> String {
    let places: Vec<String> = (from..from + n).map(|i| format!("${i}")).collect();
    places.join(", ")
}

/// These ids in lists of 1, 8 or 64, filled up with nil.
fn lists(ids: &[Uuid]) -> impl Iterator<Item = Vec<Uuid>> + '_ {
    ids.chunks(64).map(|chunk| {
        let size = [1, 8, 64]
            .into_iter()
            .find(|s| *s >= chunk.len())
            .unwrap_or(64);
        let mut list = chunk.to_vec();
        list.resize(size, Uuid::nil());
        list
    })
}

/// Split `n` rows into runs of these sizes only.
fn runs(mut n: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let size = [64, 16, 4, 1].into_iter().find(|s| *s <= n)?;
        n -= size;
        Some(size)
    })
}

macro_rules! bound {
    ($query:expr, $args:expr) => {{
        let mut q = $query;
        for v in $args {
            q = match v {
                Val::Bool(v) => q.bind(v),
                Val::Int(v) => q.bind(v),
                Val::Text(v) => q.bind(v),
                Val::Bytes(v) => q.bind(v),
                Val::Uuid(v) => q.bind(v),
                Val::Time(v) => q.bind(v),
                Val::Json(v) => q.bind(v.map(sqlx::types::Json)),
            };
        }
        q
    }};
}

/// A connection of either kind: the writer's own, or one that holds a read transaction.
pub enum Conn {
    Sqlite(Box<SqliteConnection>),
    Pg(Box<PgConnection>),
    SqliteLook(Transaction<'static, Sqlite>),
    PgLook(Transaction<'static, Postgres>),
}

macro_rules! on {
    ($conn:expr, $c:ident => $run:expr) => {
        match $conn {
            Conn::Sqlite(c) => {
                let $c = &mut **c;
                $run
            }
            Conn::Pg(c) => {
                let $c = &mut **c;
                $run
            }
            Conn::SqliteLook(c) => {
                let $c = &mut **c;
                $run
            }
            Conn::PgLook(c) => {
                let $c = &mut **c;
                $run
            }
        }
    };
}

impl Conn {
    /// Every row.
    pub async fn all<T: Rec>(&mut self, sql: &'static str, args: Vec<Val>) -> Rows<T> {
        on!(self, c => bound!(sqlx::query_as::<_, T>(sql), args).fetch_all(c).await)
    }
    /// The row, if there is one.
    pub async fn opt<T: Rec>(
        &mut self,
        sql: &'static str,
        args: Vec<Val>,
    ) -> Result<Option<T>, sqlx::Error> {
        on!(self, c => bound!(sqlx::query_as::<_, T>(sql), args).fetch_optional(c).await)
    }
    /// The row.
    pub async fn one<T: Rec>(
        &mut self,
        sql: &'static str,
        args: Vec<Val>,
    ) -> Result<T, sqlx::Error> {
        on!(self, c => bound!(sqlx::query_as::<_, T>(sql), args).fetch_one(c).await)
    }
    /// `head condition in (the ids) tail`, in no order; `$1, …` are `first`.
    pub async fn among<T: Rec>(
        &mut self,
        [head, condition, tail]: [&'static str; 3],
        first: Vec<Val>,
        ids: &[Uuid],
    ) -> Rows<T> {
        let mut found = vec![];
        for list in lists(ids) {
            let sql = kept(([head, condition, tail], list.len()), || {
                let places = places(first.len() + 1, list.len());
                format!("{head} {condition} in ({places}) {tail}")
            });
            let mut values = first.clone();
            values.extend(list.into_iter().map(Val::from));
            found.extend(self.all(sql, values).await?);
        }
        Ok(found)
    }
    /// How many rows it touched.
    pub async fn run(&mut self, sql: &'static str, args: Vec<Val>) -> Result<u64, sqlx::Error> {
        match self {
            Conn::Sqlite(c) => Ok(bound!(sqlx::query(sql), args)
                .execute(&mut **c)
                .await?
                .rows_affected()),
            Conn::Pg(c) => Ok(bound!(sqlx::query(sql), args)
                .execute(&mut **c)
                .await?
                .rows_affected()),
            Conn::SqliteLook(c) => Ok(bound!(sqlx::query(sql), args)
                .execute(&mut **c)
                .await?
                .rows_affected()),
            Conn::PgLook(c) => Ok(bound!(sqlx::query(sql), args)
                .execute(&mut **c)
                .await?
                .rows_affected()),
        }
    }
    /// `head (…), (…) tail`, for every row its values; all rows have as many.
    pub async fn run_rows(
        &mut self,
        [head, tail]: [&'static str; 2],
        rows: impl IntoIterator<Item = Vec<Val>>,
    ) -> Result<(), sqlx::Error> {
        // To SQLite a number is a name, and to bind a name it searches all of them.
        let mark = if self.is_postgres() { "$" } else { "?" };
        let mut rest = rows.into_iter().collect::<Vec<_>>().into_iter();
        for n in runs(rest.len()) {
            let these: Vec<Vec<Val>> = rest.by_ref().take(n).collect();
            let columns = these.first().map_or(0, Vec::len);
            let sql = kept(([head, tail, mark], n), || {
                let row = |r: usize| match mark {
                    "$" => format!("({})", places(r * columns + 1, columns)),
                    _ => format!("({})", vec![mark; columns].join(", ")),
                };
                let all: Vec<String> = (0..n).map(row).collect();
                format!("{head} {} {tail}", all.join(", "))
            });
            self.run(sql, these.into_iter().flatten().collect()).await?;
        }
        Ok(())
    }
    /// A statement without values, not prepared.
    async fn plain(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        on!(self, c => c.execute(sqlx::raw_sql(sql)).await.map(|_| ()))
    }
    pub fn is_postgres(&self) -> bool {
        matches!(self, Conn::Pg(_) | Conn::PgLook(_))
    }
    /// Prepare without running, for the test of all statements.
    #[cfg(test)]
    pub async fn prepare(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        use sqlx::SqlSafeStr;
        on!(self, c => c.prepare(sql.into_sql_str()).await.map(|_| ()))
    }
}

/// A read transaction: everything asked through it is true at one moment. Ends when dropped.
pub struct Look(Conn);
impl Deref for Look {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}
impl DerefMut for Look {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

/// The writer's connection, lent to one verb inside its savepoint. Dropped without [`Tx::commit`], the
/// savepoint is rolled back. Hold it for statements only, never across anything that waits.
pub struct Tx {
    conn: Option<Conn>,
    back: Option<oneshot::Sender<(Conn, Outcome)>>,
    told: BTreeSet<WorkspaceId>,
}

enum Outcome {
    Commit {
        ack: oneshot::Sender<bool>,
        told: BTreeSet<WorkspaceId>,
    },
    Rollback,
}

impl Tx {
    /// Give the connection back; returns once the outer transaction is committed and synced.
    pub async fn commit(mut self) -> Result<(), Error> {
        let (ack, done) = oneshot::channel();
        let told = std::mem::take(&mut self.told);
        if let (Some(conn), Some(back)) = (self.conn.take(), self.back.take()) {
            let _ = back.send((conn, Outcome::Commit { ack, told }));
        }
        match done.await {
            Ok(true) => Ok(()),
            _ => Err(Error::Unavailable),
        }
    }

    /// The workspace has news: listeners are woken after the commit.
    pub fn ring(&mut self, workspace: WorkspaceId) {
        self.told.insert(workspace);
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

/// Where the data is.
#[derive(Clone, Debug)]
pub enum Place {
    /// A SQLite file.
    File(std::path::PathBuf),
    /// `postgres://…`; may hold a password, so it is never printed whole.
    Postgres(String),
}

type Heard = OnceLock<Box<dyn Fn(&BTreeSet<WorkspaceId>) + Send + Sync>>;

struct Inner {
    read: Read,
    lanes: Vec<mpsc::Sender<oneshot::Sender<Tx>>>,
    heard: Arc<Heard>,
}

enum Read {
    Sqlite(SqlitePool),
    Pg(PgPool),
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

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
            .pragma("cache_size", "-16000");
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
        let mut conn = SqliteConnection::connect_with(&options).await?;
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
            .connect_with(options.clone().read_only(true).pragma("query_only", "1"))
            .await?;
        let heard: Arc<Heard> = Arc::default();
        let (lane, queue) = mpsc::channel(4096);
        tokio::spawn(writer(
            Conn::Sqlite(Box::new(conn)),
            Reopen::Sqlite(Box::new(options)),
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

    /// The bell: called after every commit that told something, with whose news it was. Set once.
    pub fn on_commit(&self, f: impl Fn(&BTreeSet<WorkspaceId>) + Send + Sync + 'static) {
        let _ = self.0.heard.set(Box::new(f));
    }

    /// A savepoint in the writer's next batch.
    pub async fn begin(&self, workspace: WorkspaceId) -> Result<Tx, Error> {
        let lane = &self.0.lanes[(workspace.0.as_u128() % self.0.lanes.len() as u128) as usize];
        let (lend, lent) = oneshot::channel();
        lane.send(lend).await.map_err(|_| Error::Unavailable)?;
        lent.await.map_err(|_| Error::Unavailable)
    }

    /// A read transaction.
    pub async fn look(&self) -> Result<Look, sqlx::Error> {
        Ok(Look(match &self.0.read {
            Read::Sqlite(pool) => Conn::SqliteLook(pool.begin().await?),
            Read::Pg(pool) => {
                // In a task of its own: a cancelled begin would hand an open transaction back to the pool.
                let pool = pool.clone();
                let begun = tokio::spawn(async move {
                    pool.begin_with(AssertSqlSafe(
                        "begin isolation level repeatable read read only".to_owned(),
                    ))
                    .await
                });
                Conn::PgLook(begun.await.map_err(|_| sqlx::Error::WorkerCrashed)??)
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

enum Reopen {
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
async fn writer(
    conn: Conn,
    reopen: Reopen,
    mut queue: mpsc::Receiver<oneshot::Sender<Tx>>,
    heard: Arc<Heard>,
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
        let (mut acks, mut told) = (vec![], BTreeSet::new());
        let (mut next, mut broken, since) = (Some(first), false, Instant::now());
        let mut lent = 0;
        while let Some(asker) = next.take() {
            lent += 1;
            broken |= conn.plain("savepoint verb").await.is_err();
            let (back, returned) = oneshot::channel();
            let tx = Tx {
                conn: Some(conn),
                back: Some(back),
                told: BTreeSet::new(),
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
                Outcome::Commit { ack, told: news } => {
                    broken |= conn.plain("release savepoint verb").await.is_err();
                    acks.push(ack);
                    told.extend(news);
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
        if !told.is_empty() && conn.is_postgres() {
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
        if good
            && !told.is_empty()
            && let Some(ring) = heard.get()
        {
            ring(&told);
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

/// What the database could not do is `unavailable`; the cause goes to the log, never to the asker.
impl From<sqlx::Error> for Error {
    fn from(e: sqlx::Error) -> Error {
        match e {
            sqlx::Error::RowNotFound => Error::NotFound,
            e => {
                tracing::error!(error = %e, "the database refused");
                Error::Unavailable
            }
        }
    }
}

/// A new id (UUID version 7, RFC 9562): sorts by the moment it was made.
pub fn fresh<Id: From<Uuid>>() -> Id {
    Uuid::now_v7().into()
}

/// Two rows that may not both exist: a constraint spoke.
pub fn is_unique(e: &sqlx::Error) -> bool {
    e.as_database_error()
        .is_some_and(|d| d.is_unique_violation())
}
