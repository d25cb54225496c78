//! A page that is fetched while events come: none of them is lost, and none is there twice, for either side.

use super::{Asked, Doors, Open};
use crate::model::{
    conversation::{Conversation, PublicConversation, Side},
    event::{Cursor, Event},
    id::ConversationId,
    inbox::Older,
    message::{AuthorKind, Line},
    thread::Thread,
};
use leptos::prelude::Owner;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

const AT: &str = "2026-11-20T10:00:00.000Z";
const CONTACT: u128 = 1;
const AGENT: u128 = 2;
const CASE: u128 = 9;

fn id(n: u128) -> String {
    uuid::Uuid::from_u128(n).to_string()
}

/// A side that reads: `PUBLIC` is the customer's.
trait Reads: Side {
    const ME: u128;
    const PUBLIC: bool;
}
impl Reads for Conversation {
    const ME: u128 = AGENT;
    const PUBLIC: bool = false;
}
impl Reads for PublicConversation {
    const ME: u128 = CONTACT;
    const PUBLIC: bool = true;
}

fn message(seq: i64, from: u128) -> Value {
    let kind = if from == CONTACT { "contact" } else { "agent" };
    json!({
        "id": id(seq as u128 + 100), "seq": seq, "client_id": null, "conversation_id": id(CASE), "kind": "text",
        "body": format!("text {seq}"), "author": {"kind": kind, "id": id(from), "name": "Ada"},
        "event": null, "attachments": [], "created_at": AT, "edited_at": null,
    })
}

fn case<C: Reads>(revision: i64) -> Value {
    let contact = if C::PUBLIC {
        json!({"id": id(CONTACT), "name": "Ada", "email": null})
    } else {
        json!({"id": id(CONTACT), "name": "Ada", "email": null, "verified": false, "page_url": null,
            "created_at": AT, "last_seen_at": AT})
    };
    json!({
        "id": id(CASE), "status": "active", "widget_id": id(8), "contact": contact, "assignee": null, "team": null,
        "reference": null, "last_message": null, "waiting_since": null, "snoozed_until": null, "contact_texts": 0,
        "staff_texts": 0, "contact_read_seq": 0, "staff_read_seq": 0, "revision": revision, "created_at": AT,
        "closed_at": null,
    })
}

/// The thread as the server has it with these texts of the other side, at `at`.
fn page<C: Reads + DeserializeOwned>(seqs: &[i64], at: i64) -> Thread<C>
where
    C::Line: DeserializeOwned,
{
    let mut thread = case::<C>(seqs.last().copied().unwrap_or(0));
    let fields = json!({
        "unread_count": seqs.len(), "queue_position": null, "more": false, "me": id(C::ME), "cursor": format!("aa.{at}"),
        "messages": seqs.iter().map(|seq| message(*seq, theirs::<C>())).collect::<Vec<_>>(),
    });
    let (Value::Object(all), Value::Object(fields)) = (&mut thread, fields) else {
        unreachable!("both are objects")
    };
    all.extend(fields);
    serde_json::from_value(thread).unwrap()
}

fn theirs<C: Reads>() -> u128 {
    match C::OTHER_SIDE {
        AuthorKind::Contact => CONTACT,
        _ => AGENT,
    }
}

fn event<C: Reads + DeserializeOwned>(name: &str, data: Value, at: Option<i64>) -> Event<C>
where
    C::Line: DeserializeOwned,
{
    let cursor = at.map(|at| format!("aa.{at}"));
    let all =
        json!({"type": name, "data": data, "cursor": cursor, "at": AT, "workspace_id": id(7)});
    serde_json::from_value(all).unwrap()
}

fn said<C: Reads + DeserializeOwned>(seq: i64) -> Event<C>
where
    C::Line: DeserializeOwned,
{
    let data = json!({"conversation_id": id(CASE), "message": message(seq, theirs::<C>())});
    event("message.created", data, Some(seq))
}

fn typing<C: Reads + DeserializeOwned>(who: u128) -> Event<C>
where
    C::Line: DeserializeOwned,
{
    let kind = if who == CONTACT { "contact" } else { "agent" };
    let author = json!({"kind": kind, "id": id(who), "name": "Ada"});
    let data = json!({"conversation_id": id(CASE), "author": author, "typing": true});
    event("typing", data, None)
}

/// Nobody is asked in these.
struct Nobody;
impl<C: Reads> Doors<C> for Nobody {
    fn earlier(&self, _: ConversationId, _: i64) -> Asked<Older<C::Line>> {
        Box::pin(std::future::pending())
    }
    fn read(&self, _: ConversationId, _: i64) -> Asked<()> {
        Box::pin(std::future::pending())
    }
    fn typing(&self, _: ConversationId, _: bool) -> Asked<()> {
        Box::pin(std::future::pending())
    }
}

fn at(seq: i64) -> Cursor {
    format!("aa.{seq}").parse().unwrap()
}

fn seqs<C: Reads>(open: Open<C>) -> Vec<i64> {
    let seqs = |t: &Thread<C>| t.messages.iter().map(Line::seq).collect();
    leptos::prelude::WithUntracked::with_untracked(&open.thread, |t| {
        t.as_ref().map(seqs).unwrap_or_default()
    })
}

fn unread<C: Reads>(open: Open<C>) -> i64 {
    leptos::prelude::WithUntracked::with_untracked(&open.thread, |t| {
        t.as_ref().map_or(0, |t| t.seen.unread_count)
    })
}

/// As every page around it does.
fn hear<C: Reads>(open: Open<C>, event: &Event<C>) -> bool {
    open.hear(event) && open.fold(event)
}

fn settle<C: Reads>(open: Open<C>, asked: u32, page: Thread<C>) -> bool {
    let taken = page.cursor.clone();
    let Some(since) = open.answered(asked, Some(&taken)) else {
        return false;
    };
    open.show(Some(page));
    for event in &since {
        open.fold(event);
    }
    true
}

/// Five texts; the page is asked for after the first, read after the first `read`, and answered after the first
/// `answered` were heard. Whatever these are, the screen ends as a fresh fetch.
fn a_page_among_events<C: Reads + DeserializeOwned + Serialize>()
where
    C::Line: DeserializeOwned + Serialize,
{
    let all = [1, 2, 3, 4, 5];
    for read in 1..=5_usize {
        for answered in 1..=5_usize {
            Owner::new().with(|| {
                let words = format!("read at {read}, answered at {answered}");
                let open: Open<C> = Open::new(Some(page::<C>(&[], 0)), Some(at(0)), Nobody);
                assert!(hear(open, &said(1)));
                let asked = open.ask();
                for seq in &all[1..answered] {
                    assert!(hear(open, &said(*seq)), "shown at once: {words}");
                    assert!(!hear(open, &said(*seq)), "known: {words}");
                }
                assert_eq!(seqs(open), all[..answered], "{words}");
                assert!(settle(open, asked, page::<C>(&all[..read], read as i64)));
                assert_eq!(seqs(open), all[..read.max(answered)], "{words}");
                for seq in &all[answered..] {
                    // What was in the page already is no news.
                    assert_eq!(hear(open, &said(*seq)), *seq as usize > read, "{words}");
                }
                assert_eq!(seqs(open), all, "{words}");
                assert_eq!(unread(open), 5, "{words}");
                assert_eq!(open.cursor(), Some(at(5)));
            });
        }
    }
}

#[test]
fn a_page_that_was_fetched_while_events_came_loses_none_and_doubles_none() {
    a_page_among_events::<Conversation>();
    a_page_among_events::<PublicConversation>();
}

fn only_the_newest<C: Reads + DeserializeOwned + Serialize>()
where
    C::Line: DeserializeOwned + Serialize,
{
    Owner::new().with(|| {
        let open: Open<C> = Open::new(Some(page::<C>(&[1], 1)), Some(at(1)), Nobody);
        let first = open.ask();
        assert!(hear(open, &said(2)));
        let second = open.ask();
        assert!(hear(open, &said(3)));
        assert!(!settle(open, first, page::<C>(&[1], 1)));
        assert!(!open.failed(first) && open.is_asking());
        // The second was read before either text, by a server that was slow to answer.
        assert!(settle(open, second, page::<C>(&[1], 1)));
        assert_eq!(seqs(open), [1, 2, 3]);
        assert!(!open.is_asking());
        // One that fails leaves what is there.
        let third = open.ask();
        assert!(hear(open, &said(4)) && open.failed(third));
        assert_eq!(seqs(open), [1, 2, 3, 4]);
        // Another log: what is kept of the old one is not folded into its page.
        let fourth = open.ask();
        assert!(hear(open, &said(5)));
        open.reset(&event::<C>("reset", json!({}), Some(1)));
        let mut restored = page::<C>(&[1, 2], 2);
        restored.cursor = "bb.2".parse().unwrap();
        assert!(settle(open, fourth, restored));
        assert_eq!(seqs(open), [1, 2]);
        assert_eq!(open.cursor(), Some("bb.2".parse().unwrap()));
    });
}

#[test]
fn only_the_newest_page_counts() {
    only_the_newest::<Conversation>();
    only_the_newest::<PublicConversation>();
}

#[test]
fn older_messages_stay_where_nothing_is_missing_between() {
    Owner::new().with(|| {
        let open: Open<Conversation> = Open::new(Some(page(&[1, 2, 3, 4], 4)), Some(at(4)), Nobody);
        open.show(Some(page(&[3, 4, 5], 5)));
        assert_eq!(seqs(open), [1, 2, 3, 4, 5]);
        open.show(Some(page(&[8, 9], 9)));
        assert_eq!(seqs(open), [8, 9], "with a gap they would be told as one");
    });
}

#[test]
fn whoever_reads_is_not_told_that_they_write_and_a_text_ends_writing() {
    fn side<C: Reads + DeserializeOwned>()
    where
        C::Line: DeserializeOwned,
    {
        Owner::new().with(|| {
            let open: Open<C> = Open::new(Some(page::<C>(&[], 0)), Some(at(0)), Nobody);
            assert!(!hear(open, &typing(C::ME)));
            assert!(open.other_writes().is_none());
        });
    }
    side::<Conversation>();
    side::<PublicConversation>();
}

#[tokio::test]
async fn what_is_seen_is_shown_as_read_at_once() {
    _ = any_spawner::Executor::init_tokio();
    let seen = async {
        let owner = Owner::new();
        owner.with(|| {
            let open: Open<PublicConversation> =
                Open::new(Some(page(&[1, 2], 2)), Some(at(2)), Nobody);
            assert!(open.is_unread());
            assert_eq!(open.read(), open.id_now());
            assert!(!open.is_unread() && open.read().is_none());
            assert!(hear(open, &said(3)) && open.is_unread());
        });
    };
    tokio::task::LocalSet::new().run_until(seen).await;
}
