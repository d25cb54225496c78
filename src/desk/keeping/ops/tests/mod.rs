//! Stories of the audit trail, on both databases.

mod chain;

use super::{Anchor, Proof, hear_once, prove};
use crate::base::db::{DatabaseUrl, args};
use crate::desk::account::ops as account;
use crate::live::audit;
use crate::test::{Person, TestDesk};
use axum::{body::Body, http::Method};
use serde_json::{Value, json};
use std::process::ExitCode;

crate::stories! {
    what_is_done_stands_there_with_who_did_it_and_through_what,
    whoever_signs_in_or_fails_to_is_written_down,
    whoever_comes_in_by_a_link_is_written_down,
    what_is_done_to_a_thread_is_heard_once,
    a_word_of_a_newer_version_ends_no_list_and_breaks_no_chain,
    a_list_is_narrowed_and_paged_without_losing_a_row,
    a_file_has_every_row_and_no_formula,
    the_command_says_whether_the_chain_holds,
}

async fn trail(admin: &Person, query: &str) -> Vec<Value> {
    let all = admin.get(&format!("/audit-log{query}")).await.ok();
    all["items"].as_array().unwrap().clone()
}

fn actions(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["action"].as_str().unwrap())
        .collect()
}

async fn proved(desk: &TestDesk, anchors: &[Anchor]) -> Proof {
    let mut snapshot = desk.node.db().snapshot().await.unwrap();
    prove(&mut snapshot, desk.workspace, None, anchors)
        .await
        .unwrap()
}

async fn what_is_done_stands_there_with_who_did_it_and_through_what(desk: TestDesk) {
    let admin = desk.admin().await;
    let before = trail(&admin, "?limit=1").await;
    let since = before.first().map_or(0, |row| row["n"].as_i64().unwrap());

    let invited = json!({"email": "kim@x.example", "name": "Kim Lund", "role": "agent"});
    let invited = admin.post("/agents", invited).await.created();
    let kim = json!(
        invited["id"]
            .as_str()
            .or(invited["agent"]["id"].as_str())
            .unwrap()
    );
    let path = format!("/agents/{}", kim.as_str().unwrap());
    admin
        .post(&format!("{path}/invitation"), json!({}))
        .await
        .created();
    admin.patch(&path, json!({"role": "supervisor"})).await.ok();
    admin
        .patch("/settings", json!({"time_zone": "Asia/Tokyo"}))
        .await
        .ok();
    admin
        .patch("/settings", json!({"time_zone": "Asia/Tokyo"}))
        .await
        .ok();
    let widget = admin
        .post("/widgets", json!({"name": "Shop", "domains": []}))
        .await
        .created();
    let at = format!("/widgets/{}", widget["id"].as_str().unwrap());
    admin
        .patch(&at, json!({"name": "Other", "enabled": false}))
        .await
        .ok();
    admin.delete(&at).await;

    let mut rows = trail(&admin, "").await;
    rows.retain(|row| row["n"].as_i64().unwrap() > since);
    rows.reverse();
    assert_eq!(
        actions(&rows),
        [
            "agent.invited",
            "agent.link_made",
            "agent.role_changed",
            "settings.changed",
            "widget.created",
            "widget.changed",
            "widget.removed"
        ],
        "what changes nothing is no row"
    );
    assert_eq!(rows[0]["facts"], json!({"role": "agent"}));
    assert_eq!(
        rows[2]["facts"],
        json!({"from": "agent", "to": "supervisor"})
    );
    assert_eq!(rows[3]["facts"], json!({"fields": "time_zone"}));
    assert_eq!(rows[5]["facts"], json!({"fields": "enabled name"}));
    assert_eq!(rows[0]["subject"], json!({"kind": "agent", "id": kim}));
    assert_eq!(
        rows[4]["subject"],
        json!({"kind": "widget", "id": widget["id"]})
    );
    let session = admin.staff().await.session().0;
    for row in &rows {
        assert_eq!(
            row["actor"],
            json!({"kind": "agent", "id": admin.id}),
            "{row}"
        );
        assert_eq!(row["session_id"], json!(session), "{row}");
        assert!(
            row["person"]["name"].is_string() && row["person"]["email"].is_string(),
            "{row}"
        );
        let facts = row["facts"].to_string();
        assert!(
            !facts.contains("Kim") && !facts.contains('@'),
            "nothing personal: {facts}"
        );
    }
    assert_eq!(proved(&desk, &[]).await.broken_at, None);
}

async fn whoever_signs_in_or_fails_to_is_written_down(desk: TestDesk) {
    let (admin, sam) = (desk.admin().await, desk.agent("Sam").await);
    let email = sam.get("/me").await.ok()["email"]
        .as_str()
        .unwrap()
        .to_owned();
    for address in [email.as_str(), "nobody@x.example"] {
        let wrong = json!({"email": address, "password": "not the password"});
        assert_eq!(
            desk.nobody().post("/sessions", wrong).await.problem().0,
            401
        );
    }
    let failed = trail(&admin, "?action=sign_in.failed").await;
    assert_eq!(failed.len(), 2);
    assert_eq!(failed[0]["subject"], Value::Null);
    assert_eq!(failed[0]["person"]["email"], "nobody@x.example");
    assert_eq!(failed[1]["subject"]["id"], json!(sam.id));
    assert_eq!(failed[1]["actor"]["id"], Value::Null, "whoever it was");

    let session = sam.staff().await.session().0;
    sam.delete("/sessions/current").await;
    let ended = trail(&admin, "?action=session").await;
    assert_eq!(
        ended[0]["subject"],
        json!({"kind": "session", "id": session})
    );
    assert_eq!(ended[0]["actor"]["id"], json!(sam.id));
}

async fn what_is_done_to_a_thread_is_heard_once(desk: TestDesk) {
    hear_once(&desk.node).await;
    let (admin, sam) = (desk.admin().await, desk.agent("Sam").await);
    let ada = desk.visitor("Ada").await;
    let id = ada.writes("Hello").await;
    sam.says(id, "Hi").await;
    sam.assigns(id, None).await.ok();
    sam.takes(id).await;
    sam.closes(id).await.ok();
    ada.writes("One more thing").await;
    hear_once(&desk.node).await;
    hear_once(&desk.node).await;
    let mut rows = trail(&admin, &format!("?subject_id={id}")).await;
    rows.reverse();
    assert_eq!(
        actions(&rows)[..2],
        ["conversation.assigned", "conversation.assigned"]
    );
    assert!(actions(&rows).contains(&"conversation.closed"), "{rows:?}");
    assert_eq!(rows[0]["facts"], json!({"assignee_after": sam.id}));
    assert_eq!(rows[1]["facts"], json!({"assignee_before": sam.id}));
    let of_sam = |row: &&Value| row["actor"] == json!({"kind": "agent", "id": sam.id});
    assert!(rows.iter().filter(of_sam).count() >= 4, "{rows:?}");
    let text = json!(rows).to_string();
    assert!(
        !text.contains("Hello") && !text.contains("thing"),
        "no text of anybody's"
    );
}

async fn a_list_is_narrowed_and_paged_without_losing_a_row(desk: TestDesk) {
    let (admin, other) = (desk.admin().await, desk.staff("Kim", "admin").await);
    for n in 0..7 {
        let widget = json!({"name": format!("Widget {n}"), "domains": []});
        let by = if n % 2 == 0 { &admin } else { &other };
        by.post("/widgets", widget).await.created();
    }
    let mine = format!("?actor_id={}&action=widget.created&limit=2", admin.id);
    let (mut found, mut cursor) = (vec![], String::new());
    loop {
        let page = admin.get(&format!("/audit-log{mine}{cursor}")).await.ok();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        found.extend(items.iter().map(|row| row["n"].as_i64().unwrap()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(
        found.is_sorted_by(|a, b| a > b),
        "newest first, each once: {found:?}"
    );

    let page = admin.get("/audit-log?limit=1").await.ok();
    let next = page["next_cursor"].as_str().unwrap();
    let elsewhere = format!("/audit-log?action=agent&cursor={next}");
    assert_eq!(
        admin.get(&elsewhere).await.problem().0,
        422,
        "another list's"
    );
    let theirs = format!("/audit-log?limit=1&cursor={next}");
    assert_eq!(other.get(&theirs).await.problem().0, 422, "somebody else's");
    for wrong in [
        "?action=agent.flew",
        "?from=yesterday",
        "?limit=0",
        "?limit=101",
        "?bom=true",
        "?whom=me",
    ] {
        assert_eq!(
            admin.get(&format!("/audit-log{wrong}")).await.problem().0,
            422,
            "{wrong}"
        );
    }
    let at = page["items"][0]["at"].as_str().unwrap().replace('+', "%2B");
    assert!(
        trail(&admin, &format!("?to={at}"))
            .await
            .iter()
            .all(|row| row["at"].as_str().unwrap() < at.as_str())
    );
    assert!(!trail(&admin, &format!("?from={at}")).await.is_empty());
}

async fn a_file_has_every_row_and_no_formula(desk: TestDesk) {
    let admin = desk.admin().await;
    let named = json!({"name": "=HYPERLINK(1)"});
    admin.patch("/me", named).await.ok();
    for n in 0..3 {
        let widget = json!({"name": format!("Widget {n}"), "domains": []});
        admin.post("/widgets", widget).await.created();
    }
    let wanted = trail(&admin, "?action=widget").await.len();
    let reply = admin.get("/audit-log.csv?action=widget&bom=true").await;
    assert_eq!(reply.headers["content-type"], "text/csv; charset=utf-8");
    let text = reply.text;
    let text = text.strip_prefix('\u{feff}').expect("the mark");
    let lines: Vec<&str> = text.split("\r\n").filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), wanted + 1);
    assert!(lines[0].starts_with("n,at,action,actor_kind,actor_id,session_id,"));
    assert!(lines[1].contains(",widget.created,agent,"), "{}", lines[1]);
    let whole = admin.get("/audit-log.csv").await;
    let whole = whole.text;
    assert!(
        whole.lines().nth(1).unwrap().contains("audit.exported"),
        "itself first"
    );
    // The personal part is JSON, so its cell begins with a brace and is no formula.
    assert!(!whole.contains(",=") && !whole.contains(",\"="), "{whole}");
    assert_eq!(trail(&admin, "?action=audit").await.len(), 2);
    let head = admin.request(Method::HEAD, "/audit-log.csv");
    let head = admin.ask(head.body(Body::empty()).unwrap()).await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    assert_eq!(
        trail(&admin, "?action=audit").await.len(),
        2,
        "its head alone is no file"
    );

    let mut snapshot = desk.node.db().snapshot().await.unwrap();
    let head = audit::head(&mut snapshot, desk.workspace).await.unwrap();
    let newest = &trail(&admin, "?limit=1").await[0];
    assert_eq!(
        (newest["n"].as_i64(), newest["digest"].as_str()),
        (Some(head.n), Some(head.digest.as_str()))
    );
}

async fn whoever_comes_in_by_a_link_is_written_down(desk: TestDesk) {
    let (admin, sam) = (desk.admin().await, desk.agent("Sam").await);
    let link = admin
        .post(&format!("/agents/{}/password-reset", sam.id), json!({}))
        .await
        .created();
    let token = link["link"].as_str().unwrap().split("token=").nth(1);
    let browser = account::Browser {
        label: "Firefox on Linux",
        address: Some("203.0.113.7".parse().unwrap()),
    };
    let password = "another long password";
    account::choose_password(&desk.node, token.unwrap(), password, browser)
        .await
        .unwrap();
    let rows = trail(&admin, &format!("?subject_id={}&limit=2", sam.id)).await;
    assert_eq!(
        actions(&rows),
        ["sign_in.succeeded", "agent.password_changed"]
    );
    for row in &rows {
        assert_eq!(row["person"]["address"], "203.0.113.7");
        assert_eq!(row["person"]["device"], "Firefox on Linux");
        assert!(row["session_id"].is_string(), "{row}");
    }

    let email = rows[0]["person"]["email"].as_str().unwrap();
    account::add_admin(&desk.node, desk.workspace, email, "Sam", password)
        .await
        .unwrap();
    let promoted = trail(&admin, "?action=agent.role_changed&limit=1").await;
    assert_eq!(promoted[0]["actor"]["kind"], "operator");
    assert_eq!(
        promoted[0]["facts"],
        json!({"from": "agent", "to": "admin"})
    );
    assert_eq!(proved(&desk, &[]).await.broken_at, None);
}

/// A node of a newer version writes beside this one.
async fn a_word_of_a_newer_version_ends_no_list_and_breaks_no_chain(desk: TestDesk) {
    let admin = desk.admin().await;
    for n in 0..3 {
        let widget = json!({"name": format!("Widget {n}"), "domains": []});
        admin.post("/widgets", widget).await.created();
    }
    let newest = trail(&admin, "?limit=1").await[0]["n"].as_i64().unwrap();
    let mut tx = desk.node.db().begin(desk.workspace).await.unwrap();
    let newer = "update audit set action = 'widget.dreamt' where workspace_id = $1 and n = $2";
    let at = args![desk.workspace, newest - 1];
    tx.run(newer, at).await.unwrap();
    tx.commit().await.unwrap();

    let page = admin.get("/audit-log?limit=2").await.ok();
    let numbers = |page: &Value| -> Vec<i64> {
        let rows = page["items"].as_array().unwrap();
        rows.iter().map(|row| row["n"].as_i64().unwrap()).collect()
    };
    assert_eq!(numbers(&page), [newest], "what it says nobody can tell");
    let next = page["next_cursor"].as_str().expect("there is more");
    let page = admin
        .get(&format!("/audit-log?limit=2&cursor={next}"))
        .await;
    assert_eq!(numbers(&page.ok())[0], newest - 2);
    let file = admin.get("/audit-log.csv").await.text;
    assert!(file.contains(",widget.dreamt,"), "as it lies there");
    // Here the word was put into a row that had another: that is found as such, at that row.
    assert_eq!(proved(&desk, &[]).await.broken_at, Some(newest - 1));
}

async fn the_command_says_whether_the_chain_holds(desk: TestDesk) {
    let admin = desk.admin().await;
    let head = admin.get("/audit-log/head").await.ok();
    let (n, digest) = (
        head["n"].as_i64().unwrap(),
        head["digest"].as_str().unwrap(),
    );
    let place: Vec<String> = match &desk.node.config().place {
        DatabaseUrl::File(file) => {
            let data = file.parent().unwrap().display().to_string();
            vec!["--data".into(), data]
        }
        DatabaseUrl::Postgres(url) => {
            let data = desk.node.config().data.display().to_string();
            vec!["--data".into(), data, "--database".into(), url.clone()]
        }
    };
    let verify = async |more: &[&str]| {
        let mut words: Vec<String> = ["deskbell", "audit", "verify"].map(String::from).into();
        words.extend(place.clone());
        words.extend(more.iter().map(|word| (*word).to_owned()));
        let code = tokio::task::spawn_blocking(move || {
            crate::serve::command::obeyed(words.iter().map(String::as_str))
        });
        let code = code.await.unwrap();
        (0..=2u8).find(|n| code == ExitCode::from(*n))
    };
    assert_eq!(verify(&[]).await, Some(0));
    assert_eq!(
        verify(&["--anchor", &format!("{n}:{digest}")]).await,
        Some(0)
    );
    let other = "0".repeat(64);
    assert_eq!(
        verify(&["--anchor", &format!("{n}:{other}")]).await,
        Some(1)
    );
    let beyond = format!("{}:{digest}", n + 1);
    assert_eq!(verify(&["--anchor", &beyond]).await, Some(1), "cut off");
    let typo = ["--workspace", "typo.example"];
    assert_eq!(verify(&typo).await, Some(2), "no other in its place");
}
