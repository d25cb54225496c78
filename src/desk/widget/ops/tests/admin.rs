//! What admins do with widgets.

use super::*;
use crate::desk::widget::ops::{self};
use crate::model::id::WidgetId;
use crate::test::TestDesk;
use axum::{body::Body, http::Method};
use serde_json::{Value, json};

crate::stories! {
    what_everybody_has_a_site_under_is_nobodys_site,
    an_admin_makes_changes_and_removes_widgets,
    a_disabled_widget_is_one_that_never_was,
    the_admin_hears_of_sites_that_are_refused,
}

async fn what_everybody_has_a_site_under_is_nobodys_site(desk: TestDesk) {
    let admin = desk.admin().await;
    let id = widget(&admin, "anyone").await;
    for open in ["co.uk", "*.co.uk", "GitHub.io", "https://github.io"] {
        let list = json!({"name": "Shop", "domains": ["shop.example", open]});
        assert_eq!(
            fields(&admin.post("/widgets", list.clone()).await),
            ["domains"],
            "{open}"
        );
        let list = json!({"domains": list["domains"]});
        assert_eq!(
            fields(&admin.patch(&format!("/widgets/{id}"), list).await),
            ["domains"],
            "{open}"
        );
    }
    assert_eq!(
        admin.get(&format!("/widgets/{id}")).await.json()["domains"],
        json!(["shop.example"])
    );
    let own = json!({"domains": ["shop.co.uk", "*.lumen.github.io", "localhost:8081"]});
    admin.patch(&format!("/widgets/{id}"), own).await.ok();
}

async fn an_admin_makes_changes_and_removes_widgets(desk: TestDesk) {
    let (admin, sam, ada) = (
        desk.admin().await,
        desk.agent("Sam").await,
        desk.visitor("Ada").await,
    );
    assert_eq!(
        sam.post("/widgets", json!({"name": "X", "domains": []}))
            .await
            .problem(),
        (403, "forbidden".into())
    );
    assert_eq!(
        ada.get("/widgets").await.problem(),
        (403, "forbidden".into())
    );
    assert_eq!(
        fields(&admin.post("/widgets", json!({})).await),
        ["domains", "name"]
    );
    assert_eq!(
        fields(
            &admin
                .post(
                    "/widgets",
                    json!({"name": "X", "domains": ["ok.example", "no/path", "*"]})
                )
                .await
        ),
        ["domains"]
    );
    assert_eq!(
        fields(
            &admin
                .post("/widgets", json!({"name": "X", "domains": [], "color": 1}))
                .await
        ),
        ["color"]
    );

    let domains = [
        "HTTPS://Shop.Example.com",
        "*.example.org",
        "localhost:8081",
    ];
    let made = admin
        .post("/widgets", json!({"name": "Shop", "domains": domains}))
        .await;
    assert_eq!(made.headers["etag"], "\"1\"");
    let made = made.created();
    assert_eq!(
        made["domains"],
        json!(["shop.example.com", "*.example.org", "localhost:8081"])
    );
    assert_eq!(
        (
            &made["policy"],
            &made["enabled"],
            &made["appearance"]["preset"]
        ),
        (&json!("anyone"), &json!(true), &json!("blue"))
    );
    let id = made["id"].as_str().unwrap();
    assert!(
        made["snippet"]
            .as_str()
            .unwrap()
            .contains(&format!("widgetId: '{id}'"))
    );
    assert_eq!(
        sam.get(&format!("/widgets/{id}")).await.ok()["name"],
        "Shop",
        "staff read"
    );
    assert_eq!(
        sam.get("/widgets").await.ok()["items"]
            .as_array()
            .unwrap()
            .len(),
        2,
        "with the home widget"
    );

    let path = format!("/widgets/{id}");
    let with = |tag: &'static str, body: Value| {
        let request = admin
            .request(Method::PATCH, &path)
            .header("content-type", "application/json")
            .header("if-match", tag);
        admin.ask(request.body(Body::from(body.to_string())).unwrap())
    };
    let gold = with("\"1\"", json!({"appearance": {"preset": "gold", "position": "bottom-left"}, "auto_open_delay_ms": 5000})).await;
    assert_eq!(gold.headers["etag"], "\"2\"");
    let gold = gold.ok();
    assert_eq!(
        gold["appearance"],
        json!({"primary_color": "#d4af37", "secondary_color": "#1a1a1a", "position": "bottom-left", "preset": "gold"})
    );
    assert_eq!(
        with("\"1\"", json!({"name": "Late"})).await.problem(),
        (409, "conflict".into())
    );
    let own = admin
        .patch(
            &path,
            json!({"appearance": {"primary_color": "#ABCDEF"}, "auto_open_delay_ms": null}),
        )
        .await
        .ok();
    assert_eq!(
        (
            &own["appearance"]["preset"],
            &own["appearance"]["primary_color"]
        ),
        (&json!("custom"), &json!("#abcdef"))
    );
    assert_eq!(
        (&own["auto_open_delay_ms"], &own["name"]),
        (&Value::Null, &json!("Shop"))
    );

    let (other, _) = desk.second_workspace().await;
    let eve = desk.admin_of(other, "Eve").await;
    assert_eq!(
        eve.get(&path).await.text,
        eve.get(&format!("/widgets/{}", uuid::Uuid::now_v7()))
            .await
            .text
    );
    assert_eq!(eve.patch(&path, json!({"name": "Mine"})).await.status, 404);
    assert_eq!(eve.delete(&path).await.status, 404);

    begin(&desk, id, json!({})).await.created();
    assert_eq!(
        admin.delete(&path).await.status,
        204,
        "a visitor who never wrote is no reason to keep it"
    );
    assert_eq!(admin.get(&path).await.status, 404);
    ada.writes("Hello").await;
    assert_eq!(
        admin
            .delete(&format!("/widgets/{}", desk.widget))
            .await
            .problem(),
        (409, "conflict".into()),
        "the home widget"
    );
}

async fn a_disabled_widget_is_one_that_never_was(desk: TestDesk) {
    let admin = desk.admin().await;
    let shop = widget(&admin, "anyone").await;
    let id: WidgetId = shop.parse().unwrap();
    let config = |id: &str| {
        let nobody = desk.nobody();
        let path = format!("/widgets/{id}/config");
        async move { nobody.get(&path).await }
    };
    let found = config(&shop).await;
    assert_eq!(found.headers["access-control-allow-origin"], "*");
    let shown = found.ok();
    assert_eq!(
        (&shown["online"], &shown["appearance"]["ink"]),
        (&json!(false), &json!("#000000"))
    );
    assert!(
        !shown.to_string().contains("shop.example"),
        "the list of domains is not public"
    );
    assert_eq!(
        ops::frame_ancestors(&desk.node, id).await.unwrap(),
        "'self' shop.example"
    );
    let ada = person(&desk, &begin(&desk, &shop, json!({})).await.created());
    ada.writes("Hello").await;

    admin
        .patch(&format!("/widgets/{shop}"), json!({"enabled": false}))
        .await
        .ok();
    for absent in [uuid::Uuid::now_v7().to_string(), "nonsense".into()] {
        let (mut disabled, mut never) = (config(&shop).await, config(&absent).await);
        for reply in [&mut disabled, &mut never] {
            assert!(
                reply.headers.remove("x-request-id").is_some(),
                "the one header that every answer has of its own"
            );
        }
        assert_eq!(
            (disabled.status, &disabled.text, &disabled.headers),
            (never.status, &never.text, &never.headers)
        );
        assert_eq!(
            (
                disabled.status.as_u16(),
                &disabled.headers["access-control-allow-origin"]
            ),
            (404, &"*".parse().unwrap())
        );
    }
    assert_eq!(
        ops::frame_ancestors(&desk.node, id).await.unwrap(),
        "'none'"
    );
    assert_eq!(
        begin(&desk, &shop, json!({})).await.problem(),
        (404, "not_found".into())
    );
    // Before the cached session expires by itself.
    crate::test::soon_within(
        std::time::Duration::from_secs(10),
        "the visitor's session counts no more",
        || async { ada.get("/me").await.status == 401 },
    )
    .await;
    assert_eq!(
        admin.delete(&format!("/widgets/{shop}")).await.problem(),
        (409, "conflict".into()),
        "it has a conversation"
    );
}

async fn the_admin_hears_of_sites_that_are_refused(desk: TestDesk) {
    let admin = desk.admin().await;
    let shop = widget(&admin, "anyone").await;
    let id: WidgetId = shop.parse().unwrap();
    let ask = async |node: &crate::desk::state::Desk, origin: &str| {
        let path = format!("/widgets/{shop}/config");
        let nobody = desk.nobody().at(node);
        let request = nobody
            .request(Method::GET, &path)
            .header("origin", origin)
            .body(Body::empty())
            .unwrap();
        nobody.ask(request).await.ok();
    };
    let proof = admin.staff().await.admin().unwrap();
    let told = async || {
        let sheet = ops::form::sheet(&proof, id).await.unwrap();
        sheet
            .refused
            .into_iter()
            .map(|r| r.site)
            .collect::<Vec<_>>()
    };
    let other = desk.second_node().await;
    for fine in [
        "https://shop.example",
        "http://localhost:3000",
        "null",
        "https://x.example/path",
        "nonsense",
    ] {
        ask(&desk.node, fine).await;
    }
    ask(&other, "http://localhost:8081").await;
    crate::test::soon("what another node heard is told", || async {
        told().await == ["http://localhost:8081"]
    })
    .await;
    for n in 1..=6 {
        let site = format!("https://x{n}.example");
        ask(&desk.node, &site).await;
        crate::test::soon("the last one stands first", || async {
            told().await[0] == site
        })
        .await;
    }
    assert_eq!(
        told().await,
        [6, 5, 4, 3, 2].map(|n| format!("https://x{n}.example")),
        "few are kept"
    );

    // What is allowed meanwhile is refused no more; a widget that goes takes its sites along.
    let now = told().await[0].trim_start_matches("https://").to_owned();
    admin
        .patch(&format!("/widgets/{shop}"), json!({"domains": [now]}))
        .await
        .ok();
    assert_eq!(told().await.len(), 4);
    assert_eq!(admin.delete(&format!("/widgets/{shop}")).await.status, 204);
    other.stop().cancel();
}
