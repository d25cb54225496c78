//! Many who close and open the same conversation.

use super::{Nodes, codes, refused, said};
use crate::test::{Person, TestDesk};
use futures::future::join_all;
use serde_json::{Value, json};

crate::stories! {
    closed_and_opened_by_a_hundred_it_happens_once,
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
