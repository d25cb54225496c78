//! Sending again: a client id is one message, whatever happened since.

use crate::test::{Person, TestDesk};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

crate::stories! {
    the_same_client_id_sixty_times_at_once_is_one_message,
    a_client_id_covers_everything_that_was_asked,
    a_client_id_belongs_to_a_person_and_to_one_request,
    a_client_id_outlives_the_session,
}

async fn the_same_client_id_sixty_times_at_once_is_one_message(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let conversation = ada.writes("Hello").await;
    let said = json!({"client_id": Uuid::new_v4(), "body": "Only once"});
    let path = format!("/conversations/{conversation}/messages");
    let sends = (0..60).map(|_| ada.post(&path, said.clone()));
    let replies = futures::future::join_all(sends).await;
    assert_eq!(
        replies.iter().filter(|r| r.status == 201).count(),
        1,
        "one was the first"
    );
    assert_eq!(replies.iter().filter(|r| r.status == 200).count(), 59);
    let ids: BTreeSet<String> = replies.iter().map(|r| r.json()["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(ada.thread(conversation).await, ["Hello", "Only once"]);
}

async fn a_client_id_covers_everything_that_was_asked(desk: TestDesk) {
    let (ada, admin, sam) = (
        desk.visitor("Ada").await,
        desk.admin().await,
        desk.agent("Sam").await,
    );
    let shop = admin
        .post("/widgets", json!({"name": "Shop", "domains": []}))
        .await
        .created()["id"]
        .clone();
    let client = Uuid::new_v4();
    let reused = |reply: crate::test::Reply, what: &str| {
        assert_eq!(reply.problem(), (422, "client_id_reused".into()), "{what}")
    };

    // A visitor's first message, with what it is about.
    let lamp = json!({"client_id": client, "body": "Is it in stock?", "reference": {"type": "product", "id": "SKU-1"}});
    let begun = ada.post("/conversations", lamp.clone()).await.created();
    let again = ada.post("/conversations", lamp.clone()).await;
    assert_eq!(
        (again.status.as_u16(), &again.json()["message"]["id"]),
        (200, &begun["message"]["id"])
    );
    let chair = json!({"client_id": client, "body": "Is it in stock?", "reference": {"type": "product", "id": "SKU-2"}});
    reused(
        ada.post("/conversations", chair).await,
        "about something else",
    );
    reused(
        ada.post(
            "/conversations",
            json!({"client_id": client, "body": "Is it in stock?"}),
        )
        .await,
        "about nothing",
    );
    let chat: Uuid = begun["conversation"]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    reused(
        ada.post(
            &format!("/conversations/{chat}/messages"),
            json!({"client_id": client, "body": "Is it in stock?"}),
        )
        .await,
        "by another door",
    );

    // A chat that staff begin: where, to whom, under which name.
    let client = Uuid::new_v4();
    let to = |widget: &Value, email: &str, name: &str, body: &str| json!({"client_id": client, "widget_id": widget, "contact": {"email": email, "name": name}, "body": body});
    let home = json!(desk.widget);
    let first = to(&home, "bob@mail.example", "Bob", "Your invoice");
    let begun = sam.post("/conversations", first.clone()).await.created();
    let again = sam.post("/conversations", first.clone()).await;
    assert_eq!(
        (again.status.as_u16(), &again.json()["message"]["id"]),
        (200, &begun["message"]["id"])
    );
    let counted = async || {
        desk.node
            .db()
            .one::<(i64, i64)>(
                "select (select count(*) from conversation), (select count(*) from contact)",
                vec![],
            )
            .await
            .unwrap()
    };
    let before = counted().await;
    for (what, other) in [
        (
            "to somebody else",
            to(&home, "eve@mail.example", "Bob", "Your invoice"),
        ),
        (
            "under another name",
            to(&home, "bob@mail.example", "Rob", "Your invoice"),
        ),
        (
            "at another widget",
            to(&shop, "bob@mail.example", "Bob", "Your invoice"),
        ),
        (
            "with other words",
            to(&home, "bob@mail.example", "Bob", "Your second invoice"),
        ),
    ] {
        reused(sam.post("/conversations", other).await, what);
    }
    assert_eq!(counted().await, before, "and nothing was begun");
    let chat = begun["conversation"]["id"].as_str().unwrap();
    reused(
        sam.post(
            &format!("/conversations/{chat}/messages"),
            json!({"client_id": client, "body": "Your invoice"}),
        )
        .await,
        "as a mere message",
    );

    // And a text is no note.
    let (client, path) = (Uuid::new_v4(), format!("/conversations/{chat}/messages"));
    sam.post(&path, json!({"client_id": client, "body": "One"}))
        .await
        .created();
    reused(
        sam.post(
            &path,
            json!({"client_id": client, "body": "One", "kind": "note"}),
        )
        .await,
        "as a note",
    );
}

async fn a_client_id_belongs_to_a_person_and_to_one_request(desk: TestDesk) {
    let (ada, bob, sam) = (
        desk.visitor("Ada").await,
        desk.visitor("Bob").await,
        desk.agent("Sam").await,
    );
    let (client, conversation) = (Uuid::new_v4(), ada.writes("Hello").await);
    let path = format!("/conversations/{conversation}/messages");
    let first = ada
        .post(&path, json!({"client_id": client, "body": "One"}))
        .await
        .created();

    let other = ada
        .post(&path, json!({"client_id": client, "body": "Two"}))
        .await;
    assert_eq!(other.problem(), (422, "client_id_reused".into()));
    assert_eq!(
        sam.post(&path, json!({"client_id": client, "body": "One"}))
            .await
            .status,
        201,
        "another person's own"
    );
    assert_eq!(
        bob.post(
            "/conversations",
            json!({"client_id": client, "body": "One"})
        )
        .await
        .status,
        201
    );

    // The scope is the person, not the session: the same visitor, elsewhere. And a retry finds its message after the end.
    sam.closes(conversation).await.ok();
    let again = ada
        .post(&path, json!({"client_id": client, "body": "One"}))
        .await;
    assert_eq!(
        (again.status.as_u16(), again.json()["id"].clone()),
        (200, first["id"].clone())
    );
    assert_eq!(
        ada.conversation(conversation).await.ok()["status"],
        "closed",
        "a retry opens nothing"
    );
}

async fn a_client_id_outlives_the_session(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let conversation = ada.writes("Hello").await;
    let email = sam.get("/me").await.ok()["email"].clone();
    let again = desk
        .nobody()
        .post(
            "/sessions",
            json!({"email": email, "password": crate::test::PASSWORD}),
        )
        .await
        .created();
    let elsewhere = Person {
        token: again["token"].as_str().unwrap().into(),
        ..sam.clone()
    };
    let path = format!("/conversations/{conversation}/messages");
    let said = json!({"client_id": Uuid::new_v4(), "body": "Once"});
    let first = sam.post(&path, said.clone()).await.created();
    let retry = elsewhere.post(&path, said).await;
    assert_ne!(elsewhere.token, sam.token);
    assert_eq!(
        (retry.status.as_u16(), retry.json()["id"].clone()),
        (200, first["id"].clone()),
        "signed in anew, the same person"
    );
    assert_eq!(
        ada.thread(conversation)
            .await
            .iter()
            .filter(|b| *b == "Once")
            .count(),
        1
    );
}
