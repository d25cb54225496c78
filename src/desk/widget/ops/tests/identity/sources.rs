//! Whose customers a widget knows: its own, or another widget's where an admin says so.

use super::{
    super::{begin, fields, person, signed, widget},
    identified,
};
use crate::test::TestDesk;
use serde_json::{Value, json};

crate::stories! {
    equal_numbers_of_two_shops_are_two_people,
    widgets_share_customers_where_an_admin_says_so,
}

async fn equal_numbers_of_two_shops_are_two_people(desk: TestDesk) {
    let (admin, sam) = (desk.admin().await, desk.agent("Sam").await);
    let (lamps, chairs) = (
        widget(&admin, "anyone").await,
        widget(&admin, "anyone").await,
    );
    let (lamp, chair) = (
        signed(&admin, &lamps, "17").await,
        signed(&admin, &chairs, "17").await,
    );
    let by = |hash: &str| json!({"user_id": "17", "user_hash": hash});

    let ada = person(&desk, &begin(&desk, &lamps, by(&lamp)).await.created());
    let chat = ada.writes("Where is my lamp?").await;
    sam.says(chat, "On its way to Baker Street.").await;
    // By either way in, and from either side.
    let bob = person(&desk, &begin(&desk, &chairs, by(&chair)).await.created());
    assert_ne!(bob.id, ada.id);
    assert_eq!(bob.get("/conversations").await.ok()["items"], json!([]));
    let eve = person(&desk, &begin(&desk, &chairs, json!({})).await.created());
    eve.writes("Hello").await;
    let eve = identified(&eve, "17", Some(&chair)).await.unwrap();
    assert_eq!(eve.conversation(chat).await.status, 404);
    assert_eq!(
        identified(&bob, "17", Some(&chair)).await.unwrap().token,
        bob.token,
        "known already"
    );
    let again = person(&desk, &begin(&desk, &lamps, by(&lamp)).await.created());
    assert_eq!(again.id, ada.id, "each is found where they are");
    // The other shop's key proves nothing here.
    assert_eq!(
        fields(&begin(&desk, &lamps, by(&chair)).await),
        ["user_hash"]
    );
}

async fn widgets_share_customers_where_an_admin_says_so(desk: TestDesk) {
    let admin = desk.admin().await;
    let (shop, app, old) = (
        widget(&admin, "anyone").await,
        widget(&admin, "anyone").await,
        widget(&admin, "anyone").await,
    );
    let id = |reply: &Value| reply["contact"]["id"].clone();
    let share = async |widget: &str, source: Value| {
        admin
            .patch(
                &format!("/widgets/{widget}"),
                json!({"customer_source": source}),
            )
            .await
    };
    let vouched = async |widget: &str| {
        let hash = signed(&admin, widget, "17").await;
        id(
            &begin(&desk, widget, json!({"user_id": "17", "user_hash": hash}))
                .await
                .created(),
        )
    };
    assert_eq!(
        admin.get(&format!("/widgets/{app}")).await.ok()["customer_source"],
        json!(app),
        "its own"
    );
    let (at_shop, at_app) = (vouched(&shop).await, vouched(&app).await);
    assert_ne!(at_shop, at_app);

    assert_eq!(
        share(&app, json!(shop)).await.ok()["customer_source"],
        json!(shop)
    );
    assert_eq!(vouched(&app).await, at_shop, "the same person at both");
    assert_ne!(vouched(&old).await, at_shop, "and at no third");
    // What else is changed leaves it.
    assert_eq!(
        admin
            .patch(&format!("/widgets/{app}"), json!({"name": "App"}))
            .await
            .ok()["customer_source"],
        json!(shop)
    );

    // A source has one owner.
    for (widget, source) in [
        (&old, json!(app)),
        (&shop, json!(old)),
        (&old, json!(uuid::Uuid::now_v7())),
    ] {
        assert_eq!(fields(&share(widget, source).await), ["customer_source"]);
    }
    let (other, home) = desk.second_workspace().await;
    assert_eq!(
        fields(&share(&old, json!(home)).await),
        ["customer_source"],
        "nobody else's customers"
    );
    let eve = desk.admin_of(other, "Eve").await;
    assert_eq!(
        fields(
            &eve.post(
                "/widgets",
                json!({"name": "X", "domains": [], "customer_source": shop})
            )
            .await
        ),
        ["customer_source"]
    );
    assert_eq!(
        admin.delete(&format!("/widgets/{shop}")).await.problem(),
        (409, "conflict".into()),
        "others rely on it"
    );

    let more = admin
        .post(
            "/widgets",
            json!({"name": "More", "domains": [], "customer_source": shop}),
        )
        .await
        .created();
    assert_eq!(vouched(more["id"].as_str().unwrap()).await, at_shop);
    for own in [Value::Null, json!(app)] {
        assert_eq!(share(&app, own).await.ok()["customer_source"], json!(app));
        assert_eq!(vouched(&app).await, at_app, "its own people again");
        share(&app, json!(shop)).await.ok();
    }
}
