//! Where a test may kill the process. `DESKBELL_FAIL=<point>:<n>` does it at the n-th pass, with SIGKILL, so that
//! nothing is tidied up. Compiled into tests only; everybody else gets `fail_absent`.

use rustix::process::{Signal, getpid, kill_process};
use sqlx::{AssertSqlSafe, Executor, SqliteConnection};
use std::{
    path::Path,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

pub const BEFORE_COMMIT: &str = "before-commit";
pub const COMMITTED: &str = "committed";
/// Whoever waited has been told, listeners have not.
pub const ANSWERED: &str = "answered";
/// Every fifty steps of SQLite's machine while it migrates.
pub const MIGRATION: &str = "migration";
/// Between the steps of the copy before a migration.
pub const COPY: &str = "copy";
/// The main file changes, which in WAL mode only a checkpoint does.
pub const CHECKPOINT: &str = "checkpoint";

static SET: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
    let set = std::env::var("DESKBELL_FAIL").ok()?;
    let (point, n) = set.split_once(':')?;
    Some((point.to_owned(), n.parse().ok()?))
});
static PASSED: AtomicU64 = AtomicU64::new(0);

fn is_set(name: &str) -> bool {
    SET.as_ref().is_some_and(|(point, _)| point == name)
}

pub fn point(name: &str) {
    let Some((_, n)) = SET.as_ref().filter(|(point, _)| point == name) else {
        return;
    };
    if PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *n {
        if name == ANSWERED {
            std::thread::sleep(Duration::from_millis(60)); // the answers leave on other threads
        }
        let _ = kill_process(getpid(), Signal::KILL);
        loop {
            std::thread::park();
        }
    }
}

pub async fn before_migrating(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    if is_set(MIGRATION) {
        let mut handle = conn.lock_handle().await?;
        handle.set_progress_handler(50, || {
            point(MIGRATION);
            true
        });
    }
    Ok(())
}

pub async fn after_migrating(conn: &mut SqliteConnection, file: &Path) -> Result<(), sqlx::Error> {
    conn.lock_handle().await?.remove_progress_handler();
    // For the run that shows what the promise rests on: without a sync the proof must fail.
    if let Ok(level) = std::env::var("DESKBELL_SYNCHRONOUS") {
        let sql = AssertSqlSafe(format!("pragma synchronous = {level}"));
        conn.execute(sqlx::raw_sql(sql)).await?;
    }
    if is_set(CHECKPOINT) {
        conn.execute(sqlx::raw_sql("pragma wal_autocheckpoint = 100"))
            .await?;
        let file = file.to_owned();
        std::thread::spawn(move || {
            let changed = || file.metadata().and_then(|m| m.modified()).ok();
            let mut last = changed();
            loop {
                let now = changed();
                if now != last {
                    last = now;
                    point(CHECKPOINT);
                }
                std::thread::sleep(Duration::from_micros(50));
            }
        });
    }
    Ok(())
}
