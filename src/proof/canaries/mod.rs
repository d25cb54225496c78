//! Promise 10, what is not for somebody never reaches them: a word of its own is planted in everything that is
//! protected, people act at random, and every byte that each of them received is searched for it. Whoever may
//! read it must have read it, or the search would prove nothing.

mod acting;
mod reading;

use super::form;
use super::{
    cast::{Cast, Role},
    strangers::table::table,
};
use crate::model::id::WidgetId;
use crate::test::{Person, TestDesk};
use acting::chance;
use axum::http::Method;
use reading::Listening;
use serde_json::Value;
use std::collections::BTreeMap;
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

impl Cast {
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
