//! Passwords, and what a new one ends.

use super::super::{self as account};
use super::*;
use crate::model::{error::Error, id::AgentId};
use crate::test::{PASSWORD, Person, TestDesk};
use serde_json::json;

crate::stories! {
    a_new_password_ends_every_other_session,
    a_link_that_was_made_ends_nothing,
    a_password_of_ones_own_takes_the_old_one_and_ends_every_other_session,
    the_command_line_gives_a_known_address_a_new_password_and_the_role,
    a_new_password_by_the_command_line_ends_every_session_and_stream,
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
