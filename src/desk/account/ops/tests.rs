//! Stories of people: first run, signing in, invitations, suspension, presence, settings; on both databases.

use super::{self as account, store, sweep};
use crate::base::config::Config;
use crate::desk::state::Desk;
use crate::model::{error::Error, id::AgentId, limits};
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

crate::stories! {
    a_set_up_link_works_once_and_only_while_there_is_no_admin,
    a_stranger_and_a_wrong_password_get_the_same_answer,
    ten_wrong_tries_lock_strangers_out_but_not_the_owner,
    an_invitation_works_once_and_an_address_is_invited_once,
    a_name_that_looks_like_a_colleagues_is_pointed_out_to_the_admin,
    an_address_is_the_same_however_it_is_typed,
    a_new_password_ends_every_other_session,
    a_link_that_was_made_ends_nothing,
    a_password_of_ones_own_takes_the_old_one_and_ends_every_other_session,
    suspended_is_refused_at_once_and_the_last_admin_stays,
    sessions_are_listed_and_only_ones_own_can_be_revoked,
    online_takes_both_the_word_and_the_presence,
    settings_are_saved_by_whoever_read_them_last,
    a_workspace_claims_no_host_that_is_not_its_own,
    a_colleague_of_another_workspace_does_not_exist,
    the_command_line_gives_a_known_address_a_new_password_and_the_role,
    a_new_password_by_the_command_line_ends_every_session_and_stream,
    a_sign_in_that_takes_longer_than_the_password_is_none,
    a_new_role_is_a_new_session,
    a_one_click_link_signs_in_once,
    an_address_is_one_persons_whoever_is_faster,
    an_address_in_two_workspaces_is_two_logins,
    a_customer_signs_in_at_their_own_door_and_has_no_business_at_the_others,
    a_customers_wrong_passwords_count_as_a_colleagues,
}

async fn a_set_up_link_works_once_and_only_while_there_is_no_admin(desk: TestDesk) {
    let (node, ws) = (&desk.node, desk.workspace);
    let older = account::setup_link(node, ws)
        .await
        .unwrap()
        .expect("nobody is here yet");
    let link = account::setup_link(node, ws).await.unwrap().unwrap();
    assert_eq!(
        account::link_info(node, &older).await,
        Err(Error::NotFound),
        "a new one replaces it"
    );
    assert!(account::link_info(node, &link).await.is_ok());
    assert!(account::front(node, ws).await.unwrap().needs_setup);

    let bad = account::set_up(node, &link, " ", "Rosa", "not an address", "short", "test")
        .await
        .unwrap_err();
    for field in ["workspace", "email", "password"] {
        assert!(bad.about(field).is_some(), "{field} is named");
    }
    let rosa = account::set_up(
        node,
        &link,
        "Lamp & <Shade>",
        "Rosa Lind",
        "rosa@lamp.example",
        PASSWORD,
        "test",
    )
    .await
    .unwrap();
    assert_eq!(
        (rosa.agent.role.word(), rosa.agent.display_name.as_str()),
        ("admin", "Rosa")
    );
    let front = account::front(node, ws).await.unwrap();
    assert_eq!(
        (front.workspace.as_str(), front.needs_setup),
        ("Lamp & <Shade>", false)
    );

    let again = account::set_up(
        node,
        &link,
        "Mine",
        "Eve",
        "eve@lamp.example",
        PASSWORD,
        "test",
    )
    .await;
    assert_eq!(again.unwrap_err(), Error::NotFound);
    assert_eq!(account::setup_link(node, ws).await.unwrap(), None);
}

async fn a_stranger_and_a_wrong_password_get_the_same_answer(desk: TestDesk) {
    let sam = desk.agent("Sam").await;
    let email = email_of(&sam).await;
    assert_eq!(
        wrong(&desk, &email, None).await,
        wrong(&desk, "nobody@else.example", None).await
    );
    let (one, two) = (
        desk.nobody()
            .post("/sessions", json!({"email": email, "password": "no"}))
            .await,
        desk.nobody()
            .post("/sessions", json!({"email": "x", "password": "no"}))
            .await,
    );
    assert_eq!((one.problem().0, &one.text), (401, &two.text));
}

async fn ten_wrong_tries_lock_strangers_out_but_not_the_owner(desk: TestDesk) {
    let sam = desk.agent("Sam").await;
    let email = email_of(&sam).await;
    // Right ones do not count, however many.
    for _ in 0..3 {
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
    }
    // A browser that signed in before.
    let device = crate::base::secrets::token();
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    let hash = crate::base::secrets::hash(&device);
    let login = store::login_of_agent(&mut tx, desk.workspace, AgentId(sam.id)).await;
    store::add_device(
        &mut tx,
        desk.workspace,
        login.unwrap(),
        hash,
        crate::model::time::now(),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();

    let tries = (0..limits::TRIES + 5).map(|n| {
        // Invented devices are strangers.
        let device = (n % 2 == 0).then(crate::base::secrets::token);
        wrong(&desk, &email, device)
    });
    let answers = futures::future::join_all(tries).await;
    assert_eq!(
        answers
            .iter()
            .filter(|e| **e == Error::Unauthorized)
            .count() as i64,
        limits::TRIES
    );
    let right = account::sign_in(
        &desk.node,
        desk.workspace,
        &email,
        PASSWORD,
        None,
        "test",
        None,
    )
    .await;
    assert!(
        matches!(right, Err(Error::RateLimited { .. })),
        "even the right one, from an unknown device"
    );
    let owner = account::sign_in(
        &desk.node,
        desk.workspace,
        &email,
        PASSWORD,
        Some(device),
        "test",
        None,
    )
    .await;
    assert!(owner.is_ok_and(|s| s.known_device), "the owner gets in");
}

async fn an_invitation_works_once_and_an_address_is_invited_once(desk: TestDesk) {
    let admin = desk.admin().await;
    let invite = json!({"email": "Mia@Desk.example", "role": "agent"});
    let invited = admin.post("/agents", invite.clone()).await.created();
    assert_eq!(
        (invited["state"].as_str(), invited["name"].as_str()),
        (Some("invited"), Some("Mia"))
    );
    let known = admin
        .post(
            "/agents",
            json!({"email": "mia@desk.example", "role": "admin"}),
        )
        .await;
    assert_eq!(known.problem(), (422, "invalid".into()));
    let first = token_of(&invited);
    let id = invited["id"].as_str().unwrap();
    let second = token_of(
        &admin
            .post(&format!("/agents/{id}/invitation"), json!({}))
            .await
            .created(),
    );
    assert_eq!(
        account::accept(&desk.node, &first, "Mia", PASSWORD, "test")
            .await
            .unwrap_err(),
        Error::NotFound
    );
    assert_eq!(
        account::choose_password(&desk.node, &second, PASSWORD, "test")
            .await
            .unwrap_err(),
        Error::NotFound,
        "one purpose"
    );
    let mia = account::accept(&desk.node, &second, "Mia Berg", PASSWORD, "test")
        .await
        .unwrap();
    assert_eq!(
        (mia.agent.state.word(), mia.agent.team_ids.len()),
        ("active", 1)
    );
    assert_eq!(
        account::accept(&desk.node, &second, "Mia", PASSWORD, "test")
            .await
            .unwrap_err(),
        Error::NotFound
    );
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

async fn a_link_that_was_made_ends_nothing(desk: TestDesk) {
    let (alex, sam) = (desk.admin().await, desk.agent("Sam").await);
    let mut ears = sam.stream(None).await;
    let path = format!("/agents/{}/password-reset", sam.id);
    alex.post(&path, json!({})).await.created();
    // What comes after it still comes here.
    desk.visitor("Ada").await.writes("Hello").await;
    ears.until("conversation.created").await;
    let sql = "select cast(count(*) as bigint) from event where kind = 'link.made'";
    let (made,): (i64,) = desk.node.db().one(sql, vec![]).await.unwrap();
    assert_eq!(made, 1, "it is in the log");
}

async fn a_new_password_ends_every_other_session(desk: TestDesk) {
    let (admin, sam) = (desk.admin().await, desk.agent("Sam").await);
    sam.get("/agents").await.ok();
    let link = admin
        .post(&format!("/agents/{}/password-reset", sam.id), json!({}))
        .await
        .created();
    let new = account::choose_password(
        &desk.node,
        &token_of(&link),
        "another good password",
        "test",
    )
    .await
    .unwrap();
    assert_eq!(sam.get("/agents").await.problem().0, 401);
    let sam = Person {
        token: new.token,
        ..sam
    };
    sam.get("/agents").await.ok();
    assert_eq!(
        desk.nobody()
            .post(
                "/sessions",
                json!({"email": new.agent.email, "password": PASSWORD})
            )
            .await
            .problem()
            .0,
        401
    );
}

async fn a_password_of_ones_own_takes_the_old_one_and_ends_every_other_session(desk: TestDesk) {
    let sam = desk.agent("Sam").await;
    let email = email_of(&sam).await;
    let elsewhere = account::sign_in(
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
    let other = Person {
        token: elsewhere.token,
        ..sam.clone()
    };
    other.get("/agents").await.ok();
    let me = sam.staff().await;
    let new = "another good password";
    for (current, password, field) in [
        ("not the password", new, "current"),
        (PASSWORD, "short", "body"),
        ("", new, "current"),
    ] {
        let refused = account::change_password(&me, current, password, "test")
            .await
            .unwrap_err();
        assert!(
            refused.about(field).is_some() || refused.about("password").is_some(),
            "{refused:?}"
        );
    }
    other.get("/agents").await.ok();

    let now = account::change_password(&me, PASSWORD, new, "test")
        .await
        .unwrap();
    assert_eq!(
        sam.get("/agents").await.problem().0,
        401,
        "a token of before reads nothing any more"
    );
    let sam = Person {
        token: now.token,
        ..sam
    };
    sam.get("/agents").await.ok();
    let me = sam.staff().await;
    assert_eq!(
        other.get("/agents").await.problem().0,
        401,
        "signed out elsewhere"
    );
    let sign_in = async |password: &str| {
        account::sign_in(
            &desk.node,
            desk.workspace,
            &email,
            password,
            None,
            "test",
            None,
        )
        .await
    };
    assert!(sign_in(PASSWORD).await.is_err());
    sign_in(new).await.unwrap();

    // The field is no way around the door's limit.
    let mut last = Ok(());
    for _ in 0..=crate::model::limits::TRIES {
        last = account::change_password(&me, "wrong again and again", PASSWORD, "test")
            .await
            .map(|_| ());
    }
    assert!(matches!(last, Err(Error::RateLimited { .. })), "{last:?}");
    assert!(
        account::change_password(&me, new, PASSWORD, "test")
            .await
            .is_err(),
        "not even with the right one"
    );
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

async fn the_command_line_gives_a_known_address_a_new_password_and_the_role(desk: TestDesk) {
    let sam = desk.agent("Sam").await;
    let email = email_of(&sam).await;
    let again = account::add_admin(
        &desk.node,
        desk.workspace,
        &email.to_uppercase(),
        "Somebody",
        "a wholly new password",
    )
    .await
    .unwrap();
    assert_eq!(
        (again.id.0, again.role.word(), again.name.as_str()),
        (sam.id, "admin", "Sam Ortiz")
    );
    account::sign_in(
        &desk.node,
        desk.workspace,
        &email,
        "a wholly new password",
        None,
        "test",
        None,
    )
    .await
    .unwrap();
    assert_eq!(wrong(&desk, &email, None).await, Error::Unauthorized);
}

async fn a_new_password_by_the_command_line_ends_every_session_and_stream(desk: TestDesk) {
    let (sam, kim) = (desk.agent("Sam").await, desk.agent("Kim").await);
    let email = email_of(&sam).await;
    let reset = desk
        .admin()
        .await
        .post(&format!("/agents/{}/password-reset", sam.id), json!({}))
        .await
        .created();
    let enter = account::sign_in_link(&desk.machine(), AgentId(sam.id))
        .await
        .unwrap();
    // The command line is another process.
    let other = desk.second_node().await;
    let (mut stream, mut kims) = (sam.stream(None).await, kim.stream(None).await);
    account::add_admin(
        &other,
        desk.workspace,
        &email,
        "Sam Ortiz",
        "a wholly new password",
    )
    .await
    .unwrap();
    stream.ends().await;
    assert_eq!(
        sam.get("/me").await.problem().0,
        401,
        "and it does not come back"
    );
    assert_eq!(sam.get_json("/events").await.problem().0, 401);
    for (what, found) in [
        (
            "reset",
            account::link_info(&desk.node, &token_of(&reset)).await,
        ),
        ("sign-in", account::link_info(&desk.node, &enter).await),
    ] {
        assert_eq!(found, Err(Error::NotFound), "a {what} link of before");
    }
    assert!(
        kims.goes_on(std::time::Duration::from_millis(200)).await,
        "others go on"
    );
    kim.get("/me").await.ok();
    other.stop().cancel();
}

async fn a_sign_in_that_takes_longer_than_the_password_is_none(desk: TestDesk) {
    let sam = desk.agent("Sam").await;
    let email = email_of(&sam).await;
    for round in 0..4 {
        let (old, new) = (
            format!("{PASSWORD}{}", round),
            format!("{PASSWORD}{}", round + 1),
        );
        account::add_admin(&desk.node, desk.workspace, &email, "Sam Ortiz", &old)
            .await
            .unwrap();
        let enter = (0..8).map(|_| {
            account::sign_in(&desk.node, desk.workspace, &email, &old, None, "test", None)
        });
        let (signed, changed) = tokio::join!(
            futures::future::join_all(enter),
            account::add_admin(&desk.node, desk.workspace, &email, "Sam Ortiz", &new)
        );
        changed.unwrap();
        for session in signed.into_iter().flatten() {
            let who = Person {
                token: session.token,
                ..sam.clone()
            };
            assert_eq!(
                who.get("/me").await.status,
                401,
                "the password of before opens nothing"
            );
        }
        account::sign_in(&desk.node, desk.workspace, &email, &new, None, "test", None)
            .await
            .unwrap();
    }
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

async fn a_one_click_link_signs_in_once(desk: TestDesk) {
    let sam = desk.agent("Sam").await;
    let token = account::sign_in_link(&desk.machine(), AgentId(sam.id))
        .await
        .unwrap();
    assert_eq!(
        account::link_info(&desk.node, &token).await.unwrap().name,
        "Sam Ortiz"
    );
    account::sign_in_by_link(&desk.node, &token, "test", None)
        .await
        .unwrap();
    assert_eq!(
        account::sign_in_by_link(&desk.node, &token, "test", None)
            .await
            .unwrap_err(),
        Error::NotFound
    );
}

/// Two nodes on one PostgreSQL; elsewhere whoever writes is alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_password_of_before_does_not_undo_a_suspension() {
    crate::test::run_story(crate::test::Engine::Postgres, |desk: TestDesk| async move {
        let other = desk.second_node().await;
        let (sam, admin) = (desk.agent("Sam").await, desk.admin().await);
        let admin = admin.staff().await.admin().unwrap();
        let (_, token) = account::reset_link(&admin, AgentId(sam.id)).await.unwrap();
        // The suspension is written and not yet committed when the password is chosen.
        let mut tx = other.db().begin(desk.workspace).await.unwrap();
        let suspend = "update agent set state = 'suspended' where id = $1";
        tx.run(suspend, vec![sam.id.into()]).await.unwrap();
        let chosen = account::choose_password(&desk.node, &token, "another long password", "test");
        let committed = async {
            let waiting = "select cast(count(*) as bigint) from pg_stat_activity where wait_event_type = 'Lock' and query like 'update agent%'";
            crate::test::soon("the password waits", || async {
                desk.node.db().one::<(i64,)>(waiting, vec![]).await.unwrap().0 > 0
            })
            .await;
            tx.commit().await.unwrap();
        };
        let (chosen, ()) = tokio::join!(chosen, committed);
        assert_eq!(chosen.err(), Some(Error::NotFound), "the link is of before");
        let state: (String,) = desk
            .node
            .db()
            .one("select state from agent where id = $1", vec![sam.id.into()])
            .await
            .unwrap();
        assert_eq!(state.0, "suspended");
        other.stop().cancel();
    })
    .await;
}

async fn an_address_is_one_persons_whoever_is_faster(desk: TestDesk) {
    let other = desk.second_node().await;
    let alex = desk.admin().await;
    let (at_home, abroad) = (
        desk.machine(),
        account::who::Machine::running(&other, desk.workspace),
    );
    for n in 0..6 {
        let email = format!("one{n}@example.com");
        let ada = desk.visitor("Ada").await;
        let machine = if n % 2 == 0 { &at_home } else { &abroad };
        let (invited, opened) = tokio::join!(
            alex.post(
                "/agents",
                json!({"email": email.to_uppercase(), "role": "agent"})
            ),
            account::customer::open_account(machine, ada.id.into(), &email, PASSWORD),
        );
        let opened_it = match opened {
            Ok(_) => true,
            Err(e) => {
                assert!(e.about("email").is_some(), "{e}");
                false
            }
        };
        if opened_it {
            assert_eq!(invited.problem(), (422, "invalid".into()));
        } else {
            invited.created();
        }
        let again = account::customer::open_account(
            &at_home,
            desk.visitor("Eve").await.id.into(),
            &email,
            PASSWORD,
        );
        assert!(again.await.is_err_and(|e| e.about("email").is_some()));
        let sql = "select cast(count(*) as bigint) from login where email_key = $1";
        let (n,): (i64,) = desk
            .node
            .db()
            .one(sql, vec![email.as_str().into()])
            .await
            .unwrap();
        assert_eq!(n, 1);
    }
    // Nor is a customer's account given to a colleague by the command line.
    let cora = desk.customer("Cora").await;
    let added = account::add_admin(
        &desk.node,
        desk.workspace,
        "cora@customer.example",
        "Cora",
        PASSWORD,
    );
    assert!(added.await.is_err_and(|e| e.about("email").is_some()));
    assert_eq!(cora.get("/agents").await.status, 403);
}

async fn an_address_in_two_workspaces_is_two_logins(desk: TestDesk) {
    let (there, _) = desk.second_workspace().await;
    let email = "both@example.com";
    for workspace in [desk.workspace, there] {
        account::add_admin(&desk.node, workspace, email, "Bo", PASSWORD)
            .await
            .unwrap();
        let in_ = account::sign_in(&desk.node, workspace, email, PASSWORD, None, "test", None);
        assert_eq!(in_.await.unwrap().workspace, workspace);
    }
}

async fn a_customer_signs_in_at_their_own_door_and_has_no_business_at_the_others(desk: TestDesk) {
    let cora = desk.customer("Cora").await;
    let sam = desk.agent("Sam").await;
    let (node, ws) = (&desk.node, desk.workspace);
    let email = "cora@customer.example";
    for path in ["/me", "/conversations", "/agents", "/sessions", "/events"] {
        assert_eq!(cora.get(path).await.status, 403, "{path}");
    }
    let at_staffs = account::sign_in(node, ws, email, PASSWORD, None, "test", None).await;
    assert_eq!(at_staffs.unwrap_err(), Error::Unauthorized);
    let colleague = email_of(&sam).await;
    let at_customers =
        account::customer::sign_in(node, ws, &colleague, PASSWORD, None, "test", None).await;
    assert_eq!(at_customers.unwrap_err(), Error::Unauthorized);

    let request = |token: &str| {
        let request =
            axum::http::Request::builder().header("authorization", format!("Bearer {token}"));
        request.body(()).unwrap().into_parts().0
    };
    let proof = async |token: &str| {
        use axum::extract::FromRequestParts;
        account::who::Customer::from_request_parts(&mut request(token), node).await
    };
    let customer = proof(&cora.token)
        .await
        .unwrap_or_else(|_| panic!("Cora is a customer"));
    assert_eq!(customer.id().0, cora.id);
    assert!(proof(&sam.token).await.is_err(), "Sam is none");
    assert!(proof(&desk.visitor("Ada").await.token).await.is_err());
    account::customer::sign_out(&customer).await.unwrap();
    assert!(proof(&cora.token).await.is_err(), "signed out");
    let late = account::customer::sign_out(&customer).await;
    assert_eq!(late.unwrap_err(), Error::Unauthorized);
}

async fn a_customers_wrong_passwords_count_as_a_colleagues(desk: TestDesk) {
    let cora = desk.customer("Cora").await;
    let (node, ws) = (&desk.node, desk.workspace);
    let tries = async |email: &str, password: &str| {
        let tried = account::customer::sign_in(node, ws, email, password, None, "test", None);
        tried.await.map(|_| ())
    };
    for email in ["cora@customer.example", "nobody@customer.example"] {
        for n in 0..limits::TRIES {
            let wrong = tries(email, "not the password").await;
            assert_eq!(wrong, Err(Error::Unauthorized), "{email} {n}");
        }
        let locked = tries(email, PASSWORD).await;
        assert!(
            matches!(locked, Err(Error::RateLimited { .. })),
            "{email}: {locked:?}"
        );
    }
    // A browser of hers that signed in before is not locked out by strangers.
    let device = crate::base::secrets::token();
    let hash = crate::base::secrets::hash(&device);
    let mut tx = node.db().begin(ws).await.unwrap();
    let login = store::login_of_customer(&mut tx, ws, cora.id.into()).await;
    let login = login.unwrap().expect("she has an account");
    store::add_device(&mut tx, ws, login, hash, crate::model::time::now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let email = "cora@customer.example";
    let hers = account::customer::sign_in(node, ws, email, PASSWORD, Some(device), "test", None);
    assert!(hers.await.unwrap().known_device);
}
