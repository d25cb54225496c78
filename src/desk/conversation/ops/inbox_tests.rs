//! Stories of the inbox's list: what is unread, who waits longest, what is set aside, and what people are called.

use crate::desk::contact::ops as contact;
use crate::desk::conversation::ops::{self, Filter, lists};
use crate::model::{
    contact::called,
    conversation::{Counts, Order, Shelf, View},
    error::Error,
    inbox::Inbox,
    limits,
    message::Kind,
};
use crate::test::{Person, TestDesk};
use serde_json::json;
use uuid::Uuid;

async fn inbox(who: &Person, shelf: impl Into<Shelf>) -> Inbox {
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
    a_link_lets_one_person_in_to_one_thread,
    what_is_unread_of_mine_is_counted_in_every_view,
    long_texts_come_in_smaller_pages_and_rows_show_their_beginning,
    one_row_that_cannot_be_read_takes_no_list_away,
    who_has_waited_longest_stands_first,
    what_is_set_aside_stands_neither_in_mine_nor_in_unassigned,
    who_gave_no_name_is_told_apart_by_staff_alone,
    a_colleague_corrects_what_a_customer_is_called,
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

async fn who_gave_no_name_is_told_apart_by_staff_alone(desk: TestDesk) {
    let sam = desk.agent("Sam").await;
    let nameless = async || {
        let begun = desk
            .nobody()
            .post(&format!("/widgets/{}/visitors", desk.widget), json!({}))
            .await
            .created();
        Person {
            token: begun["token"].as_str().unwrap().into(),
            id: begun["contact"]["id"].as_str().unwrap().parse().unwrap(),
            ..desk.nobody()
        }
    };
    let ada = nameless().await;
    let conversation = ada.writes("Hello").await;
    let name = called(None, None, ada.id);
    assert!(name.contains(" visitor "));
    let author = |thread: serde_json::Value| {
        thread["items"][0]["author"]["name"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let path = format!("/conversations/{conversation}/messages");
    assert_eq!(author(sam.get(&path).await.ok()), name);
    assert_eq!(author(ada.get(&path).await.ok()), "Visitor");
    assert_eq!(
        inbox(&sam, View::Unassigned).await.rows[0]
            .conversation
            .contact
            .called(),
        name
    );
}

async fn a_colleague_corrects_what_a_customer_is_called(desk: TestDesk) {
    let (ada, sam, rosa) = (
        desk.visitor("Ada").await,
        desk.agent("Sam").await,
        desk.agent("Rosa").await,
    );
    let conversation = ada.writes("Hello").await;
    let mut hears = rosa.stream(None).await;
    let proof = sam.staff().await;
    let changed = contact::correct(&proof, ada.id.into(), "Ada Byron", "ada@post.example")
        .await
        .unwrap();
    assert_eq!(
        (changed.name.as_deref(), changed.email.as_deref()),
        (Some("Ada Byron"), Some("ada@post.example"))
    );
    let heard = hears.until("conversation.updated").await;
    assert_eq!(
        heard.data["data"]["conversation"]["contact"]["name"],
        "Ada Byron"
    );

    let empty = contact::correct(&proof, ada.id.into(), " ", "")
        .await
        .unwrap();
    assert_eq!((empty.name.clone(), empty.email.clone()), (None, None));
    assert_eq!(empty.called(), called(None, None, ada.id));
    assert!(matches!(
        contact::correct(&proof, ada.id.into(), "Ada", "nonsense").await,
        Err(Error::Invalid { .. })
    ));

    sam.takes(conversation).await;
    let refused = contact::correct(&rosa.staff().await, ada.id.into(), "Eve", "").await;
    assert_eq!(refused.unwrap_err(), Error::NotFound, "it is Sam's now");
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

async fn a_link_lets_one_person_in_to_one_thread(desk: TestDesk) {
    const SECRET: &str = "Only in the other thread";
    let (sam, rosa, admin) = (
        desk.agent("Sam").await,
        desk.agent("Rosa").await,
        desk.admin().await,
    );
    let shop = admin
        .post("/widgets", json!({"name": "Shop", "domains": []}))
        .await;
    let shop = shop.created()["id"].as_str().unwrap().to_owned();
    let begins = async |widget: &str, body: &str| {
        let to = json!({"email": "ada@mail.example", "name": "Ada"});
        let said =
            json!({"client_id": Uuid::new_v4(), "widget_id": widget, "contact": to, "body": body});
        let begun = sam.post("/conversations", said).await.created();
        let conversation = &begun["conversation"];
        let id = |value: &serde_json::Value| value.as_str().unwrap().parse::<Uuid>().unwrap();
        (id(&conversation["id"]), id(&conversation["contact"]["id"]))
    };
    let (other, _) = begins(&desk.widget.to_string(), "About your return").await;
    let (hers, ada) = begins(&shop, "Your invoice is ready").await;
    let link = async |by: &Person| {
        by.post(&format!("/conversations/{hers}/link"), json!({}))
            .await
    };
    let token = |answer: crate::test::Reply| {
        let link = answer.created()["link"].as_str().unwrap().to_owned();
        link.split_once("/conversation?token=")
            .unwrap()
            .1
            .to_owned()
    };
    let enter = async |token: &str| ops::enter(&desk.node, token, "test", None).await;

    assert_eq!(link(&rosa).await.problem().0, 404, "it is Sam's");
    let older = token(link(&sam).await);
    let newer = token(link(&sam).await);
    assert_eq!(enter(&older).await.err(), Some(Error::NotFound), "replaced");
    for _ in 0..2 {
        let shown = crate::desk::account::ops::link_info(&desk.node, &newer).await;
        assert!(shown.is_ok(), "looking uses nothing up");
    }
    let reset = crate::desk::account::ops::choose_password(
        &desk.node,
        &newer,
        "correct horse battery",
        "x",
    );
    assert_eq!(
        reset.await.err(),
        Some(Error::NotFound),
        "it is for nothing else"
    );
    let entered = enter(&newer).await.unwrap();
    assert_eq!(entered.widget.to_string(), shop);
    assert_eq!(enter(&newer).await.err(), Some(Error::NotFound), "used");

    let guest = Person::new(&desk.node, entered.token, ada);
    assert_eq!(guest.thread(hers).await, ["Your invoice is ready"]);
    assert_eq!(guest.conversation(other).await.problem().0, 404);
    let listed = guest.get("/conversations").await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let alone = guest.get("/sessions").await.ok();
    assert_eq!(alone["items"].as_array().map(Vec::len), Some(1));
    let another = json!({"client_id": Uuid::new_v4(), "body": "Another matter"});
    assert_eq!(guest.post("/conversations", another).await.problem().0, 403);
    let said = json!({"client_id": Uuid::new_v4(), "body": "Psst"});
    let elsewhere = guest
        .post(&format!("/conversations/{other}/messages"), said)
        .await;
    assert_eq!(elsewhere.problem().0, 404);

    let cursor = guest.cursor().await;
    let mut hears = guest.stream(None).await;
    sam.says(other, SECRET).await;
    guest.says(hers, "Thank you").await;
    sam.says(hers, "Any time").await;
    loop {
        let heard = hears.until("message.created").await;
        if heard.data["data"]["message"]["body"] == "Any time" {
            break;
        }
    }
    assert!(!hears.heard.contains(SECRET), "live");
    let polled = guest.poll(Some(&cursor)).await.to_string();
    assert!(
        polled.contains("Any time") && !polled.contains(SECRET),
        "{polled}"
    );
    let proof = guest.visitor_proof().await;
    let body = "One more thing".parse().unwrap();
    let said = ops::say(&proof, crate::base::db::fresh(), body, None).await;
    let said = said.unwrap();
    assert_eq!(said.message.conversation_id, hers.into(), "and no other");

    // Whom staff began with is found again: a guest's session makes nobody somebody else.
    let (_, same) = begins(&shop, "And your receipt").await;
    assert_eq!(same, ada);
}
