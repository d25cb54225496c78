//! The two rulers: the ceiling, the least that a durable relay must do, and the seeds' way of chatting in Django.

use crate::{
    Bench,
    client::{Line, json, request},
    desk::{Process, answers, body, free_port},
    load::{Relay, Seat},
};
use anyhow::{Context, Result, ensure};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

pub struct Ceiling {
    pub process: Process,
    pub at: SocketAddr,
}

impl Ceiling {
    pub async fn open(bench: &Bench, name: &str) -> Result<Ceiling> {
        Ceiling::start(bench.ceiling.as_deref(), &bench.work.folder(name)).await
    }

    /// The one built in, which alone has pages.
    pub async fn with_pages(bench: &Bench, name: &str) -> Result<Ceiling> {
        Ceiling::start(None, &bench.work.folder(name)).await
    }

    async fn start(ruler: Option<&Path>, folder: &Path) -> Result<Ceiling> {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder)?;
        let (at, file) = (free_port()?.to_string(), folder.join("ceiling.db"));
        let mut command = match ruler {
            Some(program) => Command::new(program),
            None => Command::new(std::env::current_exe()?),
        };
        if ruler.is_none() {
            command.arg("ceiling");
        }
        command
            .arg("serve")
            .arg(&at)
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let mut process = Process(command.spawn()?);
        let at = at.parse()?;
        answers(at, "/hello", &mut process).await?;
        Ok(Ceiling { process, at })
    }

    /// So many conversations with so many listeners each.
    pub fn relay(&self, conversations: usize, fan: usize) -> Relay {
        let seat = |c: usize| Seat {
            at: self.at,
            request: request(
                &format!("GET /sse/{c}"),
                "accept: text/event-stream\r\n",
                "",
            ),
            conversation: Some(c),
        };
        let ears = (0..conversations)
            .flat_map(|c| (0..fan).map(move |_| c))
            .map(seat)
            .collect();
        let say = |c: usize, n: u32| {
            request(
                &format!("POST /send/{c}"),
                "content-type: text/plain\r\n",
                &body(n),
            )
        };
        Relay {
            at: self.at,
            say: Arc::new(say),
            ears,
        }
    }

    /// Something that is told and not written.
    pub fn passing(&self, conversation: usize) -> Vec<u8> {
        request(
            &format!("POST /mem/{conversation}"),
            "content-type: text/plain\r\n",
            &body(0),
        )
    }
}

/// Where the seeds' way is installed.
pub struct Seeds {
    ruler: PathBuf,
    kept: PathBuf,
}

/// The seeds' way, running.
pub struct Seed {
    pub process: Process,
    pub at: SocketAddr,
    /// The agent's cookie.
    agent: String,
}

/// A conversation there, with the cookie of whoever began it.
#[derive(Clone)]
pub struct Talk {
    id: i64,
    cookie: String,
}

impl Seeds {
    pub fn prepare(rulers: &Path, kept: PathBuf) -> Result<Seeds> {
        let ruler = rulers.join("baseline").canonicalize()?;
        if !kept.join("venv/bin/daphne").exists() {
            eprintln!("── installing the baseline");
            std::fs::create_dir_all(&kept)?;
            run(Command::new("python3")
                .args(["-m", "venv"])
                .arg(kept.join("venv")))?;
            let packages = [
                "aiohttp",
                "django",
                "channels",
                "daphne",
                "gunicorn",
                "websockets",
            ];
            run(Command::new(kept.join("venv/bin/pip"))
                .args(["-q", "install"])
                .args(packages))?;
        }
        Ok(Seeds { ruler, kept })
    }

    fn program(&self, name: &str, folder: &Path) -> Command {
        let mut command = Command::new(self.kept.join("venv/bin").join(name));
        command
            .current_dir(folder)
            .env("PYTHONPATH", ".")
            .env("SEED_SQLITE", folder.join("db.sqlite3"));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn fill(&self, folder: &Path) -> Result<()> {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder)?;
        run(Command::new("cp")
            .arg("-r")
            .args(["app.py", "supp", "tpl"].map(|p| self.ruler.join(p)))
            .arg(folder))?;
        run(self.program("python", folder).args(["app.py", "migrate"]))?;
        let agent = "from django.contrib.auth.models import User; User.objects.create_superuser('agent', 'a@example.test', 'benchpass1')";
        run(self
            .program("python", folder)
            .args(["app.py", "shell", "-c", agent]))
    }

    /// Three processes that are polled.
    pub async fn polled(&self, bench: &Bench, name: &str) -> Result<Seed> {
        let (folder, at) = (bench.work.folder(name), free_port()?);
        self.fill(&folder)?;
        let serve = [
            "-w",
            "3",
            "-b",
            &at.to_string(),
            "--log-level",
            "error",
            "app:wsgi",
        ];
        let mut process = Process(self.program("gunicorn", &folder).args(serve).spawn()?);
        let path = "/support/tickets/";
        answers(at, path, &mut process).await?;
        let who = json("POST /login/", "", r#"{"u":"agent","p":"benchpass1"}"#);
        let answer = Line::open(at).await?.ask(&who).await?;
        ensure!(answer.status == 200, "the agent cannot sign in");
        Ok(Seed {
            process,
            at,
            agent: cookie(&answer)?,
        })
    }

    /// Channels over WebSocket at 100 messages a second: seconds to delivery, p50 and p99, as its own client says.
    pub async fn channels(&self, bench: &Bench, name: &str) -> Result<(f64, f64)> {
        let (folder, at) = (bench.work.folder(name), free_port()?);
        self.fill(&folder)?;
        let port = at.port().to_string();
        let serve = ["-b", "127.0.0.1", "-p", &port, "-v", "0", "app:application"];
        let mut process = Process(self.program("daphne", &folder).args(serve).spawn()?);
        answers(at, "/support/tickets/", &mut process).await?;
        let mut client = self.program("python", &folder);
        client
            .arg(self.ruler.join("bench_ws.py"))
            .stdout(Stdio::piped());
        client
            .env("PORT", port)
            .env("RATES", "100")
            .env("IDLE", "0")
            .env("SRV", process.0.id().to_string());
        let said = tokio::task::spawn_blocking(move || client.output()).await??;
        let said = String::from_utf8(said.stdout)?;
        let of = |name: &str| -> Result<f64> {
            let from = said
                .split(name)
                .nth(1)
                .with_context(|| format!("no {name} in: {said}"))?;
            let digits = from.trim_start().split("ms").next().unwrap_or_default();
            Ok(digits.trim().parse::<f64>()? / 1e3)
        };
        // What it has not told after ten seconds is missing from its figures, which flatters it.
        Ok((of("p50=")?, of("p99=")?))
    }
}

/// Of the session; Django sets another one beside it at times.
fn cookie(answer: &crate::client::Answer) -> Result<String> {
    let from = answer.head.split("sid=").nth(1).context("no cookie")?;
    Ok(format!(
        "sid={}",
        from.split(';').next().unwrap_or_default()
    ))
}

fn run(command: &mut Command) -> Result<()> {
    let done = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()?;
    ensure!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(())
}

impl Seed {
    fn asks(&self, line: &str, cookie: &str, body: &str) -> Vec<u8> {
        request(
            line,
            &format!("cookie: {cookie}\r\ncontent-type: application/json\r\n"),
            body,
        )
    }

    pub async fn talks(&self, n: usize) -> Result<Vec<Talk>> {
        let mut line = Line::open(self.at).await?;
        let mut made = vec![];
        for i in 0..n {
            let who =
                format!(r#"{{"name":"Visitor {i}","message":"Hello, I am the first line."}}"#);
            let answer = line
                .ask(&json("POST /support/api/conversation/create/", "", &who))
                .await?;
            let id = answer.json()?["conversation_id"]
                .as_i64()
                .context("no conversation")?;
            made.push(Talk {
                id,
                cookie: cookie(&answer)?,
            });
        }
        Ok(made)
    }

    /// The agent's message of this number.
    pub fn say(&self, talk: &Talk, n: u32) -> Vec<u8> {
        let path = format!("POST /support/api/conversation/{}/send/", talk.id);
        self.asks(
            &path,
            &self.agent,
            &format!(r#"{{"message":"{}"}}"#, body(n)),
        )
    }

    /// Nobody listens; they ask.
    pub fn relay(&self, talks: &[Talk]) -> Relay {
        let path = |t: &Talk| format!("POST /support/api/conversation/{}/send/", t.id);
        let asks: Vec<(String, String)> =
            talks.iter().map(|t| (path(t), t.cookie.clone())).collect();
        let say = move |c: usize, n: u32| {
            let head = format!(
                "cookie: {}\r\ncontent-type: application/json\r\n",
                asks[c].1
            );
            request(
                &asks[c].0,
                &head,
                &format!(r#"{{"message":"{}"}}"#, body(n)),
            )
        };
        Relay {
            at: self.at,
            say: Arc::new(say),
            ears: vec![],
        }
    }

    /// The marks that came after, and where to go on.
    pub async fn poll(&self, line: &mut Line, talk: &Talk, after: &mut i64) -> Result<Vec<u32>> {
        let path = format!(
            "GET /support/api/conversation/{}/messages/?after={after}",
            talk.id
        );
        let said = line
            .ask(&self.asks(&path, &talk.cookie, ""))
            .await?
            .json()?;
        let said = said["messages"].as_array().context("no messages")?;
        *after = said
            .iter()
            .filter_map(|m| m["id"].as_i64())
            .fold(*after, i64::max);
        let text = |m: &serde_json::Value| {
            crate::client::marked(m["content"].as_str().unwrap_or_default().as_bytes())
        };
        Ok(said.iter().filter_map(text).collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::{client::mark, desk::body};

    #[test]
    fn a_ruler_says_as_many_bytes_as_the_others() {
        assert_eq!(body(1).len(), 77);
        assert!(body(7).starts_with(&mark(7)));
    }
}
