//! Copies before a migration: whole, or not there.

use super::{
    postgres::{major, spoken, unfit},
    *,
};
use crate::base::db::{APPLICATION_ID, DatabaseUrl, Db, SQLITE};
use sqlx::{SqliteConnection, sqlite::SqliteConnectOptions};
use std::time::Duration;

#[test]
fn a_password_is_on_no_command_line() {
    let (url, password) =
        spoken("postgres://keeper:h%40nt+er2@db.example:5433/desk?ssl-mode=require").unwrap();
    assert_eq!(
        url.as_str(),
        "postgres://keeper@db.example:5433/desk?sslmode=require"
    );
    assert_eq!(password.as_deref(), Some("h@nt+er2"));
    let (url, password) =
        spoken("postgres:///desk?host=%2Fvar%2Frun&password=x&statement-cache-capacity=9").unwrap();
    assert_eq!(url.as_str(), "postgres:///desk?host=%2Fvar%2Frun");
    assert_eq!(password.as_deref(), Some("x"));
    assert_eq!(spoken("postgres://a/b").unwrap().1, None);
}

#[test]
fn a_version_is_a_number() {
    let debian = "pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)";
    assert_eq!(major(debian), Some(15));
    assert_eq!(major("pg_dump (PostgreSQL) 18beta1"), Some(18));
    assert_eq!(major("pg_dump"), None);
}

#[tokio::test]
async fn what_cannot_be_copied_says_why() {
    assert_eq!(unfit(1).await, None, "PostgreSQL's programs are installed");
    let why = unfit(99).await.unwrap();
    assert!(why.starts_with("pg_dump is version "), "{why}");
}

/// A database as it was before its newest migration.
async fn older(folder: &Path) -> (DatabaseUrl, Vec<i64>) {
    let file = folder.join("deskbell.db");
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true);
    let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
    let id = format!("pragma application_id = {APPLICATION_ID}");
    sqlx::query(sqlx::AssertSqlSafe(id))
        .execute(&mut conn)
        .await
        .unwrap();
    let mut known: Vec<i64> = SQLITE.iter().map(|m| m.version).collect();
    known.pop();
    let target = known.last().copied();
    SQLITE.run_direct(target, &mut conn, false).await.unwrap();
    conn.close().await.unwrap();
    (DatabaseUrl::File(file), known)
}

fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("deskbell-copy-{}", uuid::Uuid::new_v4()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let all = fs::read_dir(folder).unwrap().flatten();
    let mut names: Vec<String> = all
        .filter_map(|e| e.file_name().into_string().ok())
        .filter(|n| n.contains("before"))
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_copy_is_replaced_and_old_ones_go() {
    let folder = folder();
    let (place, had) = older(&folder).await;
    let to = name(&folder, &had, "db");
    // What an earlier version could leave under the copy's own name, and a draft.
    fs::write(&to, "SQLite format 3\0and then the power went").unwrap();
    fs::write(folder.join("deskbell.before-2.dump.new"), "half").unwrap();
    for (old, name) in [
        "deskbell.before-90.db",
        "deskbell.before-91.db",
        "deskbell.before-92.dump",
        "deskbell.before-we-moved.db",
    ]
    .iter()
    .enumerate()
    {
        let file = File::create(folder.join(name)).unwrap();
        let day = SystemTime::now() - Duration::from_secs(86_400 * (9 - old as u64));
        file.set_modified(day).unwrap();
    }
    Db::open(&place, Some(&folder)).await.unwrap().close().await;
    let copy = SqliteConnectOptions::new().filename(&to).read_only(true);
    let mut copy = SqliteConnection::connect_with(&copy).await.unwrap();
    let has: Vec<i64> = sqlx::query_scalar("select version from _sqlx_migrations")
        .fetch_all(&mut copy)
        .await
        .unwrap();
    assert_eq!(has, had, "whole, and from before");
    let own = to.file_name().unwrap().to_str().unwrap();
    let mut stay = vec![
        own,
        "deskbell.before-91.db",
        "deskbell.before-92.dump",
        "deskbell.before-we-moved.db",
    ];
    stay.sort_unstable();
    assert_eq!(names(&folder), stay);
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_copied_is_not_migrated() {
    let folder = folder();
    let (place, had) = older(&folder).await;
    // Where the copy would stand there is a folder.
    fs::create_dir_all(name(&folder, &had, "db").join("in the way")).unwrap();
    let refused = Db::open(&place, Some(&folder)).await.err().unwrap();
    assert!(matches!(refused, OpenError::Copy { .. }), "{refused}");
    let missing = crate::base::db::pending(&place).await.unwrap();
    assert_eq!(missing.len(), 1, "nothing was migrated");
    assert_eq!(names(&folder).len(), 1, "nor is a draft left");
    // Who has one of their own may go on without.
    Db::open(&place, None).await.unwrap().close().await;
    assert_eq!(crate::base::db::pending(&place).await.unwrap(), []);
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn what_does_not_read_back_gets_no_name() {
    let folder = folder();
    let to = folder.join("deskbell.before-3.db");
    let written = async |draft: &Path| Ok(fs::write(draft, "torn")?);
    let refused = keep(&to, written, async |_: &Path| Err("it is torn".into())).await;
    assert!(refused.unwrap_err().to_string().contains("it is torn"));
    assert_eq!(names(&folder), [""; 0]);
    fs::remove_dir_all(folder).unwrap();
}
