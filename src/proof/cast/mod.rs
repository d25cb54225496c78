//! Everybody who may stand at a door, and what is theirs, another's, another workspace's or nobody's.

mod gather;
mod seats;
mod things;

use crate::model::id::*;
use crate::test::{Person, Reply, TestDesk};
use axum::{
    Router,
    body::Body,
    http::{Method, Request},
};
use http_body_util::BodyExt;
use serde_json::Value;
use std::{collections::HashMap, sync::Mutex};
use tower::ServiceExt;
use uuid::Uuid;

/// As the columns of `strangers.txt`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// Nobody, a suspended agent, a token that has run out.
    Stranger,
    /// Two visitors of one widget; two contacts whom the host site vouches for.
    Visitor,
    /// Somebody outside who has an account.
    Customer,
    /// An agent to whom nothing is assigned: what is theirs is the queue.
    Queue,
    /// An agent with what is assigned to them; here, and in another workspace.
    Agent,
    Supervisor,
    Admin,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Whose {
    Own,
    Others,
    Elsewhere,
    Absent,
}

pub const WHOSE: [Whose; 4] = [Whose::Own, Whose::Others, Whose::Elsewhere, Whose::Absent];

/// What a door is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Thing {
    Conversation,
    Contact,
    Agent,
    Session,
    Widget,
    Team,
}

/// One of the two workspaces.
#[derive(Clone)]
pub struct Side {
    pub workspace: WorkspaceId,
    pub widget: WidgetId,
    /// A widget beside the home widget.
    shop: WidgetId,
    pub admin: Person,
    /// An agent who has what is not the asker's.
    pub priya: Person,
    team: Uuid,
}

/// Whose sessions a member has.
#[derive(Clone, Copy)]
enum Seat {
    Agent(AgentId),
    Visitor(ContactId, WidgetId),
    Customer(ContactId),
}

pub struct Member {
    pub name: &'static str,
    pub role: Role,
    pub person: Person,
    seat: Option<Seat>,
    abroad: bool,
}

pub struct Cast {
    pub desk: TestDesk,
    pub app: Router,
    pub here: Side,
    pub there: Side,
    pub members: Vec<Member>,
    made: Mutex<HashMap<(usize, Thing, Whose), Uuid>>,
}

impl Cast {
    fn is_visitor(&self, at: usize) -> bool {
        matches!(self.members[at].seat, Some(Seat::Visitor(..)))
    }

    pub fn side(&self, at: usize) -> &Side {
        if self.members[at].abroad {
            &self.there
        } else {
            &self.here
        }
    }

    pub fn other_side(&self, at: usize) -> &Side {
        if self.members[at].abroad {
            &self.here
        } else {
            &self.there
        }
    }

    pub async fn ask(&self, request: Request<Body>) -> Reply {
        ask(&self.app, request).await
    }

    /// A program's call.
    pub async fn call(&self, who: &Person, method: Method, path: &str, body: Value) -> Reply {
        call(&self.app, who, method, path, body).await
    }
}

/// One answer, whole; of a stream only its head.
pub async fn ask(app: &Router, request: Request<Body>) -> Reply {
    let answer = app.clone().oneshot(request).await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let kind = headers.get("content-type");
    let bytes = if kind.is_some_and(|t| t == "text/event-stream") {
        Default::default()
    } else {
        answer.into_body().collect().await.unwrap().to_bytes()
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Reply {
        status,
        headers,
        text,
    }
}

/// A program's call; `Null` is no body.
pub async fn call(app: &Router, who: &Person, method: Method, path: &str, body: Value) -> Reply {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost:3000");
    if !who.token.is_empty() {
        request = request.header("authorization", format!("Bearer {}", who.token));
    }
    let request = request
        .header("content-type", "application/json")
        .header("accept", "application/json");
    let body = if body.is_null() {
        Body::empty()
    } else {
        Body::from(body.to_string())
    };
    ask(app, request.body(body).unwrap()).await
}
