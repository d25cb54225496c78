//! Stories of guests: a link lets one person in to one thread, and to nothing else.

use crate::desk::conversation::ops;
use crate::model::error::Error;
use crate::test::{Person, TestDesk};
use serde_json::json;
use uuid::Uuid;

crate::stories! {
    a_link_lets_one_person_in_to_one_thread,
}

async fn a_link_lets_one_person_in_to_one_thread(desk: TestDesk) {
    const SECRET: &str = "Only in the other thread";
    let (sam, rosa, admin) = (
        desk.agent("Sam").await,
        desk.agent("Rosa").await,
        desk.admin().await,
    );
    let shop = admin
        .post("/widgets", json!({"name": "Shop", "domains": []}))
        .await;
    let shop = shop.created()["id"].as_str().unwrap().to_owned();
    let begins = async |widget: &str, body: &str| {
        let to = json!({"email": "ada@mail.example", "name": "Ada"});
        let said =
            json!({"client_id": Uuid::new_v4(), "widget_id": widget, "contact": to, "body": body});
        let begun = sam.post("/conversations", said).await.created();
        let conversation = &begun["conversation"];
        let id = |value: &serde_json::Value| value.as_str().unwrap().parse::<Uuid>().unwrap();
        (id(&conversation["id"]), id(&conversation["contact"]["id"]))
    };
    let (other, _) = begins(&desk.widget.to_string(), "About your return").await;
    let (hers, ada) = begins(&shop, "Your invoice is ready").await;
    let link = async |by: &Person| {
        by.post(&format!("/conversations/{hers}/link"), json!({}))
            .await
    };
    let token = |answer: crate::test::Reply| {
        let link = answer.created()["link"].as_str().unwrap().to_owned();
        link.split_once("/conversation?token=")
            .unwrap()
            .1
            .to_owned()
    };
    let enter = async |token: &str| ops::enter(&desk.node, token, "test", None).await;

    assert_eq!(link(&rosa).await.problem().0, 404, "it is Sam's");
    let older = token(link(&sam).await);
    let newer = token(link(&sam).await);
    assert_eq!(enter(&older).await.err(), Some(Error::NotFound), "replaced");
    for _ in 0..2 {
        let shown = crate::desk::account::ops::link_info(&desk.node, &newer).await;
        assert!(shown.is_ok(), "looking uses nothing up");
    }
    let reset = crate::desk::account::ops::choose_password(
        &desk.node,
        &newer,
        "correct horse battery",
        "x",
    );
    assert_eq!(
        reset.await.err(),
        Some(Error::NotFound),
        "it is for nothing else"
    );
    let entered = enter(&newer).await.unwrap();
    assert_eq!(entered.widget.to_string(), shop);
    assert_eq!(enter(&newer).await.err(), Some(Error::NotFound), "used");

    let guest = Person::new(&desk.node, entered.token, ada);
    assert_eq!(guest.thread(hers).await, ["Your invoice is ready"]);
    assert_eq!(guest.conversation(other).await.problem().0, 404);
    let listed = guest.get("/conversations").await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let alone = guest.get("/sessions").await.ok();
    assert_eq!(alone["items"].as_array().map(Vec::len), Some(1));
    let another = json!({"client_id": Uuid::new_v4(), "body": "Another matter"});
    assert_eq!(guest.post("/conversations", another).await.problem().0, 403);
    let said = json!({"client_id": Uuid::new_v4(), "body": "Psst"});
    let elsewhere = guest
        .post(&format!("/conversations/{other}/messages"), said)
        .await;
    assert_eq!(elsewhere.problem().0, 404);

    let cursor = guest.cursor().await;
    let mut hears = guest.stream(None).await;
    sam.says(other, SECRET).await;
    guest.says(hers, "Thank you").await;
    sam.says(hers, "Any time").await;
    loop {
        let heard = hears.until("message.created").await;
        if heard.data["data"]["message"]["body"] == "Any time" {
            break;
        }
    }
    assert!(!hears.heard.contains(SECRET), "live");
    let polled = guest.poll(Some(&cursor)).await.to_string();
    assert!(
        polled.contains("Any time") && !polled.contains(SECRET),
        "{polled}"
    );
    let proof = guest.visitor_proof().await;
    let body = "One more thing".parse().unwrap();
    let said = ops::say(&proof, crate::base::db::fresh(), body, None).await;
    let said = said.unwrap();
    assert_eq!(said.message.conversation_id, hers.into(), "and no other");

    // Whom staff began with is found again: a guest's session makes nobody somebody else.
    let (_, same) = begins(&shop, "And your receipt").await;
    assert_eq!(same, ada);
}
