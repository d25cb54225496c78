//! Stories of widgets and of who begins at them, told through the doors, on both databases.

mod admin;
mod identity;
mod visits;

use crate::base::secrets;
use crate::desk::widget::ops::{self, visit::Identity};
use crate::test::{Person, TestDesk};
use serde_json::{Value, json};

async fn widget(admin: &Person, policy: &str) -> String {
    let made = admin
        .post(
            "/widgets",
            json!({"name": "Shop", "domains": ["shop.example"], "policy": policy}),
        )
        .await
        .created();
    made["id"].as_str().unwrap().to_owned()
}

async fn begin(desk: &TestDesk, widget: &str, said: Value) -> crate::test::Reply {
    desk.nobody()
        .post(&format!("/widgets/{widget}/visitors"), said)
        .await
}

fn person(desk: &TestDesk, begun: &Value) -> Person {
    Person {
        token: begun["token"].as_str().unwrap().into(),
        id: begun["contact"]["id"].as_str().unwrap().parse().unwrap(),
        ..desk.nobody()
    }
}

/// What the host site's server would sign.
async fn signed(admin: &Person, widget: &str, user: &str) -> String {
    let proof = admin.staff().await.admin().unwrap();
    let secret = ops::secret(&proof, widget.parse().unwrap()).await.unwrap();
    hex::encode(secrets::mac(secret.as_bytes(), user))
}

fn said(user: &str, hash: Option<&str>) -> Identity {
    Identity {
        user_id: user.into(),
        user_hash: hash.map(str::to_owned),
        ..Identity::default()
    }
}

fn fields(reply: &crate::test::Reply) -> Vec<String> {
    assert_eq!(reply.problem(), (422, "invalid".into()));
    reply.json()["errors"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}
