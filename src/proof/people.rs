//! Those who write, one thing at a time each. What they want to say is kept, with its client id, until it is
//! answered, as a browser keeps its draft; so it survives the server's crash.

use super::{
    dice::Dice,
    wire::{Caller, Wire},
};
use crate::test::TestDesk;
use serde_json::{Value, json};
use std::{io, net::SocketAddr, time::Duration};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Into their own conversation.
    Visitor,
    /// Through the door that opens a conversation where there is none.
    Newcomer,
    /// Replies, notes and closes wherever something is.
    Staff,
}

#[derive(Clone)]
pub struct Draft {
    pub client: Uuid,
    path: String,
    body: Value,
}

/// What was acknowledged.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub client: Uuid,
    pub id: Uuid,
    pub seq: i64,
    pub conversation: Uuid,
    pub body: String,
}

pub struct Writer {
    pub who: Caller,
    role: Role,
    places: Vec<Uuid>,
    dice: Dice,
    /// Between two of their messages.
    pub pause: Duration,
    /// How much longer than a line their messages are.
    pub long: usize,
    pub draft: Option<Draft>,
    pub kept: Vec<Kept>,
    /// Answers that a retry got: it had been stored, and the answer was lost.
    pub again: u64,
    pub unavailable: u64,
    /// How long each acknowledgement took.
    pub took: Vec<Duration>,
}

impl Writer {
    fn new(who: Caller, role: Role, places: Vec<Uuid>, seed: u64) -> Writer {
        Writer {
            who,
            role,
            places,
            dice: Dice::from(seed),
            pause: Duration::ZERO,
            long: 0,
            draft: None,
            kept: vec![],
            again: 0,
            unavailable: 0,
            took: vec![],
        }
    }

    /// Write until told to stop, or until the connection breaks.
    pub async fn write(mut self, at: SocketAddr, until: CancellationToken) -> Writer {
        let mut wire = Wire::to(at);
        while !until.is_cancelled() && self.step(&mut wire).await.is_ok() {
            if !self.pause.is_zero() {
                tokio::select! { () = tokio::time::sleep(self.pause) => {}, () = until.cancelled() => {} }
            }
        }
        self
    }

    /// Say again what was not answered; whoever has nothing to say again is silent.
    pub async fn finish(&mut self, at: SocketAddr) -> io::Result<()> {
        let mut wire = Wire::to(at);
        while self.draft.is_some() {
            self.step(&mut wire).await?;
        }
        Ok(())
    }

    async fn step(&mut self, wire: &mut Wire) -> io::Result<()> {
        let place = *self.dice.of(&self.places);
        if self.role == Role::Staff && self.draft.is_none() && self.dice.between(0, 15) == 0 {
            let path = format!("/api/v1/conversations/{place}/close");
            let status = wire.post(&self.who, &path, &json!({})).await?.status;
            assert!([200, 409, 503].contains(&status), "closing: {status}");
            return Ok(());
        }
        let draft = self.draft.take().unwrap_or_else(|| self.thought(place));
        let draft = self.draft.insert(draft).clone();
        let since = std::time::Instant::now();
        let answer = wire.post(&self.who, &draft.path, &draft.body).await?;
        match answer.status {
            200 | 201 => {
                self.took.push(since.elapsed());
                self.again += u64::from(answer.status == 200);
                self.kept.push(kept(&draft, answer.json()));
                self.draft = None;
            }
            503 | 507 => {
                assert!(
                    answer.head.contains("application/problem+json"),
                    "{}",
                    answer.head
                );
                assert_eq!(answer.json()["code"], "unavailable", "{}", answer.text);
                self.unavailable += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            other => panic!("{} was answered {other} {}", draft.path, answer.text),
        }
        Ok(())
    }

    fn thought(&mut self, place: Uuid) -> Draft {
        let client = Uuid::new_v4();
        let mut body = json!({"client_id": client, "body": format!("said {client}{}", " …".repeat(self.long / 4))});
        let path = match self.role {
            Role::Newcomer => "/api/v1/conversations".to_owned(),
            _ => format!("/api/v1/conversations/{place}/messages"),
        };
        if self.role == Role::Staff && self.dice.between(0, 3) == 0 {
            body["kind"] = json!("note");
        }
        Draft { client, path, body }
    }
}

fn kept(draft: &Draft, answer: Value) -> Kept {
    let message = answer.get("message").unwrap_or(&answer);
    let id = |name: &str| message[name].as_str().and_then(|s| s.parse().ok()).unwrap();
    let kept = Kept {
        client: id("client_id"),
        id: id("id"),
        seq: message["seq"].as_i64().unwrap(),
        conversation: id("conversation_id"),
        body: message["body"].as_str().unwrap().to_owned(),
    };
    assert_eq!(kept.client, draft.client, "the answer is to what was sent");
    assert_eq!(draft.body["body"], kept.body);
    kept
}

/// All of them, and a supervisor, who hears everything.
pub struct Crowd {
    pub writers: Vec<Writer>,
    pub supervisor: Caller,
    /// The log's head when they had not written anything yet.
    pub since: i64,
}

impl Crowd {
    /// `n` visitors with a conversation each, of whom an eighth begins anew each time, and staff a quarter as many.
    pub async fn gathered(desk: &TestDesk, n: usize, seed: u64) -> Crowd {
        let noor = desk.supervisor("Noor").await;
        let (mut writers, mut places) = (vec![], vec![]);
        for v in 0..n {
            let visitor = desk.visitor(&format!("Visitor{v}")).await;
            let place = visitor.writes("Hello").await;
            let role = if v % 8 == 7 {
                Role::Newcomer
            } else {
                places.push(place);
                Role::Visitor
            };
            writers.push(Writer::new(
                (&visitor).into(),
                role,
                vec![place],
                seed ^ v as u64,
            ));
        }
        for s in 0..n / 4 {
            let who = (&noor).into();
            let seed = seed ^ (1000 + s as u64);
            writers.push(Writer::new(who, Role::Staff, places.clone(), seed));
        }
        // Somebody has looked before.
        noor.get("/conversations").await.ok();
        let cursor = noor.cursor().await;
        Crowd {
            writers,
            supervisor: (&noor).into(),
            since: cursor.split('.').nth(1).unwrap().parse().unwrap(),
        }
    }

    /// Everybody writes until told to stop, or until the process dies.
    pub fn writing(&mut self, at: SocketAddr, until: &CancellationToken) -> JoinSet<Writer> {
        let writing = self.writers.drain(..).map(|w| w.write(at, until.clone()));
        writing.collect()
    }

    pub async fn back(&mut self, writing: JoinSet<Writer>) {
        self.writers = writing.join_all().await;
    }

    pub async fn finish(&mut self, at: SocketAddr) {
        for writer in &mut self.writers {
            writer.finish(at).await.expect("nothing is broken any more");
        }
    }

    pub fn acknowledged(&self) -> usize {
        self.writers.iter().map(|w| w.kept.len()).sum()
    }
}
