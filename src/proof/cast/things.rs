//! What doors are about: made when it is asked for, and anew when it was used up.

use super::{Cast, Role, Thing, Whose};
use crate::model::{id::*, time::now};
use crate::test::Person;
use axum::http::Method;
use serde_json::json;
use uuid::Uuid;

impl Cast {
    /// What was used up is made anew when it is asked for again.
    pub fn used(&self, at: usize, thing: Thing, whose: Whose) {
        if self.members[at].role == Role::Stranger {
            return; // what was theirs cannot be made any more
        }
        self.made.lock().unwrap().remove(&(at, thing, whose));
    }

    /// The id of such a thing, as it is to this member.
    pub async fn thing(&self, at: usize, thing: Thing, whose: Whose) -> Uuid {
        if whose == Whose::Absent {
            return Uuid::now_v7();
        }
        let key = (at, thing, whose);
        let known = self.made.lock().unwrap().get(&key).copied();
        if let Some(id) = known {
            return id;
        }
        if thing == Thing::Conversation {
            let (conversation, contact) = self.conversation(at, whose).await;
            let mut made = self.made.lock().unwrap();
            made.insert((at, Thing::Contact, whose), contact);
            made.insert(key, conversation);
            return conversation;
        }
        if thing == Thing::Contact {
            let (_, contact) = self.conversation(at, whose).await;
            self.made.lock().unwrap().insert(key, contact);
            return contact;
        }
        let id = self.make(at, thing, whose).await;
        self.made.lock().unwrap().insert(key, id);
        id
    }

    async fn make(&self, at: usize, thing: Thing, whose: Whose) -> Uuid {
        let (side, other, member) = (self.side(at), self.other_side(at), &self.members[at]);
        match (thing, whose) {
            (Thing::Agent, Whose::Own) if member.role >= Role::Queue => member.person.id,
            (Thing::Agent, Whose::Own | Whose::Others) => side.priya.id,
            (Thing::Agent, _) => other.priya.id,
            (Thing::Session, Whose::Own) if member.seat.is_some() => {
                self.seat(at, now().plus(chrono::Duration::days(1))).await;
                self.session(&member.person.id).await
            }
            (Thing::Session, Whose::Own | Whose::Others) => self.session(&side.priya.id).await,
            (Thing::Session, _) => self.session(&other.priya.id).await,
            (Thing::Widget, Whose::Own) if self.is_visitor(at) => side.widget.0,
            (Thing::Widget, Whose::Others) if self.is_visitor(at) => side.shop.0,
            (Thing::Widget, Whose::Own) => {
                let said = json!({"name": "Shop", "domains": ["shop.example"]});
                let made = self
                    .call(&side.admin, Method::POST, "/api/v1/widgets", said)
                    .await;
                made.created()["id"].as_str().unwrap().parse().unwrap()
            }
            (Thing::Widget, Whose::Others) => side.widget.0,
            (Thing::Widget, _) => other.shop.0,
            (Thing::Team, Whose::Own | Whose::Others) => side.team,
            (Thing::Team, _) => other.team,
            (Thing::Conversation | Thing::Contact, _) => unreachable!("made together"),
        }
    }

    /// A conversation with somebody new, or the visitor's own; and whose it is.
    async fn conversation(&self, at: usize, whose: Whose) -> (Uuid, Uuid) {
        let (side, member) = (self.side(at), &self.members[at]);
        let theirs = self.is_visitor(at);
        let (widget, writer) = match whose {
            Whose::Own if theirs => (side.widget, Some(member.person.clone())),
            Whose::Elsewhere => (self.other_side(at).widget, None),
            _ => (side.widget, None),
        };
        let writer = match writer {
            Some(writer) => writer,
            None => self.newcomer(widget).await,
        };
        let said = json!({"client_id": Uuid::new_v4(), "body": "Hello"});
        let begun = self
            .call(&writer, Method::POST, "/api/v1/conversations", said)
            .await
            .created();
        let id: Uuid = begun["conversation"]["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let taker = match (whose, member.role) {
            (Whose::Own, Role::Agent | Role::Supervisor | Role::Admin) => Some(&member.person),
            (Whose::Others, Role::Queue | Role::Agent | Role::Supervisor | Role::Admin) => {
                Some(&side.priya)
            }
            _ => None,
        };
        if let Some(taker) = taker {
            let path = format!("/api/v1/conversations/{id}/assign");
            self.call(taker, Method::POST, &path, json!({"agent_id": taker.id}))
                .await
                .ok();
        }
        (id, writer.id)
    }

    /// A visitor with a seat of their own; for whoever is not in the list.
    pub async fn newcomer(&self, widget: WidgetId) -> Person {
        let path = format!("/api/v1/widgets/{widget}/visitors");
        let begun = self
            .call(
                &self.desk.nobody(),
                Method::POST,
                &path,
                json!({"name": "New"}),
            )
            .await
            .created();
        Person {
            token: begun["token"].as_str().unwrap().into(),
            id: begun["contact"]["id"].as_str().unwrap().parse().unwrap(),
            ..self.desk.nobody()
        }
    }
}
