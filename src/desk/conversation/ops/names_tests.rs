//! Stories of what people are called: staff tell the nameless apart, and correct a name.

use super::inbox_tests::inbox;
use crate::desk::contact::ops as contact;
use crate::model::{contact::called, conversation::View, error::Error};
use crate::test::{Person, TestDesk};
use serde_json::json;

crate::stories! {
    who_gave_no_name_is_told_apart_by_staff_alone,
    a_colleague_corrects_what_a_customer_is_called,
}

async fn who_gave_no_name_is_told_apart_by_staff_alone(desk: TestDesk) {
    let sam = desk.agent("Sam").await;
    let nameless = async || {
        let begun = desk
            .nobody()
            .post(&format!("/widgets/{}/visitors", desk.widget), json!({}))
            .await
            .created();
        Person {
            token: begun["token"].as_str().unwrap().into(),
            id: begun["contact"]["id"].as_str().unwrap().parse().unwrap(),
            ..desk.nobody()
        }
    };
    let ada = nameless().await;
    let conversation = ada.writes("Hello").await;
    let name = called(None, None, ada.id);
    assert!(name.contains(" visitor "));
    let author = |thread: serde_json::Value| {
        thread["items"][0]["author"]["name"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let path = format!("/conversations/{conversation}/messages");
    assert_eq!(author(sam.get(&path).await.ok()), name);
    assert_eq!(author(ada.get(&path).await.ok()), "Visitor");
    assert_eq!(
        inbox(&sam, View::Unassigned).await.rows[0]
            .conversation
            .contact
            .called(),
        name
    );
}

async fn a_colleague_corrects_what_a_customer_is_called(desk: TestDesk) {
    let (ada, sam, rosa) = (
        desk.visitor("Ada").await,
        desk.agent("Sam").await,
        desk.agent("Rosa").await,
    );
    let conversation = ada.writes("Hello").await;
    let mut hears = rosa.stream(None).await;
    let proof = sam.staff().await;
    let changed = contact::correct(&proof, ada.id.into(), "Ada Byron", "ada@post.example")
        .await
        .unwrap();
    assert_eq!(
        (changed.name.as_deref(), changed.email.as_deref()),
        (Some("Ada Byron"), Some("ada@post.example"))
    );
    let heard = hears.until("conversation.updated").await;
    assert_eq!(
        heard.data["data"]["conversation"]["contact"]["name"],
        "Ada Byron"
    );

    let empty = contact::correct(&proof, ada.id.into(), " ", "")
        .await
        .unwrap();
    assert_eq!((empty.name.clone(), empty.email.clone()), (None, None));
    assert_eq!(empty.called(), called(None, None, ada.id));
    assert!(matches!(
        contact::correct(&proof, ada.id.into(), "Ada", "nonsense").await,
        Err(Error::Invalid { .. })
    ));

    sam.takes(conversation).await;
    let refused = contact::correct(&rosa.staff().await, ada.id.into(), "Eve", "").await;
    assert_eq!(refused.unwrap_err(), Error::NotFound, "it is Sam's now");
}
