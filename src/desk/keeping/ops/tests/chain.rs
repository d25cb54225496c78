//! What the chain proves, and what it does not.

use super::{Anchor, prove, proved, trail};
use crate::base::db::{Val, args};
use crate::test::TestDesk;
use serde_json::{Value, json};
use uuid::Uuid;

crate::stories! {
    what_was_changed_is_found,
    what_is_personal_can_be_emptied_and_the_chain_holds,
    rows_written_at_once_make_one_chain,
}

async fn run(desk: &TestDesk, sql: &'static str, values: Vec<Val>) {
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    assert_eq!(tx.run(sql, values).await.unwrap(), 1, "{sql}");
    tx.commit().await.unwrap();
}

/// Everything but the personal part, one after another; and a row that is gone, and the end cut off.
async fn what_was_changed_is_found(desk: TestDesk) {
    let admin = desk.admin().await;
    for n in 0..5 {
        let widget = json!({"name": format!("Widget {n}"), "domains": []});
        admin.post("/widgets", widget).await.created();
    }
    let head = admin.get("/audit-log/head").await.ok();
    let (n, digest) = (
        head["n"].as_i64().unwrap(),
        head["digest"].as_str().unwrap().to_owned(),
    );
    let whole = proved(&desk, &[]).await;
    assert_eq!(
        (whole.rows, whole.broken_at, &whole.head.digest),
        (n, None, &digest)
    );
    let kept = [Anchor {
        n,
        digest: digest.clone(),
    }];
    assert_eq!(proved(&desk, &kept).await.broken_at, None);

    let row = n - 2;
    let of_row = |value: Val| vec![desk.workspace.into(), row.into(), value];
    let someone = Uuid::now_v7();
    for (column, change) in [
        (
            "action",
            "update audit set action = $3 where workspace_id = $1 and n = $2",
        ),
        (
            "actor",
            "update audit set actor = $3 where workspace_id = $1 and n = $2",
        ),
    ] {
        let (was,): (String,) = {
            let sql = match column {
                "action" => "select action from audit where workspace_id = $1 and n = $2",
                _ => "select actor from audit where workspace_id = $1 and n = $2",
            };
            desk.node
                .db()
                .one(sql, args![desk.workspace, row])
                .await
                .unwrap()
        };
        let other = if column == "action" {
            "widget.removed"
        } else {
            "operator"
        };
        run(&desk, change, of_row(other.into())).await;
        assert_eq!(proved(&desk, &[]).await.broken_at, Some(row), "{column}");
        run(&desk, change, of_row(was.as_str().into())).await;
        assert_eq!(
            proved(&desk, &[]).await.broken_at,
            None,
            "{column} put back"
        );
    }
    let (was,): (Uuid,) = {
        let sql = "select subject_id from audit where workspace_id = $1 and n = $2";
        desk.node
            .db()
            .one(sql, args![desk.workspace, row])
            .await
            .unwrap()
    };
    let change = "update audit set subject_id = $3 where workspace_id = $1 and n = $2";
    run(&desk, change, of_row(someone.into())).await;
    assert_eq!(proved(&desk, &[]).await.broken_at, Some(row));
    run(&desk, change, of_row(was.into())).await;

    let cut = "delete from audit where workspace_id = $1 and n = $2";
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    tx.run(cut, args![desk.workspace, row]).await.unwrap();
    let mut reader = tx;
    let found = prove(&mut reader, desk.workspace, None, &[]).await.unwrap();
    assert_eq!(found.broken_at, Some(row), "a row is gone from between");
    drop(reader);

    // A row that was about nothing is about nobody afterwards.
    let wrong = json!({"email": "nobody@x.example", "password": "not the password"});
    desk.nobody().post("/sessions", wrong).await;
    let about = "update audit set subject_id = $3 where workspace_id = $1 and n = $2";
    run(&desk, about, args![desk.workspace, n + 1, admin.id]).await;
    assert_eq!(
        proved(&desk, &[]).await.broken_at,
        Some(n + 1),
        "half a subject"
    );
    run(&desk, about, args![desk.workspace, n + 1, None::<Uuid>]).await;
    assert_eq!(proved(&desk, &[]).await.broken_at, None, "and none");
    let n = n + 1;
    let digest = admin.get("/audit-log/head").await.ok()["digest"].clone();
    let digest = digest.as_str().unwrap().to_owned();
    let kept = [Anchor { n, digest }];

    // The head is no better than the rows.
    let head = "update audit_head set n = $2, digest = $3 where workspace_id = $1";
    let digest_of = async |n: i64| -> Vec<u8> {
        let sql = "select digest from audit where workspace_id = $1 and n = $2";
        let at = args![desk.workspace, n];
        let (digest,): (Vec<u8>,) = desk.node.db().one(sql, at).await.unwrap();
        digest
    };
    let (before, last) = (digest_of(n - 1).await, digest_of(n).await);
    run(&desk, head, args![desk.workspace, n, before.clone()]).await;
    assert_eq!(
        proved(&desk, &[]).await.broken_at,
        Some(n),
        "another digest"
    );
    run(&desk, head, args![desk.workspace, n - 1, before.clone()]).await;
    assert_eq!(
        proved(&desk, &[]).await.broken_at,
        Some(n),
        "a row the head does not know of"
    );
    run(&desk, head, args![desk.workspace, n, last]).await;
    assert_eq!(proved(&desk, &[]).await.broken_at, None, "put back");

    // Whoever cuts off the end and says so in the head is found by who kept an older head.
    run(&desk, cut, args![desk.workspace, n]).await;
    assert_eq!(
        proved(&desk, &[]).await.broken_at,
        Some(n),
        "the head knows of more"
    );
    run(&desk, head, args![desk.workspace, n - 1, before]).await;
    assert_eq!(proved(&desk, &[]).await.broken_at, None);
    assert_eq!(
        proved(&desk, &kept).await.broken_at,
        Some(n),
        "what was kept elsewhere knows it"
    );
}

async fn what_is_personal_can_be_emptied_and_the_chain_holds(desk: TestDesk) {
    let admin = desk.admin().await;
    admin
        .post("/widgets", json!({"name": "Shop", "domains": []}))
        .await
        .created();
    let n = admin.get("/audit-log/head").await.ok()["n"]
        .as_i64()
        .unwrap();
    let other = json!({"name": "Somebody else"});
    let change = "update audit set person = $3 where workspace_id = $1 and n = $2";
    run(&desk, change, args![desk.workspace, n, other]).await;
    assert_eq!(
        proved(&desk, &[]).await.broken_at,
        Some(n),
        "another person in their place"
    );
    let unsalted = "update audit set salt = null where workspace_id = $1 and n = $2";
    run(&desk, unsalted, args![desk.workspace, n]).await;
    assert_eq!(
        proved(&desk, &[]).await.broken_at,
        Some(n),
        "not even unsalted"
    );
    let empty = "update audit set person = null, salt = null where workspace_id = $1 and n = $2";
    run(&desk, empty, args![desk.workspace, n]).await;
    assert_eq!(
        proved(&desk, &[]).await.broken_at,
        None,
        "nobody in their place"
    );
    assert_eq!(trail(&admin, "?limit=1").await[0]["person"], Value::Null);
}

async fn rows_written_at_once_make_one_chain(desk: TestDesk) {
    let admin = desk.admin().await;
    let second = desk.second_node().await;
    let before = admin.get("/audit-log/head").await.ok()["n"]
        .as_i64()
        .unwrap();
    let mut all = tokio::task::JoinSet::new();
    for n in 0..20 {
        let by = if n % 2 == 0 {
            admin.clone()
        } else {
            admin.at(&second)
        };
        all.spawn(async move {
            let widget = json!({"name": format!("Widget {n}"), "domains": []});
            by.post("/widgets", widget).await.created();
        });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
    let proof = proved(&desk, &[]).await;
    assert_eq!((proof.broken_at, proof.head.n), (None, before + 20));
    assert_eq!(proof.rows, before + 20, "without a gap");
}
