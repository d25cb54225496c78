//! What events make of a list.

use super::{Rows, Rule};
use crate::model::{
    conversation::{Conversation, ForReader},
    event::StaffEvent,
    id::ConversationId,
};
use leptos::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

fn id(n: u128) -> String {
    Uuid::from_u128(n).to_string()
}

fn case(n: u128) -> ConversationId {
    Uuid::from_u128(n).into()
}

/// A conversation of this number, last changed at `revision`, in this status.
fn shape(n: u128, revision: i64, status: &str) -> Value {
    let at = format!("2026-11-20T10:00:{:02}.000Z", revision % 60);
    json!({
        "id": id(n), "status": status, "widget_id": id(8),
        "contact": {"id": id(n), "name": "Ada", "email": null, "verified": false, "page_url": null, "created_at": at,
            "last_seen_at": at},
        "assignee": null, "team": null, "reference": null, "last_message": null, "waiting_since": null,
        "snoozed_until": null, "contact_texts": 1, "staff_texts": 0, "contact_read_seq": 0, "revision": revision,
        "created_at": at, "closed_at": null,
    })
}

fn row(n: u128, revision: i64) -> ForReader<Conversation> {
    ForReader {
        conversation: serde_json::from_value(shape(n, revision, "waiting")).unwrap(),
        unread_count: 1,
        queue_position: None,
    }
}

fn changed(n: u128, revision: i64, status: &str) -> StaffEvent {
    serde_json::from_value(json!({
        "type": "conversation.updated", "cursor": format!("aa.{revision}"), "at": "2026-11-20T10:00:00.000Z",
        "workspace_id": id(7),
        "data": {"conversation_id": id(n), "conversation": shape(n, revision, status)},
    }))
    .unwrap()
}

/// What is waiting, the newest first.
struct Waiting;
impl Rule<Conversation> for Waiting {
    fn me(&self) -> Uuid {
        Uuid::nil()
    }
    fn belongs(&self, case: &Conversation) -> bool {
        case.status.word() == "waiting"
    }
    fn place(&self, row: &ForReader<Conversation>) -> i64 {
        -row.conversation.revision
    }
    fn unseen(&self, case: &Conversation) -> i64 {
        case.contact_texts
    }
}

fn numbers(rows: RwSignal<Vec<ForReader<Conversation>>>) -> Vec<u128> {
    let number = |r: &ForReader<Conversation>| r.conversation.id.0.as_u128();
    rows.with_untracked(|rows| rows.iter().map(number).collect())
}

fn list(rows: &[(u128, i64)], next: Option<&str>) -> Rows<Conversation> {
    let rows = rows.iter().map(|(n, revision)| row(*n, *revision));
    Rows::new(rows.collect(), next.map(str::to_owned))
}

#[test]
fn what_comes_stands_in_its_place_and_what_does_not_belong_goes() {
    Owner::new().with(|| {
        let rows = list(&[(1, 9), (2, 8)], None);
        rows.fold(&changed(3, 10, "waiting"), &Waiting, None);
        assert_eq!(numbers(rows.shown), [3, 1, 2]);
        rows.fold(&changed(2, 11, "waiting"), &Waiting, None);
        assert_eq!(numbers(rows.shown), [2, 3, 1]);
        // Heard twice, it is there once.
        rows.fold(&changed(3, 10, "waiting"), &Waiting, None);
        assert_eq!(numbers(rows.shown), [2, 3, 1]);
        rows.fold(&changed(3, 12, "closed"), &Waiting, None);
        rows.fold(&changed(4, 13, "closed"), &Waiting, None);
        assert_eq!(numbers(rows.shown), [2, 1]);
        rows.remove(case(2));
        assert_eq!(numbers(rows.shown), [1]);
    });
}

#[test]
fn what_comes_while_one_reads_further_down_waits_for_the_top() {
    Owner::new().with(|| {
        let rows = list(&[(1, 9), (2, 8)], None);
        rows.at_top.set(false);
        rows.fold(&changed(3, 10, "waiting"), &Waiting, None);
        rows.fold(&changed(4, 11, "waiting"), &Waiting, None);
        // Nothing moves under the reader, not even what changes.
        rows.fold(&changed(2, 12, "waiting"), &Waiting, None);
        assert_eq!(numbers(rows.shown), [1, 2]);
        assert_eq!(numbers(rows.fresh), [3, 4]);
        assert_eq!(untrack(|| rows.unread()), 4);
        // What waits stays current, and may go before it was seen.
        rows.fold(&changed(3, 13, "closed"), &Waiting, None);
        assert_eq!(numbers(rows.fresh), [4]);
        rows.take_fresh(&Waiting);
        assert_eq!(numbers(rows.shown), [2, 4, 1]);
        assert!(numbers(rows.fresh).is_empty());
    });
}

#[test]
fn what_comes_after_the_last_row_is_on_a_further_page_where_there_is_one() {
    Owner::new().with(|| {
        let rows = list(&[(1, 9), (2, 8)], Some("further"));
        rows.fold(&changed(3, 7, "waiting"), &Waiting, None);
        assert_eq!(numbers(rows.shown), [1, 2]);
        rows.next.set(None);
        rows.at_top.set(false);
        rows.fold(&changed(3, 7, "waiting"), &Waiting, None);
        assert_eq!(
            numbers(rows.shown),
            [1, 2, 3],
            "at the end it moves nothing"
        );
    });
}

#[test]
fn a_first_page_fetched_anew_keeps_the_further_ones_of_the_same_list() {
    Owner::new().with(|| {
        let rows = list(&[(1, 9), (2, 8), (3, 7), (4, 6)], Some("after 4"));
        rows.show(
            vec![row(5, 10), row(1, 9)],
            Some("after 1".into()),
            true,
            &Waiting,
        );
        assert_eq!(numbers(rows.shown), [5, 1, 2, 3, 4]);
        assert_eq!(rows.next.get_untracked().as_deref(), Some("after 4"));
        rows.show(vec![row(5, 10)], Some("after 5".into()), false, &Waiting);
        assert_eq!(numbers(rows.shown), [5]);
        assert_eq!(rows.next.get_untracked().as_deref(), Some("after 5"));
    });
}

#[test]
fn what_is_open_is_read_and_an_older_answer_changes_nothing() {
    Owner::new().with(|| {
        let rows = list(&[(1, 9)], None);
        rows.fold(&changed(2, 10, "waiting"), &Waiting, Some(case(2)));
        assert_eq!(untrack(|| rows.find(case(2))).unwrap().unread_count, 0);
        rows.read(case(1));
        assert_eq!(untrack(|| rows.unread()), 0);
        rows.took(&row(1, 8), &Waiting);
        let now = untrack(|| rows.find(case(1))).unwrap();
        assert_eq!((now.conversation.revision, now.unread_count), (9, 0));
        rows.took(&row(1, 12), &Waiting);
        let now = untrack(|| rows.find(case(1))).unwrap();
        assert_eq!(now.conversation.revision, 12);
    });
}

#[test]
fn one_goes_along_the_list_and_stops_at_its_ends() {
    Owner::new().with(|| {
        let rows = list(&[(1, 9), (2, 8)], None);
        assert_eq!(rows.beside(Some(case(1)), 1), Some(case(2)));
        assert_eq!(rows.beside(Some(case(1)), -1), None);
        assert_eq!(rows.beside(Some(case(2)), 1), None);
        assert_eq!(rows.beside(None, 1), Some(case(1)));
    });
}
