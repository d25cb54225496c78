//! The proof of whoever is at a door that is open to staff and to visitors.

use super::{
    Facts, Person, Staff, Visitor,
    cookies::{bearer, staff_token},
    known::{begin, session_of, still},
};
use crate::base::db::{Conn, Tx};
use crate::desk::state::Desk;
use crate::live::{OWN, bus::Subscription};
use crate::model::{
    actor::{Actor, By},
    error::{Error, Result},
    id::*,
    message::AuthorKind,
};
use axum::http::HeaderMap;
use std::{net::IpAddr, sync::Arc};

/// Whoever is at a door that is open to staff and to visitors.
#[derive(Clone)]
pub enum Asker {
    Staff(Staff),
    Visitor(Visitor),
}

impl Asker {
    pub(super) fn of(desk: &Desk, facts: Arc<Facts>, address: Option<IpAddr>) -> Option<Asker> {
        match facts.person {
            Person::Agent { .. } => Staff::of(desk, facts, address).map(Asker::Staff),
            Person::Visitor { .. } => Visitor::of(desk, facts).map(Asker::Visitor),
            Person::Customer { .. } => None,
        }
    }

    pub fn desk(&self) -> &Desk {
        match self {
            Asker::Staff(s) => s.desk(),
            Asker::Visitor(v) => v.desk(),
        }
    }
    pub fn workspace(&self) -> WorkspaceId {
        match self {
            Asker::Staff(s) => s.workspace(),
            Asker::Visitor(v) => v.workspace(),
        }
    }
    pub fn session(&self) -> SessionId {
        match self {
            Asker::Staff(s) => s.session(),
            Asker::Visitor(v) => v.session(),
        }
    }
    /// What was proved, for a verb that is done together with others: see [`standing`](super::standing).
    pub fn facts(&self) -> Arc<Facts> {
        match self {
            Asker::Staff(s) => s.facts.clone(),
            Asker::Visitor(v) => v.facts.clone(),
        }
    }
    /// A transaction in which the proof has been made once more.
    pub async fn begin(&self) -> Result<Tx> {
        begin(self.desk(), &self.facts()).await
    }
    /// The proof once more, for what is told and not written.
    pub async fn still(&self, conn: &mut Conn) -> Result<()> {
        still(conn, &self.facts()).await
    }
    /// The agent's or contact's id.
    pub fn person(&self) -> uuid::Uuid {
        match self {
            Asker::Staff(s) => s.id().0,
            Asker::Visitor(v) => v.id().0,
        }
    }
    pub fn actor(&self) -> Actor {
        match self {
            Asker::Staff(s) => s.actor(),
            Asker::Visitor(v) => v.actor(),
        }
    }
    /// The same, for the audit trail.
    pub fn by(&self) -> By {
        match self {
            Asker::Staff(s) => s.by(),
            Asker::Visitor(v) => v.actor().into(),
        }
    }
    pub fn author_kind(&self) -> AuthorKind {
        match self {
            Asker::Staff(_) => AuthorKind::Agent,
            Asker::Visitor(_) => AuthorKind::Contact,
        }
    }
    pub fn subscription(&self, conversation: Option<ConversationId>) -> Subscription {
        let listener = match self {
            Asker::Staff(s) => s.listener(),
            Asker::Visitor(v) => v.listener(),
        };
        Subscription {
            workspace: self.workspace(),
            listener,
            session: self.session(),
            until: self.facts().until,
            conversation,
        }
    }
    pub fn staff(self) -> Result<Staff> {
        match self {
            Asker::Staff(s) => Ok(s),
            Asker::Visitor(_) => Err(Error::Forbidden),
        }
    }
    pub fn visitor(self) -> Result<Visitor> {
        match self {
            Asker::Visitor(v) => Ok(v),
            Asker::Staff(_) => Err(Error::Forbidden),
        }
    }

    /// For `GET /events` of our own pages alone: the session cookie, when the browser says that the request
    /// comes from our own origin. Over plain http on a name that is not loopback it says nothing (Fetch Metadata, 2.1);
    /// there a question that only our own scripts can send will do.
    /// `widget` chooses the visitor's cookie, otherwise the default session asks.
    pub async fn same_origin(
        desk: &Desk,
        headers: &HeaderMap,
        widget: Option<WidgetId>,
    ) -> Result<Asker> {
        let own = match headers.get("sec-fetch-site") {
            Some(site) => site == "same-origin",
            None => headers.contains_key(OWN),
        };
        if bearer(headers).is_none() && !own {
            return Err(Error::Unauthorized);
        }
        match widget {
            Some(widget) => Visitor::at(desk, widget, headers).await.map(Asker::Visitor),
            None => {
                let facts = session_of(desk, staff_token(desk, headers)).await?;
                Asker::of(desk, facts, None).ok_or(Error::Forbidden)
            }
        }
    }
}

impl From<Staff> for Asker {
    fn from(s: Staff) -> Asker {
        Asker::Staff(s)
    }
}

impl From<Visitor> for Asker {
    fn from(v: Visitor) -> Asker {
        Asker::Visitor(v)
    }
}
