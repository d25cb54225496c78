//! The process under test: this very test binary, run again as `deskbell serve`, because the fail points are
//! compiled into tests only.

use super::wire::Wire;
use crate::{
    base::{
        config::{Serve, Where},
        db::{Db, Place},
    },
    test::TestDesk,
};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

/// Data that processes are started on, one after the other.
pub struct Home {
    pub data: PathBuf,
    pub place: Place,
    pub at: SocketAddr,
}

impl Home {
    /// What a story prepared, left by its own process.
    pub async fn of(desk: TestDesk) -> Home {
        let (data, place) = desk.closed().await;
        Home::new(data, place)
    }

    pub fn new(data: PathBuf, place: Place) -> Home {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = free.local_addr().unwrap();
        Home { data, place, at }
    }

    /// Start serving; ready or not.
    pub fn start(&self, with: &[(&str, String)]) -> Served {
        self.start_under(&[], with)
    }

    /// The same, under another program (`strace …`).
    pub fn start_under(&self, under: &[&str], with: &[(&str, String)]) -> Served {
        let me = std::env::current_exe().unwrap();
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .unwrap();
        let mut command = match under.split_first() {
            Some((program, rest)) => {
                let mut command = Command::new(program);
                command.args(rest).arg(me);
                command
            }
            None => Command::new(me),
        };
        command
            .args(["--exact", "proof::served::served", "--ignored", "--nocapture"])
            .current_dir(&self.data)
            .env("DESKBELL_PROOF_DATA", &self.data)
            .env("DESKBELL_PROOF_LISTEN", self.at.to_string())
            .envs(with.iter().map(|(k, v)| (k, v)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        if let Place::Postgres(url) = &self.place {
            command.env("DESKBELL_PROOF_POSTGRES", url);
        }
        Served {
            child: command.spawn().unwrap(),
            at: self.at,
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

    /// Look into the database that no process serves any more.
    pub async fn opened(&self) -> Db {
        Db::open(&self.place).await.unwrap()
    }

    pub fn log(&self) -> PathBuf {
        self.data.join("served.log")
    }

    /// All that the processes printed.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }
}

/// A process that serves; killed when dropped.
pub struct Served {
    child: Child,
    pub at: SocketAddr,
    since: Instant,
}

impl Served {
    /// How long it took until it was ready, or `None` when it ended before.
    pub async fn ready(&mut self) -> Option<Duration> {
        loop {
            if let Ok(answer) = Wire::to(self.at).get(None, "/api/v1/health/ready").await
                && answer.status == 200
            {
                return Some(self.since.elapsed());
            }
            if self.ended().is_some() {
                return None;
            }
            assert!(self.since.elapsed() < Duration::from_secs(60), "not ready");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
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
        let pid = Pid::from_raw(self.child.id() as i32).unwrap();
        let _ = kill_process(pid, signal);
    }

    /// kill -9, and wait until it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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
    let Some(data) = std::env::var_os("DESKBELL_PROOF_DATA") else {
        return;
    };
    // Not even a killed test leaves it behind.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).unwrap();
    let serve = Serve {
        place: Where {
            data: Some(data.into()),
            database: std::env::var("DESKBELL_PROOF_POSTGRES").ok(),
            config: None,
        },
        listen: std::env::var("DESKBELL_PROOF_LISTEN").ok(),
        rate_limits: Some("off".into()),
        ..Serve::default()
    };
    let config = serve.settle().unwrap();
    crate::serve::command::logging(false, "info");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    let done = runtime.block_on(crate::serve::run(config, None));
    runtime.shutdown_background();
    if let Err(e) = &done {
        eprintln!("deskbell: {e:#}");
    }
    std::process::exit(i32::from(done.is_err()));
}
