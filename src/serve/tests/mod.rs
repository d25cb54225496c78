//! Stories about what is true of every answer, told to the whole router.

mod addresses;
mod answers;
mod pages;
mod process;
mod senders;

use super::{AppState, router, site};
use crate::test::TestDesk;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, request::Builder},
};
use serde_json::Value;
use tower::ServiceExt;

struct Whole {
    app: Router,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    }
    #[track_caller]
    fn problem(&self) -> (u16, String) {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text
        );
        let document: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(document["status"], self.status.as_u16());
        (
            self.status.as_u16(),
            document["code"].as_str().unwrap_or_default().to_owned(),
        )
    }
}

impl Whole {
    fn of(desk: &TestDesk) -> Whole {
        let options = site::options(None, &desk.node.config().data).unwrap();
        Whole {
            app: router(AppState {
                desk: desk.node.clone(),
                options: std::sync::Arc::new(options),
            }),
        }
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let answer = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let text = String::from_utf8_lossy(&to_bytes(body, usize::MAX).await.unwrap()).into_owned();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(to(Method::GET, path).body(Body::empty()).unwrap())
            .await
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        self.ask(
            to(Method::POST, path)
                .header("content-type", "application/json")
                .body(Body::from(body.to_owned()))
                .unwrap(),
        )
        .await
    }
}

fn to(method: Method, path: &str) -> Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost:3000")
}
