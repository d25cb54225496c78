//! The command line. Exit codes: 0 as asked, 1 failed, 2 misused.

use super::{Program, begin, doctor, doors};
use crate::base::{
    config::{Misused, Serve, Where},
    db::{self, Db, Place},
};
use crate::desk::{
    account::ops::{self as account, who::Machine},
    state::Desk,
    widget::ops as widget,
};
use crate::live::bus::log;
use crate::model::error::Error;
use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use std::{
    io::{BufRead, IsTerminal, Read},
    process::ExitCode,
};
use tokio_util::sync::CancellationToken;

#[derive(Parser)]
#[command(
    name = "deskbell",
    version,
    about = "A self-hosted support desk in one binary.",
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the desk
    Serve(Box<Serve>),
    /// People who configure the desk
    Admin {
        #[command(subcommand)]
        command: Admins,
    },
    /// Bring the database up to date, as serve does at start
    Migrate {
        #[command(flatten)]
        place: Where,
        /// Only say what is missing; exit 1 if anything is
        #[arg(long)]
        check: bool,
        /// Make every listener read anew, after an older copy of the database was put back
        #[arg(long, conflicts_with = "check")]
        new_epoch: bool,
    },
    /// Check everything; exit 1 if a check fails
    Doctor(Box<Serve>),
    /// Print the OpenAPI document
    Openapi,
}

#[derive(Subcommand)]
enum Admins {
    /// Add an admin; the password is one line on standard input. A known address gets the new password
    Add {
        #[command(flatten)]
        place: Where,
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        /// The host name of another workspace than the default one
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
        } => {
            logging(false, "warn");
            migrate(place, check, new_epoch).await
        }
        Command::Doctor(serve) => {
            let config = serve.settle()?;
            logging(false, "error");
            Ok(doctor::examine(config, program).await)
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
        .context("The password cannot be read from standard input")?;
    let password = password.trim_end_matches(['\n', '\r']);
    begin::make_folder(&config.data)?;
    let db = Db::open(&config.place).await?;
    let stop = CancellationToken::new();
    let desk = Desk::new(config, db.clone(), stop.clone());
    let workspace = match host {
        Some(host) => {
            let default = account::workspace_for(&desk, "").await.ok();
            let found = account::workspace_for(&desk, host).await?;
            if default == Some(found) {
                return Err(
                    Misused(format!("There is no workspace with the host name {host}.")).into(),
                );
            }
            found
        }
        None => begin::first_start(&desk).await?,
    };
    widget::make_home(&Machine::running(&desk, workspace)).await?;
    let admin = account::add_admin(&desk, workspace, email, name, password).await?;
    println!("{} <{}> is an admin of this desk.", admin.name, admin.email);
    stop.cancel();
    db.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn migrate(place: Where, check: bool, new_epoch: bool) -> Result<ExitCode> {
    let (data, place) = place.settle()?;
    let pending = db::pending(&place).await?;
    for (version, name) in &pending {
        println!(
            "{} {version:04} {name}",
            if check { "missing" } else { "applying" }
        );
    }
    if check {
        if pending.is_empty() {
            println!("Nothing is missing.");
        }
        return Ok(ExitCode::from(u8::from(!pending.is_empty())));
    }
    begin::make_folder(&data)?;
    // A serving process remembers its epoch; it has to be stopped first.
    let _lock = match (&place, new_epoch) {
        (Place::File(_), true) => Some(begin::folder(&data)?),
        _ => None,
    };
    let db = Db::open(&place).await?;
    if new_epoch {
        let workspaces = log::workspaces(&mut *db.look().await?).await?;
        for workspace in workspaces {
            let mut tx = db.begin(workspace).await?;
            log::new_epoch(&mut tx, workspace).await?;
            tx.commit().await?;
        }
        println!("Every listener reads anew from now on.");
    }
    db.close().await;
    println!("The database is up to date.");
    Ok(ExitCode::SUCCESS)
}
