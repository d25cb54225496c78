//! Set-up, signing in, links and invitations.

use super::super::{self as account, store};
use super::*;
use crate::model::{error::Error, id::AgentId, limits};
use crate::test::{PASSWORD, Person, TestDesk};
use serde_json::json;

crate::stories! {
    a_set_up_link_works_once_and_only_while_there_is_no_admin,
    a_stranger_and_a_wrong_password_get_the_same_answer,
    ten_wrong_tries_lock_strangers_out_but_not_the_owner,
    an_invitation_works_once_and_an_address_is_invited_once,
    a_sign_in_that_takes_longer_than_the_password_is_none,
    a_one_click_link_signs_in_once,
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
