//! `deskbell-bench`: measures the finished binary through its doors, over real sockets, against rulers that run
//! in the same minutes on the same machine. Absolute figures drift; the ratios hold, and they are what is judged.
//!
//! Uses nothing of the library: it has to see what a stranger sees, and weighs nothing in the server.

mod ceiling;
mod client;
mod clock;
mod counts;
mod deliver;
mod desk;
mod durable;
mod fanout;
mod hostile;
mod idle;
mod load;
mod nodes;
mod pages;
mod reconnect;
mod report;
mod ruler;
mod screens;
mod silent;
mod start;

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use report::Report;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Name {
    Deliver,
    Durable,
    Fanout,
    Idle,
    Silent,
    /// Three hundred inboxes that count
    Counts,
    Pages,
    /// Pages of the worst texts that fit
    Hostile,
    Start,
    Reconnect,
    Nodes,
    /// Bytes and times in a browser
    Screens,
}

#[derive(Parser)]
#[command(
    name = "deskbell-bench",
    about = "Measure Deskbell against its rulers."
)]
struct Cli {
    /// Which; without a name all of them
    names: Vec<Name>,
    /// A tenth of the size, once: it has to run and be right; its figures mean little
    #[arg(long)]
    smoke: bool,
    /// End with the README's table
    #[arg(long)]
    markdown: bool,
    /// The binary to measure
    #[arg(long, env = "DESKBELL_BIN", value_name = "FILE")]
    server: PathBuf,
    /// The folder with the rulers `ceiling` and `baseline`; without it the built-in ceiling alone
    #[arg(long, env = "DESKBELL_RULERS", value_name = "FOLDER")]
    rulers: Option<PathBuf>,
    /// The ruler `ceiling`, built
    #[arg(long, env = "DESKBELL_CEILING", value_name = "FILE")]
    ceiling: Option<PathBuf>,
    /// Where the baseline keeps what it installed; by default a temporary folder
    #[arg(long, env = "DESKBELL_BASELINE", value_name = "FOLDER")]
    baseline: Option<PathBuf>,
    /// A PostgreSQL in which databases may be made, for `nodes`
    #[arg(
        long,
        env = "DESKBELL_TEST_POSTGRES",
        value_name = "URL",
        hide_env_values = true
    )]
    postgres: Option<String>,
}

/// What every benchmark works with.
pub struct Bench {
    server: PathBuf,
    /// The ruler's program; `None`: the one built in.
    ceiling: Option<PathBuf>,
    baseline: Option<ruler::Seeds>,
    postgres: Option<String>,
    smoke: bool,
    work: Work,
    report: Report,
}

impl Bench {
    /// Pairwise ratios of each figure.
    fn rounds(&self) -> usize {
        if self.smoke { 1 } else { 5 }
    }
    /// Of a durable part, until the disk keeps still.
    fn tries(&self) -> u32 {
        if self.smoke { 1 } else { 3 }
    }
    fn many(&self, n: usize) -> usize {
        if self.smoke { n / 10 } else { n }
    }
    fn seconds(&self, n: f64) -> Duration {
        Duration::from_secs_f64(if self.smoke { (n / 10.0).max(1.0) } else { n })
    }
}

/// A folder that goes when the program does.
struct Work(PathBuf);
impl Work {
    fn new() -> Result<Work> {
        let folder = std::env::temp_dir().join(format!("deskbell-bench.{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Work(folder))
    }
    fn folder(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}
impl Drop for Work {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn run(name: Name, bench: &mut Bench) -> Result<()> {
    match name {
        Name::Deliver => deliver::run(bench).await,
        Name::Durable => durable::run(bench).await,
        Name::Fanout => fanout::run(bench).await,
        Name::Idle => idle::run(bench).await,
        Name::Silent => silent::run(bench).await,
        Name::Counts => counts::run(bench).await,
        Name::Pages => pages::run(bench).await,
        Name::Hostile => hostile::run(bench).await,
        Name::Start => start::run(bench).await,
        Name::Reconnect => reconnect::run(bench).await,
        Name::Nodes => nodes::run(bench).await,
        Name::Screens => screens::run(bench).await,
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|a| a == "ceiling") {
        let address = args.get(3).context("ceiling serve ADDRESS FILE")?;
        return ceiling::serve(address, args.get(4).context("ceiling serve ADDRESS FILE")?).await;
    }
    let cli = Cli::parse();
    ensure!(
        cli.server.is_file(),
        "{} is not there; build the release first",
        cli.server.display()
    );
    clock::raise_file_limit();
    let work = Work::new()?;
    let baseline = match &cli.rulers {
        Some(rulers) => {
            let kept = cli
                .baseline
                .clone()
                .unwrap_or_else(|| work.folder("baseline"));
            Some(ruler::Seeds::prepare(rulers, kept)?)
        }
        None => None,
    };
    let mut bench = Bench {
        server: cli.server,
        ceiling: cli.ceiling,
        baseline,
        postgres: cli.postgres,
        smoke: cli.smoke,
        work,
        report: Report::default(),
    };
    let names = if cli.names.is_empty() {
        Name::value_variants().to_vec()
    } else {
        cli.names
    };
    for name in names {
        let began = Instant::now();
        let word = name
            .to_possible_value()
            .map(|v| v.get_name().to_owned())
            .unwrap_or_default();
        eprintln!("── {word}");
        bench.report.begin(&word);
        run(name, &mut bench)
            .await
            .with_context(|| format!("{word} failed"))?;
        bench.report.print(began.elapsed());
    }
    if cli.markdown {
        bench.report.markdown(bench.smoke);
    }
    Ok(())
}
