//! Many who take, assign or hand out the same conversations.

use super::{Nodes, codes, refused};
use crate::desk::{account::ops as account, routing};
use crate::model::id::AgentId;
use crate::test::TestDesk;
use futures::future::join_all;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

crate::stories! {
    of_a_hundred_who_take_one_wins,
    of_many_supervisors_who_take_the_losers_are_told_who_has_it,
    assigned_by_many_at_once_it_is_where_the_last_event_says,
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
