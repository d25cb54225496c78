//! One SQL, two databases. [`Db`] is a cheap handle; reading goes through a pool, writing through the
//! **writer**: a task that owns a connection, opens an outer transaction, lends the connection to waiting
//! verbs one after another, each inside a savepoint, and commits once for all of them. [`Tx::commit`]
//! returns after that commit, so an acknowledged write is on the disk (SQLite: WAL with
//! `synchronous=FULL`; PostgreSQL: `synchronous_commit=on`).
//!
//! On PostgreSQL a lane lends to one verb per transaction: then every transaction locks its rows first and
//! the workspace's counter last, whatever other nodes do, and no cycle of locks can arise. The hot verb
//! (saying many messages at once, see `conversation`) is one verb there too, so nothing is lost by it.

mod copy;
mod open;
pub mod planner;
pub mod words;
mod writer;

pub use open::{APPLICATION_ID, OpenError, POSTGRES, SQLITE, pending};
pub use writer::Tx;

use crate::model::{error::Error, id::WorkspaceId, time::Time};
use chrono::{DateTime, Utc};
use sqlx::{
    AssertSqlSafe, Executor, FromRow, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection,
    SqlitePool, Transaction, postgres::PgRow, sqlite::SqliteRow,
};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    ops::{Deref, DerefMut},
    sync::{Arc, LazyLock, Mutex, OnceLock},
};
use tokio::sync::{Notify, mpsc, oneshot};
use uuid::Uuid;

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
    crate::model::id::LoginId => Uuid, |i: crate::model::id::LoginId| i.0;
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

/// Every statement that was composed; they live as long as the program.
static COMPOSED: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Default::default);

/// A composed statement, kept so that the driver's cache of prepared statements finds it again. Use few shapes.
pub fn statement(sql: String) -> &'static str {
    let mut all = COMPOSED.lock().unwrap_or_else(|e| e.into_inner());
    match all.get(sql.as_str()) {
        Some(known) => known,
        None => {
            let kept: &'static str = Box::leak(sql.into_boxed_str());
            all.insert(kept);
            kept
        }
    }
}

/// What a statement is composed of, how its values are marked, and how many they are.
type Shape = ([&'static str; 3], Mark, usize);

/// The same for a statement that is composed only once for each shape.
fn kept(shape: Shape, write: impl FnOnce() -> String) -> &'static str {
    type Kept = HashMap<Shape, &'static str>;
    static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Default::default);
    let mut kept = KEPT.lock().unwrap_or_else(|e| e.into_inner());
    kept.entry(shape).or_insert_with(|| statement(write()))
}

/// What has been composed so far.
#[cfg(test)]
pub fn composed() -> Vec<&'static str> {
    let all = COMPOSED.lock().unwrap_or_else(|e| e.into_inner());
    all.iter().copied().collect()
}

/// How the values of a composed statement are marked. To SQLite a number is a name: to bind one of many, all names are
/// searched.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Mark {
    /// `$1, $2, …`
    Number,
    /// `?`, in the order in which they stand there.
    Order,
}

impl Mark {
    /// For `n` values from the `from`th on.
    fn list(self, from: usize, n: usize) -> String {
        let mark = |i| match self {
            Mark::Number => format!("${i}"),
            Mark::Order => "?".to_owned(),
        };
        let places: Vec<String> = (from..from + n).map(mark).collect();
        places.join(", ")
    }

    /// A text that names `$1` to `$n`, each once and in this order, with these marks.
    fn rewritten(self, text: &str, n: usize) -> String {
        let named: Vec<&str> = text.split('$').skip(1).collect();
        let told = |(i, rest): (usize, &&str)| {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            rest[..digits].parse() == Ok(i + 1)
        };
        assert!(
            named.len() == n && named.iter().enumerate().all(told) && !text.contains('?'),
            "{n} values, in order: {text}"
        );
        match self {
            Mark::Number => text.to_owned(),
            Mark::Order => (1..=n).fold(text.to_owned(), |text, i| {
                text.replacen(&format!("${i}"), "?", 1)
            }),
        }
    }
}

/// These ids in lists of a few sizes, filled up with nil.
fn lists(ids: &[Uuid]) -> impl Iterator<Item = Vec<Uuid>> + '_ {
    const MOST: usize = 256;
    ids.chunks(MOST).map(|chunk| {
        let size = [1, 8, 64]
            .into_iter()
            .find(|s| *s >= chunk.len())
            .unwrap_or(MOST);
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
    SqliteSnapshot(Transaction<'static, Sqlite>),
    PgSnapshot(Transaction<'static, Postgres>),
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
            Conn::SqliteSnapshot(c) => {
                let $c = &mut **c;
                $run
            }
            Conn::PgSnapshot(c) => {
                let $c = &mut **c;
                $run
            }
        }
    };
}

impl Conn {
    /// Every row that can be read: one that cannot is told in the log and does not take the others with it.
    pub async fn all<T: Rec>(&mut self, sql: &'static str, args: Vec<Val>) -> Rows<T> {
        on!(self, c => {
            let rows = bound!(sqlx::query(sql), args).fetch_all(c).await?;
            let mut all = Vec::with_capacity(rows.len());
            for row in &rows {
                match T::from_row(row) {
                    Err(error @ sqlx::Error::ColumnDecode { .. }) => {
                        tracing::error!(%error, sql, "a row cannot be read and is left out");
                    }
                    row => all.push(row?),
                }
            }
            Ok(all)
        })
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
    /// `head condition in (the ids) tail`, in no order; `$1, …` are `first`, each once and in order.
    pub async fn among<T: Rec>(
        &mut self,
        [head, condition, tail]: [&'static str; 3],
        first: Vec<Val>,
        ids: &[Uuid],
    ) -> Rows<T> {
        let (mark, mut found) = (self.mark(), vec![]);
        for list in lists(ids) {
            let sql = kept(([head, condition, tail], mark, list.len()), || {
                assert!(!tail.contains(['$', '?']), "no values: {tail}");
                let asked = mark.rewritten(&format!("{head} {condition}"), first.len());
                let places = mark.list(first.len() + 1, list.len());
                format!("{asked} in ({places}) {tail}")
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
            Conn::SqliteSnapshot(c) => Ok(bound!(sqlx::query(sql), args)
                .execute(&mut **c)
                .await?
                .rows_affected()),
            Conn::PgSnapshot(c) => Ok(bound!(sqlx::query(sql), args)
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
        let mark = self.mark();
        let mut rest = rows.into_iter().collect::<Vec<_>>().into_iter();
        for n in runs(rest.len()) {
            let these: Vec<Vec<Val>> = rest.by_ref().take(n).collect();
            let columns = these.first().map_or(0, Vec::len);
            let sql = kept(([head, tail, ""], mark, n), || {
                let row = |r: usize| format!("({})", mark.list(r * columns + 1, columns));
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
        matches!(self, Conn::Pg(_) | Conn::PgSnapshot(_))
    }
    fn mark(&self) -> Mark {
        match self.is_postgres() {
            true => Mark::Number,
            false => Mark::Order,
        }
    }
    /// Prepare without running, for the test of all statements.
    #[cfg(test)]
    pub async fn prepare(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        use sqlx::SqlSafeStr;
        on!(self, c => c.prepare(sql.into_sql_str()).await.map(|_| ()))
    }
}

/// A read transaction: everything asked through it is true at one moment. Ends when dropped.
pub struct Snapshot(Conn);
impl Deref for Snapshot {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}
impl DerefMut for Snapshot {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

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

/// What the database could not do is `unavailable`. What it would not do is the asker's: a row that is there already is
/// a race that somebody else won, one that points to nothing is not found, and a value that a column cannot hold is
/// invalid. The cause goes to the log, never to the asker.
impl From<sqlx::Error> for Error {
    fn from(e: sqlx::Error) -> Error {
        let refused = match e.as_database_error() {
            _ if matches!(e, sqlx::Error::RowNotFound) => return Error::NotFound,
            Some(d) if d.is_unique_violation() => Error::lost_race(),
            Some(d) if d.is_foreign_key_violation() => Error::NotFound,
            Some(d) if d.code().is_some_and(|c| is_data_exception(&c)) => Error::Invalid {
                errors: Default::default(),
            },
            _ => {
                tracing::error!(error = %e, "the database refused");
                return Error::Unavailable;
            }
        };
        tracing::warn!(error = %e, "the database refused what somebody asked for");
        refused
    }
}

/// Class 22 (PostgreSQL, appendix A): a NUL in a text, a number out of range. SQLite's codes are shorter.
fn is_data_exception(code: &str) -> bool {
    code.len() == 5 && code.starts_with("22")
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
