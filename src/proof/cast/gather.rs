//! How the cast is gathered: two workspaces and their members, some of whom are shut out already.

use super::{Cast, Member, Role, Seat, Side, Thing, Whose};
use crate::base::secrets;
use crate::desk::widget::ops as widget;
use crate::model::{id::*, time::now};
use crate::test::{Person, TestDesk, doors};
use axum::http::Method;
use serde_json::json;
use std::sync::Mutex;
use uuid::Uuid;

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
