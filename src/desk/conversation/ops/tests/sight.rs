//! Who sees what.

use super::*;
use crate::base::db::args;
use crate::model::event::{CustomerEvent, StaffEvent};
use crate::test::{Person, TestDesk};
use serde_json::{Value, json};
use uuid::Uuid;

crate::stories! {
    a_visitor_never_sees_a_note,
    a_customer_reads_of_a_chat_and_of_themselves_as_you,
    agents_see_what_is_theirs_and_the_queue,
    whoever_sees_one_may_read_the_same_contacts_others,
    for_every_verb_the_old_screen_with_the_events_applied_equals_a_fresh_fetch,
    what_staff_have_among_themselves_takes_no_place_outside,
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
    let older = super::super::chat_earlier(
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

/// The status that what sleeps had before.
async fn sam_status(desk: &TestDesk, conversation: Uuid) -> String {
    let sql = "select snoozed_from from conversation where id = $1";
    let (former,): (String,) = desk.node.db().one(sql, args![conversation]).await.unwrap();
    former
}
