//! Stories of the queue, on both databases.

use super::hear_once;
use crate::base::db::{Val, args};
use crate::desk::account::ops as account;
use crate::model::id::AgentId;
use crate::test::{Person, TestDesk};
use serde_json::json;
use uuid::Uuid;

async fn comes(desk: &TestDesk, who: &Person) {
    account::came(&desk.node, desk.workspace, AgentId(who.id)).await;
}

async fn heard(desk: &TestDesk) {
    hear_once(&desk.node).await;
}

async fn run(desk: &TestDesk, sql: &'static str, values: Vec<Val>) {
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    tx.run(sql, values).await.unwrap();
    tx.commit().await.unwrap();
}

/// Its status and whose it is.
async fn stands(desk: &TestDesk, id: Uuid) -> (String, Option<Uuid>) {
    let sql = "select status, assignee_id from conversation where id = $1";
    desk.node.db().one(sql, args![id]).await.unwrap()
}

fn is(status: &str, whose: Option<&Person>) -> (String, Option<Uuid>) {
    (status.into(), whose.map(|p| p.id))
}

crate::stories! {
    what_is_put_back_waits_and_is_given_to_the_next,
    what_sleeps_and_is_put_back_wakes_waiting,
    what_is_nobodys_is_never_active,
    what_a_suspended_agent_held_goes_back_and_is_given,
    closing_one_moves_the_queue_at_once,
    a_hundred_of_another_team_hold_up_nobody,
}

async fn what_is_put_back_waits_and_is_given_to_the_next(desk: TestDesk) {
    let (ada, sam, kim) = (
        desk.visitor("Ada").await,
        desk.agent("Sam").await,
        desk.agent("Kim").await,
    );
    heard(&desk).await;
    let id = ada.writes("Hello").await;
    sam.says(id, "Hi").await;
    comes(&desk, &sam).await;
    heard(&desk).await;
    assert_eq!(stands(&desk, id).await, is("active", Some(&sam)));

    let back = sam.assigns(id, None).await.ok();
    assert_eq!(
        (back["status"].as_str(), &back["assignee"]),
        (Some("waiting"), &json!(null))
    );
    assert_eq!(
        (
            back["queue_position"].as_i64(),
            back["waiting_since"].is_string()
        ),
        (Some(1), true),
        "it has a place though the last word was ours"
    );
    heard(&desk).await;
    assert_eq!(
        stands(&desk, id).await,
        is("waiting", None),
        "whoever put it back is not given it at once"
    );
    comes(&desk, &kim).await;
    heard(&desk).await;
    assert_eq!(
        stands(&desk, id).await,
        is("waiting", Some(&kim)),
        "given again"
    );
}

async fn what_sleeps_and_is_put_back_wakes_waiting(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let id = ada.writes("Hello").await;
    sam.says(id, "Hi").await;
    let until = crate::model::time::now().plus(chrono::Duration::hours(1));
    sam.post(
        &format!("/conversations/{id}/status"),
        json!({"status": "snoozed", "until": until}),
    )
    .await
    .ok();
    assert_eq!(
        sam.assigns(id, None).await.ok()["status"],
        "snoozed",
        "it sleeps on"
    );
    ada.says(id, "Anybody?").await;
    assert_eq!(stands(&desk, id).await, is("waiting", None));
}

async fn what_is_nobodys_is_never_active(desk: TestDesk) {
    let (ada, sam, noor) = (
        desk.visitor("Ada").await,
        desk.agent("Sam").await,
        desk.supervisor("Noor").await,
    );
    let id = ada.writes("Hello").await;
    noor.closes(id).await.ok();
    let active = json!({"status": "active"});
    let opened = noor
        .post(&format!("/conversations/{id}/status"), active.clone())
        .await
        .ok();
    assert_eq!(
        (opened["status"].as_str(), opened["queue_position"].as_i64()),
        (Some("waiting"), Some(1)),
        "opened again, it waits"
    );
    sam.says(id, "Hi").await;
    assert_eq!(stands(&desk, id).await, is("active", Some(&sam)));

    // Whoever had it when it ended may be gone when it is opened.
    sam.closes(id).await.ok();
    desk.admin()
        .await
        .post(&format!("/agents/{}/suspend", sam.id), json!({}))
        .await
        .ok();
    let opened = noor
        .post(&format!("/conversations/{id}/status"), active)
        .await
        .ok();
    assert_eq!(
        (opened["status"].as_str(), &opened["assignee"]),
        (Some("waiting"), &json!(null))
    );
}

async fn what_a_suspended_agent_held_goes_back_and_is_given(desk: TestDesk) {
    let (sam, kim) = (desk.agent("Sam").await, desk.agent("Kim").await);
    heard(&desk).await;
    let mut ids = vec![];
    for n in 0..3 {
        let id = desk.visitor(&format!("V{n}")).await.writes("Hello").await;
        sam.says(id, "Hi").await;
        ids.push(id);
    }
    sam.closes(ids[2]).await.ok();
    let until = crate::model::time::now().plus(chrono::Duration::hours(1));
    sam.post(
        &format!("/conversations/{}/status", ids[1]),
        json!({"status": "snoozed", "until": until}),
    )
    .await
    .ok();
    heard(&desk).await;

    desk.admin()
        .await
        .post(&format!("/agents/{}/suspend", sam.id), json!({}))
        .await
        .ok();
    heard(&desk).await;
    assert_eq!(stands(&desk, ids[0]).await, is("waiting", None));
    assert_eq!(stands(&desk, ids[1]).await, is("snoozed", None));
    assert_eq!(
        stands(&desk, ids[2]).await,
        is("closed", Some(&sam)),
        "what is over stays where it was"
    );
    comes(&desk, &kim).await;
    heard(&desk).await;
    assert_eq!(stands(&desk, ids[0]).await, is("waiting", Some(&kim)));
    let kept = "select status, cast(sum(n) as bigint) from tally group by status having sum(n) <> 0 order by status";
    let counted =
        "select status, cast(count(*) as bigint) from conversation group by status order by status";
    let kept: Vec<(String, i64)> = desk.node.db().all(kept, vec![]).await.unwrap();
    let counted: Vec<(String, i64)> = desk.node.db().all(counted, vec![]).await.unwrap();
    assert_eq!(kept, counted);
}

async fn closing_one_moves_the_queue_at_once(desk: TestDesk) {
    let (ada, ben) = (desk.visitor("Ada").await, desk.visitor("Ben").await);
    let sam = desk.agent("Sam").await;
    let (first, second) = (ada.writes("Hello").await, ben.writes("Hello").await);
    sam.says(first, "Hi").await;
    heard(&desk).await;
    assert_eq!(
        stands(&desk, second).await,
        is("waiting", None),
        "nobody is there"
    );
    // Sam is there, and nothing has told it: only the end is heard.
    let insert = "insert into presence (agent_id, workspace_id, expires_at) values ($1, $2, $3)";
    let later = crate::model::time::now().plus(chrono::Duration::minutes(5));
    run(&desk, "delete from presence", vec![]).await;
    run(&desk, insert, args![sam.id, desk.workspace, later]).await;
    sam.closes(first).await.ok();
    heard(&desk).await;
    assert_eq!(stands(&desk, second).await, is("waiting", Some(&sam)));
}

async fn a_hundred_of_another_team_hold_up_nobody(desk: TestDesk) {
    let sam = desk.agent("Sam").await;
    heard(&desk).await;
    let other = Uuid::now_v7();
    let at = crate::model::time::now();
    run(
        &desk,
        "insert into team (id, workspace_id, name, created_at) values ($1, $2, 'Night', $3)",
        args![other, desk.workspace, at],
    )
    .await;
    let template = desk.visitor("Template").await.writes("Hello").await;
    // More than is looked at in one go that nobody who is there may have, before the one that Sam may.
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    for n in 0..1_100i64 {
        let contact = Uuid::now_v7();
        tx.run("insert into contact (id, workspace_id, created_at, last_seen_at) values ($1, $2, $3, $3)", args![contact, desk.workspace, at]).await.unwrap();
        let copy = "insert into conversation (id, workspace_id, channel, widget_id, contact_id, person_id, status, team_id, last_at, waiting_since, created_at) \
            select $1, workspace_id, channel, widget_id, $2, $2, 'waiting', $3, last_at, $4, created_at from conversation where id = $5";
        tx.run(
            copy,
            args![
                Uuid::now_v7(),
                contact,
                other,
                at.plus(-chrono::Duration::seconds(3_000 - n)),
                template
            ],
        )
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    comes(&desk, &sam).await;
    heard(&desk).await;
    assert_eq!(stands(&desk, template).await, is("waiting", Some(&sam)));
    let (given,): (i64,) = desk
        .node
        .db()
        .one(
            "select cast(count(*) as bigint) from conversation where assignee_id is not null",
            vec![],
        )
        .await
        .unwrap();
    assert_eq!(given, 1, "and only that one");
}
