//! Stories of people: first run, signing in, invitations, suspension, presence, settings; on both databases.

use super::{self as account, store, sweep};
use crate::model::{error::Error, id::AgentId, limits};
use crate::story;
use crate::test::{PASSWORD, Person, TestDesk};
use serde_json::json;

fn token_of(link: &serde_json::Value) -> String {
    link["link"]
        .as_str()
        .and_then(|l| l.split("token=").nth(1))
        .expect("a link with a token")
        .to_owned()
}

async fn wrong(desk: &TestDesk, email: &str, device: Option<String>) -> Error {
    account::sign_in(
        &desk.node,
        desk.workspace,
        email,
        "not the password",
        device,
        "test",
        None,
    )
    .await
    .unwrap_err()
}

/// The address of a colleague that the test desk made.
async fn email_of(who: &Person) -> String {
    account::me(&who.staff().await).await.unwrap().email
}

story! {
    async fn a_set_up_link_works_once_and_only_while_there_is_no_admin(desk) {
        let (node, ws) = (&desk.node, desk.workspace);
        let older = account::setup_link(node, ws).await.unwrap().expect("nobody is here yet");
        let link = account::setup_link(node, ws).await.unwrap().unwrap();
        assert_eq!(account::link_info(node, &older).await, Err(Error::NotFound), "a new one replaces it");
        assert!(account::link_info(node, &link).await.is_ok());
        assert!(account::front(node, ws).await.unwrap().needs_setup);

        let bad = account::set_up(node, &link, " ", "Rosa", "not an address", "short", "test").await.unwrap_err();
        for field in ["workspace", "email", "password"] {
            assert!(bad.about(field).is_some(), "{field} is named");
        }
        let rosa = account::set_up(node, &link, "Lamp & <Shade>", "Rosa Lind", "rosa@lamp.example", PASSWORD, "test").await.unwrap();
        assert_eq!((rosa.agent.role.word(), rosa.agent.display_name.as_str()), ("admin", "Rosa"));
        let front = account::front(node, ws).await.unwrap();
        assert_eq!((front.workspace.as_str(), front.needs_setup), ("Lamp & <Shade>", false));

        let again = account::set_up(node, &link, "Mine", "Eve", "eve@lamp.example", PASSWORD, "test").await;
        assert_eq!(again.unwrap_err(), Error::NotFound);
        assert_eq!(account::setup_link(node, ws).await.unwrap(), None);
    }

    async fn a_stranger_and_a_wrong_password_get_the_same_answer(desk) {
        let sam = desk.agent("Sam").await;
        let email = email_of(&sam).await;
        assert_eq!(wrong(&desk, &email, None).await, wrong(&desk, "nobody@else.example", None).await);
        let (one, two) = (
            desk.nobody().post("/sessions", json!({"email": email, "password": "no"})).await,
            desk.nobody().post("/sessions", json!({"email": "x", "password": "no"})).await,
        );
        assert_eq!((one.problem().0, &one.text), (401, &two.text));
    }

    async fn ten_wrong_tries_lock_strangers_out_but_not_the_owner(desk) {
        let sam = desk.agent("Sam").await;
        let email = email_of(&sam).await;
        // Right ones do not count, however many.
        for _ in 0..3 {
            account::sign_in(&desk.node, desk.workspace, &email, PASSWORD, None, "test", None).await.unwrap();
        }
        // A browser that signed in before.
        let device = crate::base::secrets::token();
        let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
        let hash = crate::base::secrets::hash(&device);
        store::add_device(&mut tx, desk.workspace, AgentId(sam.id), hash, crate::model::time::now()).await.unwrap();
        tx.commit().await.unwrap();

        let tries = (0..limits::TRIES + 5).map(|n| {
            // Invented devices are strangers.
            let device = (n % 2 == 0).then(crate::base::secrets::token);
            wrong(&desk, &email, device)
        });
        let answers = futures::future::join_all(tries).await;
        assert_eq!(answers.iter().filter(|e| **e == Error::Unauthorized).count() as i64, limits::TRIES);
        let right = account::sign_in(&desk.node, desk.workspace, &email, PASSWORD, None, "test", None).await;
        assert!(matches!(right, Err(Error::RateLimited { .. })), "even the right one, from an unknown device");
        let owner = account::sign_in(&desk.node, desk.workspace, &email, PASSWORD, Some(device), "test", None).await;
        assert!(owner.is_ok_and(|s| s.known_device), "the owner gets in");
    }

    async fn an_invitation_works_once_and_an_address_is_invited_once(desk) {
        let admin = desk.admin().await;
        let invite = json!({"email": "Mia@Desk.example", "role": "agent"});
        let invited = admin.post("/agents", invite.clone()).await.created();
        assert_eq!((invited["state"].as_str(), invited["name"].as_str()), (Some("invited"), Some("Mia")));
        let known = admin.post("/agents", json!({"email": "mia@desk.example", "role": "admin"})).await;
        assert_eq!(known.problem(), (422, "invalid".into()));
        let first = token_of(&invited);
        let id = invited["id"].as_str().unwrap();
        let second = token_of(&admin.post(&format!("/agents/{id}/invitation"), json!({})).await.created());
        assert_eq!(account::accept(&desk.node, &first, "Mia", PASSWORD, "test").await.unwrap_err(), Error::NotFound);
        assert_eq!(account::choose_password(&desk.node, &second, PASSWORD, "test").await.unwrap_err(), Error::NotFound, "one purpose");
        let mia = account::accept(&desk.node, &second, "Mia Berg", PASSWORD, "test").await.unwrap();
        assert_eq!((mia.agent.state.word(), mia.agent.team_ids.len()), ("active", 1));
        assert_eq!(account::accept(&desk.node, &second, "Mia", PASSWORD, "test").await.unwrap_err(), Error::NotFound);
    }

    async fn a_new_password_ends_every_other_session(desk) {
        let (admin, sam) = (desk.admin().await, desk.agent("Sam").await);
        sam.get("/agents").await.ok();
        let link = admin.post(&format!("/agents/{}/password-reset", sam.id), json!({})).await.created();
        let new = account::choose_password(&desk.node, &token_of(&link), "another good password", "test").await.unwrap();
        assert_eq!(sam.get("/agents").await.problem().0, 401);
        let sam = Person { token: new.token, ..sam };
        sam.get("/agents").await.ok();
        assert_eq!(desk.nobody().post("/sessions", json!({"email": new.agent.email, "password": PASSWORD})).await.problem().0, 401);
    }

    async fn suspended_is_refused_at_once_and_the_last_admin_stays(desk) {
        let (admin, sam) = (desk.admin().await, desk.agent("Sam").await);
        let email = email_of(&sam).await;
        admin.post(&format!("/agents/{}/suspend", sam.id), json!({})).await.ok();
        assert_eq!(sam.get("/agents").await.problem().0, 401);
        let back = account::sign_in(&desk.node, desk.workspace, &email, PASSWORD, None, "test", None).await;
        assert_eq!(back.unwrap_err(), Error::Unauthorized);
        admin.post(&format!("/agents/{}/restore", sam.id), json!({})).await.ok();
        assert_eq!(sam.get("/agents").await.problem().0, 401, "their sessions stay revoked");
        account::sign_in(&desk.node, desk.workspace, &email, PASSWORD, None, "test", None).await.unwrap();

        assert_eq!(admin.post(&format!("/agents/{}/suspend", admin.id), json!({})).await.problem(), (409, "conflict".into()));
        assert_eq!(admin.patch(&format!("/agents/{}", admin.id), json!({"role": "agent"})).await.problem(), (409, "conflict".into()));
        admin.patch(&format!("/agents/{}", sam.id), json!({"role": "admin"})).await.ok();
        admin.patch(&format!("/agents/{}", admin.id), json!({"role": "agent"})).await.ok();
        assert_eq!(admin.patch(&format!("/agents/{}", sam.id), json!({"role": "agent"})).await.problem().0, 403);
    }

    async fn sessions_are_listed_and_only_ones_own_can_be_revoked(desk) {
        let (sam, kim, ada) = (desk.agent("Sam").await, desk.agent("Kim").await, desk.visitor("Ada").await);
        let sams = sam.get("/sessions").await.ok();
        assert_eq!(sams["items"].as_array().map(Vec::len), Some(2), "joining and signing in");
        let other = sams["items"].as_array().unwrap().iter().find(|s| s["current"] == false).unwrap()["id"].as_str().unwrap().to_owned();
        let absent = kim.delete(&format!("/sessions/{}", uuid::Uuid::now_v7())).await;
        let theirs = kim.delete(&format!("/sessions/{other}")).await;
        assert_eq!((theirs.problem().0, &theirs.text), (404, &absent.text));
        assert_eq!(sam.delete(&format!("/sessions/{other}")).await.status, 204);
        assert_eq!(sam.get("/sessions").await.ok()["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(ada.get("/sessions").await.ok()["items"].as_array().map(Vec::len), Some(1), "visitors too");
        assert_eq!(ada.delete("/sessions/current").await.status, 204);
        assert_eq!(ada.get("/sessions").await.problem().0, 401);
        assert_eq!(sam.delete("/sessions/current").await.status, 204);
        assert_eq!(sam.get("/sessions").await.problem().0, 401);
    }

    async fn online_takes_both_the_word_and_the_presence(desk) {
        let (node, ws) = (&desk.node, desk.workspace);
        let (sam, ada) = (desk.agent("Sam").await, desk.visitor("Ada").await);
        let online = async || desk.nobody().get("/availability").await.ok()["online"].as_bool().unwrap();
        assert!(!online().await, "set to online, but not here");
        let cursor = ada.cursor().await;
        account::came(node, ws, AgentId(sam.id)).await;
        account::came(node, ws, AgentId(sam.id)).await;
        assert!(online().await);
        let faces = account::faces(&mut node.db().look().await.unwrap(), ws).await.unwrap();
        assert_eq!(faces.into_iter().map(|f| f.name).collect::<Vec<_>>(), ["Sam"], "by the name that customers see");
        let staff = sam.staff().await;
        let away = account::Mine { availability: Some("away".parse().unwrap()), reason: Some("lunch".into()), ..Default::default() };
        let me = account::change_me(&staff, away).await.unwrap();
        assert_eq!((me.online, me.reason.as_deref()), (false, Some("lunch")));
        assert!(!online().await, "here, but away");
        let back = account::Mine { availability: Some("online".parse().unwrap()), ..Default::default() };
        assert!(account::change_me(&staff, back).await.unwrap().online);
        sweep(node).await.unwrap();
        assert!(online().await, "nobody left");
        let heard = ada.poll(Some(&cursor)).await;
        let told: Vec<bool> = heard["events"].as_array().unwrap().iter()
            .filter(|e| e["type"] == "availability.changed").map(|e| e["data"]["online"].as_bool().unwrap()).collect();
        assert_eq!(told, [true, false, true], "once each, and customers hear it");
        assert!(!heard.to_string().contains(&sam.id.to_string()), "but not who");
    }

    async fn settings_are_saved_by_whoever_read_them_last(desk) {
        let (admin, sam) = (desk.admin().await, desk.agent("Sam").await);
        let read = sam.get("/settings").await;
        let tag = read.headers["etag"].to_str().unwrap().to_owned();
        assert_eq!(sam.patch("/settings", json!({"auto_assign": false})).await.problem().0, 403);
        assert_eq!(sam.patch("/settings", json!({"nonsense": 1})).await.problem().0, 422, "parsed before authorized");
        let patch = async |tag: &str, body: serde_json::Value| {
            let request = admin.request(axum::http::Method::PATCH, "/settings").header("content-type", "application/json").header("if-match", tag);
            admin.ask(request.body(body.to_string().into()).unwrap()).await
        };
        let saved = patch(&tag, json!({"host": "Desk.Example.com", "auto_assign": false})).await.ok();
        assert_eq!((saved["host"].as_str(), saved["auto_assign"].as_bool()), (Some("desk.example.com"), Some(false)));
        for old in [tag.as_str(), "\"0\"", "\"-1\""] {
            assert_eq!(patch(old, json!({"name": "Other"})).await.problem(), (409, "conflict".into()), "{old}");
        }
        admin.patch("/settings", json!({"name": "Other"})).await.ok();
        assert_eq!(admin.patch("/settings", json!({"host": "https://x"})).await.problem().0, 422);
        let (other, _) = desk.second_workspace().await;
        assert_eq!(admin.patch("/settings", json!({"host": "other.example"})).await.problem().0, 422, "taken");
        assert_eq!(account::workspace_for(&desk.node, "OTHER.example:8443").await.unwrap(), other);
        assert_eq!(account::workspace_for(&desk.node, "desk.example.com").await.unwrap(), desk.workspace);
        assert_eq!(account::workspace_for(&desk.node, "anything").await.unwrap(), desk.workspace);
    }

    async fn a_colleague_of_another_workspace_does_not_exist(desk) {
        let (admin, (other, _)) = (desk.admin().await, desk.second_workspace().await);
        let eve = desk.admin_of(other, "Eve").await;
        let absent = admin.post(&format!("/agents/{}/suspend", uuid::Uuid::now_v7()), json!({})).await;
        for verb in ["suspend", "restore", "invitation", "password-reset"] {
            let answer = admin.post(&format!("/agents/{}/{verb}", eve.id), json!({})).await;
            assert_eq!((answer.problem().0, &answer.text), (404, &absent.text), "{verb}");
        }
        assert!(!admin.get("/agents").await.text.contains(&eve.id.to_string()));
    }

    async fn the_command_line_gives_a_known_address_a_new_password_and_the_role(desk) {
        let sam = desk.agent("Sam").await;
        let email = email_of(&sam).await;
        let again = account::add_admin(&desk.node, desk.workspace, &email.to_uppercase(), "Somebody", "a wholly new password").await.unwrap();
        assert_eq!((again.id.0, again.role.word(), again.name.as_str()), (sam.id, "admin", "Sam Ortiz"));
        account::sign_in(&desk.node, desk.workspace, &email, "a wholly new password", None, "test", None).await.unwrap();
        assert_eq!(wrong(&desk, &email, None).await, Error::Unauthorized);
    }

    async fn a_one_click_link_signs_in_once(desk) {
        let sam = desk.agent("Sam").await;
        let token = account::sign_in_link(&desk.machine(), AgentId(sam.id)).await.unwrap();
        assert_eq!(account::link_info(&desk.node, &token).await.unwrap().name, "Sam Ortiz");
        account::sign_in_by_link(&desk.node, &token, "test", None).await.unwrap();
        assert_eq!(account::sign_in_by_link(&desk.node, &token, "test", None).await.unwrap_err(), Error::NotFound);
    }
}
