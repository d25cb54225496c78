//! The process behind the answers: its health, what it has begun, and its command line.

use super::Whole;
use crate::test::{Engine, run_story};
use axum::{body::Body, http::Method};
use tower::ServiceExt;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn health_follows_the_process() {
    run_story(Engine::Sqlite, async |desk| {
        let whole = Whole::of(&desk);
        assert_eq!(whole.get("/api/v1/health").await.text, r#"{"status":"ok"}"#);
        assert_eq!(whole.get("/api/v1/health/ready").await.status, 200);
        desk.node.stop().cancel();
        assert_eq!(
            whole.get("/api/v1/health/ready").await.problem(),
            (503, "unavailable".into())
        );
        assert_eq!(whole.get("/api/v1/health").await.status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_unsafe_request_runs_to_its_end_without_its_client() {
    run_story(Engine::Sqlite, async |desk| {
        let whole = Whole::of(&desk);
        let ada = desk.visitor("Ada").await;
        let body =
            serde_json::json!({ "client_id": uuid::Uuid::new_v4(), "body": "Are you there?" });
        let request = ada
            .request(Method::POST, "/conversations")
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let call = tokio::spawn(whole.app.clone().oneshot(request));
        // The client goes away as soon as the call has begun.
        while desk.node.tasks().is_empty() {
            tokio::task::yield_now().await;
        }
        call.abort();
        desk.node.tasks().close();
        desk.node.tasks().wait().await;
        let list = ada.get("/conversations").await.ok();
        assert_eq!(
            list["items"].as_array().unwrap().len(),
            1,
            "it was written all the same"
        );
    })
    .await;
}

#[test]
fn asking_for_what_could_not_be_done_makes_no_database() {
    let data = std::env::temp_dir().join(format!("deskbell-jobs-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&data).unwrap();
    let words = ["deskbell", "jobs", "--data", data.to_str().unwrap()];
    let code = crate::serve::command::obeyed(words.into_iter());
    let misused = std::process::ExitCode::from(2);
    assert_eq!(format!("{code:?}"), format!("{misused:?}"));
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0);
    std::fs::remove_dir(&data).unwrap();
}
