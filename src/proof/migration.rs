//! A process that dies while it makes, copies or migrates its database begins again and is whole; no torn copy is left
//! under the name of a whole one.

use super::{books, form::report, served::Home};
use crate::{
    base::{
        config::Config,
        db::{APPLICATION_ID, DatabaseUrl, POSTGRES, SQLITE},
    },
    test::{Engine, TestDesk, run_story},
};
use rustix::process::Signal;
use sqlx::{
    Connection, Executor, PgConnection, SqliteConnection, migrate::Migrator,
    sqlite::SqliteConnectOptions,
};
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

async fn whole(home: &Home) -> usize {
    let (mut served, _) = home.serve(&[]).await;
    served.signal(Signal::TERM);
    assert!(served.end_within(Duration::from_secs(9)).await.is_some());
    let mut snapshot = home.snapshot().await;
    books::in_order(&mut snapshot).await;
    let one = "select (select count(*) from workspace), (select count(*) from widget)";
    let made: (i64, i64) = snapshot.one(one, vec![]).await.unwrap();
    assert_eq!(made, (1, 1), "the first start was made once");
    let tables = match snapshot.is_postgres() {
        false => "select name from sqlite_master where type = 'table'",
        true => {
            "select cast(table_name as text) from information_schema.tables where table_schema = 'public'"
        }
    };
    snapshot
        .all::<(String,)>(tables, vec![])
        .await
        .unwrap()
        .len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_migration_that_was_killed_begins_again_on_sqlite() {
    run_story(Engine::Sqlite, async |desk| {
        let config = desk.closed().await;
        let tables = whole(&Home::new(config.clone())).await;
        let mut deaths = 0;
        // A folder that nothing was ever in, and in the end one in which every earlier try was killed.
        let data = config.data.join("new");
        let place = crate::base::db::DatabaseUrl::File(data.join("deskbell.db"));
        let home = Home::new(crate::base::config::Config {
            data,
            place,
            ..config
        });
        for n in (0..).map(|n| 1u64 << n) {
            let mut served = home.start(&[("DESKBELL_FAIL", format!("migration:{n}"))]);
            if served.ready().await.is_some() {
                break; // the migration has fewer steps than this
            }
            deaths += 1;
        }
        assert!(deaths >= 4, "only {deaths}");
        assert_eq!(whole(&home).await, tables, "every table, once");
        report(&format!(
            "migration Sqlite: killed at {deaths} places of it, whole afterwards"
        ));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_migration_that_was_killed_begins_again_on_postgres() {
    run_story(Engine::Postgres, async |desk| {
        let home = Home::of(desk).await;
        let crate::base::db::DatabaseUrl::Postgres(url) = &home.config.place else {
            unreachable!()
        };
        let tables = whole(&home).await;
        let mut conn = sqlx::PgConnection::connect(url).await.unwrap();
        conn.execute(sqlx::raw_sql(
            "drop schema public cascade; create schema public",
        ))
        .await
        .unwrap();
        let mut deaths = 0;
        for n in 0..8 {
            let mut served = home.start(&[]);
            // Spread over the start: connecting, migrating, founding.
            let ended = served.end_within(Duration::from_millis(30 + 30 * n)).await;
            assert_eq!(ended, None, "{}", home.said());
            served.kill();
            deaths += 1;
        }
        assert_eq!(whole(&home).await, tables, "every table, once");
        report(&format!(
            "migration Postgres: killed {deaths} times while it started, whole afterwards"
        ));
    })
    .await;
}

/// Rows that are nobody's, so that a copy has something to be torn in.
const BALLAST: &str = "create table ballast (n integer, words varchar(500))";
const ROWS: i64 = 2_000;

/// All migrations but the newest.
fn until(known: &Migrator) -> Option<i64> {
    known.iter().rev().nth(1).map(|m| m.version)
}

/// A folder with a database of the version before.
async fn older(config: &Config, name: &str) -> Home {
    let data = config.data.join(name);
    std::fs::create_dir_all(&data).unwrap();
    let words = "many words ".repeat(40);
    let fill = format!(
        "with recursive r(n) as (select 1 union all select n + 1 from r where n < {ROWS}) \
         insert into ballast select n, '{words}' from r"
    );
    let mut config = config.clone();
    match &config.place {
        DatabaseUrl::File(_) => {
            let file = data.join("deskbell.db");
            let options = SqliteConnectOptions::new();
            let options = options.filename(&file).create_if_missing(true);
            let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
            let id = format!("pragma application_id = {APPLICATION_ID}; {BALLAST}; {fill}");
            let id = sqlx::AssertSqlSafe(id);
            conn.execute(sqlx::raw_sql(id)).await.unwrap();
            let made = SQLITE.run_direct(until(&SQLITE), &mut conn, false).await;
            made.unwrap();
            conn.close().await.unwrap();
            config.place = DatabaseUrl::File(file);
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = PgConnection::connect(url).await.unwrap();
            let made = "drop schema public cascade; create schema public";
            let made = sqlx::AssertSqlSafe(format!("{made}; {BALLAST}; {fill}"));
            conn.execute(sqlx::raw_sql(made)).await.unwrap();
            let made = POSTGRES.run_direct(until(&POSTGRES), &mut conn, false);
            made.await.unwrap();
            conn.close().await.unwrap();
        }
    }
    Home::new(Config { data, ..config })
}

/// The files that carry a copy's name, each of which has to be whole.
async fn copies(data: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(data).unwrap().flatten();
    let mut found = vec![];
    for path in files.map(|e| e.path()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.starts_with("deskbell.before-") || name.contains(".new") {
            continue;
        }
        if name.ends_with(".dump") {
            let mut read = Command::new("pg_restore");
            let read = read.arg("--file=-").arg(&path).output().unwrap();
            assert!(read.status.success(), "{name} is torn");
            let lines = String::from_utf8_lossy(&read.stdout);
            let rows = lines
                .lines()
                .filter(|l| l.contains("\tmany words "))
                .count();
            assert_eq!(rows as i64, ROWS, "{name}");
        } else {
            let options = SqliteConnectOptions::new().filename(&path);
            let options = options.read_only(true).immutable(true);
            let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
            let asked = "select (select integrity_check from pragma_integrity_check), \
                         (select count(*) from ballast), (select max(version) from _sqlx_migrations)";
            let told: (String, i64, Option<i64>) =
                sqlx::query_as(asked).fetch_one(&mut conn).await.unwrap();
            assert_eq!(told, ("ok".into(), ROWS, until(&SQLITE)), "{name}");
        }
        found.push(path);
    }
    found
}

/// Killed at every step of the copy, and begun again until it is served.
async fn copied(home: Home, point: &str, passes: impl Iterator<Item = u64>) -> usize {
    let mut deaths = 0;
    for n in passes {
        let mut served = home.start(&[("DESKBELL_FAIL", format!("{point}:{n}"))]);
        let ready = served.ready().await.is_some();
        served.kill();
        let copies = copies(&home.config.data).await;
        if ready {
            assert_eq!(copies.len(), 1, "{}", home.said());
            break; // it has fewer steps than this
        }
        deaths += 1;
    }
    let left = std::fs::read_dir(&home.config.data).unwrap().flatten();
    let left = left.map(|e| e.file_name().to_string_lossy().into_owned());
    // Of the copy alone: who is killed once it serves may leave a draft of something else.
    let drafts = left.filter(|n| n.starts_with("deskbell.before-") && n.contains(".new"));
    assert_eq!(drafts.collect::<Vec<_>>(), [""; 0], "no draft is left");
    whole(&home).await;
    deaths
}

async fn a_copy_is_whole_or_not_there(desk: TestDesk) {
    let engine = desk.engine;
    let config = desk.closed().await;
    let home = older(&config, "step").await;
    let steps = copied(home, "copy", 1..).await;
    assert_eq!(steps, 4, "begun, written, checked, named");
    let mut within = 0;
    if engine == Engine::Sqlite {
        // Within the writing, too: every so many steps of SQLite's machine.
        let home = older(&config, "within").await;
        within = copied(home, "migration", (0..).map(|n| 1 << n)).await;
        assert!(within >= 4, "only {within}");
    }
    report(&format!(
        "copy {engine:?}: killed at {} places of the copy and the migration after it, no torn copy kept",
        steps + within
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copy_that_was_killed_is_never_taken_for_one_on_sqlite() {
    run_story(Engine::Sqlite, a_copy_is_whole_or_not_there).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copy_that_was_killed_is_never_taken_for_one_on_postgres() {
    run_story(Engine::Postgres, a_copy_is_whole_or_not_there).await;
}
