//! A process that dies while it makes or migrates its database begins again and is whole.

use super::{books, form::report, served::Home};
use crate::test::{Engine, told};
use rustix::process::Signal;
use sqlx::{Connection, Executor};
use std::time::Duration;

async fn whole(home: &Home) -> usize {
    let (mut served, _) = home.serve(&[]).await;
    served.signal(Signal::TERM);
    assert!(served.end_within(Duration::from_secs(9)).await.is_some());
    let mut look = home.look().await;
    books::in_order(&mut look).await;
    let one = "select (select count(*) from workspace), (select count(*) from widget)";
    let made: (i64, i64) = look.one(one, vec![]).await.unwrap();
    assert_eq!(made, (1, 1), "the first start was made once");
    let tables = match look.is_postgres() {
        false => "select name from sqlite_master where type = 'table'",
        true => {
            "select cast(table_name as text) from information_schema.tables where table_schema = 'public'"
        }
    };
    look.all::<(String,)>(tables, vec![]).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_migration_that_was_killed_begins_again_on_sqlite() {
    told(Engine::Sqlite, async |desk| {
        let config = desk.closed().await;
        let tables = whole(&Home::new(config.clone())).await;
        let mut deaths = 0;
        // A folder that nothing was ever in, and in the end one in which every earlier try was killed.
        let data = config.data.join("new");
        let place = crate::base::db::Place::File(data.join("deskbell.db"));
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
    told(Engine::Postgres, async |desk| {
        let home = Home::of(desk).await;
        let crate::base::db::Place::Postgres(url) = &home.config.place else {
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
