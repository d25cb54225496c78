//! The command line. Exit codes: 0 as asked, 1 failed, 2 misused.

mod audit;
mod jobs;

use super::{Program, begin, doctor, doors};
use crate::base::{
    config::{Misused, Serve, Where},
    db::{self, DatabaseUrl, Db},
    files,
};
use crate::desk::{
    account::ops::{self as account, who::Machine},
    keeping::ops::{self as keeping, Anchor},
    state::Desk,
    widget::ops as widget,
};
use crate::live::bus::log;
use crate::model::{error::Error, id::WorkspaceId};
use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use std::{
    io::{BufRead, IsTerminal, Read},
    process::ExitCode,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

#[derive(Parser)]
#[command(
    name = "deskbell",
    version,
    about = "A self-hosted support desk in a single binary.",
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server
    Serve(Box<Serve>),
    /// Manage admins
    Admin {
        #[command(subcommand)]
        command: Admins,
    },
    /// Bring the database up to date, as `serve` does when it starts
    Migrate {
        #[command(flatten)]
        place: Where,
        /// List pending migrations and apply none; exit with 1 if there are any
        #[arg(long)]
        check: bool,
        /// Make all clients reload, after restoring an older copy of the database
        #[arg(long, conflicts_with = "check")]
        new_epoch: bool,
        /// Migrate without copying the database first
        #[arg(long, conflicts_with = "check")]
        no_copy: bool,
    },
    /// List what could not be done: dead jobs, and entries of the log that were set aside
    Jobs {
        #[command(flatten)]
        place: Where,
        /// Try one of them once more; a running server does it within seconds
        #[arg(long, value_name = "ID")]
        again: Option<Uuid>,
    },
    /// Check the installation; exit with 1 if a check fails
    Doctor(Box<Serve>),
    /// Print the OpenAPI description of the API
    Openapi,
    /// Look after the audit trail
    Audit {
        #[command(subcommand)]
        command: Audits,
    },
}

#[derive(Subcommand)]
enum Audits {
    /// Read all of every workspace's trail and follow its chain; exit with 1 if it does not hold
    Verify {
        #[command(flatten)]
        place: Where,
        /// A row's number and digest as they were kept elsewhere; may be given several times
        #[arg(long = "anchor", value_name = "N:DIGEST")]
        anchors: Vec<Anchor>,
        /// Host name of the only workspace to look at; with anchors [default: the default workspace]
        #[arg(long, value_name = "HOST")]
        workspace: Option<String>,
    },
}

#[derive(Subcommand)]
enum Admins {
    /// Add an admin, or give an existing one a new password (one line on standard input)
    Add {
        #[command(flatten)]
        place: Where,
        /// Email address to sign in with
        #[arg(long)]
        email: String,
        /// Full name
        #[arg(long)]
        name: String,
        /// Host name of the workspace [default: the default workspace]
        #[arg(long, value_name = "HOST")]
        workspace: Option<String>,
    },
}

/// Do what the command line says.
pub fn main(program: Program) -> ExitCode {
    obey_all(Cli::parse(), program)
}

/// The same for other words than the process was started with.
#[cfg(test)]
pub(crate) fn obeyed<'a>(words: impl Iterator<Item = &'a str>) -> ExitCode {
    let program = Program {
        site: None,
        give_back: || {},
    };
    obey_all(Cli::parse_from(words), program)
}

fn obey_all(cli: Cli, program: Program) -> ExitCode {
    files::keep_private();
    let _ = rustls::crypto::ring::default_provider().install_default();
    // With fewer, rendering can stall on one core: a page's resources wait for each other.
    let threads = std::thread::available_parallelism()
        .map_or(4, usize::from)
        .max(4);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => {
            let done = runtime.block_on(obey(cli.command, program));
            runtime.shutdown_background();
            done
        }
        Err(e) => Err(e.into()),
    };
    done.unwrap_or_else(|e| {
        eprintln!("deskbell: {}", sentence(&e));
        let misused =
            e.is::<Misused>() || matches!(e.downcast_ref::<Error>(), Some(Error::Invalid { .. }));
        ExitCode::from(if misused { 2 } else { 1 })
    })
}

fn sentence(e: &anyhow::Error) -> String {
    if let Some(ours) = e.downcast_ref::<Error>() {
        return ours.sentence();
    }
    let mut said: Vec<String> = vec![];
    for cause in e.chain().map(ToString::to_string) {
        // A cause that its wrapper quotes already is said once.
        if !said.iter().any(|s| s.contains(&cause)) {
            said.push(cause);
        }
    }
    said.join(": ")
}

async fn obey(command: Command, program: Program) -> Result<ExitCode> {
    match command {
        Command::Serve(serve) => {
            let config = serve.settle()?;
            logging(config.json_logs, "info");
            super::run(config, program).await
        }
        Command::Admin {
            command:
                Admins::Add {
                    place,
                    email,
                    name,
                    workspace,
                },
        } => {
            logging(false, "warn");
            add_admin(place, &email, &name, workspace.as_deref()).await
        }
        Command::Migrate {
            place,
            check,
            new_epoch,
            no_copy,
        } => {
            logging(false, "warn");
            migrate(place, check, new_epoch, no_copy).await
        }
        Command::Jobs { place, again } => {
            logging(false, "warn");
            jobs::list(place, again).await
        }
        Command::Doctor(serve) => {
            let config = serve.settle()?;
            logging(false, "error");
            Ok(doctor::examine(config, program).await)
        }
        Command::Audit {
            command:
                Audits::Verify {
                    place,
                    anchors,
                    workspace,
                },
        } => {
            logging(false, "warn");
            audit::verify(place, &anchors, workspace.as_deref()).await
        }
        Command::Openapi => {
            println!("{}", doors::doors().1.to_pretty_json()?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// To standard error, so that what a command answers stays clean. `RUST_LOG` overrides the level.
fn logging(json: bool, level: &str) {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("{level},sqlx=warn,hyper=warn")));
    let lines = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    let _ = if json {
        lines.json().try_init()
    } else {
        lines.try_init()
    };
}

async fn add_admin(place: Where, email: &str, name: &str, host: Option<&str>) -> Result<ExitCode> {
    let config = Serve {
        place,
        ..Serve::default()
    }
    .settle()?;
    let mut password = String::new();
    // Bounded: a line longer than any password is no password.
    std::io::stdin()
        .lock()
        .take(4096)
        .read_line(&mut password)
        .context("Cannot read the password from standard input")?;
    let password = password.trim_end_matches(['\n', '\r']);
    begin::make_folder(&config.data)?;
    let db = Db::open(&config.place, Some(&config.data)).await?;
    let stop = CancellationToken::new();
    let desk = Desk::new(config, db.clone(), stop.clone());
    let workspace = match host {
        Some(host) => workspace_at(&desk, host).await?,
        None => begin::first_start(&desk).await?,
    };
    widget::make_home(&Machine::running(&desk, workspace)).await?;
    let admin = account::add_admin(&desk, workspace, email, name, password).await?;
    println!("{} <{}> is now an admin.", admin.name, admin.email);
    stop.cancel();
    db.close().await;
    Ok(ExitCode::SUCCESS)
}

/// The workspace of this host name, and no other in its place.
async fn workspace_at(desk: &Desk, host: &str) -> Result<WorkspaceId> {
    let default = account::workspace_for(desk, "").await.ok();
    let found = account::workspace_for(desk, host).await?;
    if default == Some(found) {
        return Err(Misused(format!("No workspace has the host name {host}.")).into());
    }
    Ok(found)
}

async fn migrate(place: Where, check: bool, new_epoch: bool, no_copy: bool) -> Result<ExitCode> {
    let (data, place) = place.settle()?;
    let pending = db::pending(&place).await?;
    for (version, name) in &pending {
        println!(
            "{} {version:04} {name}",
            if check { "pending" } else { "applying" }
        );
    }
    if check {
        if pending.is_empty() {
            println!("No migrations are pending.");
        }
        return Ok(ExitCode::from(u8::from(!pending.is_empty())));
    }
    begin::make_folder(&data)?;
    // A serving process remembers its epoch; it has to be stopped first.
    let _lock = match (&place, new_epoch) {
        (DatabaseUrl::File(_), true) => Some(begin::folder(&data)?),
        _ => None,
    };
    let copies = (!no_copy).then_some(data.as_path());
    let db = Db::open(&place, copies).await?;
    let done = match new_epoch {
        true => Some("migrate --new-epoch"),
        false => (!pending.is_empty()).then_some("migrate"),
    };
    if let Some(done) = done {
        let workspaces = log::workspaces(&mut *db.snapshot().await?).await?;
        for workspace in workspaces {
            let mut tx = db.begin(workspace).await?;
            if new_epoch {
                log::new_epoch(&mut tx, workspace).await?;
            }
            keeping::note::command(&mut tx, workspace, done).await?;
            tx.commit().await?;
        }
    }
    if new_epoch {
        println!("All clients will reload.");
    }
    db.close().await;
    println!("The database is up to date.");
    Ok(ExitCode::SUCCESS)
}
