//! Whoever is out hears nothing more.

use super::*;
use crate::test::{Person, TestDesk, soon};
use serde_json::json;
use std::time::Duration;

crate::stories! {
    a_stream_ends_when_its_session_runs_out,
    a_stream_that_is_opened_while_the_session_ends_is_none,
    signing_out_ends_the_stream_and_the_next_request,
    suspending_ends_everything_within_two_seconds,
    whoever_is_out_hears_no_more_of_what_was_missed,
    whoever_is_out_hears_nothing_newer_by_what_came_before,
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
    let reading = super::super::lock(&bus.0.topics)[&desk.workspace]
        .reading
        .clone();
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
