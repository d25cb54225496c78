//! What the health checks and `doctor` ask of the database.

use super::db::{DatabaseUrl, Db, args};
use crate::model::error::Result;
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

/// The database answers.
pub async fn answers(db: &Db) -> Result<()> {
    db.one::<(i64,)>("select cast(1 as bigint)", args![])
        .await?;
    Ok(())
}

/// What is wrong inside the file, one sentence each; PostgreSQL looks after its own.
pub async fn wrongs(db: &Db) -> Result<Vec<String>> {
    if db.postgres().is_some() {
        return Ok(vec![]);
    }
    let said = db.all::<(String,)>("pragma quick_check", args![]).await?;
    Ok(said
        .into_iter()
        .map(|(line,)| line)
        .filter(|line| line != "ok")
        .collect())
}

/// What the database calls itself.
pub async fn version(db: &Db) -> Result<String> {
    let (name, sql) = match db.postgres() {
        Some(_) => ("PostgreSQL", "select current_setting('server_version')"),
        None => ("SQLite", "select sqlite_version()"),
    };
    let (version,) = db.one::<(String,)>(sql, args![]).await?;
    Ok(format!("{name} {version}"))
}

/// Fold the write-ahead log into the file: the last thing a process does. Whoever calls bounds the time.
pub async fn checkpoint(place: &DatabaseUrl) {
    let DatabaseUrl::File(path) = place else {
        return;
    };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(std::time::Duration::from_millis(500));
    if let Ok(mut conn) = SqliteConnection::connect_with(&options).await {
        // Refused at once while the writer, on its way out, does the same: then it is not done yet.
        let mut fold = async || {
            sqlx::query_scalar::<_, i64>("pragma wal_checkpoint(truncate)")
                .fetch_one(&mut conn)
                .await
        };
        while !matches!(fold().await, Ok(0)) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let _ = conn.close().await;
    }
}
