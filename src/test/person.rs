//! Somebody who asks the doors.

use super::*;
use crate::desk::{account::ops::who::Asker, state::Desk};
use axum::{
    Router,
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, Method, Request, StatusCode},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;
use uuid::Uuid;

/// Somebody who acts through the REST doors.
#[derive(Clone)]
pub struct Person {
    pub desk: Desk,
    pub token: String,
    pub id: Uuid,
    pub doors: Doors,
}

/// What a door answered.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        self.json()
    }
    #[track_caller]
    pub fn created(self) -> Value {
        assert_eq!(self.status, StatusCode::CREATED, "{}", self.text);
        self.json()
    }
    /// The problem's code, with the status that belongs to it.
    #[track_caller]
    pub fn problem(&self) -> (u16, String) {
        let document = self.json();
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{}",
            self.text
        );
        assert_eq!(
            document["status"].as_u64(),
            Some(self.status.as_u16().into())
        );
        (
            self.status.as_u16(),
            document["code"].as_str().unwrap_or_default().to_owned(),
        )
    }
}

impl Person {
    pub fn new(desk: &Desk, token: impl Into<String>, id: Uuid) -> Person {
        Person {
            desk: desk.clone(),
            token: token.into(),
            id,
            doors: Arc::default(),
        }
    }

    /// The same person at another node.
    pub fn at(&self, desk: &Desk) -> Person {
        Person::new(desk, self.token.clone(), self.id)
    }

    pub fn doors(&self) -> Router {
        self.doors.get_or_init(|| doors(&self.desk)).clone()
    }

    /// The proofs behind the token, for what only pages ask.
    pub async fn staff(&self) -> crate::desk::account::ops::who::Staff {
        self.asker().await.staff().unwrap()
    }
    pub async fn visitor_proof(&self) -> crate::desk::account::ops::who::Visitor {
        self.asker().await.visitor().unwrap()
    }
    async fn asker(&self) -> Asker {
        let (mut parts, ()) = self
            .request(Method::GET, "/")
            .body(())
            .unwrap()
            .into_parts();
        Asker::from_request_parts(&mut parts, &state(&self.desk))
            .await
            .unwrap()
    }

    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let path = if path.starts_with("/_") || path.starts_with("//") {
            path.trim_start_matches('/').to_owned()
        } else {
            format!("api/v1{path}")
        };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/{path}"))
            .header("host", "localhost:3000");
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        request
    }

    pub async fn ask(&self, request: Request<Body>) -> Reply {
        let response = self.doors().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Reply {
            status,
            headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.ask(self.request(Method::GET, path).body(Body::empty()).unwrap())
            .await
    }
    /// The same, asking for JSON where a door can also stream.
    pub async fn get_json(&self, path: &str) -> Reply {
        self.ask(
            self.request(Method::GET, path)
                .header("accept", "application/json")
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.with(Method::POST, path, body).await
    }
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.with(Method::PATCH, path, body).await
    }
    pub async fn delete(&self, path: &str) -> Reply {
        self.ask(
            self.request(Method::DELETE, path)
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }
    pub async fn with(&self, method: Method, path: &str, body: Value) -> Reply {
        let request = self
            .request(method, path)
            .header("content-type", "application/json");
        self.ask(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    /// A visitor writes at their widget; returns the conversation's id.
    pub async fn writes(&self, body: &str) -> Uuid {
        let begun = self
            .post(
                "/conversations",
                json!({"client_id": Uuid::new_v4(), "body": body}),
            )
            .await
            .created();
        begun["conversation"]["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Anybody writes into a conversation; returns the message.
    pub async fn says(&self, conversation: Uuid, body: &str) -> Value {
        self.post(
            &format!("/conversations/{conversation}/messages"),
            json!({"client_id": Uuid::new_v4(), "body": body}),
        )
        .await
        .created()
    }
    pub async fn notes(&self, conversation: Uuid, body: &str) -> Value {
        let said = json!({"client_id": Uuid::new_v4(), "body": body, "kind": "note"});
        self.post(&format!("/conversations/{conversation}/messages"), said)
            .await
            .created()
    }
    pub async fn assigns(&self, conversation: Uuid, agent: Option<Uuid>) -> Reply {
        self.post(
            &format!("/conversations/{conversation}/assign"),
            json!({"agent_id": agent}),
        )
        .await
    }
    pub async fn takes(&self, conversation: Uuid) -> Value {
        self.assigns(conversation, Some(self.id)).await.ok()
    }
    pub async fn closes(&self, conversation: Uuid) -> Reply {
        self.ask(
            self.request(
                Method::POST,
                &format!("/conversations/{conversation}/close"),
            )
            .body(Body::empty())
            .unwrap(),
        )
        .await
    }
    pub async fn conversation(&self, conversation: Uuid) -> Reply {
        self.get(&format!("/conversations/{conversation}")).await
    }
    /// The bodies of a thread as this person sees them, oldest first.
    pub async fn thread(&self, conversation: Uuid) -> Vec<String> {
        let page = self
            .get(&format!("/conversations/{conversation}/messages?limit=100"))
            .await
            .ok();
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| m["body"].as_str().unwrap().to_owned())
            .collect()
    }
    /// The cursor of this moment.
    pub async fn cursor(&self) -> String {
        self.poll(None).await["cursor"].as_str().unwrap().to_owned()
    }
    /// What is told after a cursor, at once.
    pub async fn poll(&self, after: Option<&str>) -> Value {
        let path = after.map_or("/events".to_owned(), |c| format!("/events?after={c}"));
        self.ask(
            self.request(Method::GET, &path)
                .header("accept", "application/json")
                .body(Body::empty())
                .unwrap(),
        )
        .await
        .ok()
    }
    pub async fn stream(&self, after: Option<&str>) -> Ears {
        let path = after.map_or("/events".to_owned(), |c| format!("/events?after={c}"));
        let request = self
            .request(Method::GET, &path)
            .header("accept", "text/event-stream")
            .body(Body::empty())
            .unwrap();
        Ears::of(self.doors().oneshot(request).await.unwrap())
    }
}
