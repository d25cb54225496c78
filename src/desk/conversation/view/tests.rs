//! What the server writes of a thread: escaped, in order, in runs.

use super::thread::{Pending, Scroller, ThreadList, Way};
use crate::model::{conversation::PublicConversation, id::ClientId, thread::CustomerThread};
use leptos::prelude::*;
use serde_json::{Value, json};

fn id(n: u128) -> String {
    uuid::Uuid::from_u128(n).to_string()
}

fn message(seq: i64, from: u128, body: &str, at: &str) -> Value {
    let kind = if from == 1 { "contact" } else { "agent" };
    json!({
        "id": id(seq as u128), "seq": seq, "client_id": null, "conversation_id": id(9), "kind": "text", "body": body,
        "author": {"kind": kind, "id": id(from), "name": if from == 1 { "Ada" } else { "Sam" }},
        "event": null, "attachments": [], "created_at": at, "edited_at": null,
    })
}

fn thread(messages: Vec<Value>, unread: i64, read: i64) -> CustomerThread {
    serde_json::from_value(json!({
        "id": id(9), "status": "active", "widget_id": id(8), "contact": {"id": id(1), "name": "Ada", "email": null},
        "assignee": null, "reference": null, "last_message": null, "waiting_since": null, "contact_texts": 1, "staff_texts": 1,
        "staff_read_seq": read, "revision": 9, "created_at": "2026-11-20T10:00:00.000Z", "closed_at": null,
        "unread_count": unread, "queue_position": null, "messages": messages, "more": true, "me": id(1), "cursor": "aa.9",
    }))
    .unwrap()
}

fn drawn(thread: CustomerThread, pending: Vec<Pending>) -> String {
    Owner::new().with(|| {
        view! {
            <ThreadList<PublicConversation>
                thread=Signal::stored(Some(thread))
                scroller=Scroller::default()
                pending=Signal::stored(pending)
                on_retry=Callback::new(|_| ())
                on_discard=Callback::new(|_| ())
                typing=Signal::stored(None)
                watching=Signal::stored(false)
                on_earlier=Callback::new(|()| ())
                loading_earlier=Signal::stored(false)
            />
        }
        .to_html()
    })
}

#[test]
fn a_thread_is_days_runs_and_one_unread_line() {
    let html = drawn(
        thread(
            vec![
                message(
                    1,
                    1,
                    "Hi <script>alert(1)</script>",
                    "2026-11-20T10:00:00.000Z",
                ),
                message(2, 1, "and https://a.example/x", "2026-11-20T10:01:00.000Z"),
                message(3, 2, "Yes?", "2026-11-20T10:02:00.000Z"),
                message(4, 2, "Anybody?", "2026-11-21T10:02:00.000Z"),
            ],
            1,
            1,
        ),
        vec![],
    );
    assert!(html.contains("Hi &lt;script&gt;"), "{html}");
    assert!(
        html.contains(
            r#"<a href="https://a.example/x" rel="noopener noreferrer nofollow" target="_blank""#
        ),
        "{html}"
    );
    assert_eq!(
        html.matches(r#"class="day""#).count(),
        2,
        "one rule for a day that begins with what is new: {html}"
    );
    assert_eq!(html.matches("data-joined").count(), 1, "{html}");
    assert_eq!(
        html.matches("<li data-new class=\"day\"").count(),
        1,
        "{html}"
    );
    assert!(
        html.find("data-new").unwrap() > html.find("Yes?").unwrap(),
        "it stands before the one that is unread"
    );
    assert_eq!(
        (
            html.matches("data-tick=\"read\"").count(),
            html.matches("data-tick=\"sent\"").count()
        ),
        (1, 1),
        "{html}"
    );
    assert!(
        html.contains(r#"data-mine="contact""#) && html.contains(r#"class="earlier""#),
        "{html}"
    );
    assert_eq!(
        html.matches("data-new").count(),
        1,
        "nothing of it is live: {html}"
    );
}

#[test]
fn what_is_not_sent_says_so_and_offers_both_ways() {
    let stuck = Pending {
        client: ClientId(uuid::Uuid::from_u128(7)),
        body: "Stuck".into(),
        note: false,
        state: Way::Failed("No.".into()),
    };
    let html = drawn(thread(vec![], 0, 0), vec![stuck]);
    assert!(
        html.contains(r#"data-pending="failed""#)
            && html.contains("Retry")
            && html.contains("Discard"),
        "{html}"
    );
}

#[test]
fn older_messages_stand_before_the_others_once_and_in_their_order() {
    let at = "2026-11-20T10:00:00.000Z";
    let some =
        |seqs: &[i64]| -> Vec<Value> { seqs.iter().map(|n| message(*n, 1, "Hi", at)).collect() };
    let mut now = thread(some(&[5, 7]), 0, 0);
    let older = serde_json::from_value(Value::Array(some(&[3, 1, 3, 5, 6]))).unwrap();
    now.prepend(older, false);
    let seqs: Vec<i64> = now.messages.iter().map(|m| m.seq).collect();
    assert_eq!(seqs, [1, 3, 5, 6, 7]);
    assert!(!now.more);
    now.prepend(vec![], true);
    assert!(now.more && now.messages.len() == 5);
}

#[test]
fn the_paper_keeps_its_side_and_the_words_their_direction() {
    let at = "2026-11-20T10:00:00.000Z";
    let long = "שלום ".repeat(1_000);
    let html = drawn(
        thread(
            vec![
                message(1, 1, "שלום", at),
                message(2, 1, "👍🏽", at),
                message(3, 1, "`a` \n```\nb\n```", at),
                message(4, 1, &long, at),
            ],
            0,
            1,
        ),
        vec![],
    );
    let papers: Vec<&str> = html.split("class=\"bubble\"").skip(1).collect();
    assert_eq!(papers.len(), 4, "{html}");
    assert!(!html.contains("class=\"bubble\" dir"), "{html}");
    for (paper, inside) in papers.iter().zip([
        "><div dir=\"auto\">שלום",
        "><div dir=\"auto\">👍🏽",
        "><div dir=\"auto\"><code dir=\"ltr\">a",
        "><div dir=\"auto\">שלום",
    ]) {
        assert!(paper.starts_with(inside), "{paper}");
    }
    assert_eq!(
        html.matches("data-emoji class=\"bubble\"").count(),
        1,
        "{html}"
    );
    assert!(papers[2].contains("<pre dir=\"ltr\">b<"), "{}", papers[2]);
    assert!(
        papers[3].contains("<details><summary><span>Show more"),
        "{}",
        papers[3]
    );
    assert_eq!(papers[3].matches("שלום").count(), 1_000, "nothing is lost");
}
