//! `deskbell doctor`: every check as one line of text. It changes nothing and works beside a running `serve`.

use super::Program;
use crate::base::{
    config::Config,
    db::{self, DatabaseUrl, Db},
    health,
};
use crate::desk::{account::ops as account, keeping::ops as keeping, state::Desk};
use crate::live::bus::log;
use chrono::{DateTime, Utc};
use rustix::fs::{FlockOperation, flock, statvfs};
use std::{fs::File, io::Write, path::Path, process::ExitCode, time::SystemTime};
use tokio_util::sync::CancellationToken;

/// What a check found: good, good to know, or broken.
enum Found {
    Good(String),
    Know(String),
    Bad(String),
}
use Found::{Bad, Good, Know};

pub async fn examine(config: Config, program: Program) -> ExitCode {
    let mut findings = vec![
        ("folder", folder(&config)),
        ("disk", disk(&config.data)),
        ("clock", clock(&config)),
        ("address", address(&config)),
    ];
    findings.push((
        "site",
        match program.site {
            Some(bundle) => Good(format!("{} files built in", (bundle.names)().len())),
            None => Know("not built in; pages have no styles and no scripts".into()),
        },
    ));
    findings.extend(database(&config).await);
    let mut bad = false;
    let mut out = std::io::stdout().lock();
    for (what, found) in findings {
        let (mark, said) = match &found {
            Good(said) => ("ok  ", said),
            Know(said) => ("note", said),
            Bad(said) => ("FAIL", said),
        };
        bad |= matches!(found, Bad(_));
        let _ = writeln!(out, "{mark}  {what:9} {said}");
    }
    if bad {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    }
}

fn folder(config: &Config) -> Found {
    let data = &config.data;
    if !data.is_dir() {
        return Bad(format!(
            "{} does not exist; `serve` creates it",
            data.display()
        ));
    }
    let Ok(lock) = File::options().read(true).open(data.join("lock")) else {
        return Know(format!("{}; no server has used it yet", data.display()));
    };
    match flock(&lock, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Know(format!("{}; the server is not running", data.display())),
        Err(_) => Good(format!("{}; the server is running", data.display())),
    }
}

const MIB: u64 = 1024 * 1024;

fn disk(data: &Path) -> Found {
    match statvfs(data) {
        Ok(fs) => {
            let free = fs.f_bavail * fs.f_frsize / MIB;
            match free {
                0..100 => Bad(format!("only {free} MiB free; writes may soon fail")),
                100..1024 => Know(format!("{free} MiB free")),
                _ => Good(format!("{} GiB free", free / 1024)),
            }
        }
        Err(e) => Bad(format!(
            "cannot read the free space of {}: {e}",
            data.display()
        )),
    }
}

/// A clock that stands before what was already written, or before this program, is wrong.
fn clock(config: &Config) -> Found {
    let now = SystemTime::now();
    let written = [
        config.data.join("deskbell.db"),
        config.data.join("deskbell.heads"),
    ]
    .iter()
    .filter_map(|f| f.metadata().ok()?.modified().ok())
    .max();
    let ahead = written
        .and_then(|w| w.duration_since(now).ok())
        .filter(|d| d.as_secs() > 60);
    match ahead {
        Some(ahead) => Bad(format!(
            "{} s behind the last write to the database; sessions and links would expire at the wrong time",
            ahead.as_secs()
        )),
        None if DateTime::<Utc>::from(now).timestamp() < 1_763_000_000 => {
            Bad("set to a time before this version was released".into())
        }
        None => Good(format!(
            "{}",
            DateTime::<Utc>::from(now).format("%Y-%m-%d %H:%M:%S UTC")
        )),
    }
}

fn address(config: &Config) -> Found {
    let at = config.origin();
    if config.has_secure_cookies() {
        return Good(at);
    }
    Know(format!(
        "{at} is plain http: cookies are sent unprotected, and browsers may refuse the widget's on other sites. Put a proxy with TLS in front"
    ))
}

async fn database(config: &Config) -> Vec<(&'static str, Found)> {
    if let DatabaseUrl::File(path) = &config.place
        && !path.exists()
    {
        return vec![(
            "database",
            Bad(format!(
                "not found at {}; `serve` creates it",
                path.display()
            )),
        )];
    }
    match db::pending(&config.place).await {
        Ok(none) if none.is_empty() => {}
        Ok(some) => {
            return vec![(
                "schema",
                Bad(format!(
                    "{} migrations pending; `serve` or `migrate` applies them",
                    some.len()
                )),
            )];
        }
        Err(e) => return vec![("database", Bad(e.to_string()))],
    }
    let db = match Db::open(&config.place, Some(&config.data)).await {
        Ok(db) => db,
        Err(e) => return vec![("database", Bad(e.to_string()))],
    };
    let mut found = vec![
        (
            "database",
            health::version(&db)
                .await
                .map_or_else(|_| Bad("not responding".into()), Good),
        ),
        ("schema", Good("up to date".into())),
    ];
    // PostgreSQL looks after its own.
    if db.sqlite().is_some() {
        let found_wrong = match health::wrongs(&db).await {
            Ok(none) if none.is_empty() => Good("no problems found".into()),
            Ok(some) => Bad(some.join("; ")),
            Err(_) => Bad("the check could not run".into()),
        };
        found.push(("integrity", found_wrong));
    }
    let stop = CancellationToken::new();
    let desk = Desk::new(config.clone(), db.clone(), stop.clone());
    found.extend(people(&desk).await);
    found.push(("audit", trail(&db).await));
    stop.cancel();
    db.close().await;
    found
}

/// Rows at the end of each trail whose chain is followed.
const TRAIL: i64 = 10_000;

async fn trail(db: &Db) -> Found {
    let read = async {
        let mut snapshot = db.snapshot().await?;
        let mut broken = vec![];
        for workspace in log::workspaces(&mut snapshot).await? {
            let proof = keeping::prove(&mut snapshot, workspace, Some(TRAIL), &[]).await?;
            broken.extend(proof.broken_at.map(|n| format!("{workspace} at row {n}")));
        }
        Ok::<_, crate::model::error::Error>(broken)
    };
    match read.await {
        Err(_) => Bad("the trail could not be read".into()),
        Ok(none) if none.is_empty() => Good("the chain holds".into()),
        Ok(some) => Bad(format!(
            "the chain does not hold in workspace {}: somebody changed rows of the trail",
            some.join(", ")
        )),
    }
}

async fn people(desk: &Desk) -> Vec<(&'static str, Found)> {
    let front = async { account::front(desk, account::workspace_for(desk, "").await?).await };
    match front.await {
        Err(_) => vec![("workspace", Bad("none yet; `serve` creates one".into()))],
        Ok(front) => vec![
            (
                "admins",
                if front.needs_setup {
                    Bad("none yet; `serve` prints a set-up link, or run `admin add`".into())
                } else {
                    Good("at least one".into())
                },
            ),
            (
                "widgets",
                match front.home_widget {
                    Some(id) => Good(format!("home widget {id}")),
                    None => Bad("no home widget; `serve` creates it".into()),
                },
            ),
            (
                "online",
                if front.online {
                    Good("someone is online".into())
                } else {
                    Know("no one is online".into())
                },
            ),
        ],
    }
}
