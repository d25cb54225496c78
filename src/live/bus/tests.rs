//! Stories of the log and its streams: nothing is missed, nothing is heard twice, nobody hears what is not theirs.

use super::{STALLED, lock, stream::MISSED};
use crate::desk::account::ops::who::Asker;
use crate::model::limits;
use crate::test::{Ears, Person, TestDesk, soon, soon_within};
use http_body_util::BodyExt;
use serde_json::json;
use std::time::{Duration, Instant};
use uuid::Uuid;

fn seq(id: &str) -> i64 {
    id.split('.').nth(1).unwrap().parse().unwrap()
}

/// The bodies of the messages up to and with `last`.
async fn bodies(ears: &mut Ears, last: &str) -> Vec<String> {
    let mut heard = vec![];
    loop {
        let event = ears.until("message.created").await;
        let body = event.data["data"]["message"]["body"]
            .as_str()
            .unwrap()
            .to_owned();
        let end = body == last;
        heard.push(body);
        if end {
            return heard;
        }
    }
}

async fn chatter(ada: &Person, conversation: Uuid, from: usize, to: usize) {
    for n in from..to {
        ada.says(conversation, &n.to_string()).await;
    }
}

crate::stories! {
    a_stream_ends_when_its_session_runs_out,
    a_stream_that_is_opened_while_the_session_ends_is_none,
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
    signing_out_ends_the_stream_and_the_next_request,
    suspending_ends_everything_within_two_seconds,
    whoever_is_out_hears_no_more_of_what_was_missed,
    whoever_is_out_hears_nothing_newer_by_what_came_before,
    another_process_is_noticed,
    a_node_that_was_away_misses_nothing,
    two_nodes_keep_one_order,
    what_happens_in_one_workspace_is_unknown_in_the_other,
}

async fn a_stream_ends_when_its_session_runs_out(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let soon = crate::model::time::now().plus(chrono::Duration::milliseconds(2_500));
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    tx.run(
        "update session set idle_until = $1 where contact_id = $2",
        vec![soon.into(), ada.id.into()],
    )
    .await
    .unwrap();
    tx.run(
        "update session set expires_at = $1 where login_id = (select id from login where agent_id = $2)",
        vec![soon.into(), sam.id.into()],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let (mut adas, mut sams, mut others) = (
        ada.stream(None).await,
        sam.stream(None).await,
        desk.visitor("Ben").await.stream(None).await,
    );
    assert!(
        adas.goes_on(Duration::from_millis(500)).await
            && sams.goes_on(Duration::from_millis(100)).await,
        "not before"
    );
    adas.ends().await;
    sams.ends().await;
    assert!(crate::model::time::now() >= soon);
    for who in [&ada, &sam] {
        assert_eq!(who.get_json("/events").await.problem().0, 401);
    }
    assert!(
        others.goes_on(Duration::from_millis(200)).await,
        "others go on"
    );
}

async fn a_stream_that_is_opened_while_the_session_ends_is_none(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    ada.get("/me").await.ok();
    // The node knows the session, and nothing tells it that it has ended.
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    let (now, id) = (crate::model::time::now(), ada.id);
    tx.run(
        "update session set revoked_at = $1 where contact_id = $2",
        vec![now.into(), id.into()],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let request = ada
        .request(axum::http::Method::GET, "/events")
        .header("accept", "text/event-stream");
    assert_eq!(
        ada.ask(request.body(axum::body::Body::empty()).unwrap())
            .await
            .problem()
            .0,
        401
    );
    assert_eq!(desk.node.bus().streams(), 0);
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
    let cut = super::log::trim(&mut tx, desk.workspace, later, 4)
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
    super::log::trim(&mut tx, desk.workspace, later, 1000)
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
    super::log::new_epoch(&mut tx, desk.workspace)
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

async fn signing_out_ends_the_stream_and_the_next_request(desk: TestDesk) {
    let sam = desk.agent("Sam").await;
    let mut ears = sam.stream(None).await;
    assert!(sam.get("/me").await.status.is_success());
    let since = std::time::Instant::now();
    assert_eq!(sam.delete("/sessions/current").await.status, 204);
    while ears.next().await.is_some() {}
    assert!(
        since.elapsed() < Duration::from_secs(2),
        "{:?}",
        since.elapsed()
    );
    assert_eq!(sam.get("/me").await.problem(), (401, "unauthorized".into()));
}

async fn suspending_ends_everything_within_two_seconds(desk: TestDesk) {
    let (sam, admin) = (desk.agent("Sam").await, desk.admin().await);
    let mut ears = sam.stream(None).await;
    assert!(sam.get("/conversations").await.status.is_success());
    let since = std::time::Instant::now();
    admin
        .post(&format!("/agents/{}/suspend", sam.id), json!({}))
        .await
        .ok();
    while ears.next().await.is_some() {}
    soon("the next request is refused", || async {
        sam.get("/conversations").await.status == 401
    })
    .await;
    assert!(
        since.elapsed() < Duration::from_secs(2),
        "{:?}",
        since.elapsed()
    );
}

async fn whoever_is_out_hears_no_more_of_what_was_missed(desk: TestDesk) {
    let (ada, sam, admin) = (
        desk.visitor("Ada").await,
        desk.agent("Sam").await,
        desk.admin().await,
    );
    let conversation = ada.writes("start").await;
    let cursor = sam.cursor().await;
    chatter(&ada, conversation, 0, 210).await; // more than a page
    let (mut behind, mut current) = (sam.stream(Some(&cursor)).await, sam.stream(None).await);
    behind.until("message.created").await; // the first page is on its way
    admin
        .post(&format!("/agents/{}/suspend", sam.id), json!({}))
        .await
        .ok();
    while current.next().await.is_some() {}
    ada.says(conversation, "said afterwards").await;
    while behind.next().await.is_some() {}
    assert!(behind.heard.contains("\"5\"") && !behind.heard.contains("said afterwards"));
}

async fn whoever_is_out_hears_nothing_newer_by_what_came_before(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let conversation = ada.writes("Hello").await;
    let owner = crate::desk::account::ops::Owner::Visitor(ada.id.into(), desk.widget, None);
    let tomorrow = crate::model::time::now().plus(chrono::Duration::days(1));
    let thief = Person {
        token: desk.seat(desk.workspace, owner, tomorrow).await,
        ..ada.clone()
    };
    let session = thief.get("/sessions").await.ok();
    let sessions = session["items"].as_array().unwrap();
    let theirs = sessions.iter().find(|s| s["current"] == true).unwrap()["id"].clone();
    let mut ears = [thief.stream(None).await, ada.stream(None).await];

    // The bus comes late: what was told before the end is read when there is news behind it.
    let bus = desk.node.bus();
    let reading = super::lock(&bus.0.topics)[&desk.workspace].reading.clone();
    let late = reading.lock().await;
    sam.takes(conversation).await;
    let path = format!("/sessions/{}", theirs.as_str().unwrap());
    assert_eq!(ada.delete(&path).await.status, 204);
    sam.says(conversation, "The invoice").await;
    drop(late);
    bus.ring([Some(desk.workspace)]);

    ears[0].ends().await;
    assert!(!ears[0].heard.contains("invoice"), "{}", ears[0].heard);
    ears[1].until("message.created").await;
    while !ears[1].heard.contains("invoice") {
        ears[1].next().await.expect("hers goes on");
    }
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
