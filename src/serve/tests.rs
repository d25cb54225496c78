//! Stories of the process: what every answer carries, and what a client that goes away does not undo.

use crate::story;
use axum::{body::Body, http::Method};
use serde_json::json;
use tower::ServiceExt;
use uuid::Uuid;

story! {
    async fn an_unsafe_request_runs_to_its_end(desk) {
        let ada = desk.visitor("Ada").await;
        let conversation = ada.writes("Hello").await;
        let said = json!({"client_id": Uuid::new_v4(), "body": "sent, then the tab was closed"}).to_string();
        let request = ada.request(Method::POST, &format!("/conversations/{conversation}/messages")).header("content-type", "application/json");
        let mut sending = Box::pin(crate::test::doors(&desk.node).oneshot(request.body(Body::from(said)).unwrap()));
        // The request is under way, and the client is gone.
        let _ = tokio::time::timeout(std::time::Duration::from_micros(50), &mut sending).await;
        drop(sending);
        crate::test::soon("it was said all the same", || async { ada.thread(conversation).await.len() == 2 }).await;
    }
}
