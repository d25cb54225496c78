//! Beginning at a widget, and where it may stand.

use super::*;
use crate::desk::widget::ops::{self};
use crate::model::id::WidgetId;
use crate::test::TestDesk;
use serde_json::{Value, json};

crate::stories! {
    the_policy_decides_who_begins,
    a_stream_ends_with_its_widget,
    what_the_visitor_looks_at_stands_beside_the_thread,
    a_contact_is_seen_with_a_conversation_and_not_otherwise,
    a_page_on_the_own_machine_may_frame_it_over_http,
    new_sessions_from_one_address_are_limited,
}

async fn the_policy_decides_who_begins(desk: TestDesk) {
    let admin = desk.admin().await;
    let (open, polite, closed) = (
        widget(&admin, "anyone").await,
        widget(&admin, "email_required").await,
        widget(&admin, "verified_only").await,
    );

    let anyone = begin(&desk, &open, json!({})).await.created();
    assert_eq!(anyone["contact"]["name"], Value::Null);
    assert_eq!(
        fields(&begin(&desk, &open, json!({"email": "no address"})).await),
        ["email"]
    );

    assert_eq!(
        fields(&begin(&desk, &polite, json!({})).await),
        ["email", "name"]
    );
    assert_eq!(
        fields(
            &begin(
                &desk,
                &polite,
                json!({"name": " ", "email": "ada@mail.example"})
            )
            .await
        ),
        ["name"]
    );
    begin(
        &desk,
        &polite,
        json!({"name": "Ada", "email": "ada@mail.example"}),
    )
    .await
    .created();

    let hash = signed(&admin, &closed, "u-1").await;
    assert_eq!(
        fields(
            &begin(
                &desk,
                &closed,
                json!({"name": "Ada", "email": "ada@mail.example"})
            )
            .await
        ),
        ["user_hash"]
    );
    assert_eq!(
        fields(&begin(&desk, &closed, json!({"user_id": "u-2", "user_hash": hash})).await),
        ["user_hash"],
        "another's signature"
    );
    let begun = begin(&desk, &closed, json!({"user_id": "u-1", "user_hash": hash}))
        .await
        .created();
    assert_eq!(begun["contact"]["verified"], true);
    assert_eq!(
        fields(&begin(&desk, &open, json!({"user_id": "u-1", "user_hash": hash})).await),
        ["user_hash"],
        "signed for another widget"
    );
}

async fn a_stream_ends_with_its_widget(desk: TestDesk) {
    let admin = desk.admin().await;
    let (shop, other) = (widget(&admin, "anyone").await, desk.visitor("Ben").await);
    let path = format!("/widgets/{shop}");
    let ada = person(&desk, &begin(&desk, &shop, json!({})).await.created());
    let (mut stream, mut elsewhere) = (ada.stream(None).await, other.stream(None).await);
    admin
        .patch(&path, json!({"name": "Another name"}))
        .await
        .ok();
    assert!(
        stream.goes_on(std::time::Duration::from_millis(500)).await,
        "a setting ends nothing"
    );
    admin.patch(&path, json!({"enabled": false})).await.ok();
    stream.ends().await;
    assert_eq!(ada.get_json("/events").await.status, 401);

    admin.patch(&path, json!({"enabled": true})).await.ok();
    let mut stream = ada.stream(None).await;
    assert_eq!(admin.delete(&path).await.status, 204);
    stream.ends().await;
    assert!(
        elsewhere
            .goes_on(std::time::Duration::from_millis(200))
            .await,
        "others go on"
    );
}

async fn what_the_visitor_looks_at_stands_beside_the_thread(desk: TestDesk) {
    let admin = desk.admin().await;
    let lamp = json!({"type": "product", "id": "SKU-1", "url": "https://shop.example/p/1", "label": "Blue lamp"});
    let said = json!({"page_url": "https://shop.example/p/1", "reference": lamp});
    let ada = person(
        &desk,
        &begin(&desk, &desk.widget.to_string(), said).await.created(),
    );
    let chat = ada.writes("Is it in stock?").await;
    assert_eq!(
        admin.conversation(chat).await.ok()["reference"],
        lamp,
        "what they came with is the first conversation's"
    );
    assert_eq!(
        admin.get(&format!("/contacts/{}", ada.id)).await.ok()["page_url"],
        "https://shop.example/p/1"
    );

    let mut stream = admin.stream(None).await;
    let chair = json!({"type": "product", "id": "SKU-2", "url": null, "label": null});
    ada.patch(
        "/me",
        json!({"page_url": "https://shop.example/p/2", "reference": chair}),
    )
    .await
    .ok();
    let heard = stream.until("conversation.updated").await.data;
    assert_eq!(heard["data"]["conversation"]["reference"], chair);
    assert_eq!(
        heard["data"]["conversation"]["contact"]["page_url"],
        "https://shop.example/p/2"
    );
    assert_eq!(admin.conversation(chat).await.ok()["reference"], chair);

    assert_eq!(
        fields(
            &ada.patch("/me", json!({"page_url": "javascript:alert(1)"}))
                .await
        ),
        ["page_url"]
    );
    assert_eq!(
        fields(&ada.patch("/me", json!({"availability": "away"})).await),
        ["availability"]
    );
    assert_eq!(
        fields(
            &admin
                .patch("/me", json!({"page_url": "https://x.example"}))
                .await
        ),
        ["page_url"]
    );
}

async fn a_contact_is_seen_with_a_conversation_and_not_otherwise(desk: TestDesk) {
    let (ada, admin, sam, kim) = (
        desk.visitor("Ada").await,
        desk.admin().await,
        desk.agent("Sam").await,
        desk.agent("Kim").await,
    );
    let path = format!("/contacts/{}", ada.id);
    assert_eq!(sam.get(&path).await.status, 404, "nothing was written yet");
    let chat = ada.writes("Hello").await;
    sam.takes(chat).await;
    assert_eq!(sam.get(&path).await.ok()["name"], "Ada");
    assert_eq!(admin.get(&path).await.ok()["name"], "Ada");
    let hidden = kim.get(&path).await;
    assert_eq!(hidden.problem(), (404, "not_found".into()));
    assert_eq!(
        hidden.text,
        kim.get(&format!("/contacts/{}", uuid::Uuid::now_v7()))
            .await
            .text,
        "the same bytes"
    );
    assert_eq!(kim.patch(&path, json!({"name": "X"})).await.status, 404);
    assert_eq!(
        sam.patch(&path, json!({"name": "Ada Byron"})).await.ok()["name"],
        "Ada Byron"
    );
    assert_eq!(ada.get(&path).await.problem(), (403, "forbidden".into()));
    let (other, _) = desk.second_workspace().await;
    assert_eq!(
        desk.admin_of(other, "Eve").await.get(&path).await.status,
        404
    );
}

async fn a_page_on_the_own_machine_may_frame_it_over_http(desk: TestDesk) {
    let admin = desk.admin().await;
    let made = admin
        .post(
            "/widgets",
            json!({"name": "Shop", "domains": ["shop.example", "localhost:8081"]}),
        )
        .await
        .created();
    let id: WidgetId = made["id"].as_str().unwrap().parse().unwrap();
    let told = ops::frame_ancestors(&desk.node, id).await.unwrap();
    assert_eq!(
        told,
        "'self' shop.example localhost:8081 http://localhost:8081"
    );
}

async fn new_sessions_from_one_address_are_limited(desk: TestDesk) {
    let node = desk.limited().await;
    let nobody = desk.nobody().at(&node);
    let (mut refused, since) = (0, std::time::Instant::now());
    for _ in 0..70 {
        let reply = nobody
            .post(&format!("/widgets/{}/visitors", desk.widget), json!({}))
            .await;
        if reply.status == 429 {
            assert!(reply.headers.contains_key("retry-after"));
            refused += 1;
        }
    }
    let again = since.elapsed().as_secs(); // one each second
    assert!(
        refused <= 10 && refused + again + 1 >= 10,
        "{refused} of 70 refused in {again} s, at 60 a minute"
    );
    node.stop().cancel();
}
