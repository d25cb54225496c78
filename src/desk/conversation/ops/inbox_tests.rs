//! Stories of the inbox's list: what is unread, who waits longest, what is set aside.

use crate::desk::conversation::ops::{self, Filter, lists};
use crate::model::{
    conversation::{Counts, Order, Shelf, View},
    error::Error,
    inbox::Inbox,
    limits,
    message::Kind,
};
use crate::test::{Person, TestDesk};
use serde_json::json;
use uuid::Uuid;

pub(super) async fn inbox(who: &Person, shelf: impl Into<Shelf>) -> Inbox {
    ops::inbox(&who.staff().await, shelf, None, None)
        .await
        .unwrap()
}

async fn counts(who: &Person) -> Counts {
    inbox(who, View::Closed).await.counts
}

fn ids(inbox: &Inbox) -> Vec<Uuid> {
    inbox.rows.iter().map(|r| r.conversation.id.0).collect()
}

async fn snoozes(who: &Person, conversation: Uuid) {
    let until = json!({"status": "snoozed", "until": crate::model::time::now().plus(chrono::Duration::hours(1)).to_string()});
    who.post(&format!("/conversations/{conversation}/status"), until)
        .await
        .ok();
}

/// Every page of two, as a list of ids.
async fn pages(desk: &TestDesk, who: &Person, filter: &Filter) -> Vec<Uuid> {
    let staff = who.staff().await;
    let (mut all, mut cursor) = (vec![], None);
    loop {
        let mut snapshot = desk.node.db().snapshot().await.unwrap();
        let page = lists::page(
            &mut snapshot,
            &desk.node,
            desk.workspace,
            &staff.listener(),
            who.id,
            filter,
            cursor,
            2,
        )
        .await
        .unwrap();
        all.extend(page.rows.iter().map(|r| r.conversation.id.0));
        cursor = page.next;
        if cursor.is_none() {
            return all;
        }
    }
}

crate::stories! {
    the_door_of_counts_counts_as_the_inbox_does,
    what_is_unread_of_mine_is_counted_in_every_view,
    long_texts_come_in_smaller_pages_and_rows_show_their_beginning,
    one_row_that_cannot_be_read_takes_no_list_away,
    who_has_waited_longest_stands_first,
    what_is_set_aside_stands_neither_in_mine_nor_in_unassigned,
}

async fn what_is_unread_of_mine_is_counted_in_every_view(desk: TestDesk) {
    let (ada, ben) = (desk.visitor("Ada").await, desk.visitor("Ben").await);
    let (sam, rosa) = (desk.agent("Sam").await, desk.agent("Rosa").await);
    let hers = ada.writes("Where is my parcel?").await;
    let his = ben.writes("Hello").await;
    assert_eq!(
        counts(&sam).await.mine_unread,
        0,
        "what nobody has is not mine"
    );
    sam.takes(hers).await;
    sam.takes(his).await;
    let last = ada.says(hers, "And my lamp?").await;
    assert_eq!(
        counts(&sam).await.mine_unread,
        2,
        "conversations, not texts"
    );
    assert_eq!(counts(&rosa).await.mine_unread, 0);
    sam.post(
        &format!("/conversations/{hers}/read"),
        json!({"seq": last["seq"]}),
    )
    .await;
    sam.notes(hers, "Only for us").await;
    assert_eq!(counts(&sam).await.mine_unread, 1);
    sam.closes(his).await.ok();
    assert_eq!(counts(&sam).await.mine_unread, 0);
    ada.says(hers, "Still there?").await;
    assert_eq!(counts(&sam).await.mine_unread, 1);
}

async fn long_texts_come_in_smaller_pages_and_rows_show_their_beginning(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let long = "🔔".repeat(limits::MESSAGE);
    let id = ada.writes(&long).await;
    for _ in 0..8 {
        ada.says(id, &long).await;
    }
    let staff = sam.staff().await;
    let shown = ops::inbox(&staff, View::All, None, Some(id.into()))
        .await
        .unwrap();
    let last = shown.rows[0].conversation.last_message.clone().unwrap();
    assert_eq!(last.body, "🔔".repeat(limits::PREVIEW));

    let thread = shown.open.unwrap().thread;
    let (mut found, mut more) = (thread.messages, thread.more);
    let mut pages = vec![found.len()];
    while more {
        let older = ops::earlier(&staff, id.into(), found[0].seq).await.unwrap();
        pages.push(older.messages.len());
        more = older.more;
        found.splice(0..0, older.messages);
    }
    assert_eq!(
        pages.iter().max(),
        Some(&(limits::SCREEN / limits::MESSAGE)),
        "{pages:?}"
    );
    let texts: Vec<_> = found.iter().filter(|m| m.kind == Kind::Text).collect();
    assert!(texts.len() == 9 && texts.iter().all(|m| m.body == long));
    assert!(found.is_sorted_by(|a, b| a.seq < b.seq));
}

async fn one_row_that_cannot_be_read_takes_no_list_away(desk: TestDesk) {
    let (ada, ben, sam) = (
        desk.visitor("Ada").await,
        desk.visitor("Ben").await,
        desk.admin().await,
    );
    let (hers, his) = (ada.writes("Hello").await, ben.writes("Hello").await);
    let last = ada.says(hers, "Is anybody there?").await;
    let made = sam
        .post("/widgets", json!({"name": "Second", "domains": []}))
        .await
        .ok();
    let widgets = sam.get("/widgets").await.ok()["items"]
        .as_array()
        .unwrap()
        .len();

    // Valid JSON of another shape than anything here writes.
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    for (sql, id) in [
        (
            "update message set event = '[]' where id = $1",
            last["id"].clone(),
        ),
        (
            "update conversation set reference = '7' where id = $1",
            json!(his),
        ),
        (
            "update widget set appearance = '[]' where id = $1",
            made["id"].clone(),
        ),
    ] {
        let id: Uuid = serde_json::from_value(id).unwrap();
        assert_eq!(
            tx.run(sql, crate::base::db::args![id]).await.unwrap(),
            1,
            "{sql}"
        );
    }
    tx.commit().await.unwrap();

    let listed = sam.get("/conversations").await.ok();
    let listed: Vec<&str> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|c| c["id"].as_str())
        .collect();
    assert_eq!(listed, [hers.to_string()]);
    assert_eq!(ids(&inbox(&sam, View::All).await), [hers]);
    let said = sam
        .get(&format!("/conversations/{hers}/messages"))
        .await
        .ok();
    assert_eq!(
        said["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|m| m["kind"] == "text")
            .count(),
        1
    );
    assert_eq!(
        sam.get("/widgets").await.ok()["items"]
            .as_array()
            .unwrap()
            .len(),
        widgets - 1
    );
    ada.says(hers, "Hello?").await;
    assert_eq!(
        ids(&inbox(&sam, View::All).await),
        [hers],
        "and the desk goes on"
    );
}

async fn who_has_waited_longest_stands_first(desk: TestDesk) {
    let sam = desk.agent("Sam").await;
    let (mut people, mut waiting) = (vec![], vec![]);
    for n in 0..5 {
        let person = desk.visitor(&format!("Visitor{n}")).await;
        waiting.push(person.writes("Hello").await);
        people.push(person);
    }
    // Who writes again has waited no shorter.
    people[0].says(waiting[0], "Is anybody there?").await;
    let shown = inbox(&sam, View::Unassigned).await;
    assert_eq!(
        (ids(&shown), shown.shelf.order),
        (waiting.clone(), Order::Longest)
    );
    assert_eq!(ids(&inbox(&sam, View::Waiting).await), waiting);

    let newest = inbox(&sam, Shelf::new(View::Unassigned, Some(Order::Newest))).await;
    assert_eq!(ids(&newest)[..2], [waiting[0], waiting[4]]);
    // Two began in the same moment: the pages neither lose nor repeat one.
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    let same = "update conversation set waiting_since = (select waiting_since from conversation where id = $1) where id = $2";
    tx.run(same, crate::base::db::args![waiting[1], waiting[2]])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    for view in [View::Unassigned, View::Waiting] {
        let longest = Filter {
            view: Some(view),
            order: Order::Longest,
            ..Filter::default()
        };
        let all = pages(&desk, &sam, &longest).await;
        assert_eq!((all.len(), all[0], all[4]), (5, waiting[0], waiting[4]));
        assert_eq!(
            all.iter().collect::<std::collections::BTreeSet<_>>().len(),
            5,
            "{all:?}"
        );
    }
    let newest = Filter {
        view: Some(View::Waiting),
        ..Filter::default()
    };
    assert_eq!(pages(&desk, &sam, &newest).await[0], waiting[0]);

    // A place in one order is none in another.
    let staff = sam.staff().await;
    let longest = Filter {
        view: Some(View::Waiting),
        order: Order::Longest,
        ..Filter::default()
    };
    let mut snapshot = desk.node.db().snapshot().await.unwrap();
    let page = lists::page(
        &mut snapshot,
        &desk.node,
        desk.workspace,
        &staff.listener(),
        sam.id,
        &longest,
        None,
        2,
    )
    .await
    .unwrap();
    let wrong = lists::page(
        &mut snapshot,
        &desk.node,
        desk.workspace,
        &staff.listener(),
        sam.id,
        &newest,
        page.next,
        2,
    )
    .await;
    assert!(
        matches!(wrong, Err(Error::Invalid { .. })),
        "or the cursor was taken"
    );
}

async fn what_is_set_aside_stands_neither_in_mine_nor_in_unassigned(desk: TestDesk) {
    let (ada, ben) = (desk.visitor("Ada").await, desk.visitor("Ben").await);
    let sam = desk.agent("Sam").await;
    let (mine, nobodys) = (ada.writes("Hello").await, ben.writes("Hello").await);
    sam.takes(mine).await;
    let before = counts(&sam).await;
    assert_eq!((before.mine, before.unassigned, before.snoozed), (1, 1, 0));
    snoozes(&sam, mine).await;
    snoozes(&sam, nobodys).await;
    let after = counts(&sam).await;
    assert_eq!((after.mine, after.unassigned, after.snoozed), (0, 0, 2));
    assert!(ids(&inbox(&sam, View::Mine).await).is_empty());
    assert!(ids(&inbox(&sam, View::Unassigned).await).is_empty());
    let snoozed = inbox(&sam, View::Snoozed).await;
    assert_eq!(snoozed.rows.len(), 2);
    assert!(
        snoozed
            .rows
            .iter()
            .all(|r| r.conversation.snoozed_until.is_some())
    );
    ada.says(mine, "Any news?").await;
    assert_eq!(
        ids(&inbox(&sam, View::Mine).await),
        [mine],
        "the customer wakes it"
    );
}

async fn the_door_of_counts_counts_as_the_inbox_does(desk: TestDesk) {
    let (sam, noor) = (desk.agent("Sam").await, desk.supervisor("Noor").await);
    for name in ["Ada", "Ben", "Cleo"] {
        desk.visitor(name).await.writes("Hello").await;
    }
    let mine = desk.visitor("Dora").await.writes("Hello").await;
    sam.takes(mine).await;
    let over = desk.visitor("Eli").await.writes("Hello").await;
    noor.closes(over).await.ok();
    for person in [&sam, &noor] {
        let inbox = inbox(person, View::All).await;
        let counted = serde_json::to_value(inbox.counts).unwrap();
        assert_eq!(person.get("/conversations/counts").await.ok(), counted);
        assert_eq!(counted["unassigned"], 3);
        assert_eq!(counted["closed_today"], 1);
    }
    let sams = sam.get("/conversations/counts").await.ok();
    assert_eq!(
        (&sams["mine"], &sams["mine_unread"]),
        (&1.into(), &1.into())
    );
}
