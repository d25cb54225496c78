//! Promise 20, while they are at it: rights are proved when they are used. A request whose body arrives after its
//! sender was suspended, signed out, given another role or another name, or after the widget was disabled, is refused
//! and writes nothing.

use super::doors;
use crate::test::{Person, Reply, TestDesk};
use axum::{body::Body, http::Method};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::sync::oneshot;
use uuid::Uuid;

/// A request that is under way: its head was read and its sender proved; its body is held back.
struct Late {
    answer: tokio::task::JoinHandle<Reply>,
    body: oneshot::Sender<String>,
    said: Value,
}

impl Late {
    async fn begin(who: &Person, method: Method, path: &str, said: Value) -> Late {
        let (asked, reading) = oneshot::channel();
        let (body, rest) = oneshot::channel::<String>();
        // The body is asked for only once the sender has been proved.
        let stream = futures::stream::once(async move {
            let _ = asked.send(());
            Ok::<_, axum::BoxError>(rest.await?)
        });
        let request = who
            .request(method, path)
            .header("content-type", "application/json")
            .body(Body::from_stream(stream))
            .unwrap();
        let who = who.clone();
        let answer = tokio::spawn(async move { who.ask(request).await });
        reading.await.expect("the body is read");
        Late { answer, body, said }
    }

    async fn end(self) -> Reply {
        self.body.send(self.said.to_string()).unwrap();
        self.answer.await.unwrap()
    }
}

/// Everything that a request could have written, counted.
async fn written(desk: &TestDesk) -> Vec<i64> {
    let mut counts = vec![];
    for sql in [
        "select cast(count(*) as bigint) from message",
        "select cast(count(*) as bigint) from conversation",
        "select cast(count(*) as bigint) from contact",
        "select cast(count(*) as bigint) from agent",
        "select cast(count(*) as bigint) from widget",
        "select cast(count(*) as bigint) from receipt",
        "select cast(count(*) as bigint) from session",
        "select cast(max(seq) as bigint) from workspace",
    ] {
        let (n,): (i64,) = desk.node.db().one(sql, vec![]).await.unwrap();
        counts.push(n);
    }
    counts
}

fn text(body: &str) -> Value {
    json!({"client_id": Uuid::new_v4(), "body": body})
}

/// One of each door with a body, as `who` would use it; all would succeed now.
async fn of_staff(
    who: &Person,
    chat: Uuid,
    contact: Uuid,
    colleague: Uuid,
    widget: Uuid,
) -> Vec<Late> {
    let begun = json!({"client_id": Uuid::new_v4(), "body": "Hello", "widget_id": widget, "contact": {"email": "new@x.example"}});
    let mut all = vec![];
    for (method, path, said) in [
        (
            Method::PATCH,
            "/me".to_owned(),
            json!({"name": "Somebody Else"}),
        ),
        (Method::POST, "/conversations".into(), begun),
        (
            Method::POST,
            format!("/conversations/{chat}/messages"),
            text("Too late"),
        ),
        (
            Method::POST,
            format!("/conversations/{chat}/read"),
            json!({"seq": 9999}),
        ),
        (
            Method::POST,
            format!("/conversations/{chat}/typing"),
            json!({"typing": true}),
        ),
        (
            Method::POST,
            format!("/conversations/{chat}/assign"),
            json!({"agent_id": null}),
        ),
        (
            Method::POST,
            format!("/conversations/{chat}/status"),
            json!({"status": "closed"}),
        ),
        (
            Method::PATCH,
            format!("/contacts/{contact}"),
            json!({"name": "Somebody Else"}),
        ),
        (
            Method::POST,
            "/agents".into(),
            json!({"email": "new@desk.example", "role": "admin"}),
        ),
        (
            Method::PATCH,
            format!("/agents/{colleague}"),
            json!({"role": "admin"}),
        ),
        (
            Method::POST,
            "/widgets".into(),
            json!({"name": "Mine", "domains": []}),
        ),
        (
            Method::PATCH,
            format!("/widgets/{widget}"),
            json!({"name": "Mine"}),
        ),
        (Method::PATCH, "/settings".into(), json!({"name": "Mine"})),
    ] {
        all.push(Late::begin(who, method, &path, said).await);
    }
    all
}

async fn of_a_visitor(who: &Person, chat: Uuid) -> Vec<Late> {
    let mut all = vec![];
    for (method, path, said) in [
        (
            Method::PATCH,
            "/me".to_owned(),
            json!({"page_url": "https://shop.example/late"}),
        ),
        (Method::POST, "/conversations".into(), text("Too late")),
        (
            Method::POST,
            format!("/conversations/{chat}/messages"),
            text("Too late"),
        ),
        (
            Method::POST,
            format!("/conversations/{chat}/read"),
            json!({"seq": 9999}),
        ),
        (
            Method::POST,
            format!("/conversations/{chat}/typing"),
            json!({"typing": true}),
        ),
    ] {
        all.push(Late::begin(who, method, &path, said).await);
    }
    all
}

/// All of them are refused, and nothing was written.
#[track_caller]
fn refused(replies: Vec<Reply>, before: &[i64], after: &[i64]) {
    let codes: BTreeSet<(u16, String)> = replies.iter().map(Reply::problem).collect();
    assert_eq!(codes, BTreeSet::from([(401, "unauthorized".to_owned())]));
    assert_eq!(before, after, "something was written");
}

async fn ended(desk: &TestDesk, late: Vec<Late>) {
    let before = written(desk).await;
    let mut replies = vec![];
    for one in late {
        replies.push(one.end().await);
    }
    refused(replies, &before, &written(desk).await);
}

#[test]
fn every_door_with_a_body_is_tried() {
    // Those without a proof, or whose proof is their body.
    let public = ["post /sessions", "post /widgets/{id}/visitors"];
    let tried = [
        "patch /me",
        "post /conversations",
        "post /conversations/{id}/messages",
        "post /conversations/{id}/read",
        "post /conversations/{id}/typing",
        "post /conversations/{id}/assign",
        "post /conversations/{id}/status",
        "patch /contacts/{id}",
        "post /agents",
        "patch /agents/{id}",
        "post /widgets",
        "patch /widgets/{id}",
        "patch /settings",
    ];
    let document = serde_json::to_value(crate::serve::document()).unwrap();
    let mut with_body = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, door) in item.as_object().unwrap() {
            if door.get("requestBody").is_some() {
                with_body.insert(format!("{method} {}", path.trim_start_matches("/api/v1")));
            }
        }
    }
    let known: BTreeSet<String> = public.iter().chain(&tried).map(|d| d.to_string()).collect();
    assert_eq!(with_body, known);
    assert!(known.iter().all(|d| doors::all().contains(d)));
}

crate::stories! {
    what_arrives_after_a_suspension_writes_nothing,
    what_arrives_after_another_node_or_the_command_line_took_the_rights_writes_nothing,
    what_arrives_after_signing_out_writes_nothing,
    what_arrives_at_a_disabled_widget_writes_nothing,
    what_arrives_in_time_is_done,
}

async fn what_arrives_after_a_suspension_writes_nothing(desk: TestDesk) {
    let (admin, rosa, sam) = (
        desk.admin().await,
        desk.staff("Rosa", "admin").await,
        desk.agent("Sam").await,
    );
    let ada = desk.visitor("Ada").await;
    let chat = ada.writes("Hello").await;
    rosa.takes(chat).await;
    let late = of_staff(&rosa, chat, ada.id, sam.id, desk.widget.0).await;
    admin
        .post(&format!("/agents/{}/suspend", rosa.id), json!({}))
        .await
        .ok();
    ended(&desk, late).await;
    assert_eq!(
        ada.thread(chat).await.last().unwrap(),
        "Rosa joined the chat."
    );
}

async fn what_arrives_after_another_node_or_the_command_line_took_the_rights_writes_nothing(
    desk: TestDesk,
) {
    let (rosa, sam) = (desk.staff("Rosa", "admin").await, desk.agent("Sam").await);
    let ada = desk.visitor("Ada").await;
    let chat = ada.writes("Hello").await;
    rosa.takes(chat).await;
    rosa.get("/me").await.ok();
    let late = of_staff(&rosa, chat, ada.id, sam.id, desk.widget.0).await;
    // Nothing tells this node of it.
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    tx.run(
        "update agent set role = 'agent' where id = $1",
        vec![rosa.id.into()],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    ended(&desk, late).await;
}

async fn what_arrives_after_signing_out_writes_nothing(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let chat = ada.writes("Hello").await;
    let late = of_a_visitor(&ada, chat).await;
    assert_eq!(ada.delete("/sessions/current").await.status, 204);
    ended(&desk, late).await;
}

async fn what_arrives_at_a_disabled_widget_writes_nothing(desk: TestDesk) {
    let admin = desk.admin().await;
    let ada = desk.visitor("Ada").await;
    let chat = ada.writes("Hello").await;
    let late = of_a_visitor(&ada, chat).await;
    let visitors = format!("/widgets/{}/visitors", desk.widget);
    let beginning = Late::begin(
        &desk.nobody(),
        Method::POST,
        &visitors,
        json!({"name": "Bob"}),
    )
    .await;
    admin
        .patch(
            &format!("/widgets/{}", desk.widget),
            json!({"enabled": false}),
        )
        .await
        .ok();
    let before = written(&desk).await;
    assert_eq!(beginning.end().await.problem(), (404, "not_found".into()));
    assert_eq!(before, written(&desk).await);
    ended(&desk, late).await;
}

async fn what_arrives_in_time_is_done(desk: TestDesk) {
    let (rosa, sam) = (desk.staff("Rosa", "admin").await, desk.agent("Sam").await);
    let ada = desk.visitor("Ada").await;
    let chat = ada.writes("Hello").await;
    for late in of_a_visitor(&ada, chat).await {
        late.end().await.ok();
    }
    for late in of_staff(&rosa, chat, ada.id, sam.id, desk.widget.0).await {
        let reply = late.end().await;
        assert!(
            reply.status.is_success(),
            "or the others prove nothing: {} {}",
            reply.status,
            reply.text
        );
    }
}
