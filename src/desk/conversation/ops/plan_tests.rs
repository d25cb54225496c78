//! SQLite's plans: what grows with what people write is looked up, and never walked through. It plans by what the
//! `base::db::planner` says; PostgreSQL plans by what it counted.

use super::store::{self, Filter};
use crate::base::db::{Conn, composed, planner::growing, statement};
use crate::live::bus::log;
use crate::model::{
    agent::Role,
    conversation::{Order, View},
    event::Listener,
    time::now,
};
use crate::test::{Engine, TestDesk, run_story};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Statements that walk nevertheless, and why they may.
const WALKING: [(&str, &str, &str); 3] = [
    ("log", "TRIM_TO", "in the log's own order, up to a limit"),
    ("widget", "IS_USED", "an admin removes a widget"),
    ("account", "DROP_AT", "an admin removes a widget"),
];

/// Steps of the plan that look at all that a workspace, or everybody, has in such a table.
async fn walks(snapshot: &mut Conn, sql: &str) -> Vec<String> {
    let words: Vec<&str> = sql
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|w| !w.is_empty())
        .collect();
    let named: BTreeSet<&str> = words
        .windows(2)
        .filter(|w| growing().contains(w[0]))
        .flatten()
        .copied()
        .collect();
    let explain = statement(format!("explain query plan {sql}"));
    let plan: Vec<(i64, i64, i64, String)> = snapshot.all(explain, vec![]).await.unwrap();
    let walk = |step: &String| {
        step.starts_with("SCAN ") || step.contains("(workspace_id=?)") || step.contains("AUTOMATIC")
    };
    let large = |step: &String| step.split(' ').nth(1).is_some_and(|t| named.contains(t));
    let steps = plan.into_iter().map(|(.., step)| step);
    steps.filter(walk).filter(large).collect()
}

/// Every shape that is composed, with more ids than one.
async fn compose_all(desk: &TestDesk) {
    let (workspace, ids) = (desk.workspace, [Uuid::now_v7(), Uuid::now_v7()]);
    let contact = Listener::Contact {
        id: ids[0].into(),
        widget: None,
        only: None,
    };
    let staff = |reads_all| Listener::Staff {
        id: ids[0].into(),
        role: if reads_all {
            Role::Supervisor
        } else {
            Role::Agent
        },
        teams: vec![],
    };
    for name in ["Ada", "Ben"] {
        desk.visitor(name).await.writes("Hello").await;
    }
    let mut tx = desk.node.db().begin(workspace).await.unwrap();
    let entries = log::read(&mut tx, workspace, 0, 50).await.unwrap().entries;
    let places = log::places(&mut tx, workspace, &staff(true), &entries).await;
    assert_eq!(places.unwrap().len(), 2);
    let all = Filter::default();
    let found = store::list(&mut tx, workspace, &staff(true), &all, None, 5).await;
    let found: Vec<_> = found.unwrap().into_iter().map(|(_, row)| row).collect();
    store::receipts(&mut tx, workspace, ids[0], &found)
        .await
        .unwrap();
    store::lock_these(&mut tx, workspace, &ids).await.unwrap();
    store::lock_open_of(&mut tx, workspace, &ids).await.unwrap();
    store::sent_many(&mut tx, workspace, &ids).await.unwrap();
    for after in [None, Some((now(), ids[0]))] {
        store::list(&mut tx, workspace, &contact, &all, after, 5)
            .await
            .unwrap();
        for (view, reads_all) in [
            (View::Mine, true),
            (View::Mine, false),
            (View::Unassigned, true),
            (View::Unassigned, false),
        ] {
            for order in [Order::Newest, Order::Longest] {
                let filter = Filter {
                    view: Some(view),
                    order,
                    ..Filter::default()
                };
                store::list(&mut tx, workspace, &staff(reads_all), &filter, after, 5)
                    .await
                    .unwrap();
            }
        }
    }
}

/// What is narrowed to ids, to a contact, to what an agent has open, to what nobody has. Every other list is in the
/// order of its index and ends with its limit; where few rows match a narrower filter it walks.
fn is_narrow(sql: &str) -> bool {
    const NARROW: [&str; 5] = [
        "in (?",
        "in ($",
        "c.contact_id = $",
        "'active') and c.assignee_id = $",
        "'active') and c.assignee_id is null",
    ];
    let postgres = sql.contains("for update");
    sql.starts_with("select") && !postgres && NARROW.iter().any(|n| sql.contains(n))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_grows_is_looked_up_and_never_walked_through() {
    run_story(Engine::Sqlite, |desk: TestDesk| async move {
        compose_all(&desk).await;
        let mut snapshot = desk.node.db().snapshot().await.unwrap();
        let named = crate::tidy::statements()
            .into_iter()
            .flat_map(|(slice, all)| all.iter().map(move |(name, sql)| (slice, *name, *sql)));
        let narrow = composed().into_iter().filter(|sql| is_narrow(sql));
        let (mut walking, mut seen) = (vec![], 0);
        for (slice, name, sql) in named.chain(narrow.map(|sql| ("composed", "", sql))) {
            let steps = walks(&mut snapshot, sql).await;
            if WALKING.iter().any(|(s, n, _)| (*s, *n) == (slice, name)) {
                assert!(!steps.is_empty(), "{name} does not walk any more");
            } else if steps.is_empty() {
                seen += 1;
            } else {
                walking.push(format!("{slice} {name} {sql}: {steps:?}"));
            }
        }
        assert!(walking.is_empty(), "{}", walking.join("\n"));
        assert!(seen > 120, "only {seen} statements were looked at");
        for walk in [
            "select body from message where body = 'x'",
            "select c.id from conversation c where c.workspace_id = $1 and c.widget_id = $2",
        ] {
            assert!(
                !walks(&mut snapshot, walk).await.is_empty(),
                "{walk}: a walk is not noticed"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_planner_is_told_of_every_index_of_what_grows() {
    run_story(Engine::Sqlite, |desk: TestDesk| async move {
        let mut snapshot = desk.node.db().snapshot().await.unwrap();
        // Of a table without row ids the primary key is the table itself.
        let untold = "select m.tbl_name, m.name from sqlite_master m where m.type = 'index' \
            and not exists (select 1 from sqlite_stat1 s where s.tbl = m.tbl_name \
            and s.idx in (m.name, case when m.name like 'sqlite_autoindex%' then m.tbl_name else m.name end))";
        let untold: Vec<(String, String)> = snapshot.all(untold, vec![]).await.unwrap();
        let untold: Vec<&str> = untold
            .iter()
            .filter(|(table, _)| growing().contains(table.as_str()))
            .map(|(_, index)| index.as_str())
            .collect();
        assert!(untold.is_empty(), "{untold:?}");
        let told: Vec<(String,)> = snapshot.all("select distinct tbl from sqlite_stat1", vec![]).await.unwrap();
        assert_eq!(told.len(), growing().len());
    })
    .await;
}
