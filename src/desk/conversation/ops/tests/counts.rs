//! Counts, lists and what is refused.

use crate::base::db::args;
use crate::test::TestDesk;
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

crate::stories! {
    counts_are_what_counting_says,
    whoever_waits_has_a_place_in_the_queue,
    bad_input_is_a_clear_problem_and_changes_nothing,
    lists_page_by_a_signed_cursor,
    what_is_nobodys_is_counted_by_its_team_alone,
    a_row_with_a_word_of_no_set_is_left_out_and_never_taken_for_another,
}

async fn counts_are_what_counting_says(desk: TestDesk) {
    let (sam, kim) = (desk.agent("Sam").await, desk.agent("Kim").await);
    let mut all = vec![];
    for n in 0..9 {
        all.push(desk.visitor(&format!("V{n}")).await.writes("Hello").await);
    }
    for (n, c) in all.iter().enumerate() {
        match n % 4 {
            0 => {
                sam.takes(*c).await;
            }
            1 => {
                kim.says(*c, "Hi").await;
            }
            2 => {
                sam.says(*c, "Hi").await;
                sam.closes(*c).await.ok();
            }
            _ => {}
        }
    }
    let kept: Vec<(String, i64)> = desk.node.db().all("select status, cast(sum(n) as bigint) from tally group by status having sum(n) <> 0 order by status", vec![]).await.unwrap();
    let counted: Vec<(String, i64)> = desk.node.db().all("select status, cast(count(*) as bigint) from conversation group by status order by status", vec![]).await.unwrap();
    assert_eq!(kept, counted);
    assert_eq!(counted.len(), 3, "waiting, active and closed all occur");
    let inbox = super::super::inbox(
        &sam.staff().await,
        crate::model::conversation::View::Mine,
        None,
        None,
    )
    .await
    .unwrap();
    assert_eq!(
        (
            inbox.counts.mine,
            inbox.counts.unassigned,
            inbox.counts.closed
        ),
        (3, 2, 2)
    );
    assert_eq!(inbox.rows.len(), 3);
}

async fn whoever_waits_has_a_place_in_the_queue(desk: TestDesk) {
    let (sam, noor) = (desk.agent("Sam").await, desk.supervisor("Noor").await);
    let (mut waiting, mut ids) = (vec![], vec![]);
    for name in ["Ada", "Ben", "Cem"] {
        let visitor = desk.visitor(name).await;
        ids.push(visitor.writes("Hello?").await);
        waiting.push(visitor);
    }
    // As the list of staff, the lists of the visitors and each conversation by itself have it.
    let places = async || {
        let list = noor.get("/conversations").await.ok();
        let mut all = vec![];
        for (visitor, id) in waiting.iter().zip(&ids) {
            let row = list["items"]
                .as_array()
                .unwrap()
                .iter()
                .find(|c| c["id"] == id.to_string())
                .expect("in the list")
                .clone();
            let own = visitor.get("/conversations").await.ok()["items"][0].clone();
            let (one, seen) = (
                visitor.conversation(*id).await.ok(),
                noor.conversation(*id).await.ok(),
            );
            for other in [&own, &one, &seen] {
                assert_eq!(
                    other["queue_position"], row["queue_position"],
                    "the same everywhere"
                );
            }
            all.push(row["queue_position"].as_i64());
        }
        all
    };
    assert_eq!(
        places().await,
        [Some(1), Some(2), Some(3)],
        "in the order in which they came"
    );
    waiting[0].says(ids[0], "Anybody?").await;
    assert_eq!(
        places().await,
        [Some(1), Some(2), Some(3)],
        "asking again costs no place"
    );
    sam.says(ids[0], "I am here.").await;
    assert_eq!(
        places().await,
        [None, Some(1), Some(2)],
        "who is answered waits no more"
    );
    sam.post(&format!("/conversations/{}/close", ids[1]), json!({}))
        .await
        .ok();
    assert_eq!(places().await, [None, None, Some(1)]);
}

async fn bad_input_is_a_clear_problem_and_changes_nothing(desk: TestDesk) {
    let ada = desk.visitor("Ada").await;
    let conversation = ada.writes("Hello").await;
    let path = format!("/conversations/{conversation}/messages");
    let client = Uuid::new_v4();
    for (body, status, code) in [
        (json!({"client_id": client, "body": ""}), 422, "invalid"),
        (json!({"client_id": client, "body": " \n "}), 422, "invalid"),
        (
            json!({"client_id": client, "body": "x".repeat(10_001)}),
            422,
            "invalid",
        ),
        (
            json!({"client_id": client, "body": "a\u{0}b"}),
            422,
            "invalid",
        ),
        (json!({"client_id": "no", "body": "x"}), 422, "invalid"),
        (
            json!({"client_id": client, "body": "x", "extra": 1}),
            422,
            "invalid",
        ),
        (json!({"client_id": client}), 422, "invalid"),
        (
            json!({"client_id": client, "body": "x", "kind": "shout"}),
            422,
            "invalid",
        ),
        (
            json!({"client_id": client, "body": "x", "kind": "note"}),
            403,
            "forbidden",
        ),
        (
            json!({"client_id": client, "body": "x".repeat(70_000)}),
            413,
            "payload_too_large",
        ),
    ] {
        let refused = ada.post(&path, body.clone()).await;
        assert_eq!(refused.problem(), (status, code.into()), "{body}");
    }
    let raw = |kind: &str, bytes: &'static [u8]| {
        let request = ada
            .request(axum::http::Method::POST, &path)
            .header("content-type", kind);
        ada.ask(request.body(axum::body::Body::from(bytes)).unwrap())
    };
    assert_eq!(
        raw("application/json", b"{").await.problem(),
        (400, "malformed".into())
    );
    assert_eq!(
        raw("application/json", b"{\"client_id\":\"\xff\"}")
            .await
            .problem(),
        (400, "malformed".into())
    );
    assert_eq!(
        raw("text/plain", b"{}").await.problem(),
        (415, "unsupported_media_type".into())
    );
    assert_eq!(
        ada.thread(conversation).await,
        ["Hello"],
        "nothing half done"
    );
    assert_eq!(
        ada.says(conversation, &"é".repeat(10_000)).await["body"]
            .as_str()
            .unwrap()
            .chars()
            .count(),
        10_000
    );
}

async fn lists_page_by_a_signed_cursor(desk: TestDesk) {
    let sam = desk.agent("Sam").await;
    let kim = desk.agent("Kim").await;
    for n in 0..7 {
        desk.visitor(&format!("V{n}")).await.writes("Hello").await;
    }
    let mut seen = BTreeSet::new();
    let mut cursor = None::<String>;
    loop {
        let page = sam
            .get(&format!(
                "/conversations?limit=3{}",
                cursor.map(|c| format!("&cursor={c}")).unwrap_or_default()
            ))
            .await
            .ok();
        for item in page["items"].as_array().unwrap() {
            assert!(seen.insert(item["id"].to_string()), "nothing twice");
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.into()),
            None => break,
        }
    }
    assert_eq!(seen.len(), 7);
    let first = sam.get("/conversations?limit=3").await.ok()["next_cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    for bad in [
        kim.get(&format!("/conversations?limit=3&cursor={first}"))
            .await,
        sam.get(&format!(
            "/conversations?limit=3&status=waiting&cursor={first}"
        ))
        .await,
        sam.get("/conversations?cursor=nonsense").await,
        sam.get("/conversations?limit=0").await,
        sam.get("/conversations?limit=101").await,
        sam.get("/conversations?unknown=1").await,
        sam.get("/conversations?status=odd").await,
    ] {
        assert_eq!(bad.problem(), (422, "invalid".into()), "{}", bad.text);
    }
}

async fn a_row_with_a_word_of_no_set_is_left_out_and_never_taken_for_another(desk: TestDesk) {
    let (ada, bob) = (desk.visitor("Ada").await, desk.visitor("Bob").await);
    let noor = desk.supervisor("Noor").await;
    let (hers, his) = (ada.writes("Hello").await, bob.writes("Good day").await);
    let write = async |sql: &'static str| {
        let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
        assert_eq!(tx.run(sql, args![hers]).await.unwrap(), 1, "{sql}");
        tx.commit().await.unwrap();
    };
    let listed = async || {
        let page = noor.get("/conversations").await.ok();
        page["items"].as_array().unwrap().len()
    };

    assert_eq!(listed().await, 2);
    write("update conversation set status = 'parked' where id = $1").await;
    assert!(!noor.conversation(hers).await.status.is_success());
    noor.conversation(his).await.ok();
    assert_eq!(listed().await, 1, "the others are listed all the same");
    write("update conversation set status = 'waiting' where id = $1").await;

    for broken in [
        "update message set kind = 'aside' where conversation_id = $1",
        "update message set kind = 'text', author_kind = 'ghost' where conversation_id = $1",
    ] {
        assert_eq!(noor.thread(hers).await, ["Hello"]);
        write(broken).await;
        assert!(noor.thread(hers).await.is_empty(), "{broken}");
        write(
            "update message set kind = 'text', author_kind = 'contact' where conversation_id = $1",
        )
        .await;
    }
}

async fn what_is_nobodys_is_counted_by_its_team_alone(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let conversation = ada.writes("Hello").await;
    let noor = desk.supervisor("Noor").await;
    noor.closes(conversation).await.ok();
    for (mine, seen) in [(true, 1), (false, 0)] {
        if !mine {
            let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
            let other = Uuid::now_v7();
            let made = "insert into team (id, workspace_id, name, created_at) values ($1, $2, 'Night', $3)";
            tx.run(
                made,
                args![other, desk.workspace, crate::model::time::now()],
            )
            .await
            .unwrap();
            tx.run("update conversation set team_id = $1", args![other])
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(
            sam.conversation(conversation).await.status.is_success(),
            mine
        );
        let counts = super::super::counts(&sam.staff().await).await.unwrap();
        assert_eq!(counts.closed_today, seen);
        let counts = super::super::counts(&noor.staff().await).await.unwrap();
        assert_eq!(counts.closed_today, 1, "whoever reads all counts all");
    }
}
