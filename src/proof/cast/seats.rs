//! The sessions of the cast: one more, the newest, and a new one for whoever was signed out.

use super::{Cast, Role, Seat, Thing};
use crate::desk::account::ops::Owner;
use crate::model::{
    id::*,
    time::{Time, now},
};
use axum::http::Method;
use serde_json::Value;
use uuid::Uuid;

impl Cast {
    /// The same person signed in once more; returns the token.
    pub(super) async fn seat(&self, at: usize, until: Time) -> String {
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

    /// The newest live session of somebody.
    pub(super) async fn session(&self, person: &Uuid) -> Uuid {
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
}
