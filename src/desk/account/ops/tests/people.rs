//! Colleagues, their sessions and their presence.

use super::super::{self as account, sweep};
use super::*;
use crate::model::{error::Error, id::AgentId};
use crate::test::{PASSWORD, Person, TestDesk};
use serde_json::json;

crate::stories! {
    a_name_that_looks_like_a_colleagues_is_pointed_out_to_the_admin,
    an_address_is_the_same_however_it_is_typed,
    suspended_is_refused_at_once_and_the_last_admin_stays,
    sessions_are_listed_and_only_ones_own_can_be_revoked,
    online_takes_both_the_word_and_the_presence,
    a_colleague_of_another_workspace_does_not_exist,
    a_new_role_is_a_new_session,
}

async fn a_name_that_looks_like_a_colleagues_is_pointed_out_to_the_admin(desk: TestDesk) {
    let (rosa, sam, kim) = (
        desk.admin().await,
        desk.agent("Sam").await,
        desk.agent("Kim").await,
    );
    let admin = rosa.staff().await.admin().unwrap();
    let flagged = async || {
        let all = account::colleagues(&admin).await.unwrap();
        let flagged = all
            .into_iter()
            .filter_map(|c| Some((c.agent.id.0, c.looks_like?.1)));
        flagged.collect::<std::collections::HashMap<_, _>>()
    };
    assert!(flagged().await.is_empty());
    // The а is Cyrillic.
    kim.patch("/me", json!({"name": " S\u{430}m  \u{202e}Ortiz"}))
        .await
        .ok();
    let named = account::me(&kim.staff().await).await.unwrap().name;
    assert_eq!(named, "S\u{430}m Ortiz", "and has its one form");
    let found = flagged().await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(
        (&found[&kim.id], &found[&sam.id]),
        (&email_of(&sam).await, &email_of(&kim).await)
    );
    kim.patch("/me", json!({"name": "Kim Ortiz"})).await.ok();
    assert!(flagged().await.is_empty());
}

async fn an_address_is_the_same_however_it_is_typed(desk: TestDesk) {
    let admin = desk.admin().await;
    let invite = |email: &str| admin.post("/agents", json!({"email": email, "role": "agent"}));
    let invited = invite(" Zoe\u{308}@mu\u{308}ller.example ").await.created();
    assert_eq!(invited["email"], "Zo\u{eb}@m\u{fc}ller.example");
    assert_eq!(
        invite("ZO\u{cb}@m\u{fc}ller.example").await.problem(),
        (422, "invalid".into())
    );
    assert_eq!(
        invite("zo\u{eb}\u{200b}@m\u{fc}ller.example")
            .await
            .problem(),
        (422, "invalid".into())
    );
    let token = token_of(&invited);
    account::accept(&desk.node, &token, "Zoe\u{308}", PASSWORD, "test")
        .await
        .unwrap();
    let typed = "zoe\u{308}@M\u{fc}LLER.example";
    let inside = account::sign_in(
        &desk.node,
        desk.workspace,
        typed,
        PASSWORD,
        None,
        "test",
        None,
    )
    .await
    .unwrap();
    assert_eq!(inside.agent.name, "Zo\u{eb}");
}

async fn suspended_is_refused_at_once_and_the_last_admin_stays(desk: TestDesk) {
    let (admin, sam) = (desk.admin().await, desk.agent("Sam").await);
    let email = email_of(&sam).await;
    admin
        .post(&format!("/agents/{}/suspend", sam.id), json!({}))
        .await
        .ok();
    assert_eq!(sam.get("/agents").await.problem().0, 401);
    let back = account::sign_in(
        &desk.node,
        desk.workspace,
        &email,
        PASSWORD,
        None,
        "test",
        None,
    )
    .await;
    assert_eq!(back.unwrap_err(), Error::Unauthorized);
    admin
        .post(&format!("/agents/{}/restore", sam.id), json!({}))
        .await
        .ok();
    assert_eq!(
        sam.get("/agents").await.problem().0,
        401,
        "their sessions stay revoked"
    );
    account::sign_in(
        &desk.node,
        desk.workspace,
        &email,
        PASSWORD,
        None,
        "test",
        None,
    )
    .await
    .unwrap();

    assert_eq!(
        admin
            .post(&format!("/agents/{}/suspend", admin.id), json!({}))
            .await
            .problem(),
        (409, "conflict".into())
    );
    assert_eq!(
        admin
            .patch(&format!("/agents/{}", admin.id), json!({"role": "agent"}))
            .await
            .problem(),
        (409, "conflict".into())
    );
    admin
        .patch(&format!("/agents/{}", sam.id), json!({"role": "admin"}))
        .await
        .ok();
    let own = admin
        .patch(&format!("/agents/{}", admin.id), json!({"role": "agent"}))
        .await
        .ok();
    let admin = Person {
        token: own["token"].as_str().unwrap().into(),
        ..admin
    };
    assert_eq!(
        admin
            .patch(&format!("/agents/{}", sam.id), json!({"role": "agent"}))
            .await
            .problem()
            .0,
        403
    );
}

async fn sessions_are_listed_and_only_ones_own_can_be_revoked(desk: TestDesk) {
    let (sam, kim, ada) = (
        desk.agent("Sam").await,
        desk.agent("Kim").await,
        desk.visitor("Ada").await,
    );
    let sams = sam.get("/sessions").await.ok();
    assert_eq!(
        sams["items"].as_array().map(Vec::len),
        Some(2),
        "joining and signing in"
    );
    let other = sams["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["current"] == false)
        .unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let absent = kim
        .delete(&format!("/sessions/{}", uuid::Uuid::now_v7()))
        .await;
    let theirs = kim.delete(&format!("/sessions/{other}")).await;
    assert_eq!((theirs.problem().0, &theirs.text), (404, &absent.text));
    assert_eq!(sam.delete(&format!("/sessions/{other}")).await.status, 204);
    assert_eq!(
        sam.get("/sessions").await.ok()["items"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    assert_eq!(
        ada.get("/sessions").await.ok()["items"]
            .as_array()
            .map(Vec::len),
        Some(1),
        "visitors too"
    );
    assert_eq!(ada.delete("/sessions/current").await.status, 204);
    assert_eq!(ada.get("/sessions").await.problem().0, 401);
    assert_eq!(sam.delete("/sessions/current").await.status, 204);
    assert_eq!(sam.get("/sessions").await.problem().0, 401);
}

async fn online_takes_both_the_word_and_the_presence(desk: TestDesk) {
    let (node, ws) = (&desk.node, desk.workspace);
    let (sam, ada) = (desk.agent("Sam").await, desk.visitor("Ada").await);
    let online = async || {
        desk.nobody().get("/availability").await.ok()["online"]
            .as_bool()
            .unwrap()
    };
    assert!(!online().await, "set to online, but not here");
    let cursor = ada.cursor().await;
    account::came(node, ws, AgentId(sam.id)).await;
    account::came(node, ws, AgentId(sam.id)).await;
    assert!(online().await);
    let faces = account::faces(&mut node.db().snapshot().await.unwrap(), ws)
        .await
        .unwrap();
    assert_eq!(
        faces.into_iter().map(|f| f.name).collect::<Vec<_>>(),
        ["Sam"],
        "by the name that customers see"
    );
    let staff = sam.staff().await;
    let away = account::Mine {
        availability: Some("away".parse().unwrap()),
        reason: Some("lunch".into()),
        ..Default::default()
    };
    let me = account::change_me(&staff, away).await.unwrap();
    assert_eq!((me.online, me.reason.as_deref()), (false, Some("lunch")));
    assert!(!online().await, "here, but away");
    let back = account::Mine {
        availability: Some("online".parse().unwrap()),
        ..Default::default()
    };
    assert!(account::change_me(&staff, back).await.unwrap().online);
    sweep(node).await.unwrap();
    assert!(online().await, "nobody left");
    let heard = ada.poll(Some(&cursor)).await;
    let told: Vec<bool> = heard["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["type"] == "availability.changed")
        .map(|e| e["data"]["online"].as_bool().unwrap())
        .collect();
    assert_eq!(
        told,
        [true, false, true],
        "once each, and customers hear it"
    );
    assert!(
        !heard.to_string().contains(&sam.id.to_string()),
        "but not who"
    );
}

async fn a_colleague_of_another_workspace_does_not_exist(desk: TestDesk) {
    let (admin, (other, _)) = (desk.admin().await, desk.second_workspace().await);
    let eve = desk.admin_of(other, "Eve").await;
    let absent = admin
        .post(
            &format!("/agents/{}/suspend", uuid::Uuid::now_v7()),
            json!({}),
        )
        .await;
    for verb in ["suspend", "restore", "invitation", "password-reset"] {
        let answer = admin
            .post(&format!("/agents/{}/{verb}", eve.id), json!({}))
            .await;
        assert_eq!(
            (answer.problem().0, &answer.text),
            (404, &absent.text),
            "{verb}"
        );
    }
    assert!(
        !admin
            .get("/agents")
            .await
            .text
            .contains(&eve.id.to_string())
    );
}

async fn a_new_role_is_a_new_session(desk: TestDesk) {
    let (admin, sam) = (desk.admin().await, desk.agent("Sam").await);
    let enter = account::sign_in_link(&desk.machine(), AgentId(sam.id))
        .await
        .unwrap();
    let mut stream = sam.stream(None).await;
    sam.get("/me").await.ok();
    let path = format!("/agents/{}", sam.id);
    let same = admin
        .patch(&path, json!({"role": "agent", "name": "Sam Ortiz"}))
        .await
        .ok();
    assert_eq!(
        (same["role"].as_str(), &same["token"]),
        (Some("agent"), &serde_json::Value::Null)
    );
    stream.ends().await; // which asks again
    sam.get("/me").await.ok();

    let mut stream = sam.stream(None).await;
    let promoted = admin.patch(&path, json!({"role": "admin"})).await.ok();
    assert_eq!(
        promoted["token"],
        serde_json::Value::Null,
        "it is Sam's, not the admin's"
    );
    stream.ends().await;
    for door in ["/me", "/agents", "/settings", "/conversations"] {
        assert_eq!(
            sam.get(door).await.problem().0,
            401,
            "a token of the agent {door}"
        );
    }
    assert_eq!(
        account::link_info(&desk.node, &enter).await.unwrap_err(),
        Error::NotFound,
        "nor does a link of before let in"
    );

    // Whoever changes their own role goes on at once, as what they are now.
    let mut stream = admin.stream(None).await;
    let own = admin
        .patch(&format!("/agents/{}", admin.id), json!({"role": "agent"}))
        .await
        .ok();
    stream.ends().await;
    assert_eq!(admin.get("/me").await.problem().0, 401);
    let now = Person {
        token: own["token"].as_str().unwrap().into(),
        ..admin.clone()
    };
    assert_eq!(now.get("/me").await.ok()["role"], "agent");
    assert_eq!(
        now.patch(&path, json!({"role": "agent"})).await.problem().0,
        403
    );
}
