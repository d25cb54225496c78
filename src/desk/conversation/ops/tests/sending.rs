//! Saying something: in one order, all of it or nothing.

use crate::model::error::Error;
use crate::test::{Person, TestDesk};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

crate::stories! {
    twenty_first_messages_at_once_are_one_conversation,
    a_send_that_fails_is_answered_alone,
    seqs_follow_the_commits_and_leave_nothing_out,
    an_event_holds_no_body,
    a_commit_that_fails_is_told_to_whoever_waits_for_it,
    a_message_that_fails_to_commit_is_not_acknowledged,
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
