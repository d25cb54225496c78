//! `deskbell doctor`: every check as one line of text. It changes nothing and works beside a running `serve`.

use super::Program;
use crate::base::{
    config::Config,
    db::{self, Db, Place},
    health,
};
use crate::desk::{account::ops as account, state::Desk};
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
            Some(bundle) => Good(format!(
                "{} files are inside this binary",
                (bundle.names)().len()
            )),
            None => Know(
                "this binary was built without its site; pages will have no style and no script"
                    .into(),
            ),
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
            "there is no data folder at {}; serve makes one",
            data.display()
        ));
    }
    let Ok(lock) = File::options().read(true).open(data.join("lock")) else {
        return Know(format!("{} was never served", data.display()));
    };
    match flock(&lock, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Know(format!("{}, not being served right now", data.display())),
        Err(_) => Good(format!("{}, being served", data.display())),
    }
}

const MIB: u64 = 1024 * 1024;

fn disk(data: &Path) -> Found {
    match statvfs(data) {
        Ok(fs) => {
            let free = fs.f_bavail * fs.f_frsize / MIB;
            match free {
                0..100 => Bad(format!(
                    "only {free} MiB are free; below 100 MiB writes may soon be refused"
                )),
                100..1024 => Know(format!("{free} MiB are free")),
                _ => Good(format!("{} GiB are free", free / 1024)),
            }
        }
        Err(e) => Bad(format!(
            "the free space of {} cannot be read: {e}",
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
            "it stands {} s before the last write to the database; sessions and links would end at the wrong time",
            ahead.as_secs()
        )),
        None if DateTime::<Utc>::from(now).timestamp() < 1_763_000_000 => {
            Bad("it stands before this program was made".into())
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
        "{at} is plain http: cookies travel unprotected, and browsers may refuse the widget's on other sites. Put TLS before it"
    ))
}

async fn database(config: &Config) -> Vec<(&'static str, Found)> {
    if let Place::File(path) = &config.place
        && !path.exists()
    {
        return vec![(
            "database",
            Bad(format!(
                "there is none at {}; serve makes one",
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
                    "{} migrations are not applied; serve or migrate applies them",
                    some.len()
                )),
            )];
        }
        Err(e) => return vec![("database", Bad(e.to_string()))],
    }
    let db = match Db::open(&config.place).await {
        Ok(db) => db,
        Err(e) => return vec![("database", Bad(e.to_string()))],
    };
    let mut found = vec![
        (
            "database",
            health::version(&db)
                .await
                .map_or_else(|_| Bad("it does not answer".into()), Good),
        ),
        ("schema", Good("up to date".into())),
    ];
    found.push((
        "integrity",
        match health::wrongs(&db).await {
            Ok(none) if none.is_empty() => Good("nothing wrong found".into()),
            Ok(some) => Bad(some.join("; ")),
            Err(_) => Bad("the check could not be run".into()),
        },
    ));
    let stop = CancellationToken::new();
    let desk = Desk::new(config.clone(), db.clone(), stop.clone());
    found.extend(people(&desk).await);
    stop.cancel();
    db.close().await;
    found
}

async fn people(desk: &Desk) -> Vec<(&'static str, Found)> {
    let front = async { account::front(desk, account::workspace_for(desk, "").await?).await };
    match front.await {
        Err(_) => vec![("workspace", Bad("there is none; serve makes one".into()))],
        Ok(front) => vec![
            (
                "admins",
                if front.needs_setup {
                    Bad("there is none; serve prints a set-up link, or use admin add".into())
                } else {
                    Good("somebody can configure the desk".into())
                },
            ),
            (
                "widgets",
                match front.home_widget {
                    Some(id) => Good(format!("the desk's own is {id}")),
                    None => Bad("the desk's own is missing; serve makes it".into()),
                },
            ),
            (
                "online",
                if front.online {
                    Good("somebody is online".into())
                } else {
                    Know("nobody is online right now".into())
                },
            ),
        ],
    }
}
