//! SQLite copies itself, into a file that is checked as a database.

use super::{Copied, keep, name};
use crate::base::db::open::{APPLICATION_ID, OpenError};
use rustix::fs::{FlockOperation, flock};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{fs::File, io, path::Path};

impl Copied for SqliteConnection {
    type At = Path;

    async fn alone(&mut self, file: &Path) -> Result<Option<File>, OpenError> {
        let folder = file.parent().filter(|p| !p.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        let locked = tokio::task::spawn_blocking(move || {
            let folder = File::open(folder)?;
            flock(&folder, FlockOperation::LockExclusive)?;
            io::Result::Ok(folder)
        });
        // A file system without such locks lets everybody in; a migration is one transaction there, too.
        Ok(locked.await.ok().and_then(Result::ok))
    }

    async fn go_on(&mut self) -> Result<(), OpenError> {
        Ok(())
    }

    async fn copy(&mut self, _: &Path, folder: &Path, applied: &[i64]) -> Result<(), OpenError> {
        let write = async |draft: &Path| {
            // Into an empty file it may; that one is readable for nobody else.
            let into = sqlx::query("vacuum into $1").bind(draft.display().to_string());
            into.execute(&mut *self).await?;
            Ok(())
        };
        let check = async |draft: &Path| {
            let options = SqliteConnectOptions::new().filename(draft);
            // Nothing is written beside it.
            let options = options.read_only(true).immutable(true);
            let mut conn = SqliteConnection::connect_with(&options).await?;
            let wrong: String = sqlx::query_scalar("pragma integrity_check(1)")
                .fetch_one(&mut conn)
                .await?;
            let id: i64 = sqlx::query_scalar("pragma application_id")
                .fetch_one(&mut conn)
                .await?;
            let has: Vec<i64> =
                sqlx::query_scalar("select version from _sqlx_migrations order by version")
                    .fetch_all(&mut conn)
                    .await?;
            conn.close().await?;
            match wrong.as_str() {
                "ok" if id == APPLICATION_ID && has == applied => Ok(()),
                "ok" => Err("what was written is another database".into()),
                wrong => Err(wrong.into()),
            }
        };
        keep(&name(folder, applied, "db"), write, check).await
    }
}
