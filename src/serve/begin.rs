//! How the process begins: the folder and its lock, the address, the epoch, the first start; and what it says.

use super::{demo, shop};
use crate::base::{db::Db, files, head};
use crate::desk::{
    account::ops::{self as account, who::Machine},
    state::Desk,
    widget::ops as widget,
};
use crate::live::bus::log;
use crate::model::id::WorkspaceId;
use anyhow::{Context, Result, bail};
use rustix::{
    fs::{FlockOperation, flock},
    process::{Resource, Rlimit, getrlimit, setrlimit},
};
use std::{
    fs::{DirBuilder, File},
    io::{ErrorKind, Write},
    net::SocketAddr,
    os::unix::fs::DirBuilderExt,
    path::Path,
    time::Duration,
};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

/// The data folder, made if it is missing. Others on the machine need not look inside, nor read what is in one that
/// was there before.
pub fn make_folder(data: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(data);
    made.with_context(|| format!("Cannot create the data folder {}", data.display()))?;
    // Who may not change it may still be able to use it.
    if let Err(e) = files::close_to_others(data) {
        tracing::warn!(folder = %data.display(), error = %e, "others on this machine may be able to read the data");
    }
    Ok(())
}

/// One `serve` per data folder. Held until the file is dropped, or the process dies.
pub fn folder(data: &Path) -> Result<File> {
    make_folder(data)?;
    let path = data.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file = file.with_context(|| format!("Cannot write to {}", path.display()))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            bail!("Another Deskbell server is using {}.", data.display())
        }
        Err(e) => Err(e).with_context(|| format!("Cannot lock {}", path.display())),
    }
}

pub async fn bind(address: SocketAddr, option: &str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|e| match e.kind() {
            ErrorKind::AddrInUse => {
                anyhow::anyhow!("{address} is already in use. Choose another port with {option}.")
            }
            ErrorKind::PermissionDenied => anyhow::anyhow!(
                "Not allowed to listen on {address}. Choose a port above 1023 with {option}."
            ),
            ErrorKind::AddrNotAvailable => anyhow::anyhow!(
                "{} is not an address of this machine. Choose another with {option}.",
                address.ip()
            ),
            _ => anyhow::anyhow!("Cannot listen on {address}: {e}"),
        })
}

/// Every stream is an open file.
pub fn raise_file_limit() {
    let now = getrlimit(Resource::Nofile);
    let raised = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: now.maximum,
            maximum: now.maximum,
        },
    );
    if let Err(e) = raised {
        tracing::warn!(error = %e, "cannot raise the limit of open files");
    }
}

/// A database whose log ends before the mark beside it is an older copy: cursors handed out since are void.
pub async fn settle_epoch(db: &Db, data: &Path) -> Result<()> {
    if db.postgres().is_some() {
        return Ok(());
    }
    let marks = head::read(data);
    let heads = log::heads(&mut *db.snapshot().await?).await?;
    for (workspace, head) in heads
        .into_iter()
        .filter(|(w, head)| marks.get(w).is_some_and(|mark| head < mark))
    {
        tracing::warn!(%workspace, head, "an older copy of the database was put back; everybody reads anew");
        let mut tx = db.begin(WorkspaceId(workspace)).await?;
        log::new_epoch(&mut tx, WorkspaceId(workspace)).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The default workspace and its home widget, made if they are missing.
pub async fn first_start(desk: &Desk) -> Result<WorkspaceId> {
    let name = if desk.config().demo {
        demo::WORKSPACE
    } else {
        "Support"
    };
    let workspace = account::create_workspace(desk, name, None, true).await?;
    widget::make_home(&Machine::running(desk, workspace)).await?;
    Ok(workspace)
}

/// Say where the desk is, and how to get in while nobody can.
pub async fn greet(
    desk: &Desk,
    workspace: WorkspaceId,
    shop: Option<TcpListener>,
    stop: CancellationToken,
) -> Result<()> {
    let at = desk.config().origin();
    let mut lines = vec![("Desk", at.clone())];
    if let Some(listener) = shop {
        match demo::ready(desk, workspace).await? {
            Some(demo) => {
                tokio::spawn(super::listen::serve(
                    listener,
                    shop::router(&at, demo.widget),
                    None,
                    stop,
                ));
                lines.push((
                    "Demo shop",
                    format!("http://{}", shop::address(desk.config())),
                ));
                for (who, link) in demo::links(desk, workspace, &demo).await? {
                    lines.push((who, link));
                }
            }
            None => lines.push((
                "Demo",
                "not added, as this desk is already in use; choose an empty folder with --data"
                    .into(),
            )),
        }
    }
    if let Some(token) = account::setup_link(desk, workspace).await? {
        lines.push(("Set up", format!("{at}/setup?token={token}")));
    }
    let wide = lines
        .iter()
        .map(|(what, _)| what.len())
        .max()
        .unwrap_or_default();
    let block: String = lines
        .iter()
        .map(|(what, it)| format!("  {what:wide$}  {it}\n"))
        .collect();
    let hint = match lines.len() {
        1 => "",
        _ => "\n  Links expire after one hour; restart for new ones.\n",
    };
    let mut out = std::io::stdout().lock();
    // A closed standard output is no reason to stop serving.
    let _ = writeln!(out, "\nDeskbell is ready.\n\n{block}{hint}").and_then(|()| out.flush());
    Ok(())
}

/// SIGTERM and SIGINT. Where nobody hears them, they end the process wherever it stands.
pub struct Signals {
    term: Signal,
    int: Signal,
}

impl Signals {
    /// Heard from now on; one that comes before somebody waits for it is kept.
    pub fn hear() -> std::io::Result<Signals> {
        Ok(Signals {
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! { _ = self.term.recv() => {}, _ = self.int.recv() => {} }
    }

    /// Returns at the first. One that comes a second later or more ends the process at once (one Ctrl-C may arrive
    /// twice, from the terminal and from whatever started us).
    pub async fn asked_to_stop(mut self) {
        self.next().await;
        tokio::spawn(async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if let Ok(mut later) = Signals::hear() {
                later.next().await;
                std::process::exit(1);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::{Engine, run_story};

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn an_older_copy_of_the_file_begins_a_new_epoch() {
        run_story(Engine::Sqlite, async |desk| {
            let ada = desk.visitor("Ada").await;
            ada.writes("Hello").await;
            let (db, data) = (desk.node.db(), &desk.node.config().data);
            let mut heads = log::heads(&mut db.snapshot().await.unwrap()).await.unwrap();
            let cursor = ada.cursor().await;

            head::write(data, &heads).unwrap();
            settle_epoch(db, data).await.unwrap();
            assert_eq!(
                ada.cursor().await,
                cursor,
                "the same file goes on as before"
            );

            // As if more had been written before the copy was put back.
            *heads.get_mut(&desk.workspace.0).unwrap() += 1;
            head::write(data, &heads).unwrap();
            settle_epoch(db, data).await.unwrap();
            assert_ne!(
                ada.cursor().await.split('.').next(),
                cursor.split('.').next()
            );
            assert_eq!(ada.poll(Some(&cursor)).await["reset"], true);
        })
        .await;
    }
}
