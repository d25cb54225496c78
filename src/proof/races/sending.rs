//! Many who send the same messages, at whichever node.

use super::{Nodes, codes, refused, said};
use crate::proof::form::report;
use crate::test::TestDesk;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use uuid::Uuid;

crate::stories! {
    sent_by_many_at_once_each_is_stored_once,
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
