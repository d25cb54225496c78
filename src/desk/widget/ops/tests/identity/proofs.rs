//! What proves an id: the widget's signature. A claim, an empty id and an old signature prove nothing.

use super::{
    super::{begin, fields, person, signed, widget},
    identified,
};
use crate::desk::widget::ops;
use crate::test::TestDesk;
use serde_json::json;

crate::stories! {
    a_typed_address_and_a_bare_id_match_nobody,
    an_empty_id_is_nobodys_however_it_is_signed,
    a_new_secret_ends_the_old_signatures,
}

async fn a_typed_address_and_a_bare_id_match_nobody(desk: TestDesk) {
    let admin = desk.admin().await;
    let shop = widget(&admin, "anyone").await;
    let hash = signed(&admin, &shop, "u-1").await;
    let said =
        json!({"name": "Ada", "email": "ada@mail.example", "user_id": "u-1", "user_hash": hash});
    let ada = begin(&desk, &shop, said).await.created();
    let again = begin(&desk, &shop, json!({"user_id": "u-1", "user_hash": hash}))
        .await
        .created();
    assert_eq!(
        ada["contact"]["id"], again["contact"]["id"],
        "from another browser, the same person"
    );
    assert_eq!(again["contact"]["email"], "ada@mail.example");
    assert_ne!(ada["token"], again["token"]);
    for claim in [
        json!({"email": "ADA@mail.example"}),
        json!({"user_id": "u-1"}),
    ] {
        let mallory = begin(&desk, &shop, claim).await.created();
        assert_ne!(mallory["contact"]["id"], ada["contact"]["id"]);
        assert_eq!(mallory["contact"]["verified"], false);
    }
    // Nor does an agent's chat to an address reach whoever claims it, however well signed their id is.
    let to = json!({"client_id": uuid::Uuid::new_v4(), "widget_id": shop, "contact": {"email": "ada@mail.example"}, "body": "Your invoice"});
    let begun = desk
        .agent("Sam")
        .await
        .post("/conversations", to)
        .await
        .created();
    assert_ne!(begun["conversation"]["contact"]["id"], ada["contact"]["id"]);
    assert_eq!(
        person(&desk, &again).get("/conversations").await.ok()["items"],
        json!([])
    );
}

async fn an_empty_id_is_nobodys_however_it_is_signed(desk: TestDesk) {
    let admin = desk.admin().await;
    let (shop, closed) = (
        widget(&admin, "anyone").await,
        widget(&admin, "verified_only").await,
    );
    let ada = person(&desk, &begin(&desk, &shop, json!({})).await.created());
    for empty in ["", " ", "\t", "\u{a0}", "\u{200b}", "\u{feff} \u{2060}"] {
        for widget in [&shop, &closed] {
            let hash = signed(&admin, widget, empty).await;
            let said = json!({"user_id": empty, "user_hash": hash});
            assert_eq!(
                fields(&begin(&desk, widget, said).await),
                ["user_id"],
                "{empty:?}"
            );
            assert_eq!(
                fields(&begin(&desk, widget, json!({"user_id": empty})).await),
                ["user_id"],
                "{empty:?}"
            );
        }
        let hash = signed(&admin, &shop, empty).await;
        for hash in [Some(hash.as_str()), None] {
            let refused = identified(&ada, empty, hash).await;
            assert!(
                refused.is_err_and(|e| e.about("user_id").is_some()),
                "{empty:?}"
            );
        }
    }
    let (none,): (i64,) = desk
        .node
        .db()
        .one(
            "select cast(count(*) as bigint) from contact where user_id is not null",
            vec![],
        )
        .await
        .unwrap();
    assert_eq!(none, 0);
    // What only looks like little is an id.
    for id in ["0", "null", "-"] {
        let hash = signed(&admin, &closed, id).await;
        begin(&desk, &closed, json!({"user_id": id, "user_hash": hash}))
            .await
            .created();
    }
}

async fn a_new_secret_ends_the_old_signatures(desk: TestDesk) {
    let admin = desk.admin().await;
    let shop = widget(&admin, "verified_only").await;
    let old = signed(&admin, &shop, "u-1").await;
    begin(&desk, &shop, json!({"user_id": "u-1", "user_hash": old}))
        .await
        .created();
    ops::renew_secret(&admin.staff().await.admin().unwrap(), shop.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(
        fields(&begin(&desk, &shop, json!({"user_id": "u-1", "user_hash": old})).await),
        ["user_hash"]
    );
    let new = signed(&admin, &shop, "u-1").await;
    begin(&desk, &shop, json!({"user_id": "u-1", "user_hash": new}))
        .await
        .created();
}
