//! Other nodes, other processes, other workspaces.

use super::*;
use crate::test::{TestDesk, soon_within};
use serde_json::json;
use std::time::Duration;

crate::stories! {
    another_process_is_noticed,
    a_node_that_was_away_misses_nothing,
    two_nodes_keep_one_order,
    what_happens_in_one_workspace_is_unknown_in_the_other,
}

async fn another_process_is_noticed(desk: TestDesk) {
    // The command line, or another node: it writes through a connection of its own.
    let other = desk.second_node().await;
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let conversation = ada.writes("Hello").await;
    let mut ears = sam.stream(Some(&sam.cursor().await)).await;
    ada.at(&other)
        .says(conversation, "from the other side")
        .await;
    assert_eq!(bodies(&mut ears, "from the other side").await.len(), 1);
    // And a suspension there ends a stream here.
    let admin = desk.admin().await.at(&other);
    let mut ears = sam.stream(None).await;
    admin
        .post(&format!("/agents/{}/suspend", sam.id), json!({}))
        .await
        .ok();
    let since = std::time::Instant::now();
    while ears.next().await.is_some() {}
    // Once a second it looks at the file; PostgreSQL notifies, and it looks every five seconds only in case.
    let within = Duration::from_secs(if desk.engine == crate::test::Engine::Sqlite {
        5
    } else {
        2
    });
    assert!(since.elapsed() < within, "{:?}", since.elapsed());
    // Before it expires by itself.
    soon_within(
        Duration::from_secs(10),
        "a cached session is refused here too",
        || async { sam.get("/me").await.status == 401 },
    )
    .await;
    other.stop().cancel();
}

async fn a_node_that_was_away_misses_nothing(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let conversation = ada.writes("before").await;
    let cursor = sam.cursor().await;
    chatter(&ada, conversation, 0, 30).await; // told while the other node does not exist
    let other = desk.second_node().await;
    let mut ears = sam.at(&other).stream(Some(&cursor)).await;
    assert_eq!(bodies(&mut ears, "29").await.len(), 30);
    chatter(&ada, conversation, 30, 40).await;
    assert_eq!(bodies(&mut ears, "39").await.len(), 10);
    other.stop().cancel();
}

async fn two_nodes_keep_one_order(desk: TestDesk) {
    let other = desk.second_node().await;
    let noor = desk.supervisor("Noor").await;
    let cursor = noor.cursor().await;
    let (mut here, mut there) = (
        noor.stream(Some(&cursor)).await,
        noor.at(&other).stream(Some(&cursor)).await,
    );
    let mut writers = vec![];
    for n in 0..4 {
        let person = desk.visitor(&format!("V{n}")).await;
        let person = if n % 2 == 0 {
            person
        } else {
            person.at(&other)
        };
        writers.push(async move {
            let conversation = person.writes("start").await;
            for n in 0..15 {
                person.says(conversation, &n.to_string()).await;
            }
        });
    }
    futures::future::join_all(writers).await;
    let mut orders = vec![];
    for ears in [&mut here, &mut there] {
        let (mut order, mut messages) = (vec![], 0);
        while messages < 64 {
            let event = ears.next().await.unwrap();
            messages += usize::from(event.name == "message.created");
            order.push(seq(&event.id.unwrap()));
        }
        assert!(
            order.windows(2).all(|w| w[1] == w[0] + 1),
            "without gap: {order:?}"
        );
        orders.push(order);
    }
    assert_eq!(orders[0], orders[1]);
    other.stop().cancel();
}

async fn what_happens_in_one_workspace_is_unknown_in_the_other(desk: TestDesk) {
    let (other, widget) = desk.second_workspace().await;
    let (ada, sam) = (desk.visitor("Ada").await, desk.supervisor("Sam").await);
    let (eve, mallory) = (
        desk.visitor_at(widget, "Eve").await,
        desk.admin_of(other, "Mallory").await,
    );
    let (mut his, mut hers) = (mallory.stream(None).await, eve.stream(None).await);
    // Coming online is news of their own; it is not what this is about.
    while his.within(Duration::from_millis(300)).await.is_ok() {}
    while hers.within(Duration::from_millis(50)).await.is_ok() {}
    let cursor = mallory.cursor().await;

    let canary = "canary-7f3a9";
    let conversation = ada.writes(canary).await;
    sam.notes(conversation, &format!("{canary} note")).await;
    sam.says(conversation, canary).await;
    sam.patch(&format!("/contacts/{}", ada.id), json!({"name": canary}))
        .await;
    assert!(
        sam.thread(conversation).await.join(" ").contains(canary),
        "or there is nothing to find"
    );

    let mut everything = String::new();
    for who in [&mallory, &eve] {
        for path in [
            "/conversations",
            "/agents",
            "/widgets",
            "/contacts",
            "/settings",
            "/me",
            "/sessions",
            "/events",
        ] {
            everything += &who.get_json(path).await.text;
        }
        for path in [
            format!("/conversations/{conversation}"),
            format!("/conversations/{conversation}/messages"),
            format!("/contacts/{}", ada.id),
            format!("/widgets/{}", desk.widget),
        ] {
            let reply = who.get(&path).await;
            assert!(
                [403, 404].contains(&reply.status.as_u16()),
                "{path}: {}",
                reply.status
            );
            everything += &reply.text;
        }
    }
    everything += &mallory.poll(Some(&cursor)).await.to_string();
    let own = mallory.get("/agents").await.text;
    assert!(own.contains("Mallory"), "the doors do answer: {own}");
    assert!(
        his.silent(Duration::from_millis(300)).await
            && hers.silent(Duration::from_millis(100)).await
    );
    everything += &(his.heard + &hers.heard);
    assert!(
        !everything.contains(canary)
            && !everything.contains(&conversation.to_string()[..13])
            && !everything.contains("Ortiz")
    );
    // The seq is the workspace's own: nothing of the other's traffic shows in it.
    assert_eq!(mallory.cursor().await, cursor);
}
