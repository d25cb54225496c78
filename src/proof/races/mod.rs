//! Promise 19, races keep the rules: a hundred at once, one winner, the losers told so in a word; and afterwards
//! the events agree with the state. On PostgreSQL half of them come in at a second node.

mod assigning;
mod closing;
mod sending;

use super::{cast::call, form::either};
use crate::desk::state::Desk;
use crate::test::{Engine, Person, Reply, TestDesk, doors};
use axum::{Router, http::Method};
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The nodes of one desk, and how many do the same thing at once.
struct Nodes {
    desk: TestDesk,
    nodes: Vec<(Desk, Router)>,
    many: usize,
}

impl Nodes {
    async fn of(desk: TestDesk) -> Nodes {
        let mut nodes = vec![desk.node.clone()];
        if desk.engine == Engine::Postgres {
            nodes.push(desk.second_node().await);
        }
        let nodes = nodes.into_iter().map(|n| (n.clone(), doors(&n))).collect();
        let many = either(100, 1000);
        Nodes { desk, nodes, many }
    }

    /// The `n`-th of many comes in at one of the nodes.
    async fn post(&self, n: usize, who: &Person, path: &str, body: Value) -> Reply {
        let (_, app) = &self.nodes[n % self.nodes.len()];
        call(app, who, Method::POST, &format!("/api/v1{path}"), body).await
    }

    /// All at once: what each of `people` in turn does, and what they were answered.
    async fn storm(
        &self,
        people: &[&Person],
        path: &str,
        body: impl Fn(usize, &Person) -> Value,
    ) -> Vec<(Uuid, Reply)> {
        let all = (0..self.many).map(|n| {
            let who = people[n / self.nodes.len() % people.len()];
            let body = body(n, who);
            async move { (who.id, self.post(n, who, path, body).await) }
        });
        join_all(all).await
    }

    async fn begun(&self, who: &Person) -> Uuid {
        let begun = self
            .post(0, who, "/conversations", said("Hello"))
            .await
            .created();
        begun["conversation"]["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    async fn state(&self, id: Uuid) -> (String, Option<Uuid>) {
        let sql = "select status, assignee_id from conversation where id = $1";
        self.desk.node.db().one(sql, vec![id.into()]).await.unwrap()
    }

    async fn kinds(&self, id: Uuid, among: &[&str]) -> Vec<String> {
        let sql = "select kind from event where conversation_id = $1 order by seq";
        let all: Vec<(String,)> = self.desk.node.db().all(sql, vec![id.into()]).await.unwrap();
        all.into_iter()
            .map(|(k,)| k)
            .filter(|k| among.contains(&k.as_str()))
            .collect()
    }

    /// What must be so whatever happened.
    async fn whole(self) {
        let db = self.desk.node.db();
        let seqs: Vec<(i64,)> = db
            .all("select seq from event order by seq", vec![])
            .await
            .unwrap();
        let (head,): (i64,) = db.one("select seq from workspace", vec![]).await.unwrap();
        assert_eq!(
            seqs.iter().map(|s| s.0).collect::<Vec<_>>(),
            (1..=head).collect::<Vec<_>>(),
            "seq without gap"
        );
        assert!(head > 5, "something happened");

        let orphans = "select cast(count(*) as bigint) from message m left join event e on e.message_id = m.id and e.seq = m.seq and e.kind = 'message.created' where e.seq is null";
        let doubled = "select cast(count(*) as bigint) from event where kind = 'message.created' and message_id not in (select id from message)";
        let opened = "select cast(count(*) as bigint) from (select contact_id from conversation where status <> 'closed' group by widget_id, contact_id having count(*) > 1) as t";
        for (rule, sql) in [
            ("every message with its event", orphans),
            ("no event without its message", doubled),
            ("one open conversation", opened),
        ] {
            let (n,): (i64,) = db.one(sql, vec![]).await.unwrap();
            assert_eq!(n, 0, "{rule}");
        }
        let kept = "select status, cast(sum(n) as bigint) from tally group by status having sum(n) <> 0 order by status";
        let counted = "select status, cast(count(*) as bigint) from conversation group by status order by status";
        let kept: Vec<(String, i64)> = db.all(kept, vec![]).await.unwrap();
        let counted: Vec<(String, i64)> = db.all(counted, vec![]).await.unwrap();
        assert_eq!(kept, counted, "counts are what counting says");

        // Each event begins where the one before it ended, and the last ends where the conversation stands.
        type Stamp = (Uuid, Option<Uuid>, Option<Uuid>, String);
        let events: Vec<Stamp> = db.all("select conversation_id, assignee_before, assignee_after, kind from event where kind like 'conversation.%' order by seq", vec![]).await.unwrap();
        let mut at: BTreeMap<Uuid, (Option<Uuid>, bool)> = BTreeMap::new();
        for (id, before, after, kind) in events {
            let (stands, closed) = at.entry(id).or_insert((before, false));
            assert_eq!(
                *stands, before,
                "{kind} begins elsewhere than the event before it ended"
            );
            *stands = after;
            match kind.as_str() {
                "conversation.closed" => assert!(!std::mem::replace(closed, true), "closed twice"),
                "conversation.reopened" => {
                    assert!(std::mem::replace(closed, false), "reopened twice")
                }
                _ => {}
            }
        }
        for (id, (stands, closed)) in at {
            let (status, assignee) = self.state(id).await;
            assert_eq!(
                (assignee, status == "closed"),
                (stands, closed),
                "the state and its last event"
            );
        }
        for (node, _) in &self.nodes {
            node.stop().cancel();
        }
    }
}

fn said(body: &str) -> Value {
    json!({"client_id": Uuid::new_v4(), "body": body})
}

/// The codes of those who were refused, each once.
fn refused(done: &[(Uuid, Reply)]) -> BTreeSet<(u16, String)> {
    done.iter()
        .filter(|(_, r)| !r.status.is_success())
        .map(|(_, r)| r.problem())
        .collect()
}

fn codes(all: &[(u16, &str)]) -> BTreeSet<(u16, String)> {
    all.iter().map(|(s, c)| (*s, c.to_string())).collect()
}
