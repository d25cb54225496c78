//! Stories of an entry of the log, on both databases: who it is for, who did it, and what set it off.

use super::log::{self, NewEntry, Record, What};
use crate::model::{
    actor::{Actor, ActorKind},
    agent::{Availability, Role},
    event::{AgentNews, Audience, EventKind},
    id::AgentId,
    time::now,
};
use crate::test::TestDesk;
use serde_json::json;
use uuid::Uuid;

crate::stories! {
    an_entry_reaches_its_audience_live_and_on_replay,
    an_entry_says_who_did_it_and_what_set_it_off,
}

async fn an_entry_reaches_its_audience_live_and_on_replay(desk: TestDesk) {
    let (sam, noor, alex) = (
        desk.agent("Sam").await,
        desk.supervisor("Noor").await,
        desk.admin().await,
    );
    let ada = desk.visitor("Ada").await;
    let shop = alex
        .post("/widgets", json!({"name": "Shop", "domains": []}))
        .await
        .created();
    let shop: Uuid = shop["id"].as_str().unwrap().parse().unwrap();
    let ben = desk.visitor_at(shop.into(), "Ben").await;
    let people = [&sam, &noor, &alex, &ada, &ben];
    let names = ["sam", "noor", "alex", "ada", "ben"];
    // Who begins to listen is there from now on, which is news of its own.
    let mut there = vec![];
    for person in people {
        there.push(person.stream(None).await);
    }
    for (audience, who) in [
        (Audience::Agent(AgentId(sam.id)), vec!["sam"]),
        (Audience::Contact(ada.id.into()), vec!["ada"]),
        (Audience::Staff(Role::Agent), vec!["sam", "noor", "alex"]),
        (Audience::Staff(Role::Supervisor), vec!["noor", "alex"]),
        (Audience::Staff(Role::Admin), vec!["alex"]),
        (Audience::Visitors(shop.into()), vec!["ben"]),
        (Audience::Everyone, names.to_vec()),
        (Audience::Nobody, vec![]),
    ] {
        let (mut cursors, mut streams) = (vec![], vec![]);
        for person in people {
            cursors.push(person.cursor().await);
            streams.push(person.stream(None).await);
        }
        // Two for everybody around it show who heard nothing in between, and not only nothing yet.
        let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
        let mark = |audience, online| {
            let agent = AgentNews {
                id: AgentId(sam.id),
                availability: Availability::Away,
                online,
            };
            NewEntry {
                audience,
                ..NewEntry::availability(Actor::MACHINE, agent, online, now())
            }
        };
        for (audience, online) in [(audience, true), (Audience::Everyone, false)] {
            log::append(&mut tx, desk.workspace, mark(audience, online))
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let (mut live, mut replayed) = (vec![], vec![]);
        for ((person, name), (cursor, ears)) in people
            .iter()
            .zip(names)
            .zip(cursors.iter().zip(&mut streams))
        {
            let mut hears = false;
            loop {
                let news = ears.until("availability.changed").await;
                match news.data["data"]["online"].as_bool().unwrap() {
                    true => hears = true,
                    false => break,
                }
            }
            if hears {
                live.push(name);
            }
            let caught = person.poll(Some(cursor)).await;
            let events = caught["events"].as_array().unwrap();
            let missed: Vec<_> = events
                .iter()
                .filter(|e| e["type"] == "availability.changed")
                .map(|e| e["data"]["online"].as_bool().unwrap())
                .collect();
            assert_eq!(missed.last(), Some(&false), "{name}: {caught}");
            if missed.contains(&true) {
                replayed.push(name);
            }
        }
        assert_eq!(live, who, "{audience:?}, live");
        assert_eq!(replayed, who, "{audience:?}, on replay");
    }
}

async fn an_entry_says_who_did_it_and_what_set_it_off(desk: TestDesk) {
    let (ada, sam, alex) = (
        desk.visitor("Ada").await,
        desk.agent("Sam").await,
        desk.admin().await,
    );
    crate::desk::routing::ops::hear_once(&desk.node).await;
    let conversation = ada.writes("Hello").await;
    crate::desk::account::ops::came(&desk.node, desk.workspace, AgentId(sam.id)).await;
    crate::desk::routing::ops::hear_once(&desk.node).await;
    sam.says(conversation, "Hi").await;
    let email = format!("kim.{}@example.com", Uuid::new_v4().simple());
    let invited = alex
        .post("/agents", json!({"email": email, "role": "agent"}))
        .await
        .created();
    let kim: Uuid = invited["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/agents/{}", sam.id);
    alex.patch(&path, json!({"role": "supervisor"})).await.ok();
    alex.post(&format!("{path}/suspend"), json!({})).await.ok();
    alex.patch("/settings", json!({"name": "The shop"}))
        .await
        .ok();

    let mut snapshot = desk.node.db().snapshot().await.unwrap();
    let all = log::read(&mut snapshot, desk.workspace, 0, 500)
        .await
        .unwrap();
    let entries = all.entries;
    let find = |kind: EventKind, of: &dyn Fn(&Record) -> bool| -> Record {
        let found = entries.iter().rev().find(|e| e.kind == kind && of(e));
        (**found.unwrap_or_else(|| panic!("no {kind} of it"))).clone()
    };
    let doer = |record: &Record| (record.by.actor.kind, record.by.actor.id);

    let by_ada = find(EventKind::ConversationCreated, &|_| true);
    assert_eq!(doer(&by_ada), (ActorKind::Visitor, Some(ada.id)));
    assert_eq!(by_ada.by.cause, None, "nothing but Ada set it off");
    let given = find(EventKind::ConversationAssigned, &|_| true);
    assert_eq!(doer(&given), (ActorKind::Machine, None));
    let cause = given.by.cause.expect("routing heard of something");
    assert!((by_ada.seq..given.seq).contains(&cause), "{cause}");
    let said = find(EventKind::MessageCreated, &|e| {
        e.by.actor.kind == ActorKind::Agent
    });
    assert_eq!(said.by.actor.id, Some(sam.id));

    let person = |id: Uuid| move |e: &Record| e.facts.subject == Some(id);
    let changes: Vec<(Option<What>, _)> = entries
        .iter()
        .filter(|e| e.kind == EventKind::PersonChanged && person(sam.id)(e))
        .map(|e| (e.facts.what.clone(), doer(e)))
        .collect();
    let by_alex = (ActorKind::Agent, Some(alex.id));
    let role = What::Role {
        from: Role::Agent,
        to: Role::Supervisor,
    };
    let tail = &changes[changes.len() - 2..];
    assert_eq!(
        tail,
        [(Some(role), by_alex), (Some(What::Suspended), by_alex)]
    );
    let invitation = find(EventKind::PersonChanged, &person(kim));
    assert_eq!(
        (invitation.facts.what.clone(), doer(&invitation)),
        (Some(What::Invited { role: Role::Agent }), by_alex)
    );
    let settings = find(EventKind::WorkspaceChanged, &|_| true);
    let fields = vec!["name".to_owned()];
    let saved = What::Settings { fields };
    assert_eq!(
        (settings.facts.what.clone(), doer(&settings)),
        (Some(saved), by_alex)
    );
    assert!(
        entries
            .iter()
            .filter(|e| e.kind.is_internal())
            .all(|e| e.facts.what.is_some() && e.facts.subject.is_some()),
        "every internal entry says what became of whom"
    );
}
