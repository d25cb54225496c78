//! Going on from a cursor, and when there is nothing to go on from.

use super::super::{STALLED, lock, stream::MISSED};
use super::*;
use crate::desk::account::ops::who::Asker;
use crate::model::limits;
use crate::test::{Ears, TestDesk, soon};
use http_body_util::BodyExt;
use serde_json::json;
use std::time::{Duration, Instant};

crate::stories! {
    a_stream_resumes_where_it_was_left,
    a_page_of_long_messages_is_a_short_one,
    whoever_catches_up_slowly_is_not_taken_for_deaf,
    a_visitor_catches_up_at_once_whatever_others_said,
    what_somebody_may_not_hear_takes_no_place_in_a_page_of_theirs,
    the_poll_and_the_stream_tell_the_same,
    a_replay_tells_a_customer_no_more_than_the_live_stream,
    a_useless_cursor_is_reset_in_place,
    the_log_is_trimmed_and_older_cursors_are_reset,
    nothing_is_trimmed_that_a_consumer_has_not_heard,
    a_new_epoch_resets_everybody,
    whoever_does_not_read_falls_back_to_the_database,
}

async fn a_stream_resumes_where_it_was_left(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let conversation = ada.writes("start").await;
    let mut ears = ada.stream(Some(&ada.cursor().await)).await;
    chatter(&ada, conversation, 0, 5).await;
    let mut last = String::new();
    for _ in 0..3 {
        last = ears.until("message.created").await.id.unwrap();
    }
    drop(ears);
    chatter(&ada, conversation, 5, 300).await; // more than a page, while nobody listens
    let request = ada
        .request(axum::http::Method::GET, "/events")
        .header("last-event-id", &last)
        .header("accept", "text/event-stream");
    let response = tower::ServiceExt::oneshot(
        crate::test::doors(&ada.desk),
        request.body(axum::body::Body::empty()).unwrap(),
    )
    .await
    .unwrap();
    let mut ears = Ears::of(response);
    let heard = bodies(&mut ears, "299").await;
    let expected: Vec<String> = (3..300).map(|n| n.to_string()).collect();
    assert_eq!(heard, expected, "each once, in order");
    ada.says(conversation, "live again").await;
    assert_eq!(bodies(&mut ears, "live again").await, ["live again"]);
}

async fn a_page_of_long_messages_is_a_short_one(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let conversation = ada.writes("start").await;
    let cursor_again = ada.cursor().await;
    let cursor = cursor_again.parse().unwrap();
    let long = "€".repeat(limits::MESSAGE - 4); // three bytes each
    for n in 0..40 {
        ada.says(conversation, &format!("{n} {long}")).await;
    }
    let subscription = Asker::from(ada.visitor_proof().await).subscription(None);
    let mut stream = desk
        .node
        .bus()
        .listen(subscription, Some(cursor))
        .await
        .unwrap();
    let (mut told, mut longest) = (String::new(), 0);
    while told.matches("event: message.created").count() < 40 {
        let frame = tokio::time::timeout(Duration::from_secs(10), stream.frame()).await;
        let bytes = frame
            .expect("all are told")
            .unwrap()
            .unwrap()
            .into_data()
            .unwrap();
        longest = longest.max(bytes.len());
        told += std::str::from_utf8(&bytes).unwrap();
    }
    assert!(
        longest > MISSED / 2 && longest <= MISSED,
        "{longest} bytes wait for who does not read"
    );
    let heard: Vec<&str> = told
        .split("\"body\":\"")
        .skip(1)
        .map(|b| b.split_once(' ').unwrap().0)
        .collect();
    let expected: Vec<String> = (0..40).map(|n| n.to_string()).collect();
    assert_eq!(heard, expected, "each once, in order");

    // Who asks instead of listening is told as much in several answers.
    let (mut polled, mut at, mut answers) = (vec![], cursor_again, 0);
    while polled.len() < 40 {
        let answer = ada.poll(Some(&at)).await;
        let events = answer["events"].as_array().unwrap();
        assert!(
            !events.is_empty() && answer.to_string().len() < 400_000,
            "a part of it"
        );
        polled.extend(events.iter().map(|e| {
            e["data"]["message"]["body"]
                .as_str()
                .unwrap()
                .split_once(' ')
                .unwrap()
                .0
                .to_owned()
        }));
        at = answer["cursor"].as_str().unwrap().to_owned();
        answers += 1;
    }
    assert!(answers > 1, "or it was one answer");
    assert_eq!(polled, expected);
}

async fn whoever_catches_up_slowly_is_not_taken_for_deaf(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let conversation = ada.writes("start").await;
    let cursor = ada.cursor().await.parse().unwrap();
    let long = "x".repeat(limits::MESSAGE - 4);
    for n in 0..60 {
        ada.says(conversation, &format!("{n} {long}")).await;
    }
    let subscription = Asker::from(ada.visitor_proof().await).subscription(None);
    let mut stream = desk
        .node
        .bus()
        .listen(subscription, Some(cursor))
        .await
        .unwrap();
    ada.says(conversation, "meanwhile").await;
    let told = || {
        let topics = lock(&desk.node.bus().0.topics);
        let mailboxes = topics[&desk.workspace].contacts.values().flatten();
        mailboxes.map(|p| lock(&p.queue).since).collect::<Vec<_>>()
    };
    soon("something waits", async || {
        told().iter().any(Option::is_some)
    })
    .await;
    let long_ago = Instant::now().checked_sub(STALLED * 2).unwrap();
    for _ in 0..3 {
        for mailbox in lock(&desk.node.bus().0.topics)[&desk.workspace]
            .contacts
            .values()
            .flatten()
        {
            lock(&mailbox.queue).since = Some(long_ago);
        }
        stream.frame().await.unwrap().unwrap();
        assert!(
            told()
                .iter()
                .flatten()
                .all(|since| since.elapsed() < STALLED),
            "it reads what was missed"
        );
    }
}

async fn a_visitor_catches_up_at_once_whatever_others_said(desk: TestDesk) {
    let (ada, bob, sam) = (
        desk.visitor("Ada").await,
        desk.visitor("Bob").await,
        desk.agent("Sam").await,
    );
    let (own, others) = (ada.writes("start").await, bob.writes("start").await);
    let cursor = ada.cursor().await;
    chatter(&bob, others, 0, 210).await; // more than a page that is not hers
    ada.says(own, "mine").await;
    sam.patch("/me", json!({ "availability": "offline" }))
        .await
        .ok();
    assert!(
        seq(&ada.cursor().await) - seq(&cursor) > 210,
        "or nobody else said anything"
    );
    let caught = ada.poll(Some(&cursor)).await;
    let told: Vec<&str> = caught["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["type"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["message.created", "availability.changed"]);
    assert_eq!(
        caught["cursor"],
        ada.cursor().await,
        "and is where everybody is"
    );
}

async fn what_somebody_may_not_hear_takes_no_place_in_a_page_of_theirs(desk: TestDesk) {
    let (ada, bob) = (desk.visitor("Ada").await, desk.visitor("Bob").await);
    let (sam, kim) = (desk.agent("Sam").await, desk.agent("Kim").await);
    let (own, others) = (ada.writes("start").await, bob.writes("start").await);
    sam.takes(own).await;
    sam.takes(others).await;
    let (hers, kims) = (ada.cursor().await, kim.cursor().await);
    // More than a page: for Kim what is Sam's, and for Ada what staff have among themselves in her own chat.
    chatter(&bob, others, 0, 110).await;
    for n in 0..210 {
        sam.notes(own, &format!("note {n}")).await;
    }
    ada.says(own, "mine").await;
    let third = desk.visitor("Cem").await.writes("for anybody").await;
    for (who, cursor, last) in [
        (&ada, hers, json!("mine")),
        (&kim, kims, json!("for anybody")),
    ] {
        let caught = who.poll(Some(&cursor)).await;
        let events = caught["events"].as_array().unwrap();
        assert_eq!(
            events.last().unwrap()["data"]["message"]["body"],
            last,
            "in the first page: {caught}"
        );
        assert!(
            events.len() <= 2 && !caught.to_string().contains("note "),
            "{caught}"
        );
    }
    assert!(!third.is_nil());
}

async fn the_poll_and_the_stream_tell_the_same(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let cursor = sam.cursor().await;
    let mut ears = sam.stream(Some(&cursor)).await;
    let conversation = ada.writes("Hello").await;
    sam.says(conversation, "Hi").await;
    sam.notes(conversation, "a note").await;
    sam.closes(conversation).await.ok();
    let polled = sam.poll(Some(&cursor)).await;
    let polled = polled["events"].as_array().unwrap();
    assert!(polled.len() >= 7);
    for event in polled {
        let heard = ears.next().await.unwrap();
        assert_eq!(
            (heard.name.as_str(), heard.id.as_deref()),
            (event["type"].as_str().unwrap(), event["cursor"].as_str())
        );
        assert_eq!(heard.data["data"]["message"], event["data"]["message"]);
    }
}

async fn a_replay_tells_a_customer_no_more_than_the_live_stream(desk: TestDesk) {
    let (ada, bob) = (desk.visitor("Ada").await, desk.visitor("Bob").await);
    let cursor = bob.cursor().await;
    let hers = ada.writes("Only for Ada").await;
    bob.writes("Bob's own").await;
    let mut replayed = bob.stream(Some(&cursor)).await;
    assert_eq!(bodies(&mut replayed, "Bob's own").await, ["Bob's own"]);
    let polled = bob.poll(Some(&cursor)).await.to_string();
    for told in [replayed.heard, polled] {
        assert!(
            told.contains("Bob's own")
                && !told.contains("Only for Ada")
                && !told.contains(&hers.to_string()),
            "{told}"
        );
    }
}

async fn a_useless_cursor_is_reset_in_place(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    ada.writes("Hello").await;
    let cursor = ada.cursor().await;
    let (epoch, head) = cursor
        .split_once('.')
        .map(|(e, s)| (e.to_owned(), s.parse::<i64>().unwrap()))
        .unwrap();
    let unknown = if epoch == "deadbeef" {
        "beefdead"
    } else {
        "deadbeef"
    };
    for useless in [format!("{unknown}.1"), format!("{epoch}.{}", head + 1000)] {
        let mut ears = ada.stream(Some(&useless)).await;
        let reset = ears.next().await.unwrap();
        assert_eq!(
            (reset.name.as_str(), reset.id.as_deref()),
            ("reset", Some(cursor.as_str())),
            "{useless}"
        );
        let polled = ada.poll(Some(&useless)).await;
        assert_eq!(
            (
                polled["reset"].clone(),
                polled["cursor"].clone(),
                polled["events"].clone()
            ),
            (json!(true), json!(cursor), json!([]))
        );
    }
    let mut ears = ada.stream(Some("not a cursor").map(|_| "nonsense")).await;
    assert_eq!(
        ears.next().await.unwrap().name,
        "reset",
        "what cannot be read is unknown, not an error that a browser gives up on"
    );
}

async fn the_log_is_trimmed_and_older_cursors_are_reset(desk: TestDesk) {
    let (ada, old) = (
        desk.visitor("Ada").await,
        desk.visitor("Old").await.cursor().await,
    );
    let conversation = ada.writes("Hello").await;
    chatter(&ada, conversation, 0, 5).await;
    crate::desk::routing::ops::hear_once(&desk.node).await;
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    let later = crate::model::time::now().plus(chrono::Duration::hours(1));
    let cut = super::super::log::trim(&mut tx, desk.workspace, later, 4)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(cut.is_some_and(|to| to >= 4), "small batches");
    assert_eq!(
        ada.poll(Some(&old)).await["reset"],
        true,
        "below the low-water mark"
    );
    assert_eq!(ada.poll(Some(&ada.cursor().await)).await["reset"], false);
    assert_eq!(
        ada.thread(conversation).await.len(),
        6,
        "the messages themselves stay"
    );
}

async fn nothing_is_trimmed_that_a_consumer_has_not_heard(desk: TestDesk) {
    crate::desk::routing::ops::hear_once(&desk.node).await;
    let ada = desk.visitor("Ada").await;
    let cursor = ada.cursor().await;
    ada.writes("Hello").await;
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    let later = crate::model::time::now().plus(chrono::Duration::hours(1));
    super::super::log::trim(&mut tx, desk.workspace, later, 1000)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        ada.poll(Some(&cursor)).await["reset"],
        false,
        "routing has not heard of the conversation yet"
    );
}

async fn a_new_epoch_resets_everybody(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let cursor = ada.cursor().await;
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    super::super::log::new_epoch(&mut tx, desk.workspace)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ada.poll(Some(&cursor)).await["reset"], true);
    assert_ne!(
        ada.cursor().await.split('.').next(),
        cursor.split('.').next()
    );
}

async fn whoever_does_not_read_falls_back_to_the_database(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let conversation = ada.writes("start").await;
    let mut ears = ada.stream(Some(&ada.cursor().await)).await;
    assert!(ears.silent(Duration::from_millis(100)).await);
    chatter(&ada, conversation, 0, 120).await; // more than the 64 that a stream may hold
    let heard = bodies(&mut ears, "119").await;
    assert_eq!(
        heard,
        (0..120).map(|n| n.to_string()).collect::<Vec<_>>(),
        "all of it, once, in order"
    );
}
