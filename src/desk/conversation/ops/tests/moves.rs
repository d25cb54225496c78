//! From one status to another, and to other hands.

use crate::base::db::args;
use crate::test::TestDesk;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

crate::stories! {
    who_comes_back_within_minutes_has_their_agent_again_if_there,
    a_closed_conversation_stays_closed_beside_an_open_one,
    statuses_move_as_decided,
    what_was_snoozed_wakes_by_itself,
    a_message_to_a_closed_one_goes_to_the_open_one,
    of_many_who_take_one_wins,
    an_agent_begins_by_address,
    what_staff_begin_is_there_with_its_first_text_or_not_at_all,
    a_status_is_chosen_where_it_is_held,
}

async fn who_comes_back_within_minutes_has_their_agent_again_if_there(desk: TestDesk) {
    let (ada, sam, rosa) = (
        desk.visitor("Ada").await,
        desk.agent("Sam").await,
        desk.agent("Rosa").await,
    );
    for agent in [&sam, &rosa] {
        crate::desk::conversation::ops::came(&agent.staff().await).await;
    }
    let id = ada.writes("Where is my parcel?").await;
    sam.takes(id).await;
    ada.closes(id).await.ok();
    ada.says(id, "One more thing").await;
    let found = ada.conversation(id).await.ok();
    assert_eq!(
        (&found["status"], &found["assignee"]["name"]),
        (&json!("waiting"), &json!("Sam"))
    );
    assert_eq!(
        found["queue_position"],
        Value::Null,
        "they stand in no line"
    );
}

async fn a_closed_conversation_stays_closed_beside_an_open_one(desk: TestDesk) {
    let (ada, ben) = (desk.visitor("Ada").await, desk.visitor("Ben").await);
    let (sam, rosa, alex) = (
        desk.agent("Sam").await,
        desk.agent("Rosa").await,
        desk.supervisor("Alex").await,
    );
    let first = ada.writes("Where is my parcel?").await;
    sam.takes(first).await;
    sam.closes(first).await.ok();
    let before = ben.writes("Hello").await;
    let second = ada.writes("And my lamp?").await;
    assert_ne!(first, second);

    // A text goes where the customer reads, and the answer says where that is; a note stays.
    let said = sam.says(first, "It is on its way.").await;
    assert_eq!(said["conversation_id"], second.to_string());
    let note = sam.notes(first, "Was the carrier's fault.").await;
    assert_eq!(note["conversation_id"], first.to_string());
    assert_eq!(sam.conversation(first).await.ok()["status"], "closed");
    let status = json!({"status": "active"});
    assert_eq!(
        alex.post(&format!("/conversations/{first}/status"), status.clone())
            .await
            .problem(),
        (409, "conflict".into())
    );

    // Somebody who may not see the open one hears that there is one, and nobody else's message is refused with it.
    alex.assigns(second, Some(rosa.id)).await.ok();
    let path = format!("/conversations/{first}/messages");
    let refused = sam.post(&path, json!({"client_id": Uuid::new_v4(), "body": "Again"}));
    let (refused, others) = tokio::join!(refused, ben.says(before, "Still there?"));
    assert_eq!(refused.problem(), (409, "conflict".into()));
    assert_eq!(others["conversation_id"], before.to_string());

    // Once that one is closed, the first can be opened again.
    rosa.closes(second).await.ok();
    alex.post(&format!("/conversations/{first}/status"), status)
        .await
        .ok();
    assert_eq!(sam.conversation(first).await.ok()["status"], "active");
}

async fn statuses_move_as_decided(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let conversation = ada.writes("Hello").await;
    let status = async || {
        sam.conversation(conversation).await.ok()["status"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(status().await, "waiting");
    sam.notes(conversation, "hm").await;
    assert_eq!(status().await, "waiting", "a note changes nothing");
    sam.says(conversation, "Hi").await;
    assert_eq!(status().await, "active");
    assert_eq!(
        sam.conversation(conversation).await.ok()["assignee"]["name"],
        "Sam Ortiz",
        "whoever answers has it"
    );
    sam.closes(conversation).await.ok();
    assert_eq!(status().await, "closed");
    assert_eq!(
        sam.closes(conversation).await.problem(),
        (409, "conflict".into())
    );
    let refused = sam
        .post(
            &format!("/conversations/{conversation}/status"),
            json!({"status": "snoozed", "until": "2099-01-01T00:00:00Z"}),
        )
        .await;
    assert_eq!(refused.problem().0, 409);
    assert!(
        refused.text.contains("Possible: active"),
        "{}",
        refused.text
    );
    ada.says(conversation, "One more thing").await;
    assert_eq!(
        status().await,
        "waiting",
        "the customer's message opens it again"
    );
    let until = crate::model::time::now().plus(chrono::Duration::minutes(5));
    sam.says(conversation, "Yes?").await;
    sam.post(
        &format!("/conversations/{conversation}/status"),
        json!({"status": "snoozed", "until": until}),
    )
    .await
    .ok();
    assert_eq!(status().await, "snoozed");
    assert_eq!(
        ada.conversation(conversation).await.ok()["status"],
        "active",
        "nobody outside is told that it was set aside"
    );
    ada.says(conversation, "Still there?").await;
    assert_eq!(status().await, "active", "a message wakes it");
    let past = sam
        .post(
            &format!("/conversations/{conversation}/status"),
            json!({"status": "snoozed", "until": "2001-01-01T00:00:00Z"}),
        )
        .await;
    assert_eq!(past.problem(), (422, "invalid".into()));
}

async fn what_was_snoozed_wakes_by_itself(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let conversation = ada.writes("Hello").await;
    sam.says(conversation, "Hi").await;
    let until = crate::model::time::now().plus(chrono::Duration::hours(1));
    sam.post(
        &format!("/conversations/{conversation}/status"),
        json!({"status": "snoozed", "until": until}),
    )
    .await
    .ok();
    desk.does_jobs().await;
    assert_eq!(
        sam.conversation(conversation).await.ok()["status"],
        "snoozed",
        "not yet"
    );
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    tx.run(
        "update conversation set snoozed_until = $1 where id = $2",
        args![crate::model::time::now(), conversation],
    )
    .await
    .unwrap();
    tx.run(
        "update job set due_at = $1",
        args![crate::model::time::now()],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    desk.does_jobs().await;
    assert_eq!(
        sam.conversation(conversation).await.ok()["status"],
        "active"
    );
}

async fn a_message_to_a_closed_one_goes_to_the_open_one(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let first = ada.writes("One").await;
    sam.says(first, "Hi").await;
    sam.closes(first).await.ok();
    let second = ada.writes("Two").await;
    assert_ne!(
        first, second,
        "POST /conversations begins anew once the last was closed"
    );
    let said = ada.says(first, "To the old address").await;
    assert_eq!(
        said["conversation_id"],
        json!(second),
        "the answer names it"
    );
}

async fn of_many_who_take_one_wins(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let mut agents = vec![];
    for name in ["Sam", "Kim", "Priya"] {
        agents.push(desk.agent(name).await);
    }
    let conversation = ada.writes("Who is there?").await;
    let takes = (0..30).map(|n| {
        let a = agents[n % 3].clone();
        async move { (a.id, a.assigns(conversation, Some(a.id)).await) }
    });
    let done = futures::future::join_all(takes).await;
    let winners: BTreeSet<Uuid> = done
        .iter()
        .filter(|(_, r)| r.status.is_success())
        .map(|(id, _)| *id)
        .collect();
    assert_eq!(winners.len(), 1, "one winner, however often they try");
    assert!(
        done.iter()
            .all(|(_, r)| [200, 404, 409].contains(&r.status.as_u16()))
    );
    let noor = desk.supervisor("Noor").await;
    assert_eq!(
        noor.conversation(conversation).await.ok()["assignee"]["id"],
        json!(winners.first().unwrap())
    );
}

async fn an_agent_begins_by_address(desk: TestDesk) {
    let (sam, ada) = (desk.agent("Sam").await, desk.visitor("Ada").await);
    let client = Uuid::new_v4();
    let body = json!({"client_id": client, "widget_id": desk.widget, "contact": {"email": "Ada@mail.example", "name": "Ada"}, "body": "Your lamp is here."});
    let begun = sam.post("/conversations", body.clone()).await.created();
    assert_eq!(begun["conversation"]["status"], "active");
    assert_ne!(
        begun["conversation"]["contact"]["id"],
        json!(ada.id),
        "a typed address is nobody's until it is verified"
    );
    let again = sam.post("/conversations", body).await;
    assert_eq!(
        (again.status.as_u16(), again.json()["message"]["id"].clone()),
        (200, begun["message"]["id"].clone())
    );
    let bad = json!({"client_id": Uuid::new_v4(), "widget_id": desk.widget, "contact": {"email": "no"}, "body": "x"});
    assert!(
        sam.post("/conversations", bad)
            .await
            .text
            .contains("\"email\"")
    );
}

async fn what_staff_begin_is_there_with_its_first_text_or_not_at_all(desk: TestDesk) {
    let sam = desk.agent("Sam").await;
    let begin = |client: Uuid, email: &str| json!({"client_id": client, "widget_id": desk.widget, "contact": {"email": email}, "body": "Your lamp is here."});
    // The text is refused by the database after the conversation was made.
    let refuse: &[&'static str] = match desk.engine {
        crate::test::Engine::Sqlite => &[
            "create trigger refuses before insert on message begin select raise(abort, 'no'); end",
        ],
        crate::test::Engine::Postgres => &[
            "create function refuse() returns trigger language plpgsql as 'begin raise exception ''no''; end'",
            "create trigger refuses before insert on message for each row execute function refuse()",
        ],
    };
    let run = async |sql: &'static str| {
        let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
        tx.run(sql, vec![]).await.unwrap();
        tx.commit().await.unwrap();
    };
    for sql in refuse {
        run(sql).await;
    }
    let client = Uuid::new_v4();
    assert_eq!(
        sam.post("/conversations", begin(client, "ada@mail.example"))
            .await
            .status,
        503
    );
    let count = async || {
        desk.node
            .db()
            .one::<(i64,)>("select cast(count(*) as bigint) from conversation", vec![])
            .await
            .unwrap()
            .0
    };
    assert_eq!(count().await, 0, "no empty conversation stays behind");
    run(match desk.engine {
        crate::test::Engine::Sqlite => "drop trigger refuses",
        crate::test::Engine::Postgres => "drop trigger refuses on message",
    })
    .await;
    let begun = sam
        .post("/conversations", begin(client, "ada@mail.example"))
        .await
        .created();
    assert_eq!(
        (
            count().await,
            begun["conversation"]["last_message"]["body"].as_str()
        ),
        (1, Some("Your lamp is here."))
    );
}

async fn a_status_is_chosen_where_it_is_held(desk: TestDesk) {
    let (ada, noor) = (desk.visitor("Ada").await, desk.supervisor("Noor").await);
    let conversation = ada.writes("Hello").await;
    noor.takes(conversation).await;
    noor.says(conversation, "Hi").await;
    // Somebody ends it, and has not finished when Noor asks for what only a closed one can become.
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    tx.run(
        "update conversation set status = 'closed' where id = $1",
        args![conversation],
    )
    .await
    .unwrap();
    let path = format!("/conversations/{conversation}/status");
    let asked = noor.post(&path, json!({"status": "active"}));
    let ended = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        tx.commit().await.unwrap();
    };
    let (reply, ()) = tokio::join!(asked, ended);
    assert_eq!(
        reply.ok()["status"],
        "active",
        "opened again, not refused for what it was before"
    );
}
