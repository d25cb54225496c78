//! Statements and schemas.

use super::*;
use crate::base::db::{Db, POSTGRES, SQLITE};
use crate::test::{Engine, TestDesk, run_story};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn sql_stands_in_its_rooms() {
    let allowed = |p: &str| {
        p.ends_with("ops/store.rs")
            || p.contains("/ops/store/")
            || p == "src/live/bus/log.rs"
            || p == "src/live/bus/consumer/store.rs"
            || p == "src/live/audit/mod.rs"
            || p == "src/live/audit/read.rs"
            || p == "src/live/bus/threads.rs"
            || p == "src/base/jobs.rs"
            || p == "src/live/bus/rows.rs"
            || p.starts_with("src/base/db")
            || p == "src/base/health.rs"
            || p.starts_with("src/bench/") // a program of its own
    };
    let words = [
        "\"select ",
        "\"insert into ",
        "\"update ",
        "\"delete from ",
        "\"pragma ",
        "sqlx::query",
    ];
    // The bus asks `pragma data_version` once a second: whether another process wrote is not a question about rows.
    let excused = |p: &str, word: &str| {
        p == "src/live/bus/mod.rs" && (word == "\"pragma " || word == "sqlx::query")
    };
    let mut broken = vec![];
    for (path, text) in files("src", ".rs")
        .into_iter()
        .filter(|(p, _)| !allowed(p) && !is_test(p))
    {
        for word in words
            .iter()
            .filter(|w| code(&text).contains(**w) && !excused(&path, w))
        {
            broken.push(format!("{path}: {word}"));
        }
    }
    none("SQL outside its rooms", broken);
}

/// A table is written in one room: its slice's store, or for the log and jobs the floor that keeps them. What another
/// slice needs done there, the owner's `ops` do. Two rooms write beside: `threads` what contacts change of theirs, and
/// the restore, which copies whole databases.
#[test]
fn a_table_is_written_by_its_slice_alone() {
    let mut owners = BTreeMap::new();
    for (path, text) in files("migrations/sqlite", ".sql") {
        let owner = match path.rsplit_once('_').expect("0001_account.sql").1 {
            "account.sql" | "login.sql" => "src/desk/account/",
            "contact.sql" => "src/desk/contact/",
            "widget.sql" => "src/desk/widget/",
            "conversation.sql" => "src/desk/conversation/",
            "audit.sql" => "src/live/audit/",
            "log.sql" => "src/live/bus/",
            other => panic!("whose tables are in {other}?"),
        };
        let made = text.split("create table ").skip(1);
        owners.extend(made.filter_map(|rest| Some((rest.split(' ').next()?.to_owned(), owner))));
    }
    assert!(owners.len() > 15, "only {} tables", owners.len());
    let beside = |path: &str, table: &str| match path {
        "src/live/bus/threads.rs" => table == "conversation",
        "src/base/jobs.rs" => table == "job",
        // The workspace's row carries the counter, which the log takes.
        "src/live/bus/log.rs" => table == "workspace",
        _ => path.starts_with("src/base/db/"),
    };
    let (mut written, mut broken) = (0, vec![]);
    for (path, text) in files("src", ".rs")
        .into_iter()
        .filter(|(p, _)| !is_test(p) && !p.starts_with("src/bench/"))
    {
        let text = code(&text);
        let words: Vec<&str> = text
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|w| !w.is_empty())
            .collect();
        for three in words.windows(3) {
            let table = match three {
                ["insert", "into", table]
                | ["delete", "from", table]
                | ["update", table, "set"] => table,
                _ => continue,
            };
            let Some(owner) = owners.get(*table) else {
                continue;
            };
            written += 1;
            if !path.starts_with(owner) && !beside(&path, table) {
                broken.push(format!("{path} writes {table}"));
            }
        }
    }
    assert!(written > 60, "only {written} writes were found");
    none("a table is written outside its slice", broken);
}

#[test]
fn both_migration_folders_hold_the_same_names() {
    let names = |m: &sqlx::migrate::Migrator| {
        m.iter()
            .map(|m| (m.version, m.description.to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&SQLITE), names(&POSTGRES));
    assert!(!names(&SQLITE).is_empty());
}

/// Every statement that has a name.
pub(crate) fn statements() -> Vec<(&'static str, &'static [(&'static str, &'static str)])> {
    let divided = |slice, all: &[&'static [(&'static str, &'static str)]]| -> Vec<_> {
        all.iter().map(|part| (slice, *part)).collect()
    };
    let mut all = vec![
        ("log", crate::live::bus::log::ALL),
        ("consumer", crate::live::bus::consumer::ALL),
        ("thread", crate::live::bus::threads::ALL),
        ("job", crate::base::jobs::ALL),
        ("audit", crate::live::audit::ALL),
        ("chain", crate::live::audit::READ),
        ("keeping", crate::desk::keeping::ops::SQL),
        ("contact", crate::desk::contact::ops::SQL),
        ("widget", crate::desk::widget::ops::SQL),
        ("routing", crate::desk::routing::ops::SQL),
    ];
    all.extend(divided("account", crate::desk::account::ops::SQL));
    all.extend(divided("conversation", crate::desk::conversation::ops::SQL));
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_statement_prepares_on_both_databases() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        run_story(engine, |desk| async move {
            let (mut snapshot, mut n) = (desk.node.db().snapshot().await.unwrap(), 0);
            for (slice, all) in statements() {
                for (name, sql) in all {
                    snapshot
                        .prepare(sql)
                        .await
                        .unwrap_or_else(|e| panic!("{slice} {name} on {engine:?}: {e}\n{sql}"));
                    n += 1;
                }
            }
            assert!(n > 100, "only {n} statements were found");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_schemas_are_one() {
    async fn columns(db: &Db, sql: &'static str) -> BTreeMap<String, BTreeSet<String>> {
        let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (table, column, required) in
            db.all::<(String, String, bool)>(sql, vec![]).await.unwrap()
        {
            tables.entry(table).or_default().insert(format!(
                "{column}{}",
                if required { " not null" } else { "" }
            ));
        }
        tables
    }
    async fn uniques(db: &Db, sql: &'static str) -> BTreeSet<String> {
        db.all::<(String,)>(sql, vec![])
            .await
            .unwrap()
            .into_iter()
            .map(|(n,)| n)
            .collect()
    }
    let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let send = send.clone();
        run_story(engine, |desk: TestDesk| async move {
            let db = desk.node.db();
            // A primary key is not null on both, but only PostgreSQL says so of every one.
            let (all, named) = match engine {
                Engine::Sqlite => (
                    "select m.name, c.name, (c.\"notnull\" or c.pk > 0) from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table' and m.name not like 'sqlite_%' and m.name not like '_sqlx%'",
                    "select name from sqlite_master where type = 'index' and name not like 'sqlite_%'",
                ),
                Engine::Postgres => (
                    "select cast(table_name as text), cast(column_name as text), is_nullable = 'NO' from information_schema.columns where table_schema = 'public' and table_name not like '\\_sqlx%'",
                    "select cast(indexname as text) from pg_indexes where schemaname = 'public' and indexname not like '%\\_pkey' and indexname not like '%\\_key' and tablename not like '\\_sqlx%'",
                ),
            };
            send.send((columns(db, all).await, uniques(db, named).await)).unwrap();
        })
        .await;
    }
    let (sqlite, postgres) = (receive.recv().await.unwrap(), receive.recv().await.unwrap());
    assert!(sqlite.0.len() > 12);
    assert_eq!(sqlite.0, postgres.0, "tables, columns, nullability");
    assert_eq!(sqlite.1, postgres.1, "indexes by name");
}
