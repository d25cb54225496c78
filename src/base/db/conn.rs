//! A connection of either kind, and how it is asked.

use super::{
    statements::{Mark, kept, lists, runs},
    values::{Rec, Rows, Val, bound},
};
use sqlx::{Executor, PgConnection, Postgres, Sqlite, SqliteConnection, Transaction};
use std::ops::{Deref, DerefMut};
use uuid::Uuid;

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
    pub(super) async fn plain(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
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
pub struct Snapshot(pub(super) Conn);
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
