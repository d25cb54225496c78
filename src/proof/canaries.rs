//! Promise 10, what is not for somebody never reaches them: a word of its own is planted in everything that is
//! protected, people act at random, and every byte that each of them received is searched for it. Whoever may
//! read it must have read it, or the search would prove nothing.

use super::form;
use super::{
    cast::{Cast, Role, Thing, Whose},
    strangers::{Line, request, table},
};
use crate::model::{id::WidgetId, time::now};
use crate::test::{Ears, Person, TestDesk};
use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Uuid;

/// Who may receive a word; nobody else.
const MAY: [(&str, &[&str]); 14] = [
    ("canary-ada-said", &["Ada", "Sam", "Noor", "Alex"]),
    ("canary-bob-said", &["Bob", "Noor", "Alex"]),
    ("canary-cleo-said", &["Cleo", "Sam", "Noor", "Alex"]),
    ("canary-dora-said", &["Dora", "Noor", "Alex"]),
    ("canary-abroad-said", &["Eve"]),
    ("canary-sam-noted", &["Sam", "Noor", "Alex"]),
    ("canary-noor-noted", &["Noor", "Alex"]),
    ("canary-eve-noted", &["Eve"]),
    ("canary-page", &["Ada", "Sam", "Noor", "Alex"]),
    ("canary-abroad-name", &["Eve"]),
    // Of colleagues customers learn the first name alone.
    ("@desk.example", &["Kim", "Sam", "Noor", "Alex"]),
    ("Ortiz", &["Kim", "Sam", "Noor", "Alex"]),
    ("Mallory", &["Eve"]),
    ("Pavel", &["Eve"]),
];

/// A conversation that somebody has from its beginning on, so that who may read it never changes.
struct Thread {
    id: Uuid,
    contact: Uuid,
    customer: Person,
    said: String,
    agent: Person,
    noted: Option<String>,
}

/// A stream that is read all the time, as clients do.
struct Listening {
    stop: CancellationToken,
    heard: JoinHandle<String>,
}

impl Listening {
    fn to(mut ears: Ears) -> Listening {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let heard = tokio::spawn(async move {
            let hour = Duration::from_secs(3600);
            let all = async { while let Ok(Some(_)) = ears.within(hour).await {} };
            tokio::select! {
                () = all => {}
                () = stopped.cancelled() => {}
            }
            ears.heard
        });
        Listening { stop, heard }
    }

    async fn stop(self) -> String {
        self.stop.cancel();
        self.heard.await.unwrap()
    }
}

fn chance(state: &mut u64, n: usize) -> usize {
    *state = state
        .wrapping_mul(6364136223846793005)
        .wrapping_add(1442695040888963407);
    (*state >> 33) as usize % n
}

impl Cast {
    fn person(&self, name: &str) -> Person {
        self.members
            .iter()
            .find(|m| m.name == name)
            .unwrap()
            .person
            .clone()
    }

    async fn plant(&self) -> Vec<Thread> {
        let abroad = self.newcomer(self.there.widget).await;
        let (eve, sam, noor) = (self.person("Eve"), self.person("Sam"), self.person("Noor"));
        let cases = [
            (self.person("Ada"), "ada", &sam, Some("sam")),
            (self.person("Bob"), "bob", &self.here.priya, None),
            (self.person("Cleo"), "cleo", &sam, Some("sam")),
            (self.person("Dora"), "dora", &noor, Some("noor")),
            (abroad, "abroad", &eve, Some("eve")),
        ];
        let mut threads = vec![];
        for (customer, name, agent, noted) in cases {
            let begun = json!({"client_id": Uuid::new_v4(), "body": "Hello"});
            let begun = self
                .call(&customer, Method::POST, "/api/v1/conversations", begun)
                .await
                .created();
            let id: Uuid = begun["conversation"]["id"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap();
            let path = format!("/api/v1/conversations/{id}/assign");
            self.call(agent, Method::POST, &path, json!({"agent_id": agent.id}))
                .await
                .ok();
            let contact = customer.id;
            let noted = noted.map(|n| format!("canary-{n}-noted"));
            threads.push(Thread {
                id,
                contact,
                customer,
                said: format!("canary-{name}-said"),
                agent: agent.clone(),
                noted,
            });
        }
        let page = json!({"page_url": "https://canary-page.example/"});
        self.call(&threads[0].customer, Method::PATCH, "/api/v1/me", page)
            .await
            .ok();
        let path = format!("/api/v1/contacts/{}", threads[4].contact);
        self.call(
            &threads[4].agent,
            Method::PATCH,
            &path,
            json!({"name": "canary-abroad-name"}),
        )
        .await
        .ok();
        threads
    }

    /// One thing that somebody does. None of it changes who may read what.
    async fn act(&self, what: usize, thread: &Thread) {
        let (id, said) = (thread.id, thread.said.clone());
        let post = async |who: &Person, tail: &str, body: Value| {
            let reply = self
                .call(
                    who,
                    Method::POST,
                    &format!("/api/v1/conversations/{id}/{tail}"),
                    body,
                )
                .await;
            assert!(
                reply.status.is_success() || reply.status == 409,
                "{tail}: {} {}",
                reply.status,
                reply.text
            );
        };
        let text = |body: &str| json!({"client_id": Uuid::new_v4(), "body": body});
        match (what, &thread.noted) {
            (0, _) => post(&thread.customer, "messages", text(&said)).await,
            (1, _) => post(&thread.agent, "messages", text(&said)).await,
            (2 | 3, Some(noted)) => {
                let note = json!({"client_id": Uuid::new_v4(), "body": noted, "kind": "note"});
                post(&thread.agent, "messages", note).await;
            }
            (4, _) => post(&thread.customer, "read", json!({"seq": 9999})).await,
            (5, _) => post(&thread.agent, "read", json!({"seq": 9999})).await,
            (6, _) => post(&thread.agent, "typing", json!({"typing": true})).await,
            (7, _) => {
                post(&thread.agent, "close", Value::Null).await;
                post(&thread.agent, "messages", text(&said)).await;
            }
            (8, _) => {
                let until = now().plus(chrono::Duration::days(1));
                post(
                    &thread.agent,
                    "status",
                    json!({"status": "snoozed", "until": until}),
                )
                .await;
                post(&thread.customer, "messages", text(&said)).await;
            }
            _ => post(&thread.customer, "typing", json!({"typing": true})).await,
        }
    }

    /// Everything that can be read, by one of them.
    async fn reads(&self, at: usize, lines: &[Line], threads: &[Thread], cursor: &str) -> String {
        let side = self.side(at);
        let mut received = String::new();
        for line in lines.iter().filter(|l| is_reading(&l.door)) {
            let ids: Vec<Uuid> = match line.thing {
                Some(Thing::Conversation) => threads.iter().map(|t| t.id).collect(),
                Some(Thing::Contact) => threads.iter().map(|t| t.contact).collect(),
                // What another workspace's widget shows to anybody is no secret.
                Some(Thing::Widget) => vec![side.widget.0],
                Some(thing) => vec![self.thing(at, thing, Whose::Elsewhere).await],
                None => vec![Uuid::nil()],
            };
            for id in ids {
                let reply = self.ask(request(self, line, at, id, threads[0].id)).await;
                received += &format!("{:?} {}\n", reply.headers, reply.text);
            }
        }
        let path = format!("/api/v1/events?after={cursor}");
        received
            + &self
                .call(&self.members[at].person, Method::GET, &path, Value::Null)
                .await
                .text
    }

    async fn stream(&self, who: &Person) -> Ears {
        let request = Request::builder()
            .uri("/api/v1/events")
            .header("host", "localhost:3000");
        let request = request
            .header("authorization", format!("Bearer {}", who.token))
            .header("accept", "text/event-stream");
        Ears::of(
            self.app
                .clone()
                .oneshot(request.body(Body::empty()).unwrap())
                .await
                .unwrap(),
        )
    }

    /// What nobody receives at all, or one alone, as it lies in the database.
    async fn secrets(&self) -> BTreeMap<String, &'static [&'static str]> {
        let db = self.desk.node.db();
        let mut found = BTreeMap::new();
        let words: Vec<(String,)> = db
            .all(
                "select password_hash from login where password_hash is not null",
                vec![],
            )
            .await
            .unwrap();
        assert!(words.len() > 8, "everybody has a password");
        for (word,) in words {
            found.insert(word.rsplit('$').next().unwrap().to_owned(), &[][..]);
        }
        for sql in [
            "select token_hash from session",
            "select token_hash from link",
            "select value from workspace_secret",
        ] {
            let rows: Vec<(Vec<u8>,)> = db.all(sql, vec![]).await.unwrap();
            assert!(!rows.is_empty(), "{sql}");
            found.extend(
                rows.into_iter()
                    .map(|(bytes,)| (hex::encode(bytes), &[][..])),
            );
        }
        let all: Vec<(Uuid, Vec<u8>)> = db
            .all("select id, secret from widget", vec![])
            .await
            .unwrap();
        for (id, secret) in all {
            let may: &[&str] = if WidgetId(id) == self.here.widget {
                &["Alex"]
            } else {
                &[]
            };
            found.insert(hex::encode(secret), may);
        }
        found.extend(
            self.members
                .iter()
                .filter(|m| !m.person.token.is_empty())
                .map(|m| (m.person.token.clone(), &[][..])),
        );
        found
    }
}

fn is_reading(door: &str) -> bool {
    let name = door.rsplit('/').next().unwrap();
    let reads = [
        "open_",
        "earlier",
        "chat_earlier",
        "me",
        "front_page",
        "guide_page",
        "look_at_link",
        "widget_secret",
    ];
    if door.starts_with("fn ") {
        reads.iter().any(|r| name.starts_with(r))
    } else {
        ["get ", "page ", "file "]
            .iter()
            .any(|k| door.starts_with(k))
    }
}

/// Who received what is not for them, and who did not receive what is.
fn misplaced(received: &BTreeMap<&str, String>, words: &BTreeMap<String, &[&str]>) -> Vec<String> {
    let mut wrong = vec![];
    for (word, may) in words {
        for (name, bytes) in received {
            match (bytes.find(word.as_str()), may.contains(name)) {
                (Some(at), false) => {
                    let around: String = bytes[bytes.floor_char_boundary(at.saturating_sub(80))..]
                        .chars()
                        .take(160)
                        .collect();
                    wrong.push(format!("{name} received {word}: …{around}…"));
                }
                (None, true) => wrong.push(format!("{name} did not receive {word}")),
                _ => {}
            }
        }
    }
    wrong
}

crate::stories! {
    no_canary_leaves,
}

async fn no_canary_leaves(desk: TestDesk) {
    let cast = Cast::gather(desk).await;
    let actions = form::either(150, 10_000);
    // A customer has no stream yet.
    let listens = |role| !matches!(role, Role::Stranger | Role::Customer);
    let inside: Vec<usize> = (0..cast.members.len())
        .filter(|at| listens(cast.members[*at].role))
        .collect();
    let (mut streams, mut cursors) = (BTreeMap::new(), BTreeMap::new());
    for at in &inside {
        let person = &cast.members[*at].person;
        streams.insert(*at, Listening::to(cast.stream(person).await));
        let now = cast
            .call(person, Method::GET, "/api/v1/events", Value::Null)
            .await
            .ok();
        cursors.insert(*at, now["cursor"].as_str().unwrap().to_owned());
    }
    let threads = cast.plant().await;
    for what in 0..9 {
        for thread in &threads {
            cast.act(what, thread).await;
        }
    }
    let mut state = 20_261_121;
    for _ in 0..actions {
        cast.act(
            chance(&mut state, 10),
            &threads[chance(&mut state, threads.len())],
        )
        .await;
    }
    let lines = table();
    let mut received: BTreeMap<&str, String> = BTreeMap::new();
    for (at, member) in cast.members.iter().enumerate() {
        let cursor = cursors.get(&at).map_or("deadbeef.1", String::as_str);
        let mut all = cast.reads(at, &lines, &threads, cursor).await;
        if let Some(stream) = streams.remove(&at) {
            let heard = stream.stop().await;
            assert!(
                heard.contains("event: "),
                "{} heard nothing at all",
                member.name
            );
            all += &heard;
        }
        received.insert(member.name, all);
    }
    let mut words: BTreeMap<String, &[&str]> = MAY
        .into_iter()
        .map(|(w, may)| (w.to_owned(), may))
        .collect();
    words.extend(cast.secrets().await);
    let wrong = misplaced(&received, &words);
    assert!(
        wrong.is_empty(),
        "{} of {} words:\n{}",
        wrong.len(),
        words.len(),
        wrong.join("\n")
    );
    let bytes: usize = received.values().map(String::len).sum();
    form::report(&format!(
        "canaries: {} words, {} people, {actions} actions at random, {bytes} bytes searched",
        words.len(),
        received.len()
    ));
    cast.desk.node.stop().cancel();
}
