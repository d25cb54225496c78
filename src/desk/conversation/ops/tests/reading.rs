//! Read marks and typing.

use super::*;
use crate::test::{Person, TestDesk};
use serde_json::json;

crate::stories! {
    unread_is_counted_and_read_away,
    typing_passes_by_without_an_id,
    only_its_owner_and_whoever_answered_tick_what_the_customer_wrote,
    a_read_mark_stands_at_what_both_sides_see,
}

async fn unread_is_counted_and_read_away(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let conversation = ada.writes("1").await;
    let last = ada.says(conversation, "2").await;
    let unread = async |who: &Person| {
        who.conversation(conversation).await.ok()["unread_count"]
            .as_i64()
            .unwrap()
    };
    assert_eq!((unread(&sam).await, unread(&ada).await), (2, 0));
    sam.takes(conversation).await;
    let cursor = ada.cursor().await;
    let read = sam
        .post(
            &format!("/conversations/{conversation}/read"),
            json!({"seq": last["seq"]}),
        )
        .await;
    assert_eq!((read.status.as_u16(), read.text.as_str()), (204, ""));
    assert_eq!(unread(&sam).await, 0);
    let told = ada.poll(Some(&cursor)).await;
    assert_eq!(
        told["events"][0]["type"], "receipt.read",
        "the customer sees the tick: {told}"
    );
    sam.post(
        &format!("/conversations/{conversation}/read"),
        json!({"seq": last["seq"]}),
    )
    .await;
    assert_eq!(
        ada.poll(Some(&cursor)).await["events"]
            .as_array()
            .unwrap()
            .len(),
        1,
        "reading twice is told once"
    );
    sam.says(conversation, "3").await;
    sam.says(conversation, "4").await;
    sam.notes(conversation, "not for Ada").await;
    assert_eq!(
        unread(&ada).await,
        2,
        "notes and event lines are nobody's unread"
    );
}

async fn typing_passes_by_without_an_id(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let conversation = ada.writes("Hello").await;
    let cursor = ada.cursor().await;
    let (mut hers, mut his) = (ada.stream(None).await, sam.stream(None).await);
    ada.post(
        &format!("/conversations/{conversation}/typing"),
        json!({"typing": true}),
    )
    .await;
    let heard = his.until("typing").await;
    assert_eq!(
        (heard.id, heard.data["data"]["author"]["name"].clone()),
        (None, json!("Ada"))
    );
    sam.post(
        &format!("/conversations/{conversation}/typing"),
        json!({"typing": true}),
    )
    .await;
    let heard = hers.until("typing").await;
    assert_eq!(
        heard.data["data"]["author"]["name"], "Sam",
        "first name only"
    );
    assert!(
        !hers.heard.contains("\"Ada\""),
        "one's own typing is not told back"
    );
    assert!(
        ada.poll(Some(&cursor)).await["events"]
            .as_array()
            .unwrap()
            .iter()
            .all(|e| e["type"] != "typing"),
        "nothing is stored"
    );
    let bob = desk.visitor("Bob").await;
    assert_eq!(
        bob.post(
            &format!("/conversations/{conversation}/typing"),
            json!({"typing": true})
        )
        .await
        .status,
        404
    );
}

async fn only_its_owner_and_whoever_answered_tick_what_the_customer_wrote(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let (kim, noor) = (desk.agent("Kim").await, desk.supervisor("Noor").await);
    let conversation = ada.writes("1").await;
    let ticked = async || {
        customer_thread(&ada, conversation)
            .await
            .seen
            .conversation
            .staff_read_seq
    };
    let reads = async |who: &Person, seq: i64| {
        let read = who
            .post(
                &format!("/conversations/{conversation}/read"),
                json!({"seq": seq}),
            )
            .await;
        assert_eq!(read.status, 204);
    };
    let first = sam_seq(&ada, conversation).await;
    let cursor = ada.cursor().await;
    // Two colleagues look in, and one of them twice.
    for who in [&kim, &noor, &sam, &kim] {
        reads(who, first).await;
    }
    assert_eq!(
        kim.conversation(conversation).await.ok()["unread_count"],
        0,
        "for Kim it is read"
    );
    assert_eq!(
        (
            ticked().await,
            ada.poll(Some(&cursor)).await["events"].clone()
        ),
        (0, json!([])),
        "the customer is told nothing"
    );
    assert!(
        noor.poll(Some(&cursor))
            .await
            .to_string()
            .contains("receipt.read"),
        "colleagues are"
    );

    // Whoever takes it has read it already.
    sam.takes(conversation).await;
    assert_eq!(ticked().await, first);
    let told = ada.poll(Some(&cursor)).await;
    assert!(
        told["events"]
            .as_array()
            .unwrap()
            .iter()
            .any(|e| e["type"] == "receipt.read"
                && e["data"]["seq"] == first
                && e["data"]["reader"]["id"] == json!(sam.id)),
        "{told}"
    );

    let second = ada.says(conversation, "2").await["seq"].as_i64().unwrap();
    reads(&noor, second).await;
    assert_eq!(ticked().await, first, "Noor is neither");
    noor.says(conversation, "I know this one.").await;
    assert_eq!(ticked().await, second, "now she has answered");
    let third = ada.says(conversation, "3").await["seq"].as_i64().unwrap();
    reads(&noor, third).await;
    assert_eq!(ticked().await, third);
    let fourth = ada.says(conversation, "4").await["seq"].as_i64().unwrap();
    reads(&sam, fourth).await;
    assert_eq!(ticked().await, fourth, "the owner's reading, as ever");
}

async fn a_read_mark_stands_at_what_both_sides_see(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let conversation = ada.writes("1").await;
    sam.takes(conversation).await;
    sam.says(conversation, "2").await;
    let last = sam_seq(&ada, conversation).await;
    let note = sam.notes(conversation, SECRET).await["seq"]
        .as_i64()
        .unwrap();
    assert!(note > last);
    // Whoever asks for more is told of no more.
    let cursor = ada.cursor().await;
    for (who, seq) in [(&ada, 999_999_999), (&ada, note), (&sam, note)] {
        who.post(
            &format!("/conversations/{conversation}/read"),
            json!({"seq": seq}),
        )
        .await;
    }
    let told = ada.poll(Some(&cursor)).await;
    let marks: Vec<i64> = told["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["data"]["seq"].as_i64().unwrap())
        .collect();
    assert_eq!(marks, [last, last], "{told}");
    assert_eq!(
        customer_thread(&ada, conversation)
            .await
            .seen
            .conversation
            .staff_read_seq,
        last
    );
    assert_eq!(
        staff_thread(&sam, conversation)
            .await
            .seen
            .conversation
            .contact_read_seq,
        last
    );
}

/// Two nodes on one PostgreSQL: see the stories of the bus for resume; here, what passes by.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn typing_crosses_nodes() {
    crate::test::run_story(crate::test::Engine::Postgres, |desk: TestDesk| async move {
        let other = desk.second_node().await;
        tokio::spawn(super::super::hear_other_nodes(other.clone()));
        let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
        let conversation = ada.writes("Hello").await;
        let mut his = sam.at(&other).stream(None).await;
        // The other node's listener needs a moment to be there; typing is repeated, as fingers do.
        let fingers = tokio::spawn({
            let ada = ada.clone();
            async move {
                for n in 0..20 {
                    ada.post(
                        &format!("/conversations/{conversation}/typing"),
                        json!({"typing": n % 2 == 0}),
                    )
                    .await;
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                }
            }
        });
        assert_eq!(
            his.until("typing").await.data["data"]["author"]["name"],
            "Ada"
        );
        fingers.abort();
        other.stop().cancel();
    })
    .await;
}
