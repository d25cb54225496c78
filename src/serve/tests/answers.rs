//! What every answer has: its headers, its problem document where something went wrong, and its place in the
//! description.

use super::{Whole, to};
use crate::base::{held::Hold, limits::Kind};
use crate::test::{Engine, run_story};
use axum::{
    body::Body,
    http::{Method, header},
};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_answer_is_dressed() {
    run_story(Engine::Sqlite, async |desk| {
        let whole = Whole::of(&desk);
        let places = [
            "/",
            "/no/such/page",
            "/api/v1/health",
            "/api/v1/nothing",
            "/api/docs",
            "/widget.js",
            "/pkg/nothing.js",
        ];
        for place in places {
            let a = whole.get(place).await;
            let policies = a
                .headers
                .get_all(header::CONTENT_SECURITY_POLICY)
                .iter()
                .count();
            assert_eq!(policies, 1, "{place} has one policy");
            assert!(
                a.header("content-security-policy")
                    .contains("frame-ancestors 'none'"),
                "{place} is framed by nobody"
            );
            assert_eq!(a.header("x-content-type-options"), "nosniff", "{place}");
            assert_eq!(a.header("referrer-policy"), "same-origin", "{place}");
            assert_eq!(a.header("x-request-id").len(), 36, "{place}");
            assert_eq!(
                a.header("strict-transport-security"),
                "",
                "not over plain http"
            );
            let who = if place == "/widget.js" {
                "cross-origin"
            } else {
                "same-origin"
            };
            assert_eq!(a.header("cross-origin-resource-policy"), who, "{place}");
        }
        let page = whole.get("/").await;
        let policy = page.header("content-security-policy");
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .and_then(|p| p.split('\'').next())
            .unwrap();
        assert!(
            policy.contains("'strict-dynamic'") && page.text.contains(nonce),
            "the page's scripts carry the nonce"
        );
        assert_ne!(
            policy,
            whole.get("/").await.header("content-security-policy"),
            "and each answer its own"
        );
        assert_eq!(page.header("cache-control"), "no-store");
        let loader = whole.get("/widget.js").await;
        assert_eq!(loader.header("cache-control"), "public, max-age=300");
        assert_eq!(loader.header("access-control-allow-origin"), "*");
        assert_eq!(page.header("access-control-allow-origin"), "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_api_everything_that_goes_wrong_is_a_problem() {
    run_story(Engine::Sqlite, async |desk| {
        let whole = Whole::of(&desk);
        for nowhere in [
            "/api",
            "/api/",
            "/api/v1",
            "/api/v2/health",
            "/api/v1/nothing/at/all",
        ] {
            assert_eq!(
                whole.get(nowhere).await.problem(),
                (404, "not_found".into()),
                "{nowhere}"
            );
        }
        let wrong = whole.post("/api/v1/health", "{}").await;
        assert_eq!(wrong.problem(), (405, "method_not_allowed".into()));
        assert!(wrong.header("allow").contains("GET"), "{:?}", wrong.headers);
        assert_eq!(whole.post("/api/v1/sessions", "{").await.problem().0, 400);
        assert_eq!(
            whole
                .post("/api/v1/sessions", "{\"nobody\":1}")
                .await
                .problem(),
            (422, "invalid".into())
        );
        let large = format!("{{\"email\":\"{}\"}}", "a".repeat(70_000));
        assert_eq!(
            whole.post("/api/v1/sessions", &large).await.problem(),
            (413, "payload_too_large".into())
        );
        let unread = to(Method::POST, "/api/v1/sessions")
            .header("content-type", "text/plain")
            .body(Body::from("x"))
            .unwrap();
        assert_eq!(
            whole.ask(unread).await.problem(),
            (415, "unsupported_media_type".into())
        );
        assert_eq!(
            whole.get("/api/v1/me").await.problem(),
            (401, "unauthorized".into())
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_document_is_whole_and_the_reference_says_it() {
    run_story(Engine::Sqlite, async |desk| {
        let whole = Whole::of(&desk);
        let document: Value =
            serde_json::from_str(&whole.get("/api/v1/openapi.json").await.text).unwrap();
        let mut refs = vec![];
        collect(&document, &mut refs);
        for to in &refs {
            let at = to
                .strip_prefix('#')
                .unwrap_or_else(|| panic!("{to} points outside"));
            assert!(document.pointer(at).is_some(), "{to} points nowhere");
        }
        assert!(
            !refs.is_empty()
                && document
                    .pointer("/components/securitySchemes/bearer")
                    .is_some()
        );
        let docs = whole.get("/api/docs").await;
        assert_eq!(docs.header("content-type"), "text/html; charset=utf-8");
        for path in document["paths"].as_object().unwrap().keys() {
            assert!(
                docs.text.contains(&format!("</span>{path}</h3>")),
                "the reference misses {path}"
            );
        }
        assert!(!docs.text.contains("<script") && !docs.text.contains("style="));
        let rates = Kind::ALL.iter();
        let rates = rates.map(|k| (k.sentence(), format!("{} a minute", k.per_minute())));
        let held = Hold::ALL.iter();
        let held = held.map(|h| (h.sentence(), format!("{} at once", h.most())));
        for (what, most) in rates.chain(held) {
            let row = format!("{}</td><td>{most}</td>", &what[1..]);
            assert!(docs.text.contains(&row), "the reference does not say {row}");
        }
    })
    .await;
}

fn collect(value: &Value, refs: &mut Vec<String>) {
    match value {
        Value::Object(all) => {
            refs.extend(all.get("$ref").and_then(Value::as_str).map(str::to_owned));
            all.values().for_each(|v| collect(v, refs));
        }
        Value::Array(all) => all.iter().for_each(|v| collect(v, refs)),
        _ => {}
    }
}
