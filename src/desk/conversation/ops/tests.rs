//! Stories of the thread, told through the doors, on both databases.

use crate::base::db::args;
use crate::model::{
    error::Error,
    event::{CustomerEvent, StaffEvent},
    thread::{CustomerThread, StaffThread},
};
use crate::test::{Person, TestDesk};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

const SECRET: &str = "Carrier lost it. Refund.";

/// What a page of staff's would hold, fetched now.
async fn staff_thread(who: &Person, id: Uuid) -> StaffThread {
    let found = super::opened_for_test(&who.staff().await, id.into()).await;
    found.expect("the agent may see it").thread
}

async fn customer_thread(who: &Person, id: Uuid) -> CustomerThread {
    super::customer_thread_for_test(&who.visitor_proof().await, id.into())
        .await
        .expect("their own")
}

crate::stories! {
    a_visitor_never_sees_a_note,
    a_customer_reads_of_a_chat_and_of_themselves_as_you,
    who_comes_back_within_minutes_has_their_agent_again_if_there,
    a_closed_conversation_stays_closed_beside_an_open_one,
    the_same_client_id_sixty_times_at_once_is_one_message,
    a_client_id_covers_everything_that_was_asked,
    twenty_first_messages_at_once_are_one_conversation,
    a_client_id_belongs_to_a_person_and_to_one_request,
    a_client_id_outlives_the_session,
    a_send_that_fails_is_answered_alone,
    seqs_follow_the_commits_and_leave_nothing_out,
    an_event_holds_no_body,
    statuses_move_as_decided,
    what_was_snoozed_wakes_by_itself,
    a_message_to_a_closed_one_goes_to_the_open_one,
    of_many_who_take_one_wins,
    agents_see_what_is_theirs_and_the_queue,
    whoever_sees_one_may_read_the_same_contacts_others,
    counts_are_what_counting_says,
    unread_is_counted_and_read_away,
    whoever_waits_has_a_place_in_the_queue,
    typing_passes_by_without_an_id,
    for_every_verb_the_old_screen_with_the_events_applied_equals_a_fresh_fetch,
    bad_input_is_a_clear_problem_and_changes_nothing,
    lists_page_by_a_signed_cursor,
    an_agent_begins_by_address,
    only_its_owner_and_whoever_answered_tick_what_the_customer_wrote,
    what_staff_have_among_themselves_takes_no_place_outside,
    a_read_mark_stands_at_what_both_sides_see,
    what_staff_begin_is_there_with_its_first_text_or_not_at_all,
    a_status_is_chosen_where_it_is_held,
    what_is_nobodys_is_counted_by_its_team_alone,
    a_row_with_a_word_of_no_set_is_left_out_and_never_taken_for_another,
    a_commit_that_fails_is_told_to_whoever_waits_for_it,
    a_message_that_fails_to_commit_is_not_acknowledged,
}

async fn a_visitor_never_sees_a_note(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let mut stream = ada.stream(None).await;
    let cursor = ada.cursor().await;

    let conversation = ada.writes("Where is my parcel?").await;
    sam.says(conversation, "Looking into it.").await;
    sam.notes(conversation, SECRET).await;
    sam.says(conversation, "One moment.").await;

    assert!(
        sam.thread(conversation).await.contains(&SECRET.to_owned()),
        "or the note was never written"
    );
    loop {
        let heard = stream.until("message.created").await;
        if heard.data["data"]["message"]["body"] == "One moment." {
            break;
        }
    }
    let hydration = serde_json::to_string(&customer_thread(&ada, conversation).await).unwrap();
    let rest = ada.conversation(conversation).await.text
        + &ada.get("/conversations").await.text
        + &ada
            .get(&format!("/conversations/{conversation}/messages"))
            .await
            .text;
    for (place, text) in [
        ("stream", stream.heard),
        ("poll", ada.poll(Some(&cursor)).await.to_string()),
        ("hydration", hydration),
        ("rest", rest),
    ] {
        assert!(text.contains("One moment."), "{place} tells nothing at all");
        assert!(!text.contains("Refund"), "{place} told the note");
        assert!(
            !text.contains("Ortiz"),
            "{place} told the colleague's last name"
        );
    }
}

async fn a_customer_reads_of_a_chat_and_of_themselves_as_you(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let id = ada.writes("Where is my parcel?").await;
    sam.takes(id).await;
    ada.closes(id).await.ok();
    sam.says(id, "One more thing.").await;
    sam.closes(id).await.ok();
    let told = ada.thread(id).await;
    for line in [
        "Sam joined the chat.",
        "You ended the chat.",
        "Sam ended the chat.",
    ] {
        assert!(told.contains(&line.to_owned()), "no {line:?} in {told:?}");
    }
    assert!(!told.concat().contains("conversation"), "{told:?}");
    assert!(
        sam.thread(id).await.concat().contains("Ada"),
        "colleagues read who it was"
    );
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

async fn the_same_client_id_sixty_times_at_once_is_one_message(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let conversation = ada.writes("Hello").await;
    let said = json!({"client_id": Uuid::new_v4(), "body": "Only once"});
    let path = format!("/conversations/{conversation}/messages");
    let sends = (0..60).map(|_| ada.post(&path, said.clone()));
    let replies = futures::future::join_all(sends).await;
    assert_eq!(
        replies.iter().filter(|r| r.status == 201).count(),
        1,
        "one was the first"
    );
    assert_eq!(replies.iter().filter(|r| r.status == 200).count(), 59);
    let ids: BTreeSet<String> = replies.iter().map(|r| r.json()["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(ada.thread(conversation).await, ["Hello", "Only once"]);
}

async fn a_client_id_covers_everything_that_was_asked(desk: TestDesk) {
    let (ada, admin, sam) = (
        desk.visitor("Ada").await,
        desk.admin().await,
        desk.agent("Sam").await,
    );
    let shop = admin
        .post("/widgets", json!({"name": "Shop", "domains": []}))
        .await
        .created()["id"]
        .clone();
    let client = Uuid::new_v4();
    let reused = |reply: crate::test::Reply, what: &str| {
        assert_eq!(reply.problem(), (422, "client_id_reused".into()), "{what}")
    };

    // A visitor's first message, with what it is about.
    let lamp = json!({"client_id": client, "body": "Is it in stock?", "reference": {"type": "product", "id": "SKU-1"}});
    let begun = ada.post("/conversations", lamp.clone()).await.created();
    let again = ada.post("/conversations", lamp.clone()).await;
    assert_eq!(
        (again.status.as_u16(), &again.json()["message"]["id"]),
        (200, &begun["message"]["id"])
    );
    let chair = json!({"client_id": client, "body": "Is it in stock?", "reference": {"type": "product", "id": "SKU-2"}});
    reused(
        ada.post("/conversations", chair).await,
        "about something else",
    );
    reused(
        ada.post(
            "/conversations",
            json!({"client_id": client, "body": "Is it in stock?"}),
        )
        .await,
        "about nothing",
    );
    let chat: Uuid = begun["conversation"]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    reused(
        ada.post(
            &format!("/conversations/{chat}/messages"),
            json!({"client_id": client, "body": "Is it in stock?"}),
        )
        .await,
        "by another door",
    );

    // A chat that staff begin: where, to whom, under which name.
    let client = Uuid::new_v4();
    let to = |widget: &Value, email: &str, name: &str, body: &str| json!({"client_id": client, "widget_id": widget, "contact": {"email": email, "name": name}, "body": body});
    let home = json!(desk.widget);
    let first = to(&home, "bob@mail.example", "Bob", "Your invoice");
    let begun = sam.post("/conversations", first.clone()).await.created();
    let again = sam.post("/conversations", first.clone()).await;
    assert_eq!(
        (again.status.as_u16(), &again.json()["message"]["id"]),
        (200, &begun["message"]["id"])
    );
    let counted = async || {
        desk.node
            .db()
            .one::<(i64, i64)>(
                "select (select count(*) from conversation), (select count(*) from contact)",
                vec![],
            )
            .await
            .unwrap()
    };
    let before = counted().await;
    for (what, other) in [
        (
            "to somebody else",
            to(&home, "eve@mail.example", "Bob", "Your invoice"),
        ),
        (
            "under another name",
            to(&home, "bob@mail.example", "Rob", "Your invoice"),
        ),
        (
            "at another widget",
            to(&shop, "bob@mail.example", "Bob", "Your invoice"),
        ),
        (
            "with other words",
            to(&home, "bob@mail.example", "Bob", "Your second invoice"),
        ),
    ] {
        reused(sam.post("/conversations", other).await, what);
    }
    assert_eq!(counted().await, before, "and nothing was begun");
    let chat = begun["conversation"]["id"].as_str().unwrap();
    reused(
        sam.post(
            &format!("/conversations/{chat}/messages"),
            json!({"client_id": client, "body": "Your invoice"}),
        )
        .await,
        "as a mere message",
    );

    // And a text is no note.
    let (client, path) = (Uuid::new_v4(), format!("/conversations/{chat}/messages"));
    sam.post(&path, json!({"client_id": client, "body": "One"}))
        .await
        .created();
    reused(
        sam.post(
            &path,
            json!({"client_id": client, "body": "One", "kind": "note"}),
        )
        .await,
        "as a note",
    );
}

async fn twenty_first_messages_at_once_are_one_conversation(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let sends = (0..20).map(|n| {
        ada.post(
            "/conversations",
            json!({"client_id": Uuid::new_v4(), "body": format!("First {n}")}),
        )
    });
    let begun: Vec<Value> = futures::future::join_all(sends)
        .await
        .into_iter()
        .map(|r| r.created())
        .collect();
    let ids: BTreeSet<String> = begun
        .iter()
        .map(|b| b["conversation"]["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1);
    let conversation = begun[0]["conversation"]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(ada.thread(conversation).await.len(), 20);
    assert_eq!(
        ada.get("/conversations").await.ok()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

async fn a_client_id_belongs_to_a_person_and_to_one_request(desk: TestDesk) {
    let (ada, bob, sam) = (
        desk.visitor("Ada").await,
        desk.visitor("Bob").await,
        desk.agent("Sam").await,
    );
    let (client, conversation) = (Uuid::new_v4(), ada.writes("Hello").await);
    let path = format!("/conversations/{conversation}/messages");
    let first = ada
        .post(&path, json!({"client_id": client, "body": "One"}))
        .await
        .created();

    let other = ada
        .post(&path, json!({"client_id": client, "body": "Two"}))
        .await;
    assert_eq!(other.problem(), (422, "client_id_reused".into()));
    assert_eq!(
        sam.post(&path, json!({"client_id": client, "body": "One"}))
            .await
            .status,
        201,
        "another person's own"
    );
    assert_eq!(
        bob.post(
            "/conversations",
            json!({"client_id": client, "body": "One"})
        )
        .await
        .status,
        201
    );

    // The scope is the person, not the session: the same visitor, elsewhere. And a retry finds its message after the end.
    sam.closes(conversation).await.ok();
    let again = ada
        .post(&path, json!({"client_id": client, "body": "One"}))
        .await;
    assert_eq!(
        (again.status.as_u16(), again.json()["id"].clone()),
        (200, first["id"].clone())
    );
    assert_eq!(
        ada.conversation(conversation).await.ok()["status"],
        "closed",
        "a retry opens nothing"
    );
}

async fn a_client_id_outlives_the_session(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let conversation = ada.writes("Hello").await;
    let email = sam.get("/me").await.ok()["email"].clone();
    let again = desk
        .nobody()
        .post(
            "/sessions",
            json!({"email": email, "password": crate::test::PASSWORD}),
        )
        .await
        .created();
    let elsewhere = Person {
        token: again["token"].as_str().unwrap().into(),
        ..sam.clone()
    };
    let path = format!("/conversations/{conversation}/messages");
    let said = json!({"client_id": Uuid::new_v4(), "body": "Once"});
    let first = sam.post(&path, said.clone()).await.created();
    let retry = elsewhere.post(&path, said).await;
    assert_ne!(elsewhere.token, sam.token);
    assert_eq!(
        (retry.status.as_u16(), retry.json()["id"].clone()),
        (200, first["id"].clone()),
        "signed in anew, the same person"
    );
    assert_eq!(
        ada.thread(conversation)
            .await
            .iter()
            .filter(|b| *b == "Once")
            .count(),
        1
    );
}

async fn a_send_that_fails_is_answered_alone(desk: TestDesk) {
    let (ada, bob) = (desk.visitor("Ada").await, desk.visitor("Bob").await);
    let (hers, his) = (ada.writes("Hers").await, bob.writes("His").await);
    let used = Uuid::new_v4();
    ada.post(
        &format!("/conversations/{hers}/messages"),
        json!({"client_id": used, "body": "Used"}),
    )
    .await
    .created();
    let say = |who: &Person, into: Uuid, client: Uuid, body: &str| {
        let (who, body) = (who.clone(), body.to_owned());
        async move {
            who.post(
                &format!("/conversations/{into}/messages"),
                json!({"client_id": client, "body": body}),
            )
            .await
        }
    };
    let replies = futures::future::join_all([
        say(&ada, hers, Uuid::new_v4(), "a"),
        say(&ada, his, Uuid::new_v4(), "not hers"),
        say(&ada, hers, used, "another body"),
        say(&ada, Uuid::new_v4(), Uuid::new_v4(), "nowhere"),
        say(&bob, his, Uuid::new_v4(), "b"),
    ])
    .await;
    let statuses: Vec<u16> = replies.iter().map(|r| r.status.as_u16()).collect();
    assert_eq!(statuses, [201, 404, 422, 404, 201]);
    assert_eq!(
        replies[1].text, replies[3].text,
        "not yours and no such thing are the same bytes"
    );
    assert_eq!(
        (ada.thread(hers).await.len(), bob.thread(his).await.len()),
        (3, 2)
    );
}

async fn seqs_follow_the_commits_and_leave_nothing_out(desk: TestDesk) {
    let sam = desk.supervisor("Sam").await;
    let cursor = sam.cursor().await;
    let mut stream = sam.stream(Some(&cursor)).await;
    let mut people = vec![];
    for n in 0..6 {
        people.push(desk.visitor(&format!("Visitor{n}")).await);
    }
    let writers = people.iter().map(|p| async move {
        let conversation = p.writes("start").await;
        for n in 0..10 {
            p.says(conversation, &format!("{n}")).await;
        }
    });
    futures::future::join_all(writers).await;
    let mut last = cursor.split('.').nth(1).unwrap().parse::<i64>().unwrap();
    let mut messages = 0;
    while messages < 66 {
        let heard = stream.next().await.unwrap();
        let seq: i64 = heard
            .id
            .unwrap()
            .split('.')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        assert_eq!(
            seq,
            last + 1,
            "the supervisor hears everything: no gap, no step back"
        );
        last = seq;
        if heard.name == "message.created" {
            assert_eq!(heard.data["data"]["message"]["seq"], seq);
            messages += 1;
        }
    }
}

async fn an_event_holds_no_body(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    ada.writes("A very particular sentence").await;
    let facts: Vec<(String,)> = match desk.engine {
        crate::test::Engine::Sqlite => desk
            .node
            .db()
            .all("select facts from event", vec![])
            .await
            .unwrap(),
        crate::test::Engine::Postgres => desk
            .node
            .db()
            .all("select cast(facts as text) from event", vec![])
            .await
            .unwrap(),
    };
    assert!(facts.len() >= 2, "conversation and message were told");
    assert!(
        facts
            .iter()
            .all(|(f,)| !f.contains("particular") && !f.contains("Ada"))
    );
    assert!(
        ada.poll(Some(&format!(
            "{}.0",
            ada.cursor().await.split('.').next().unwrap()
        )))
        .await
        .to_string()
        .contains("particular"),
        "it is joined at reading"
    );
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

async fn agents_see_what_is_theirs_and_the_queue(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let (sam, kim, noor) = (
        desk.agent("Sam").await,
        desk.agent("Kim").await,
        desk.supervisor("Noor").await,
    );
    let conversation = ada.writes("Hello").await;
    assert!(
        kim.conversation(conversation).await.status.is_success(),
        "the queue is everybody's"
    );
    let cursor = kim.cursor().await;
    let mut ears = kim.stream(Some(&cursor)).await;
    sam.takes(conversation).await;
    let gone = ears.until("conversation.updated").await;
    assert_eq!(
        gone.data["data"],
        json!({"id": conversation, "gone": true, "assignee": {"id": sam.id, "name": "Sam Ortiz"}}),
        "and who has it"
    );
    let absent = kim.conversation(Uuid::new_v4()).await;
    for hidden in [
        kim.conversation(conversation).await,
        kim.closes(conversation).await,
    ] {
        assert_eq!((hidden.status, &hidden.text), (absent.status, &absent.text));
    }
    assert!(noor.conversation(conversation).await.status.is_success());
    let told = kim.poll(Some(&cursor)).await;
    assert!(
        !told["events"].to_string().contains("Hello"),
        "on replay it is gone as well: {told}"
    );

    sam.says(conversation, "Only Sam and Noor hear this").await;
    assert!(
        ears.silent(std::time::Duration::from_millis(400)).await,
        "nothing of the time between"
    );
    sam.assigns(conversation, Some(kim.id)).await.ok();
    let gained = ears.until("conversation.assigned").await;
    assert_eq!(
        gained.data["data"]["conversation"]["id"],
        json!(conversation),
        "with a snapshot"
    );
}

async fn whoever_sees_one_may_read_the_same_contacts_others(desk: TestDesk) {
    let (ada, sam, kim) = (
        desk.visitor("Ada").await,
        desk.agent("Sam").await,
        desk.agent("Kim").await,
    );
    let first = ada.writes("Old matter").await;
    sam.says(first, "Done.").await;
    sam.closes(first).await.ok();
    assert_eq!(
        kim.conversation(first).await.status,
        404,
        "Sam's alone until now"
    );
    let second = ada.writes("New matter").await;
    assert!(kim.conversation(second).await.status.is_success());
    assert!(kim.thread(first).await.contains(&"Old matter".to_owned()));
    let into = json!({"client_id": Uuid::new_v4(), "body": "x"});
    assert_eq!(
        kim.post(&format!("/conversations/{first}/messages"), into)
            .await
            .status,
        404,
        "reading is not writing"
    );
}

async fn counts_are_what_counting_says(desk: TestDesk) {
    let (sam, kim) = (desk.agent("Sam").await, desk.agent("Kim").await);
    let mut all = vec![];
    for n in 0..9 {
        all.push(desk.visitor(&format!("V{n}")).await.writes("Hello").await);
    }
    for (n, c) in all.iter().enumerate() {
        match n % 4 {
            0 => {
                sam.takes(*c).await;
            }
            1 => {
                kim.says(*c, "Hi").await;
            }
            2 => {
                sam.says(*c, "Hi").await;
                sam.closes(*c).await.ok();
            }
            _ => {}
        }
    }
    let kept: Vec<(String, i64)> = desk.node.db().all("select status, cast(sum(n) as bigint) from tally group by status having sum(n) <> 0 order by status", vec![]).await.unwrap();
    let counted: Vec<(String, i64)> = desk.node.db().all("select status, cast(count(*) as bigint) from conversation group by status order by status", vec![]).await.unwrap();
    assert_eq!(kept, counted);
    assert_eq!(counted.len(), 3, "waiting, active and closed all occur");
    let inbox = super::inbox(
        &sam.staff().await,
        crate::model::conversation::View::Mine,
        None,
        None,
    )
    .await
    .unwrap();
    assert_eq!(
        (
            inbox.counts.mine,
            inbox.counts.unassigned,
            inbox.counts.closed
        ),
        (3, 2, 2)
    );
    assert_eq!(inbox.rows.len(), 3);
}

async fn unread_is_counted_and_read_away(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let conversation = ada.writes("1").await;
    let last = ada.says(conversation, "2").await;
    let unread = async |who: &Person| {
        who.conversation(conversation).await.ok()["unread_count"]
            .as_i64()
            .unwrap()
    };
    assert_eq!((unread(&sam).await, unread(&ada).await), (2, 0));
    sam.takes(conversation).await;
    let cursor = ada.cursor().await;
    let read = sam
        .post(
            &format!("/conversations/{conversation}/read"),
            json!({"seq": last["seq"]}),
        )
        .await;
    assert_eq!((read.status.as_u16(), read.text.as_str()), (204, ""));
    assert_eq!(unread(&sam).await, 0);
    let told = ada.poll(Some(&cursor)).await;
    assert_eq!(
        told["events"][0]["type"], "receipt.read",
        "the customer sees the tick: {told}"
    );
    sam.post(
        &format!("/conversations/{conversation}/read"),
        json!({"seq": last["seq"]}),
    )
    .await;
    assert_eq!(
        ada.poll(Some(&cursor)).await["events"]
            .as_array()
            .unwrap()
            .len(),
        1,
        "reading twice is told once"
    );
    sam.says(conversation, "3").await;
    sam.says(conversation, "4").await;
    sam.notes(conversation, "not for Ada").await;
    assert_eq!(
        unread(&ada).await,
        2,
        "notes and event lines are nobody's unread"
    );
}

async fn whoever_waits_has_a_place_in_the_queue(desk: TestDesk) {
    let (sam, noor) = (desk.agent("Sam").await, desk.supervisor("Noor").await);
    let (mut waiting, mut ids) = (vec![], vec![]);
    for name in ["Ada", "Ben", "Cem"] {
        let visitor = desk.visitor(name).await;
        ids.push(visitor.writes("Hello?").await);
        waiting.push(visitor);
    }
    // As the list of staff, the lists of the visitors and each conversation by itself have it.
    let places = async || {
        let list = noor.get("/conversations").await.ok();
        let mut all = vec![];
        for (visitor, id) in waiting.iter().zip(&ids) {
            let row = list["items"]
                .as_array()
                .unwrap()
                .iter()
                .find(|c| c["id"] == id.to_string())
                .expect("in the list")
                .clone();
            let own = visitor.get("/conversations").await.ok()["items"][0].clone();
            let (one, seen) = (
                visitor.conversation(*id).await.ok(),
                noor.conversation(*id).await.ok(),
            );
            for other in [&own, &one, &seen] {
                assert_eq!(
                    other["queue_position"], row["queue_position"],
                    "the same everywhere"
                );
            }
            all.push(row["queue_position"].as_i64());
        }
        all
    };
    assert_eq!(
        places().await,
        [Some(1), Some(2), Some(3)],
        "in the order in which they came"
    );
    waiting[0].says(ids[0], "Anybody?").await;
    assert_eq!(
        places().await,
        [Some(1), Some(2), Some(3)],
        "asking again costs no place"
    );
    sam.says(ids[0], "I am here.").await;
    assert_eq!(
        places().await,
        [None, Some(1), Some(2)],
        "who is answered waits no more"
    );
    sam.post(&format!("/conversations/{}/close", ids[1]), json!({}))
        .await
        .ok();
    assert_eq!(places().await, [None, None, Some(1)]);
}

async fn typing_passes_by_without_an_id(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let conversation = ada.writes("Hello").await;
    let cursor = ada.cursor().await;
    let (mut hers, mut his) = (ada.stream(None).await, sam.stream(None).await);
    ada.post(
        &format!("/conversations/{conversation}/typing"),
        json!({"typing": true}),
    )
    .await;
    let heard = his.until("typing").await;
    assert_eq!(
        (heard.id, heard.data["data"]["author"]["name"].clone()),
        (None, json!("Ada"))
    );
    sam.post(
        &format!("/conversations/{conversation}/typing"),
        json!({"typing": true}),
    )
    .await;
    let heard = hers.until("typing").await;
    assert_eq!(
        heard.data["data"]["author"]["name"], "Sam",
        "first name only"
    );
    assert!(
        !hers.heard.contains("\"Ada\""),
        "one's own typing is not told back"
    );
    assert!(
        ada.poll(Some(&cursor)).await["events"]
            .as_array()
            .unwrap()
            .iter()
            .all(|e| e["type"] != "typing"),
        "nothing is stored"
    );
    let bob = desk.visitor("Bob").await;
    assert_eq!(
        bob.post(
            &format!("/conversations/{conversation}/typing"),
            json!({"typing": true})
        )
        .await
        .status,
        404
    );
}

async fn for_every_verb_the_old_screen_with_the_events_applied_equals_a_fresh_fetch(
    desk: TestDesk,
) {
    let (ada, sam, kim) = (
        desk.visitor("Ada").await,
        desk.agent("Sam").await,
        desk.agent("Kim").await,
    );
    let noor = desk.supervisor("Noor").await;
    let conversation = ada.writes("Hello").await;
    let path = format!("/conversations/{conversation}");
    let until = crate::model::time::now().plus(chrono::Duration::minutes(9));
    let post = async |who: &Person, tail: &str, body: Value| {
        who.post(&format!("{path}/{tail}"), body).await.ok();
    };
    let last = async || sam_seq(&noor, conversation).await;
    let verbs: Vec<(&str, usize)> = vec![
        ("customer text", 0),
        ("note", 1),
        ("take", 2),
        ("staff text", 3),
        ("staff read", 4),
        ("customer read", 5),
        ("snooze", 6),
        ("customer text wakes", 0),
        ("assign", 7),
        ("unassign", 8),
        ("staff text takes", 3),
        ("close", 9),
        ("customer text reopens", 0),
        ("customer ends", 10),
        ("staff reopens", 11),
        ("staff text", 3),
        ("close", 9),
        ("staff text reopens", 3),
    ];
    for (name, verb) in verbs {
        let mut staff = staff_thread(&noor, conversation).await;
        let mut customer = customer_thread(&ada, conversation).await;
        match verb {
            0 => {
                ada.says(conversation, name).await;
            }
            1 => {
                sam.notes(conversation, name).await;
            }
            2 => {
                sam.takes(conversation).await;
            }
            3 => {
                noor.says(conversation, name).await;
            }
            4 => post(&noor, "read", json!({"seq": last().await})).await,
            5 => post(&ada, "read", json!({"seq": last().await})).await,
            6 => {
                post(
                    &noor,
                    "status",
                    json!({"status": "snoozed", "until": until}),
                )
                .await
            }
            7 => post(&noor, "assign", json!({"agent_id": kim.id})).await,
            8 => post(&noor, "assign", json!({"agent_id": null})).await,
            9 => {
                noor.closes(conversation).await.ok();
            }
            10 => {
                ada.closes(conversation).await.ok();
            }
            _ => post(&noor, "status", json!({"status": "active"})).await,
        }
        let told = noor.poll(Some(&staff.cursor.to_string())).await;
        let events: Vec<StaffEvent> = serde_json::from_value(told["events"].clone()).unwrap();
        assert!(!events.is_empty(), "{name} was told");
        for event in &events {
            staff.apply(event);
            assert!(
                !staff.clone().apply(event),
                "{name}: an event heard twice changes nothing"
            );
        }
        let mut fresh = staff_thread(&noor, conversation).await;
        staff.seen.queue_position = None;
        fresh.seen.queue_position = None;
        assert_eq!(staff, fresh, "staff's screen after: {name}");

        let told = ada.poll(Some(&customer.cursor.to_string())).await;
        let cursor = told["cursor"].as_str().unwrap().parse().unwrap();
        let events: Vec<CustomerEvent> = serde_json::from_value(told["events"].clone()).unwrap();
        for event in &events {
            customer.apply(event);
        }
        customer.cursor = cursor; // what is not for customers moves the cursor and nothing else
        let mut fresh = customer_thread(&ada, conversation).await;
        customer.seen.queue_position = None;
        fresh.seen.queue_position = None;
        assert_eq!(customer, fresh, "the customer's screen after: {name}");
    }
}

async fn bad_input_is_a_clear_problem_and_changes_nothing(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let conversation = ada.writes("Hello").await;
    let path = format!("/conversations/{conversation}/messages");
    let client = Uuid::new_v4();
    for (body, status, code) in [
        (json!({"client_id": client, "body": ""}), 422, "invalid"),
        (json!({"client_id": client, "body": " \n "}), 422, "invalid"),
        (
            json!({"client_id": client, "body": "x".repeat(10_001)}),
            422,
            "invalid",
        ),
        (
            json!({"client_id": client, "body": "a\u{0}b"}),
            422,
            "invalid",
        ),
        (json!({"client_id": "no", "body": "x"}), 422, "invalid"),
        (
            json!({"client_id": client, "body": "x", "extra": 1}),
            422,
            "invalid",
        ),
        (json!({"client_id": client}), 422, "invalid"),
        (
            json!({"client_id": client, "body": "x", "kind": "shout"}),
            422,
            "invalid",
        ),
        (
            json!({"client_id": client, "body": "x", "kind": "note"}),
            403,
            "forbidden",
        ),
        (
            json!({"client_id": client, "body": "x".repeat(70_000)}),
            413,
            "payload_too_large",
        ),
    ] {
        let refused = ada.post(&path, body.clone()).await;
        assert_eq!(refused.problem(), (status, code.into()), "{body}");
    }
    let raw = |kind: &str, bytes: &'static [u8]| {
        let request = ada
            .request(axum::http::Method::POST, &path)
            .header("content-type", kind);
        ada.ask(request.body(axum::body::Body::from(bytes)).unwrap())
    };
    assert_eq!(
        raw("application/json", b"{").await.problem(),
        (400, "malformed".into())
    );
    assert_eq!(
        raw("application/json", b"{\"client_id\":\"\xff\"}")
            .await
            .problem(),
        (400, "malformed".into())
    );
    assert_eq!(
        raw("text/plain", b"{}").await.problem(),
        (415, "unsupported_media_type".into())
    );
    assert_eq!(
        ada.thread(conversation).await,
        ["Hello"],
        "nothing half done"
    );
    assert_eq!(
        ada.says(conversation, &"é".repeat(10_000)).await["body"]
            .as_str()
            .unwrap()
            .chars()
            .count(),
        10_000
    );
}

async fn lists_page_by_a_signed_cursor(desk: TestDesk) {
    let sam = desk.agent("Sam").await;
    let kim = desk.agent("Kim").await;
    for n in 0..7 {
        desk.visitor(&format!("V{n}")).await.writes("Hello").await;
    }
    let mut seen = BTreeSet::new();
    let mut cursor = None::<String>;
    loop {
        let page = sam
            .get(&format!(
                "/conversations?limit=3{}",
                cursor.map(|c| format!("&cursor={c}")).unwrap_or_default()
            ))
            .await
            .ok();
        for item in page["items"].as_array().unwrap() {
            assert!(seen.insert(item["id"].to_string()), "nothing twice");
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.into()),
            None => break,
        }
    }
    assert_eq!(seen.len(), 7);
    let first = sam.get("/conversations?limit=3").await.ok()["next_cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    for bad in [
        kim.get(&format!("/conversations?limit=3&cursor={first}"))
            .await,
        sam.get(&format!(
            "/conversations?limit=3&status=waiting&cursor={first}"
        ))
        .await,
        sam.get("/conversations?cursor=nonsense").await,
        sam.get("/conversations?limit=0").await,
        sam.get("/conversations?limit=101").await,
        sam.get("/conversations?unknown=1").await,
        sam.get("/conversations?status=odd").await,
    ] {
        assert_eq!(bad.problem(), (422, "invalid".into()), "{}", bad.text);
    }
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

async fn only_its_owner_and_whoever_answered_tick_what_the_customer_wrote(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let (kim, noor) = (desk.agent("Kim").await, desk.supervisor("Noor").await);
    let conversation = ada.writes("1").await;
    let ticked = async || {
        customer_thread(&ada, conversation)
            .await
            .seen
            .conversation
            .staff_read_seq
    };
    let reads = async |who: &Person, seq: i64| {
        let read = who
            .post(
                &format!("/conversations/{conversation}/read"),
                json!({"seq": seq}),
            )
            .await;
        assert_eq!(read.status, 204);
    };
    let first = sam_seq(&ada, conversation).await;
    let cursor = ada.cursor().await;
    // Two colleagues look in, and one of them twice.
    for who in [&kim, &noor, &sam, &kim] {
        reads(who, first).await;
    }
    assert_eq!(
        kim.conversation(conversation).await.ok()["unread_count"],
        0,
        "for Kim it is read"
    );
    assert_eq!(
        (
            ticked().await,
            ada.poll(Some(&cursor)).await["events"].clone()
        ),
        (0, json!([])),
        "the customer is told nothing"
    );
    assert!(
        noor.poll(Some(&cursor))
            .await
            .to_string()
            .contains("receipt.read"),
        "colleagues are"
    );

    // Whoever takes it has read it already.
    sam.takes(conversation).await;
    assert_eq!(ticked().await, first);
    let told = ada.poll(Some(&cursor)).await;
    assert!(
        told["events"]
            .as_array()
            .unwrap()
            .iter()
            .any(|e| e["type"] == "receipt.read"
                && e["data"]["seq"] == first
                && e["data"]["reader"]["id"] == json!(sam.id)),
        "{told}"
    );

    let second = ada.says(conversation, "2").await["seq"].as_i64().unwrap();
    reads(&noor, second).await;
    assert_eq!(ticked().await, first, "Noor is neither");
    noor.says(conversation, "I know this one.").await;
    assert_eq!(ticked().await, second, "now she has answered");
    let third = ada.says(conversation, "3").await["seq"].as_i64().unwrap();
    reads(&noor, third).await;
    assert_eq!(ticked().await, third);
    let fourth = ada.says(conversation, "4").await["seq"].as_i64().unwrap();
    reads(&sam, fourth).await;
    assert_eq!(ticked().await, fourth, "the owner's reading, as ever");
}

async fn what_staff_have_among_themselves_takes_no_place_outside(desk: TestDesk) {
    let (ada, sam, kim) = (
        desk.visitor("Ada").await,
        desk.agent("Sam").await,
        desk.agent("Kim").await,
    );
    let conversation = ada.writes("text 0").await;
    sam.takes(conversation).await;
    let cursor = ada.cursor().await;
    // Before, between and after what she may see: more notes than a page of hers, and lines that are not hers.
    for n in 1..=6 {
        for _ in 0..9 {
            sam.notes(conversation, SECRET).await;
        }
        sam.assigns(conversation, Some(kim.id)).await.ok();
        kim.assigns(conversation, Some(sam.id)).await.ok();
        ada.says(conversation, &format!("text {n}")).await;
    }
    let path = format!("/conversations/{conversation}");
    let shown = ada.get(&format!("{path}/messages?limit=100")).await.ok()["items"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(shown, 8, "seven texts and that Sam joined");

    // Every page but the last is full, both ways, and cut at what she sees.
    for way in ["after=0", "before=999999999"] {
        let (mut pages, mut next) = (vec![], Some(way.to_owned()));
        while let Some(from) = next {
            let page = ada
                .get(&format!("{path}/messages?limit=3&{from}"))
                .await
                .ok();
            let items = page["items"].as_array().unwrap().clone();
            let edge = if way.starts_with("after") {
                items.last()
            } else {
                items.first()
            };
            let edge = edge.unwrap()["seq"].as_i64().unwrap();
            next = page["next_cursor"].as_str().map(|c| {
                assert_eq!(
                    c,
                    edge.to_string(),
                    "a cursor is the place of something she sees"
                );
                if way.starts_with("after") {
                    format!("after={c}")
                } else {
                    format!("before={c}")
                }
            });
            pages.push(items.len());
        }
        assert_eq!(pages, [3, 3, 2], "{way}");
    }
    let thread = customer_thread(&ada, conversation).await;
    assert_eq!((thread.messages.len(), thread.more), (8, false));
    let older = super::chat_earlier(
        &ada.visitor_proof().await,
        conversation.into(),
        thread.messages[7].seq,
    )
    .await
    .unwrap();
    assert_eq!((older.messages.len(), older.more), (7, false));
    let poll = ada.poll(Some(&cursor)).await;
    assert_eq!(
        poll["events"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|e| e["type"] == "message.created")
            .count(),
        6
    );
    assert!(
        staff_thread(&sam, conversation).await.more,
        "or there were no pages to hide them in"
    );

    // Nothing that she can ask moves with a note, a mark of a colleague, a nap, or a line that is not hers.
    let all = async || {
        let one = ada.conversation(conversation).await.text;
        let lists =
            ada.get("/conversations").await.text + &ada.get("/conversations?limit=1").await.text;
        one + &lists
            + &ada.get(&format!("{path}/messages")).await.text
            + &serde_json::to_string(&customer_thread(&ada, conversation).await.seen).unwrap()
    };
    let before = all().await;
    let cursor = ada.cursor().await;
    let note = sam.notes(conversation, SECRET).await;
    kim.post(&format!("{path}/read"), json!({"seq": note["seq"]}))
        .await;
    let until = crate::model::time::now().plus(chrono::Duration::minutes(9));
    sam.post(
        &format!("{path}/status"),
        json!({"status": "snoozed", "until": until}),
    )
    .await
    .ok();
    assert_eq!(all().await, before, "while it sleeps");
    sam.post(
        &format!("{path}/status"),
        json!({"status": sam_status(&desk, conversation).await}),
    )
    .await
    .ok();
    assert_eq!(all().await, before);
    assert_eq!(ada.poll(Some(&cursor)).await["events"], json!([]));
}

async fn a_read_mark_stands_at_what_both_sides_see(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let conversation = ada.writes("1").await;
    sam.takes(conversation).await;
    sam.says(conversation, "2").await;
    let last = sam_seq(&ada, conversation).await;
    let note = sam.notes(conversation, SECRET).await["seq"]
        .as_i64()
        .unwrap();
    assert!(note > last);
    // Whoever asks for more is told of no more.
    let cursor = ada.cursor().await;
    for (who, seq) in [(&ada, 999_999_999), (&ada, note), (&sam, note)] {
        who.post(
            &format!("/conversations/{conversation}/read"),
            json!({"seq": seq}),
        )
        .await;
    }
    let told = ada.poll(Some(&cursor)).await;
    let marks: Vec<i64> = told["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["data"]["seq"].as_i64().unwrap())
        .collect();
    assert_eq!(marks, [last, last], "{told}");
    assert_eq!(
        customer_thread(&ada, conversation)
            .await
            .seen
            .conversation
            .staff_read_seq,
        last
    );
    assert_eq!(
        staff_thread(&sam, conversation)
            .await
            .seen
            .conversation
            .contact_read_seq,
        last
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

async fn a_row_with_a_word_of_no_set_is_left_out_and_never_taken_for_another(desk: TestDesk) {
    let (ada, bob) = (desk.visitor("Ada").await, desk.visitor("Bob").await);
    let noor = desk.supervisor("Noor").await;
    let (hers, his) = (ada.writes("Hello").await, bob.writes("Good day").await);
    let write = async |sql: &'static str| {
        let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
        assert_eq!(tx.run(sql, args![hers]).await.unwrap(), 1, "{sql}");
        tx.commit().await.unwrap();
    };
    let listed = async || {
        let page = noor.get("/conversations").await.ok();
        page["items"].as_array().unwrap().len()
    };

    assert_eq!(listed().await, 2);
    write("update conversation set status = 'parked' where id = $1").await;
    assert!(!noor.conversation(hers).await.status.is_success());
    noor.conversation(his).await.ok();
    assert_eq!(listed().await, 1, "the others are listed all the same");
    write("update conversation set status = 'waiting' where id = $1").await;

    for broken in [
        "update message set kind = 'aside' where conversation_id = $1",
        "update message set kind = 'text', author_kind = 'ghost' where conversation_id = $1",
    ] {
        assert_eq!(noor.thread(hers).await, ["Hello"]);
        write(broken).await;
        assert!(noor.thread(hers).await.is_empty(), "{broken}");
        write(
            "update message set kind = 'text', author_kind = 'contact' where conversation_id = $1",
        )
        .await;
    }
}

async fn what_is_nobodys_is_counted_by_its_team_alone(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let conversation = ada.writes("Hello").await;
    let noor = desk.supervisor("Noor").await;
    noor.closes(conversation).await.ok();
    for (mine, seen) in [(true, 1), (false, 0)] {
        if !mine {
            let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
            let other = Uuid::now_v7();
            let made = "insert into team (id, workspace_id, name, created_at) values ($1, $2, 'Night', $3)";
            tx.run(
                made,
                args![other, desk.workspace, crate::model::time::now()],
            )
            .await
            .unwrap();
            tx.run("update conversation set team_id = $1", args![other])
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(
            sam.conversation(conversation).await.status.is_success(),
            mine
        );
        let counts = super::counts(&sam.staff().await).await.unwrap();
        assert_eq!(counts.closed_today, seen);
        let counts = super::counts(&noor.staff().await).await.unwrap();
        assert_eq!(counts.closed_today, 1, "whoever reads all counts all");
    }
}

async fn a_commit_that_fails_is_told_to_whoever_waits_for_it(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let conversation = ada.writes("Hello").await;
    let insert = "insert into receipt (conversation_id, person_id, workspace_id, read_seq, contact_texts, staff_texts) values ($1, $2, $3, 0, 0, 0)";
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    // Every statement succeeds; it is the commit that finds what is wrong.
    let into = match desk.engine {
        crate::test::Engine::Sqlite => {
            tx.run("pragma defer_foreign_keys = on", vec![])
                .await
                .unwrap();
            Uuid::new_v4()
        }
        crate::test::Engine::Postgres => {
            for sql in [
                "create function refuse() returns trigger language plpgsql as 'begin raise exception ''no''; end'",
                "create constraint trigger refuses after insert on receipt deferrable initially deferred for each row execute function refuse()",
            ] {
                tx.run(sql, vec![]).await.unwrap();
            }
            conversation
        }
    };
    tx.run(
        insert,
        vec![into.into(), ada.id.into(), desk.workspace.into()],
    )
    .await
    .unwrap();
    assert_eq!(tx.commit().await, Err(Error::Unavailable));
    let (kept,): (i64,) = desk
        .node
        .db()
        .one("select cast(count(*) as bigint) from receipt", vec![])
        .await
        .unwrap();
    assert_eq!(kept, 0);
    assert_eq!(
        ada.says(conversation, "The desk goes on").await["body"],
        "The desk goes on"
    );
}

async fn a_message_that_fails_to_commit_is_not_acknowledged(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let conversation = ada.writes("Hello").await;
    // A verb that fails after writing leaves nothing, and what shares its batch is untouched.
    let failing = async {
        let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
        tx.run("update conversation set status = 'closed'", vec![])
            .await
            .unwrap();
        drop(tx);
        Err::<(), Error>(Error::NotFound)
    };
    let (failed, said) = tokio::join!(failing, ada.says(conversation, "in the same moment"));
    assert!(failed.is_err());
    assert_eq!(said["body"], "in the same moment");
    assert_eq!(
        ada.conversation(conversation).await.ok()["status"],
        "waiting"
    );
}

async fn sam_seq(who: &Person, conversation: Uuid) -> i64 {
    let page = who
        .get(&format!("/conversations/{conversation}/messages?limit=100"))
        .await
        .ok();
    page["items"].as_array().unwrap().last().unwrap()["seq"]
        .as_i64()
        .unwrap()
}

/// The status that what sleeps had before.
async fn sam_status(desk: &TestDesk, conversation: Uuid) -> String {
    let sql = "select snoozed_from from conversation where id = $1";
    let (former,): (String,) = desk.node.db().one(sql, args![conversation]).await.unwrap();
    former
}

/// Two nodes on one PostgreSQL: see the stories of the bus for resume; here, what passes by.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn typing_crosses_nodes() {
    crate::test::run_story(crate::test::Engine::Postgres, |desk: TestDesk| async move {
        let other = desk.second_node().await;
        tokio::spawn(super::hear_other_nodes(other.clone()));
        let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
        let conversation = ada.writes("Hello").await;
        let mut his = sam.at(&other).stream(None).await;
        // The other node's listener needs a moment to be there; typing is repeated, as fingers do.
        let fingers = tokio::spawn({
            let ada = ada.clone();
            async move {
                for n in 0..20 {
                    ada.post(
                        &format!("/conversations/{conversation}/typing"),
                        json!({"typing": n % 2 == 0}),
                    )
                    .await;
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                }
            }
        });
        assert_eq!(
            his.until("typing").await.data["data"]["author"]["name"],
            "Ada"
        );
        fingers.abort();
        other.stop().cancel();
    })
    .await;
}
