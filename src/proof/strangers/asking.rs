//! How every line is asked: by each member of the cast, about each kind of thing.

use super::{
    Asked,
    table::{Line, ROLES},
};
use crate::desk::account::ops::who;
use crate::model::id::WidgetId;
use crate::proof::{
    cast::{Cast, Thing, WHOSE, Whose},
    doors,
};
use crate::test::Reply;
use axum::{
    body::Body,
    http::{Method, Request},
};
use uuid::Uuid;

impl Cast {
    pub(super) async fn matrix(&mut self, lines: &[Line]) -> Vec<Asked> {
        let mut asked = vec![];
        for (n, line) in lines.iter().enumerate() {
            for at in 0..self.members.len() {
                let role = ROLES
                    .iter()
                    .position(|r| *r == self.members[at].role)
                    .unwrap();
                let kinds: &[Whose] = if line.thing.is_some() {
                    &WHOSE
                } else {
                    &WHOSE[..1]
                };
                for whose in kinds {
                    let reply = self.knock(line, at, *whose).await;
                    asked.push(Asked {
                        line: n,
                        name: self.members[at].name,
                        role,
                        whose: *whose,
                        reply,
                    });
                }
            }
        }
        asked
    }

    async fn knock(&mut self, line: &Line, at: usize, whose: Whose) -> Reply {
        let id = match line.thing {
            Some(thing) => self.thing(at, thing, whose).await,
            None => Uuid::nil(),
        };
        let own = if line.body.contains("$conversation") {
            self.thing(at, Thing::Conversation, Whose::Own).await
        } else {
            Uuid::nil()
        };
        let reply = self.ask(request(self, line, at, id, own)).await;
        let changes = doors::address(&line.door).0 != Method::GET;
        if changes && reply.status.is_success() {
            if let Some(thing) = line.thing {
                self.used(at, thing, whose);
            }
            self.used(at, Thing::Conversation, Whose::Own);
            self.seated(at).await;
            self.priya_works(at).await;
        }
        reply
    }
}

/// The request of one member, about `id`; `own` stands for a conversation of theirs.
pub fn request(cast: &Cast, line: &Line, at: usize, id: Uuid, own: Uuid) -> Request<Body> {
    let (method, path) = doors::address(&line.door);
    let side = cast.side(at);
    let fill = |text: &str| {
        text.replace("$id", &id.to_string())
            .replace("$new", &Uuid::new_v4().to_string())
            .replace("$conversation", &own.to_string())
            .replace("$widget", &side.widget.to_string())
            .replace("$agent", &side.priya.id.to_string())
    };
    let path = fill(&(path.replace("{id}", "$id") + &line.query));
    let token = &cast.members[at].person.token;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost:3000");
    let form = line.door.starts_with("fn ");
    let kind = if form {
        "application/x-www-form-urlencoded"
    } else {
        "application/json"
    };
    let drawn = line.door.starts_with("page ") || line.door.starts_with("file ");
    let wanted = if drawn {
        "text/html"
    } else {
        "application/json"
    };
    let mut request = request
        .header("content-type", kind)
        .header("accept", wanted);
    if form || drawn {
        // Offered wherever a door could look for it.
        let node = &cast.desk.node;
        let asked = [WidgetId(id), side.widget]
            .map(|w| format!("{}={token}", who::visitor_cookie(node, w)));
        let staff = format!("{}={token}", who::staff_cookie(node));
        request = request.header("cookie", format!("{staff}; {}", asked.join("; ")));
    } else if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(Body::from(fill(&line.body))).unwrap()
}
