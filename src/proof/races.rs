//! Promise 19, races keep the rules: a hundred at once, one winner, the losers told so in a word; and afterwards
//! the events agree with the state. On PostgreSQL half of them come in at a second node.

use super::{
    cast::call,
    form::{either, report},
};
use crate::desk::{account::ops as account, routing, state::Desk};
use crate::model::id::AgentId;
use crate::test::{Engine, Person, Reply, TestDesk, doors};
use axum::{Router, http::Method};
use futures::future::join_all;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
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

crate::stories! {
    of_a_hundred_who_take_one_wins,
    of_many_supervisors_who_take_the_losers_are_told_who_has_it,
    assigned_by_many_at_once_it_is_where_the_last_event_says,
    closed_and_opened_by_a_hundred_it_happens_once,
    sent_by_many_at_once_each_is_stored_once,
    the_queue_is_handed_out_once_and_evenly,
}

async fn of_a_hundred_who_take_one_wins(desk: TestDesk) {
    let (ada, sam, kim, priya) = (
        desk.visitor("Ada").await,
        desk.agent("Sam").await,
        desk.agent("Kim").await,
        desk.agent("Priya").await,
    );
    let all = Nodes::of(desk).await;
    let id = all.begun(&ada).await;
    let done = all
        .storm(
            &[&sam, &kim, &priya],
            &format!("/conversations/{id}/assign"),
            |_, who| json!({"agent_id": who.id}),
        )
        .await;
    let winners: BTreeSet<Uuid> = done
        .iter()
        .filter(|(_, r)| r.status == 200)
        .map(|(id, _)| *id)
        .collect();
    assert_eq!(winners.len(), 1, "one winner, however often they try");
    assert_eq!(all.state(id).await.1, winners.first().copied());
    // Whoever comes after it does not see it any more; whoever saw it first and came too late is told who has it.
    let lost = refused(&done);
    assert!(
        !lost.is_empty() && lost.is_subset(&codes(&[(404, "not_found"), (409, "conflict")])),
        "{lost:?}"
    );
    assert_eq!(
        all.kinds(id, &["conversation.assigned"]).await.len(),
        1,
        "told once"
    );
    all.whole().await;
}

async fn of_many_supervisors_who_take_the_losers_are_told_who_has_it(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let (noor, olga) = (desk.supervisor("Noor").await, desk.supervisor("Olga").await);
    let all = Nodes::of(desk).await;
    let id = all.begun(&ada).await;
    let done = all
        .storm(
            &[&noor, &olga],
            &format!("/conversations/{id}/assign"),
            |_, who| json!({"agent_id": who.id}),
        )
        .await;
    assert_eq!(refused(&done), codes(&[(409, "conflict")]));
    let winners: BTreeSet<Uuid> = done
        .iter()
        .filter(|(_, r)| r.status == 200)
        .map(|(id, _)| *id)
        .collect();
    assert_eq!(
        (
            winners.len(),
            all.kinds(id, &["conversation.assigned"]).await.len()
        ),
        (1, 1)
    );
    all.whole().await;
}

async fn assigned_by_many_at_once_it_is_where_the_last_event_says(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let (noor, olga) = (desk.supervisor("Noor").await, desk.supervisor("Olga").await);
    let agents = [
        desk.agent("Sam").await.id,
        desk.agent("Kim").await.id,
        desk.agent("Priya").await.id,
    ];
    let all = Nodes::of(desk).await;
    let id = all.begun(&ada).await;
    let done = all
        .storm(
            &[&noor, &olga],
            &format!("/conversations/{id}/assign"),
            |n, _| {
                if n % 4 == 3 {
                    json!({"agent_id": null})
                } else {
                    json!({"agent_id": agents[n % 3]})
                }
            },
        )
        .await;
    assert_eq!(refused(&done), codes(&[]), "the last one has the last word");
    assert!(all.kinds(id, &["conversation.assigned"]).await.len() > 10);
    all.whole().await;
}

async fn closed_and_opened_by_a_hundred_it_happens_once(desk: TestDesk) {
    let (ada, sam, noor) = (
        desk.visitor("Ada").await,
        desk.agent("Sam").await,
        desk.supervisor("Noor").await,
    );
    let all = Nodes::of(desk).await;
    let id = all.begun(&ada).await;
    all.post(
        0,
        &sam,
        &format!("/conversations/{id}/assign"),
        json!({"agent_id": sam.id}),
    )
    .await
    .ok();
    for (path, body) in [
        ("close", Value::Null),
        ("status", json!({"status": "active"})),
    ] {
        let people: &[&Person] = if path == "close" {
            &[&sam, &noor, &ada]
        } else {
            &[&sam, &noor]
        };
        let done = all
            .storm(people, &format!("/conversations/{id}/{path}"), |_, _| {
                body.clone()
            })
            .await;
        assert_eq!(
            done.iter().filter(|(_, r)| r.status == 200).count(),
            1,
            "{path}: one did it"
        );
        assert_eq!(refused(&done), codes(&[(409, "conflict")]), "{path}");
    }
    // And both at once, with the customer's texts between, which open what is closed.
    let people = [&sam, &noor];
    let storm = (0..all.many).map(|n| {
        let (all, ada, who) = (&all, &ada, people[n / 2 % 2]);
        async move {
            match n % 3 {
                0 => {
                    all.post(n, who, &format!("/conversations/{id}/close"), Value::Null)
                        .await
                }
                1 => {
                    all.post(
                        n,
                        who,
                        &format!("/conversations/{id}/status"),
                        json!({"status": "active"}),
                    )
                    .await
                }
                _ => {
                    all.post(
                        n,
                        ada,
                        &format!("/conversations/{id}/messages"),
                        said("Wait"),
                    )
                    .await
                }
            }
        }
    });
    let done = join_all(storm).await;
    assert!(
        done.iter()
            .all(|r| r.status.is_success() || r.status == 409),
        "{:?}",
        done.iter()
            .find(|r| r.status != 409 && !r.status.is_success())
    );
    let moves = all
        .kinds(id, &["conversation.closed", "conversation.reopened"])
        .await;
    assert!(moves.len() > 2, "{moves:?}");
    all.whole().await;
}

async fn sent_by_many_at_once_each_is_stored_once(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let all = Nodes::of(desk).await;
    // Every message is sent four times, at whichever node; the first of all makes the conversation.
    let clients: Vec<Uuid> = (0..all.many / 4).map(|_| Uuid::new_v4()).collect();
    let body = |n: usize| json!({"client_id": clients[n % clients.len()], "body": format!("Number {}", n % clients.len())});
    let mut done = all.storm(&[&ada], "/conversations", |n, _| body(n)).await;
    // Two nodes that meet may ask a sender to come again, as a browser does by itself; nothing else is refused.
    let mut asked_again = 0;
    for (n, (_, reply)) in done.iter_mut().enumerate() {
        while reply.status == 503 && asked_again < 200 {
            asked_again += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
            *reply = all.post(n, &ada, "/conversations", body(n)).await;
        }
    }
    report(&format!(
        "sends: {} at once at {} node(s), {asked_again} asked to come again",
        done.len(),
        all.nodes.len()
    ));
    assert_eq!(refused(&done), codes(&[]));
    let ids: BTreeSet<String> = done
        .iter()
        .map(|(_, r)| r.json()["conversation"]["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1, "one conversation");
    let mut by_client: BTreeMap<String, Vec<(u16, String)>> = BTreeMap::new();
    for (_, r) in &done {
        let message = &r.json()["message"];
        by_client
            .entry(message["client_id"].to_string())
            .or_default()
            .push((r.status.as_u16(), message["id"].to_string()));
    }
    assert_eq!(by_client.len(), clients.len());
    for all in by_client.values() {
        assert_eq!(
            all.iter().filter(|(s, _)| *s == 201).count(),
            1,
            "one was the first: {all:?}"
        );
        assert_eq!(
            all.iter().map(|(_, id)| id).collect::<BTreeSet<_>>().len(),
            1,
            "the same message"
        );
    }
    // Whoever answers what is nobody's has it: of both sides writing at once nothing is lost.
    let id: Uuid = ids.first().unwrap().trim_matches('"').parse().unwrap();
    let done = all
        .storm(
            &[&ada, &sam],
            &format!("/conversations/{id}/messages"),
            |_, _| said("At once"),
        )
        .await;
    assert_eq!(refused(&done), codes(&[]));
    let (texts,): (i64,) = all
        .desk
        .node
        .db()
        .one(
            "select cast(count(*) as bigint) from message where kind = 'text'",
            vec![],
        )
        .await
        .unwrap();
    assert_eq!(texts as usize, clients.len() + all.many);
    assert_eq!(
        (
            all.state(id).await.1,
            all.kinds(id, &["conversation.assigned"]).await.len()
        ),
        (Some(sam.id), 1)
    );
    all.whole().await;
}

async fn the_queue_is_handed_out_once_and_evenly(desk: TestDesk) {
    let mut agents = vec![];
    for name in ["Sam", "Kim", "Priya"] {
        agents.push(desk.agent(name).await);
    }
    let noor = desk.supervisor("Noor").await;
    let all = Nodes::of(desk).await;
    let mut ids = vec![];
    for n in 0..all.many / 4 {
        ids.push(all.begun(&all.desk.visitor(&format!("V{n}")).await).await);
    }
    for agent in &agents {
        account::came(&all.desk.node, all.desk.workspace, AgentId(agent.id)).await;
    }
    // Every node hands out, again and again, while somebody takes the first by hand.
    let hearing = (0..8).map(|n| routing::ops::hear_once(&all.nodes[n % all.nodes.len()].0));
    let first = format!("/conversations/{}/assign", ids[0]);
    let (_, taken) = tokio::join!(
        join_all(hearing),
        all.post(1, &noor, &first, json!({"agent_id": noor.id}))
    );
    assert!(
        taken.status == 200 || taken.problem() == (409, "conflict".into()),
        "{}",
        taken.text
    );
    let mut has: BTreeMap<Uuid, i64> = agents.iter().map(|a| (a.id, 0)).collect();
    for id in &ids {
        assert_eq!(
            all.kinds(*id, &["conversation.assigned"]).await.len(),
            1,
            "given once"
        );
        *has.entry(all.state(*id).await.1.expect("somebody's"))
            .or_default() += 1;
    }
    has.remove(&noor.id);
    assert!(
        has.len() == 3 && has.values().max().unwrap() - has.values().min().unwrap() <= 1,
        "{has:?}"
    );
    all.whole().await;
}
