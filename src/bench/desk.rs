//! A desk to measure: the release binary as a child process, filled through its REST doors.

use crate::{
    Bench,
    client::{Line, Subscription, json, mark, request},
    clock::Watched,
    load::{Relay, Seat},
};
use anyhow::{Context, Result, bail, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

const PASSWORD: &str = "a bench of oak, 77";
/// 77 bytes with the mark, as the rulers' messages.
const WORDS: &str = " the quick brown fox jumps over the lazy dog, forty-two times over.";

pub fn body(n: u32) -> String {
    format!("{}{WORDS}", mark(n))
}

pub fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// A child that ends with us.
pub struct Process(pub Child);
impl Process {
    pub fn watched(&self) -> Watched {
        Watched(self.0.id())
    }
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Wait until `at` answers `path`; returns how long that took.
pub async fn answers(at: SocketAddr, path: &str, process: &mut Process) -> Result<Duration> {
    let began = Instant::now();
    loop {
        let asked = async {
            Line::open(at)
                .await?
                .ask(&request(&format!("GET {path}"), "", ""))
                .await
        };
        if let Ok(answer) = asked.await
            && answer.status == 200
        {
            return Ok(began.elapsed());
        }
        if let Some(status) = process.0.try_wait()? {
            bail!("the process ended: {status}");
        }
        ensure!(
            began.elapsed() < Duration::from_secs(60),
            "{path} is not answered"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[derive(Clone)]
pub struct Visitor {
    pub token: String,
    pub conversation: String,
}

pub struct Desk {
    pub process: Process,
    pub at: SocketAddr,
    server: PathBuf,
    pub folder: PathBuf,
    database: Option<String>,
    pub widget: String,
    /// Sessions of admins, who hear everything.
    pub agents: Vec<String>,
}

impl Desk {
    /// With so many agents, in a fresh folder of this name.
    pub async fn open(
        bench: &Bench,
        name: &str,
        agents: usize,
        database: Option<&str>,
    ) -> Result<Desk> {
        let folder = bench.work.folder(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        for n in 0..agents {
            add_admin(&bench.server, &folder, database, n)?;
        }
        let (process, at) = spawn(&bench.server, &folder, database)?;
        let mut desk = Desk {
            process,
            at,
            server: bench.server.clone(),
            folder,
            database: database.map(str::to_owned),
            widget: String::new(),
            agents: vec![],
        };
        desk.ready().await?;
        let mut line = Line::open(desk.at).await?;
        for n in 0..agents {
            let who = format!(r#"{{"email":"agent{n}@bench.example","password":"{PASSWORD}"}}"#);
            let session = line
                .ask(&json("POST /api/v1/sessions", "", &who))
                .await?
                .json()?;
            desk.agents.push(text(&session, "/token")?);
        }
        let widgets = line
            .ask(&json("GET /api/v1/widgets", &desk.agents[0], ""))
            .await?
            .json()?;
        desk.widget = text(&widgets, "/items/0/id")?;
        Ok(desk)
    }

    /// What waits stays in the queue when an agent comes: nothing is written but what the benchmark says.
    pub async fn without_routing(&self) -> Result<()> {
        let off = r#"{"auto_assign":false}"#;
        let mut line = Line::open(self.at).await?;
        let patch = json("PATCH /api/v1/settings", &self.agents[0], off);
        line.ask(&patch).await?.json().map(|_| ())
    }

    /// A second node on the same database, with the same people.
    pub async fn beside(&self, folder: PathBuf) -> Result<Desk> {
        std::fs::create_dir_all(&folder)?;
        let (process, at) = spawn(&self.server, &folder, self.database.as_deref())?;
        let mut desk = Desk {
            process,
            at,
            server: self.server.clone(),
            folder,
            database: self.database.clone(),
            widget: self.widget.clone(),
            agents: self.agents.clone(),
        };
        desk.ready().await?;
        Ok(desk)
    }

    async fn ready(&mut self) -> Result<()> {
        answers(self.at, "/api/v1/health/ready", &mut self.process).await?;
        Ok(())
    }

    /// As a power cut does it, and then again. Returns exec → the first answer to `path`.
    pub async fn killed_and_started(&mut self, path: &str) -> Result<Duration> {
        self.process.kill();
        let began = Instant::now();
        (self.process, self.at) = spawn(&self.server, &self.folder, self.database.as_deref())?;
        answers(self.at, path, &mut self.process).await?;
        Ok(began.elapsed())
    }

    /// So many visitors; with a conversation each, if they have something to say.
    pub async fn visitors(&self, n: usize, speaking: bool) -> Result<Vec<Visitor>> {
        let shares = stream::iter(0..32usize).map(|k| self.share((k..n).step_by(32), speaking));
        let made: Vec<Vec<(usize, Visitor)>> = shares.buffer_unordered(32).try_collect().await?;
        let mut made: Vec<_> = made.into_iter().flatten().collect();
        made.sort_by_key(|(i, _)| *i);
        ensure!(made.len() == n, "{} of {n} visitors", made.len());
        Ok(made.into_iter().map(|(_, v)| v).collect())
    }

    async fn share(
        &self,
        whose: impl Iterator<Item = usize>,
        speaking: bool,
    ) -> Result<Vec<(usize, Visitor)>> {
        let mut line = Line::open(self.at).await?;
        let mut made = vec![];
        for i in whose {
            let path = format!("POST /api/v1/widgets/{}/visitors", self.widget);
            let who = line
                .ask(&json(&path, "", &format!(r#"{{"name":"Visitor {i}"}}"#)))
                .await?
                .json()?;
            let mut visitor = Visitor {
                token: text(&who, "/token")?,
                conversation: String::new(),
            };
            if speaking {
                let said = format!(
                    r#"{{"client_id":"{}","body":"Hello, I am the first line."}}"#,
                    uuid::Uuid::new_v4()
                );
                let begun = line
                    .ask(&json("POST /api/v1/conversations", &visitor.token, &said))
                    .await?
                    .json()?;
                visitor.conversation = text(&begun, "/conversation/id")?;
            }
            made.push((i, visitor));
        }
        Ok(made)
    }

    /// What of `visitors` can be said and heard. `eared`: each hears their own conversation; the first so many
    /// agents hear everything.
    pub fn relay(&self, visitors: &[Visitor], eared: bool, agents: usize) -> Relay {
        let own = visitors.iter().enumerate().filter(|_| eared);
        let mut ears: Vec<Seat> = own
            .map(|(i, v)| Seat {
                request: listening(&v.token, None),
                conversation: Some(i),
                at: self.at,
            })
            .collect();
        let tokens = self.agents.iter().cycle().take(agents);
        ears.extend(tokens.map(|t| Seat {
            request: listening(t, None),
            conversation: None,
            at: self.at,
        }));
        let all: Arc<[Visitor]> = visitors.into();
        let say = move |conversation: usize, n: u32| {
            let visitor = &all[conversation];
            let client = uuid::Uuid::new_v4();
            let path = format!(
                "POST /api/v1/conversations/{}/messages",
                visitor.conversation
            );
            json(
                &path,
                &visitor.token,
                &format!(r#"{{"client_id":"{client}","body":"{}"}}"#, body(n)),
            )
        };
        Relay {
            at: self.at,
            say: Arc::new(say),
            ears,
        }
    }

    /// Every mark in the threads of these visitors, thread by thread and in order of `seq`.
    pub async fn written(&self, visitors: &[Visitor]) -> Result<Vec<Vec<u32>>> {
        let threads = stream::iter(visitors.iter().cloned()).map(|v| thread(self.at, v));
        threads.buffered(16).try_collect().await
    }
}

/// `after`: a cursor to go on from.
pub fn listening(token: &str, after: Option<&str>) -> Vec<u8> {
    let last = after
        .map(|a| format!("last-event-id: {a}\r\n"))
        .unwrap_or_default();
    request(
        "GET /api/v1/events",
        &format!("authorization: Bearer {token}\r\naccept: text/event-stream\r\n{last}"),
        "",
    )
}

async fn thread(at: SocketAddr, visitor: Visitor) -> Result<Vec<u32>> {
    let mut line = Line::open(at).await?;
    let (mut marks, mut after) = (vec![], 0);
    loop {
        let path = format!(
            "GET /api/v1/conversations/{}/messages?limit=100&after={after}",
            visitor.conversation
        );
        let page = line.ask(&json(&path, &visitor.token, "")).await?.json()?;
        let items = page["items"].as_array().context("no items")?;
        for item in items {
            let seq = item["seq"].as_i64().context("no seq")?;
            ensure!(seq > after, "seq {seq} after {after}");
            after = seq;
            marks.extend(crate::client::marked(
                item["body"].as_str().unwrap_or_default().as_bytes(),
            ));
        }
        if items.len() < 100 {
            return Ok(marks);
        }
    }
}

pub fn text(value: &serde_json::Value, pointer: &str) -> Result<String> {
    let found = value.pointer(pointer).and_then(|v| v.as_str());
    found
        .map(str::to_owned)
        .with_context(|| format!("no {pointer} in {value}"))
}

/// Nothing of this machine's own settings may reach it.
fn command(server: &Path, folder: &Path, database: Option<&str>) -> Command {
    let mut command = Command::new(server);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DESKBELL_")) {
        command.env_remove(name);
    }
    command.current_dir(folder);
    command.env("DESKBELL_DATA", folder.join("data"));
    database.map(|url| command.env("DESKBELL_DATABASE", url));
    command
}

fn add_admin(server: &Path, folder: &Path, database: Option<&str>, n: usize) -> Result<()> {
    let mut child = command(server, folder, database)
        .args([
            "admin",
            "add",
            "--email",
            &format!("agent{n}@bench.example"),
            "--name",
            &format!("Agent {n}"),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    child
        .stdin
        .take()
        .context("no standard input")?
        .write_all(format!("{PASSWORD}\n").as_bytes())?;
    ensure!(child.wait()?.success(), "admin add failed");
    Ok(())
}

fn spawn(server: &Path, folder: &Path, database: Option<&str>) -> Result<(Process, SocketAddr)> {
    let at = free_port()?;
    let log = std::fs::File::create(folder.join("log"))?;
    let child = command(server, folder, database)
        .args(["serve", "--rate-limits", "off", "--listen", &at.to_string()])
        .args(["--public-url", &format!("http://localhost:{}", at.port())])
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    Ok((Process(child), at))
}

/// Open streams, thirty-two at a time, from as many loopback addresses as the ports take.
pub async fn open_ears(at: SocketAddr, requests: Vec<Vec<u8>>) -> Result<Vec<Subscription>> {
    let opened = stream::iter(requests.into_iter().enumerate()).map(|(i, request)| async move {
        let from = Ipv4Addr::new(127, 0, 1, 1 + (i / 8000) as u8);
        Subscription::open(at, Some(from), &request).await
    });
    opened.buffered(32).try_collect().await
}
