//! What the process cannot begin on: it says so in one sentence, changes nothing and exits with 1; 2 if it was asked
//! wrongly.

use super::{form::report, served::Home};
use crate::{
    base::db::DatabaseUrl,
    test::{Engine, run_story},
};
use rustix::process::Signal;
use sqlx::{Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{path::Path, time::Duration};

/// What it said when it refused to serve.
async fn refused(home: &Home, more: &[&str], code: i32) -> String {
    let from = home.said().len();
    let mut served = home.start_saying(more);
    let end = served.end_within(Duration::from_secs(20)).await;
    let said = home.said()[from..].to_owned();
    assert_eq!(end.and_then(|e| e.code()), Some(code), "{said}");
    let sentences: Vec<&str> = said
        .lines()
        .filter(|l| l.starts_with("deskbell: "))
        .collect();
    assert_eq!(sentences.len(), 1, "{said}");
    assert!(!said.contains("panicked"), "{said}");
    sentences[0].to_owned()
}

async fn run(file: &Path, sql: &'static str) {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true);
    let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
    conn.execute(sqlx::raw_sql(sql)).await.unwrap();
    conn.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_it_cannot_begin_on_is_one_sentence_and_an_exit_code() {
    run_story(Engine::Sqlite, async |desk| {
        let home = Home::of(desk).await;
        let (data, listen) = (home.config.data.display().to_string(), home.at().to_string());
        let (mut serving, _) = home.serve(&[]).await;

        let locked = Home::new(home.config.clone());
        assert!(refused(&locked, &[], 1).await.ends_with(&format!("Another Deskbell server is using {data}.")));
        let elsewhere = locked.config.data.join("elsewhere");
        let config = crate::base::config::Config {
            place: DatabaseUrl::File(elsewhere.join("deskbell.db")),
            data: elsewhere,
            ..locked.config.clone()
        };
        let neighbour = Home { config };
        let neighbour = Home { config: crate::base::config::Config { listen: home.at(), ..neighbour.config.clone() } };
        let said = refused(&neighbour, &[], 1).await;
        assert!(said.contains(&format!("{listen} is already in use. Choose another port with --listen.")), "{said}");
        let DatabaseUrl::File(file) = &neighbour.config.place else { unreachable!() };
        assert!(!file.exists(), "nothing was begun");
        serving.signal(Signal::TERM);
        assert!(serving.end_within(Duration::from_secs(9)).await.is_some_and(|s| s.success()));

        // Somebody else's file, and one that is no database at all.
        let neighbour = Home::new(neighbour.config.clone());
        run(file, "pragma application_id = 77; create table theirs (a)").await;
        let theirs = std::fs::read(file).unwrap();
        assert!(refused(&neighbour, &[], 1).await.contains("is not a Deskbell database"));
        assert_eq!(std::fs::read(file).unwrap(), theirs, "not a byte of it is changed");
        std::fs::write(file, "a diary, and nothing for programs ".repeat(200)).unwrap();
        assert!(refused(&neighbour, &[], 1).await.contains("is not a Deskbell database"));
        assert!(std::fs::read_to_string(file).unwrap().starts_with("a diary"));
        // A folder that is a file.
        let config = crate::base::config::Config { data: file.clone(), ..neighbour.config.clone() };
        assert!(refused(&Home { config }, &[], 1).await.contains("Cannot create the data folder"));

        // A newer version's.
        let DatabaseUrl::File(ours) = &home.config.place else { unreachable!() };
        run(ours, "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'tomorrow', true, x'00', 1)").await;
        let before = std::fs::read(ours).unwrap();
        assert!(refused(&home, &[], 1).await.contains("newer version of Deskbell (it has migration 9999)"));
        assert_eq!(std::fs::read(ours).unwrap(), before, "an older version touches nothing");
        let wal = ours.with_extension("db-wal").metadata();
        assert_eq!(wal.map_or(0, |m| m.len()), 0, "nor beside it");

        // One from before the first release.
        run(ours, "delete from _sqlx_migrations where version = 9999; update _sqlx_migrations set checksum = x'00' where version = 1").await;
        let before = std::fs::read(ours).unwrap();
        assert!(refused(&home, &[], 1).await.contains("made by a development version of Deskbell"));
        assert_eq!(std::fs::read(ours).unwrap(), before, "it is left as it is");

        // Asked wrongly: before anything is opened.
        let config = crate::base::config::Config { data: home.config.data.join("never"), ..home.config.clone() };
        let never = Home { config };
        for wrong in [["--log-format", "loud"], ["--public-url", "desk"], ["--trusted-proxy", "everybody"]] {
            assert!(refused(&never, &wrong, 2).await.contains(wrong[0]));
        }
        assert!(!never.config.data.exists());
        report("folder Sqlite: locked, port in use, another program's file, no database, a file for a folder, a newer version: exit 1 with one sentence, nothing changed; asked wrongly: exit 2, nothing opened");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_newer_or_absent_postgres_is_one_sentence() {
    run_story(Engine::Postgres, async |desk| {
        let home = Home::of(desk).await;
        let DatabaseUrl::Postgres(url) = home.config.place.clone() else { unreachable!() };
        let mut conn = sqlx::PgConnection::connect(&url).await.unwrap();
        let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'tomorrow', true, '', 1)";
        conn.execute(sqlx::raw_sql(newer)).await.unwrap();
        assert!(refused(&home, &[], 1).await.contains("newer version of Deskbell (it has migration 9999)"));
        let old = "delete from _sqlx_migrations where version = 9999; update _sqlx_migrations set checksum = '' where version = 1";
        conn.execute(sqlx::raw_sql(old)).await.unwrap();
        assert!(
            refused(&home, &[], 1)
                .await
                .contains("made by a development version of Deskbell")
        );
        let config = crate::base::config::Config {
            place: DatabaseUrl::Postgres("postgres://keeper:hunter2@127.0.0.1:1/desk".into()),
            ..home.config.clone()
        };
        let absent = Home { config };
        let said = refused(&absent, &[], 1).await;
        assert!(said.contains("Cannot open the database"), "{said}");
        assert!(!absent.said().contains("hunter2"), "the password is nowhere in it");
        report("folder Postgres: a newer version, no server: exit 1 with one sentence, without the password");
    })
    .await;
}

/// Everything in a folder that others on the machine may read, write or enter.
fn open_to_others(folder: &Path) -> Vec<String> {
    use std::os::unix::fs::MetadataExt;
    let mut open = vec![];
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let found = entry.metadata().unwrap();
        if found.mode() & 0o077 != 0 {
            let path = entry.path();
            open.push(format!("{} {:o}", path.display(), found.mode()));
        }
        if found.is_dir() {
            open.extend(open_to_others(&entry.path()));
        }
    }
    open
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_else_reads_the_data_whatever_the_folder_allows() {
    use std::os::unix::fs::PermissionsExt;
    run_story(Engine::Sqlite, async |desk| {
        desk.visitor("Ada").await.writes("Hello").await;
        let home = Home::of(desk).await;
        let data = &home.config.data;
        // As an earlier version, or whoever put a copy back, may have left it.
        let readable = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        readable(data, 0o755);
        readable(&data.join("deskbell.db"), 0o644);
        std::fs::create_dir(data.join("site")).unwrap();
        readable(&data.join("site"), 0o755);
        assert!(open_to_others(data).len() >= 2);

        let (mut served, _) = home.serve(&[]).await;
        assert!(data.join("deskbell.db-wal").exists());
        assert_eq!(open_to_others(data), [""; 0], "while it runs");
        served.signal(Signal::TERM);
        let end = served.end_within(Duration::from_secs(9)).await;
        assert!(end.is_some_and(|e| e.success()), "{}", home.said());
        assert!(data.join("deskbell.heads").exists());
        assert_eq!(open_to_others(data), [""; 0], "afterwards");
        report("folder Sqlite: 0755 with files that all may read: closed at start, and everything made since");
    })
    .await;
}
