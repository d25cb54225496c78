//! The process under test: this very test binary, run again as `deskbell serve`, because the fail points are
//! compiled into tests only. It obeys the same command line, so what it says and how it ends is the real thing.
//! Where nothing fails on purpose and `DESKBELL_PROOF_BIN` names a release, that one serves: the long form weighs it.

use super::{dice::Dice, wire::Wire};
use crate::{
    base::{
        config::Config,
        db::{Conn, DatabaseUrl},
    },
    desk::state::Desk,
    test::TestDesk,
};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use sqlx::{Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    collections::HashMap,
    fs::File,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// Data that processes are started on, one after the other.
pub struct Home {
    pub config: Config,
}

impl Home {
    /// What a story prepared, left by its own process.
    pub async fn of(desk: TestDesk) -> Home {
        Home::new(desk.closed().await)
    }

    pub fn new(config: Config) -> Home {
        // Hundreds of streams have their other end in this process.
        let most = getrlimit(Resource::Nofile).maximum;
        let raised = Rlimit {
            current: most,
            maximum: most,
        };
        setrlimit(Resource::Nofile, raised).unwrap();
        // Below the ports that are lent to clients: this one has to be free again after every crash.
        let mut dice = Dice::from(uuid::Uuid::new_v4().as_u64_pair().0);
        let port = (0..200)
            .map(|_| dice.between(20_000, 32_000) as u16)
            .find(|p| TcpListener::bind(("127.0.0.1", *p)).is_ok())
            .expect("a free port");
        let listen = SocketAddr::from(([127, 0, 0, 1], port));
        Home {
            config: Config { listen, ..config },
        }
    }

    pub fn at(&self) -> SocketAddr {
        self.config.listen
    }

    /// Another process on the same database, with a folder of its own.
    pub fn beside(&self) -> Home {
        let data = self.config.data.join("beside");
        Home::new(Config {
            data,
            ..self.config.clone()
        })
    }

    /// The same, elsewhere.
    pub fn copied_to(&self, data: PathBuf) -> Home {
        for entry in std::fs::read_dir(&self.config.data).unwrap() {
            let from = entry.unwrap().path();
            if from.is_file() {
                std::fs::copy(&from, data.join(from.file_name().unwrap())).unwrap();
            }
        }
        Home::new(Config {
            place: DatabaseUrl::File(data.join("deskbell.db")),
            data,
            ..self.config.clone()
        })
    }

    fn words(&self) -> Vec<String> {
        let data = self.config.data.display().to_string();
        let mut words = vec!["deskbell".into(), "serve".into(), "--data".into(), data];
        words.extend(["--listen".into(), self.at().to_string()]);
        words.extend(["--rate-limits".into(), "off".into()]);
        if let DatabaseUrl::Postgres(url) = &self.config.place {
            words.extend(["--database".into(), url.clone()]);
        }
        words
    }

    /// Start serving; ready or not.
    pub fn start(&self, with: &[(&str, String)]) -> Served {
        self.start_as(&[], self.words(), with)
    }

    /// The same, with more words on the command line.
    pub fn start_saying(&self, more: &[&str]) -> Served {
        let mut words = self.words();
        words.extend(more.iter().map(ToString::to_string));
        self.start_as(&[], words, &[])
    }

    /// The same, under another program (`strace …`).
    pub fn start_under(&self, under: &[String], with: &[(&str, String)]) -> Served {
        self.start_as(under, self.words(), with)
    }

    fn start_as(&self, under: &[String], words: Vec<String>, with: &[(&str, String)]) -> Served {
        let log = File::options().create(true).append(true).open(self.log());
        let log = log.unwrap();
        let mut command = program(under, &words, with.is_empty());
        command
            .envs(with.iter().map(|(k, v)| (k, v)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        Served {
            child: command.spawn().unwrap(),
            under: !under.is_empty(),
            at: self.at(),
            since: Instant::now(),
        }
    }

    /// Start serving and wait until it is ready; and how long that took.
    pub async fn serve(&self, with: &[(&str, String)]) -> (Served, Duration) {
        let mut served = self.start(with);
        let took = served.ready().await;
        let took = took.unwrap_or_else(|| panic!("it ended before it was ready:\n{}", self.said()));
        (served, took)
    }

    /// The desk in this process, once no other serves it.
    pub async fn opened(&self) -> Desk {
        let db = crate::base::db::Db::open(&self.config.place, None)
            .await
            .unwrap();
        Desk::new(self.config.clone(), db, CancellationToken::new())
    }

    /// A look into the database, whoever serves it.
    pub async fn snapshot(&self) -> Conn {
        match &self.config.place {
            DatabaseUrl::File(path) => {
                let options = SqliteConnectOptions::new().filename(path).read_only(true);
                let options = options.busy_timeout(Duration::from_secs(5));
                let conn = SqliteConnection::connect_with(&options).await;
                Conn::Sqlite(Box::new(conn.unwrap()))
            }
            DatabaseUrl::Postgres(url) => {
                Conn::Pg(Box::new(PgConnection::connect(url).await.unwrap()))
            }
        }
    }

    fn log(&self) -> PathBuf {
        // Beside the folder, which may be full, or not a folder.
        self.config.data.with_extension("log")
    }

    /// All that its processes printed.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_file(self.log());
        }
    }
}

/// What serves, whole or with something that fails on purpose, perhaps under another program.
fn program(under: &[String], words: &[String], whole: bool) -> Command {
    let release = std::env::var_os("DESKBELL_PROOF_BIN");
    if let Some(release) = release.filter(|_| whole && under.is_empty()) {
        // Not even a killed test leaves it behind.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig=KILL", "--"]).arg(release);
        command.args(&words[1..]);
        return command;
    }
    let me = std::env::current_exe().unwrap();
    let mut command = match under.split_first() {
        Some((program, rest)) => {
            let mut command = Command::new(program);
            command.args(rest).arg(me);
            command
        }
        None => Command::new(me),
    };
    command
        .args(["--exact", "proof::served::served"])
        .args(["--ignored", "--nocapture"])
        .env("DESKBELL_PROOF", words.join("\n"));
    command
}

/// A process that serves; killed when dropped.
pub struct Served {
    child: Child,
    /// The child runs it as a child of its own.
    under: bool,
    pub at: SocketAddr,
    since: Instant,
}

impl Served {
    /// How long it took until it was ready, or `None` when it ended before.
    pub async fn ready(&mut self) -> Option<Duration> {
        loop {
            let answer = Wire::to(self.at).get(None, "/api/v1/health/ready").await;
            if answer.is_ok_and(|a| a.status == 200) {
                return Some(self.since.elapsed());
            }
            if self.ended().is_some() {
                return None;
            }
            assert!(self.since.elapsed() < Duration::from_secs(60), "not ready");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The process that serves.
    pub fn id(&self) -> u32 {
        let id = self.child.id();
        if !self.under {
            return id;
        }
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        children.unwrap().trim().parse().expect("one child")
    }

    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Its end, if it comes within `span`.
    pub async fn end_within(&mut self, span: Duration) -> Option<ExitStatus> {
        let since = Instant::now();
        while since.elapsed() < span {
            if let Some(status) = self.ended() {
                return Some(status);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        None
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.id() as i32).unwrap();
        let _ = kill_process(pid, signal);
    }

    /// kill -9, and wait until it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// What it holds in memory, in KiB.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
        let digits = line.unwrap().trim().trim_end_matches(" kB");
        digits.parse().unwrap()
    }

    /// The other ends of the connections that it holds open (proc(5), `/proc/pid/net/tcp`): their ports, and the
    /// bytes that the kernel holds for each.
    pub fn clients(&self) -> HashMap<u16, u64> {
        const ESTABLISHED: &str = "01";
        let table = std::fs::read_to_string(format!("/proc/{}/net/tcp", self.id())).unwrap();
        let port = |address: &str| {
            let (_, port) = address.split_once(':').unwrap();
            u16::from_str_radix(port, 16).unwrap()
        };
        let open = table.lines().skip(1).filter_map(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let [_, here, there, state, queues, ..] = columns[..] else {
                return None;
            };
            let (unsent, _) = queues.split_once(':')?;
            (state == ESTABLISHED && port(here) == self.at.port())
                .then(|| (port(there), u64::from_str_radix(unsent, 16).unwrap()))
        });
        open.collect()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.kill();
    }
}

#[test]
#[ignore = "the process that the proofs start; it does nothing without them"]
fn served() {
    let Ok(words) = std::env::var("DESKBELL_PROOF") else {
        return;
    };
    // Not even a killed test leaves it behind.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).unwrap();
    let code = crate::serve::command::obeyed(words.lines());
    // Under a test harness the code has to be handed on by hand.
    let code = (0..=2u8).find(|n| code == ExitCode::from(*n));
    std::process::exit(code.map_or(3, i32::from));
}
