//! What an admin says of the workspace.

use super::super::{self as account};
use crate::base::config::Config;
use crate::desk::state::Desk;
use crate::test::TestDesk;
use serde_json::json;

crate::stories! {
    settings_are_saved_by_whoever_read_them_last,
    a_workspace_claims_no_host_that_is_not_its_own,
}

async fn settings_are_saved_by_whoever_read_them_last(desk: TestDesk) {
    let (admin, sam) = (desk.admin().await, desk.agent("Sam").await);
    let read = sam.get("/settings").await;
    let tag = read.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(
        sam.patch("/settings", json!({"auto_assign": false}))
            .await
            .problem()
            .0,
        403
    );
    assert_eq!(
        sam.patch("/settings", json!({"nonsense": 1}))
            .await
            .problem()
            .0,
        422,
        "parsed before authorized"
    );
    let patch = async |tag: &str, body: serde_json::Value| {
        let request = admin
            .request(axum::http::Method::PATCH, "/settings")
            .header("content-type", "application/json")
            .header("if-match", tag);
        admin
            .ask(request.body(body.to_string().into()).unwrap())
            .await
    };
    let saved = patch(
        &tag,
        json!({"host": "Desk.Example.com", "auto_assign": false}),
    )
    .await
    .ok();
    assert_eq!(
        (saved["host"].as_str(), saved["auto_assign"].as_bool()),
        (Some("desk.example.com"), Some(false))
    );
    assert_eq!(
        (&saved["time_zone"], &saved["locale"]),
        (&"UTC".into(), &"en".into())
    );
    let place = json!({"time_zone": "Europe/Copenhagen", "locale": "en"});
    let saved = admin.patch("/settings", place).await.ok();
    assert_eq!(saved["time_zone"], "Europe/Copenhagen");
    assert_eq!(saved["host"], "desk.example.com", "the rest stays");
    for unknown in [
        json!({"time_zone": "Mars/Olympus"}),
        json!({"locale": "tlh"}),
    ] {
        assert_eq!(admin.patch("/settings", unknown).await.problem().0, 422);
    }
    for old in [tag.as_str(), "\"0\"", "\"-1\""] {
        assert_eq!(
            patch(old, json!({"name": "Other"})).await.problem(),
            (409, "conflict".into()),
            "{old}"
        );
    }
    admin
        .patch("/settings", json!({"name": "Other"}))
        .await
        .ok();
    assert_eq!(
        admin
            .patch("/settings", json!({"host": "https://x"}))
            .await
            .problem()
            .0,
        422
    );
    let (other, _) = desk.second_workspace().await;
    assert_eq!(
        admin
            .patch("/settings", json!({"host": "other.example"}))
            .await
            .problem()
            .0,
        422,
        "taken"
    );
    assert_eq!(
        account::workspace_for(&desk.node, "OTHER.example:8443")
            .await
            .unwrap(),
        other
    );
    assert_eq!(
        account::workspace_for(&desk.node, "desk.example.com")
            .await
            .unwrap(),
        desk.workspace
    );
    assert_eq!(
        account::workspace_for(&desk.node, "anything")
            .await
            .unwrap(),
        desk.workspace
    );
}

async fn a_workspace_claims_no_host_that_is_not_its_own(desk: TestDesk) {
    let public_url = "https://desk.example".parse().unwrap();
    let listen = "198.51.100.7:443".parse().unwrap();
    let config = Config {
        public_url,
        listen,
        ..desk.node.config().clone()
    };
    let node = Desk::new(config, desk.node.db().clone(), desk.node.stop().clone());
    let (other, _) = desk.second_workspace().await;
    let eve = desk.admin_of(other, "Eve").await.at(&node);
    let rosa = desk.admin().await.at(&node);
    rosa.patch("/settings", json!({"host": "lumen.example"}))
        .await
        .ok();
    let installation = ["desk.example", " DESK.example ", "198.51.100.7"];
    let itself = [
        "localhost",
        "desk.localhost",
        "127.0.0.1",
        "127.1",
        "0.0.0.0",
        "localhost.localdomain",
    ];
    for host in installation
        .iter()
        .chain(&itself)
        .chain(&["lumen.example", "LUMEN.example"])
    {
        let refused = eve.patch("/settings", json!({"host": host})).await;
        assert_eq!(refused.problem().0, 422, "{host}");
        assert!(
            refused.json()["errors"]["host"].is_array(),
            "{host}: {}",
            refused.text
        );
        assert!(
            account::create_workspace(&node, "Third", Some(host), false)
                .await
                .is_err(),
            "{host}"
        );
    }
    assert_eq!(
        eve.get("/settings").await.json()["host"],
        "other.example",
        "nothing was changed"
    );
    assert_eq!(
        account::workspace_for(&node, "desk.example").await.unwrap(),
        desk.workspace
    );
    // The installation's own may be named by whom it leads to anyway, and every other by anybody.
    rosa.patch("/settings", json!({"host": "desk.example"}))
        .await
        .ok();
    assert_eq!(
        rosa.patch("/settings", json!({"host": "localhost"}))
            .await
            .problem()
            .0,
        422
    );
    eve.patch("/settings", json!({"host": "help.other.example"}))
        .await
        .ok();
    assert_eq!(
        account::workspace_for(&node, "help.other.example")
            .await
            .unwrap(),
        other
    );

    // One that was claimed before the installation moved there leads nobody astray.
    let public_url = "https://help.other.example".parse().unwrap();
    let moved = Config {
        public_url,
        ..node.config().clone()
    };
    let moved = Desk::new(moved, node.db().clone(), node.stop().clone());
    assert_eq!(
        account::workspace_for(&moved, "Help.Other.example:443")
            .await
            .unwrap(),
        desk.workspace
    );
}
