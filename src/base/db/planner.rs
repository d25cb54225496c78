//! What grows, told to SQLite's planner. Knowing nothing it takes a workspace for ten rows and walks through all of it
//! rather than look up four ids. Written by hand and not measured (a million conversations of two workspaces), so that
//! the plans are the same in a small desk and in a large one, see "manual control of query plans" at
//! <https://sqlite.org/optoverview.html>. PostgreSQL counts by itself.

use sqlx::{AssertSqlSafe, Executor, SqliteConnection};

/// Table, index (of a table without row ids the primary key is the table itself), and how many rows there are, then for
/// each further column of the index how many have the same values up to there. A new index of a table that stands here
/// needs its row, which a test asks for.
pub const STATISTICS: &[(&str, &str, &str)] = &[
    ("contact", "sqlite_autoindex_contact_1", "1000000 1"),
    ("contact", "contact_of_user", "500000 250000 50000 1"),
    ("contact", "contact_by_email", "500000 250000 2"),
    ("session", "sqlite_autoindex_session_1", "1000000 1"),
    ("session", "sqlite_autoindex_session_2", "1000000 1"),
    ("session", "session_of_login", "100000 4"),
    ("session", "session_of_contact", "1000000 2"),
    (
        "conversation",
        "sqlite_autoindex_conversation_1",
        "1000000 1",
    ),
    ("conversation", "conversation_open", "10000 5000 2500 1"),
    ("conversation", "conversation_by_last", "1000000 500000 2 1"),
    (
        "conversation",
        "conversation_by_status",
        "1000000 500000 125000 2 1",
    ),
    (
        "conversation",
        "conversation_by_assignee",
        "1000000 500000 75000 10000 2 1",
    ),
    ("conversation", "conversation_of_contact", "1000000 2"),
    ("conversation", "conversation_of_person", "1000000 2"),
    ("conversation", "conversation_queue", "1000 500 1"),
    ("login", "sqlite_autoindex_login_1", "1000000 1"),
    ("login", "sqlite_autoindex_login_2", "1000 1"),
    ("login", "sqlite_autoindex_login_3", "1000000 1"),
    ("login", "sqlite_autoindex_login_4", "1000000 500000 1"),
    ("message", "sqlite_autoindex_message_1", "10000000 1"),
    ("message", "message_in_order", "10000000 10 1"),
    ("message", "message_by_client", "10000000 5000000 1 1"),
    ("receipt", "receipt", "2000000 2 1"),
    ("event", "event", "20000000 10000000 1"),
    ("event", "event_by_age", "20000000 2"),
    ("event", "event_for_staff", "20000000 10000000 9000000 1"),
    ("event", "event_for_outside", "20000000 10000000 20 1"),
    ("job", "sqlite_autoindex_job_1", "100000 1"),
    ("job", "job_by_name", "100000 50000 25000 1"),
    ("job", "job_by_due", "100000 25000 2"),
    ("job", "job_dead", "1000 2"),
];

/// Write them, where others stand.
pub(super) async fn inform(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    // The table is the database's own and is made by the first `analyze`.
    let made: i64 =
        sqlx::query_scalar("select count(*) from sqlite_master where name = 'sqlite_stat1'")
            .fetch_one(&mut *conn)
            .await?;
    let mut wanted: Vec<_> = STATISTICS.to_vec();
    wanted.sort_unstable();
    if made > 0 {
        let stand: Vec<(String, String, String)> = sqlx::query_as(
            "select tbl, coalesce(idx, ''), stat from sqlite_stat1 order by 1, 2, 3",
        )
        .fetch_all(&mut *conn)
        .await?;
        let stand = stand
            .iter()
            .map(|(t, i, s)| (t.as_str(), i.as_str(), s.as_str()));
        if stand.eq(wanted.iter().copied()) {
            return Ok(());
        }
    }
    let rows: Vec<String> = wanted
        .iter()
        .map(|(table, index, stat)| format!("('{table}', '{index}', '{stat}')"))
        .collect();
    let sql = format!(
        "begin immediate; analyze workspace; delete from sqlite_stat1; drop table if exists sqlite_stat4; \
         insert into sqlite_stat1 (tbl, idx, stat) values {}; commit; analyze sqlite_schema",
        rows.join(", ")
    );
    conn.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await?;
    Ok(())
}

/// The tables that grow with what people write.
#[cfg(test)]
pub fn growing() -> std::collections::BTreeSet<&'static str> {
    STATISTICS.iter().map(|(table, ..)| *table).collect()
}
