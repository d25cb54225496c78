//! Everybody who may stand at a door, and what is theirs, another's, another workspace's or nobody's.

use crate::base::secrets;
use crate::desk::account::ops::Owner;
use crate::desk::widget::ops as widget;
use crate::model::{
    id::*,
    time::{Time, now},
};
use crate::test::{Person, Reply, TestDesk, doors};
use axum::{
    Router,
    body::Body,
    http::{Method, Request},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
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
    pub async fn gather(desk: TestDesk) -> Cast {
        let app = doors(&desk.node);
        let (workspace, home) = desk.second_workspace().await;
        let (alex, mallory) = (
            desk.admin().await,
            desk.admin_of(workspace, "Mallory").await,
        );
        let here = side(
            &desk,
            desk.workspace,
            desk.widget,
            &alex,
            desk.agent("Priya").await,
        )
        .await;
        let eve = colleague(&desk, workspace, "Eve").await;
        let priya = colleague(&desk, workspace, "Pavel").await;
        let there = side(&desk, workspace, home, &mallory, priya).await;

        let (gus, max) = (desk.agent("Gus").await, desk.agent("Max").await);
        let mut members = vec![
            member("nobody", Role::Stranger, desk.nobody(), None),
            agent("suspended", Role::Stranger, gus),
            agent("expired", Role::Stranger, max),
            visitor(
                "expired visitor",
                Role::Stranger,
                desk.visitor("Otto").await,
                desk.widget,
            ),
        ];
        for name in ["Ada", "Bob"] {
            members.push(visitor(
                name,
                Role::Visitor,
                desk.visitor(name).await,
                desk.widget,
            ));
        }
        for name in ["Cleo", "Dora"] {
            members.push(visitor(
                name,
                Role::Visitor,
                vouched(&desk, &alex, name).await,
                desk.widget,
            ));
        }
        let cora = desk.customer("Cora").await;
        let seat = Seat::Customer(ContactId(cora.id));
        members.push(member("Cora", Role::Customer, cora, Some(seat)));
        members.push(agent("Kim", Role::Queue, desk.agent("Kim").await));
        members.push(agent("Sam", Role::Agent, desk.agent("Sam").await));
        members.push(Member {
            abroad: true,
            ..agent("Eve", Role::Agent, eve)
        });
        members.push(agent(
            "Noor",
            Role::Supervisor,
            desk.supervisor("Noor").await,
        ));
        members.push(agent("Alex", Role::Admin, alex.clone()));

        let mut cast = Cast {
            desk,
            app,
            here,
            there,
            members,
            made: Mutex::default(),
        };
        cast.shut_out().await;
        cast
    }

    /// Once there is something that was theirs: one is suspended, the sessions of others run out.
    async fn shut_out(&mut self) {
        for at in 0..4 {
            for whose in [Whose::Own, Whose::Others] {
                self.thing(at, Thing::Conversation, whose).await;
            }
        }
        let gus = self.members[1].person.clone();
        let path = format!("/api/v1/agents/{}/suspend", gus.id);
        self.call(&self.here.admin, Method::POST, &path, json!({}))
            .await
            .ok();
        for at in [2, 3] {
            let past = now().plus(chrono::Duration::seconds(-1));
            self.members[at].person.token = self.seat(at, past).await;
        }
    }

    /// The same person signed in once more; returns the token.
    async fn seat(&self, at: usize, until: Time) -> String {
        let workspace = self.side(at).workspace;
        let owner = match self.members[at].seat.expect("nobody has no seat") {
            Seat::Agent(id) => self.desk.login(workspace, id).await,
            Seat::Visitor(id, widget) => Owner::Visitor(id, widget, None),
            Seat::Customer(id) => self.desk.account_of(workspace, id).await,
        };
        self.desk.seat(workspace, owner, until).await
    }

    /// Where an admin suspended Priya or changed her role, she is an agent again, and signed in.
    pub async fn priya_works(&mut self, at: usize) {
        let side = self.side(at).clone();
        let mut tx = self.desk.node.db().begin(side.workspace).await.unwrap();
        let sql = "update agent set state = 'active', role = 'agent' where id = $1 and (state <> 'active' or role <> 'agent')";
        if tx.run(sql, vec![side.priya.id.into()]).await.unwrap() == 0 {
            return;
        }
        tx.commit().await.unwrap();
        let owner = self
            .desk
            .login(side.workspace, AgentId(side.priya.id))
            .await;
        let tomorrow = now().plus(chrono::Duration::days(1));
        let token = self.desk.seat(side.workspace, owner, tomorrow).await;
        let side = if self.members[at].abroad {
            &mut self.there
        } else {
            &mut self.here
        };
        side.priya.token = token;
        // Her sessions of before are gone.
        self.made
            .lock()
            .unwrap()
            .retain(|(_, thing, _), _| *thing != Thing::Session);
    }

    /// Sign in again whoever was signed out by what they did.
    pub async fn seated(&mut self, at: usize) {
        let person = &self.members[at].person;
        let alive = self
            .call(person, Method::GET, "/api/v1/me", Value::Null)
            .await
            .status
            == 200;
        if !alive && self.members[at].role != Role::Stranger {
            let token = self.seat(at, now().plus(chrono::Duration::days(1))).await;
            if self.members[at].role == Role::Admin {
                self.here.admin.token.clone_from(&token);
            }
            self.members[at].person.token = token;
        }
    }

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

    /// The newest live session of somebody.
    async fn session(&self, person: &Uuid) -> Uuid {
        let sql = "select s.id from session s left join login l on l.id = s.login_id where (l.agent_id = $1 or l.contact_id = $1 or s.contact_id = $1) \
            and s.revoked_at is null order by s.id desc limit 1";
        let (id,): (Uuid,) = self
            .desk
            .node
            .db()
            .one(sql, vec![(*person).into()])
            .await
            .unwrap();
        id
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

fn member(name: &'static str, role: Role, person: Person, seat: Option<Seat>) -> Member {
    Member {
        name,
        role,
        person,
        seat,
        abroad: false,
    }
}

fn agent(name: &'static str, role: Role, person: Person) -> Member {
    let seat = Seat::Agent(AgentId(person.id));
    member(name, role, person, Some(seat))
}

fn visitor(name: &'static str, role: Role, person: Person, at: WidgetId) -> Member {
    let seat = Seat::Visitor(ContactId(person.id), at);
    member(name, role, person, Some(seat))
}

async fn side(
    desk: &TestDesk,
    workspace: WorkspaceId,
    home: WidgetId,
    admin: &Person,
    priya: Person,
) -> Side {
    let shop = admin
        .post(
            "/widgets",
            json!({"name": "Shop", "domains": ["shop.example"]}),
        )
        .await
        .created();
    let sql = "select team_id from workspace where id = $1";
    let (team,): (Uuid,) = desk
        .node
        .db()
        .one(sql, vec![workspace.into()])
        .await
        .unwrap();
    Side {
        workspace,
        widget: home,
        shop: shop["id"].as_str().unwrap().parse().unwrap(),
        admin: admin.clone(),
        priya,
        team,
    }
}

/// An agent of the other workspace: made as an admin is, then no admin any more.
async fn colleague(desk: &TestDesk, workspace: WorkspaceId, name: &str) -> Person {
    let person = desk.admin_of(workspace, name).await;
    let mut tx = desk.node.db().begin(workspace).await.unwrap();
    let sql = "update agent set role = 'agent' where id = $1";
    assert_eq!(tx.run(sql, vec![person.id.into()]).await.unwrap(), 1);
    tx.commit().await.unwrap();
    person
}

/// Somebody whom the host site's server vouches for.
async fn vouched(desk: &TestDesk, admin: &Person, name: &str) -> Person {
    let proof = admin.staff().await.admin().unwrap();
    let secret = widget::secret(&proof, desk.widget).await.unwrap();
    let hash = hex::encode(secrets::mac(secret.as_bytes(), name));
    let said = json!({"name": name, "user_id": name, "user_hash": hash});
    let begun = desk
        .nobody()
        .post(&format!("/widgets/{}/visitors", desk.widget), said)
        .await
        .created();
    assert_eq!(begun["contact"]["verified"], true);
    Person {
        token: begun["token"].as_str().unwrap().into(),
        id: begun["contact"]["id"].as_str().unwrap().parse().unwrap(),
        ..desk.nobody()
    }
}
