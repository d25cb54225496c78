//! Stories of durable consumers, on both databases.

use super::{
    consumer::{self, Consumer, Following},
    log::{self, NewEntry, Record, What},
};
use crate::base::db::{Tx, args};
use crate::desk::state::Desk;
use crate::model::refusal::Refusal;
use crate::model::{
    actor::Actor,
    error::{Error, Result},
    event::EventKind,
    id::WorkspaceId,
    time::now,
};
use crate::test::{TestDesk, soon};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};
use uuid::Uuid;

crate::stories! {
    of_two_nodes_one_does_what_was_heard,
    a_crash_between_hearing_and_doing_loses_nothing,
    what_fails_for_good_is_set_aside_and_heard_again_when_asked,
    what_may_mend_by_itself_is_never_set_aside,
    what_fails_behind_much_that_nobody_wanted_is_set_aside_too,
    what_nobody_wanted_is_read_once,
    one_that_fails_among_many_holds_up_none_before_it,
    a_workspace_that_fails_keeps_no_other_waiting,
}

/// Writes down which message it heard, and fails as it is told.
#[derive(Clone, Default)]
struct Clerk {
    fails: Arc<Mutex<Option<(i64, Error)>>>,
    only_in: Option<WorkspaceId>,
    heard: Arc<AtomicUsize>,
}

impl Consumer for Clerk {
    const NAME: &'static str = "clerk";

    fn wants(kind: EventKind) -> bool {
        kind == EventKind::MessageCreated
    }

    async fn start(&self, _: &mut Tx, _: WorkspaceId) -> Result<()> {
        Ok(())
    }

    async fn hear(&self, tx: &mut Tx, workspace: WorkspaceId, entries: &[Record]) -> Result<bool> {
        for entry in entries {
            self.heard.fetch_add(1, Ordering::Relaxed);
            let failing = self.fails.lock().unwrap().clone();
            match failing {
                Some((_, error)) if self.only_in.is_some_and(|only| only == workspace) => {
                    return Err(error);
                }
                Some((seq, error)) if seq == entry.seq => return Err(error),
                _ => {}
            }
            tx.run("insert into effect (seq) values ($1)", args![entry.seq])
                .await?;
        }
        Ok(false)
    }
}

async fn effects(desk: &Desk) -> Vec<i64> {
    let all: Vec<(i64,)> = desk
        .db()
        .all("select seq from effect order by seq", vec![])
        .await
        .unwrap();
    all.into_iter().map(|(seq,)| seq).collect()
}

async fn messages(desk: &Desk) -> Vec<i64> {
    let sql = "select seq from event where kind = 'message.created' order by seq";
    let all: Vec<(i64,)> = desk.db().all(sql, vec![]).await.unwrap();
    all.into_iter().map(|(seq,)| seq).collect()
}

/// A clerk who begins today.
async fn hired(desk: &TestDesk) -> Following<Clerk> {
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    tx.run("create table effect (seq bigint not null)", vec![])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut clerk = Following::new(Clerk::default(), desk.node.db().clone());
    clerk.look_everywhere().await;
    clerk
}

async fn of_two_nodes_one_does_what_was_heard(desk: TestDesk) {
    drop(hired(&desk).await);
    let other = desk.second_node().await;
    let work = |node: &Desk| {
        let clerk = Following::new(Clerk::default(), node.db().clone());
        tokio::spawn(clerk.run(node.bus().clone(), node.stop().clone()))
    };
    let working = [work(&desk.node), work(&other), work(&desk.node)];
    let ada = desk.visitor("Ada").await;
    let conversation = ada.writes("Hello").await;
    for n in 0..40 {
        ada.says(conversation, &format!("{n}")).await;
    }
    let said = messages(&desk.node).await;
    assert_eq!(said.len(), 41);
    soon("everything was heard", async || {
        effects(&desk.node).await.len() >= said.len()
    })
    .await;
    other.stop().cancel();
    desk.node.stop().cancel();
    for one in working {
        one.await.unwrap();
    }
    assert_eq!(effects(&desk.node).await, said, "each once");
}

async fn a_crash_between_hearing_and_doing_loses_nothing(desk: TestDesk) {
    let mut clerk = hired(&desk).await;
    let ada = desk.visitor("Ada").await;
    ada.writes("Hello").await;
    // It has heard and moved its cursor, and dies before the commit.
    let dead = Following::new(Clerk::default(), desk.node.db().clone());
    let dying = dead.dies_before_its_commit(desk.workspace);
    assert!(dying.await, "or it heard nothing");
    assert!(effects(&desk.node).await.is_empty());
    clerk.look_everywhere().await;
    assert_eq!(effects(&desk.node).await, messages(&desk.node).await);
}

async fn what_fails_for_good_is_set_aside_and_heard_again_when_asked(desk: TestDesk) {
    let mut clerk = hired(&desk).await;
    let ada = desk.visitor("Ada").await;
    let conversation = ada.writes("One").await;
    ada.says(conversation, "Two").await;
    ada.says(conversation, "Three").await;
    let said = messages(&desk.node).await;
    let refusal = Error::conflict(Refusal::panicked());
    *clerk.consumer().fails.lock().unwrap() = Some((said[1], refusal));
    for _ in 0..12 {
        clerk.hurry();
        clerk.look_everywhere().await;
    }
    assert_eq!(
        effects(&desk.node).await,
        [said[0], said[2]],
        "what came after it did not wait"
    );
    let dead = consumer::dead_letters(&mut desk.node.db().snapshot().await.unwrap()).await;
    let dead = dead.unwrap();
    assert_eq!(dead.len(), 1);
    let letter = &dead[0];
    assert_eq!(
        (letter.consumer.as_str(), letter.seq, letter.kind.as_str()),
        ("clerk", said[1], "message.created")
    );
    assert!(letter.error.contains("panicked"), "{}", letter.error);
    assert_eq!(letter.tries, 10);

    let ask = async || {
        let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
        assert!(consumer::ask_again(&mut tx, letter.id).await.unwrap());
        assert!(!consumer::ask_again(&mut tx, Uuid::new_v4()).await.unwrap());
        tx.commit().await.unwrap();
    };
    ask().await;
    clerk.look_everywhere().await;
    assert_eq!(effects(&desk.node).await.len(), 2, "it still fails");
    *clerk.consumer().fails.lock().unwrap() = None;
    clerk.look_everywhere().await;
    assert_eq!(
        effects(&desk.node).await.len(),
        2,
        "asked for once is tried once"
    );
    ask().await;
    clerk.look_everywhere().await;
    assert_eq!(effects(&desk.node).await, said);
    let left = consumer::dead_letters(&mut desk.node.db().snapshot().await.unwrap()).await;
    assert!(left.unwrap().is_empty());
}

async fn what_may_mend_by_itself_is_never_set_aside(desk: TestDesk) {
    let mut clerk = hired(&desk).await;
    let ada = desk.visitor("Ada").await;
    ada.writes("Hello").await;
    let said = messages(&desk.node).await;
    *clerk.consumer().fails.lock().unwrap() = Some((said[0], Error::Unavailable));
    for _ in 0..30 {
        clerk.hurry();
        clerk.look_everywhere().await;
    }
    assert!(clerk.consumer().heard.load(Ordering::Relaxed) >= 30);
    let dead = consumer::dead_letters(&mut desk.node.db().snapshot().await.unwrap()).await;
    assert!(dead.unwrap().is_empty());
    let tries = clerk.consumer().heard.load(Ordering::Relaxed);
    clerk.look_everywhere().await;
    assert_eq!(
        clerk.consumer().heard.load(Ordering::Relaxed),
        tries,
        "it waits before the next try"
    );
    *clerk.consumer().fails.lock().unwrap() = None;
    clerk.hurry();
    clerk.look_everywhere().await;
    assert_eq!(effects(&desk.node).await, said);
}

/// Entries that a clerk does not want, more than one step of them.
async fn noise(desk: &TestDesk, many: i64) {
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    let first = log::take(&mut tx, desk.workspace, many).await.unwrap();
    let (kind, id) = (EventKind::WorkspaceChanged, desk.workspace.0);
    let entries: Vec<_> = (first..first + many)
        .map(|seq| {
            let entry = NewEntry::internal(kind, Actor::MACHINE, id, What::Created, now());
            (seq, entry)
        })
        .collect();
    log::append_many(&mut tx, desk.workspace, &entries)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn what_fails_behind_much_that_nobody_wanted_is_set_aside_too(desk: TestDesk) {
    let mut clerk = hired(&desk).await;
    noise(&desk, 450).await;
    let ada = desk.visitor("Ada").await;
    let conversation = ada.writes("One").await;
    ada.says(conversation, "Two").await;
    let said = messages(&desk.node).await;
    let refusal = Error::conflict(Refusal::panicked());
    *clerk.consumer().fails.lock().unwrap() = Some((said[0], refusal));
    for _ in 0..12 {
        clerk.hurry();
        clerk.look_everywhere().await;
    }
    assert_eq!(effects(&desk.node).await, [said[1]]);
    let dead = consumer::dead_letters(&mut desk.node.db().snapshot().await.unwrap()).await;
    let dead: Vec<i64> = dead.unwrap().iter().map(|letter| letter.seq).collect();
    assert_eq!(dead, [said[0]]);
}

async fn what_nobody_wanted_is_read_once(desk: TestDesk) {
    let mut clerk = hired(&desk).await;
    noise(&desk, 30).await;
    let here = std::collections::BTreeSet::from([desk.workspace]);
    assert_eq!(clerk.behind().await.unwrap(), here);
    clerk.look_everywhere().await;
    assert!(clerk.behind().await.unwrap().is_empty());
    desk.visitor("Ada").await.writes("Hello").await;
    assert_eq!(clerk.behind().await.unwrap(), here);
    clerk.look_everywhere().await;
    assert_eq!(effects(&desk.node).await, messages(&desk.node).await);
    assert!(clerk.behind().await.unwrap().is_empty());
}

async fn one_that_fails_among_many_holds_up_none_before_it(desk: TestDesk) {
    let mut clerk = hired(&desk).await;
    let ada = desk.visitor("Ada").await;
    let conversation = ada.writes("0").await;
    for n in 1..12 {
        ada.says(conversation, &format!("{n}")).await;
    }
    let said = messages(&desk.node).await;
    *clerk.consumer().fails.lock().unwrap() = Some((said[10], Error::Unavailable));
    // Read together they fail; then one at a time, as far as they can be done.
    for _ in 0..2 {
        clerk.hurry();
        clerk.look_everywhere().await;
    }
    assert_eq!(effects(&desk.node).await, said[..10]);
    *clerk.consumer().fails.lock().unwrap() = None;
    clerk.hurry();
    clerk.look_everywhere().await;
    assert_eq!(effects(&desk.node).await, said);
}

async fn a_workspace_that_fails_keeps_no_other_waiting(desk: TestDesk) {
    let mut clerk = hired(&desk).await;
    let (other, widget) = desk.second_workspace().await;
    clerk.look_everywhere().await;
    clerk.consumer_mut().only_in = Some(desk.workspace);
    *clerk.consumer().fails.lock().unwrap() = Some((0, Error::Unavailable));
    desk.visitor("Ada").await.writes("Hello").await;
    desk.visitor_at(widget, "Eve").await.writes("Hello").await;
    clerk.look_everywhere().await;
    let sql = "select seq from event where kind = 'message.created' and workspace_id = $1";
    let theirs: Vec<(i64,)> = desk.node.db().all(sql, args![other]).await.unwrap();
    assert_eq!(effects(&desk.node).await, [theirs[0].0]);
}
