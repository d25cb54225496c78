//! Who did something, and what set it off.

use super::id::{AgentId, ContactId, SessionId};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use uuid::Uuid;

super::words! {
    /// What kind of doer: a colleague, somebody with an account, somebody at a widget, a program with a key, the desk
    /// itself, or whoever holds the machine and its command line.
    pub enum ActorKind {
        Agent = "agent",
        Customer = "customer",
        Visitor = "visitor",
        Key = "key",
        Machine = "machine",
        Operator = "operator",
    }
}

impl ActorKind {
    /// A colleague, their program, or whoever holds the machine: nobody from outside, and not the desk itself.
    pub fn works_here(self) -> bool {
        matches!(
            self,
            ActorKind::Agent | ActorKind::Key | ActorKind::Operator
        )
    }
}

/// Who did it. The machine and its operator have no id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Actor {
    pub kind: ActorKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
}

impl Actor {
    pub const MACHINE: Actor = Actor {
        kind: ActorKind::Machine,
        id: None,
    };
    pub const OPERATOR: Actor = Actor {
        kind: ActorKind::Operator,
        id: None,
    };

    pub fn agent(id: AgentId) -> Actor {
        Actor {
            kind: ActorKind::Agent,
            id: Some(id.0),
        }
    }

    pub fn customer(id: ContactId) -> Actor {
        Actor {
            kind: ActorKind::Customer,
            id: Some(id.0),
        }
    }

    pub fn visitor(id: ContactId) -> Actor {
        Actor {
            kind: ActorKind::Visitor,
            id: Some(id.0),
        }
    }
}

/// Who did it, and the entry of the log that set it off, where one did. A session and the network address it was done
/// from, for the audit trail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct By {
    pub actor: Actor,
    pub cause: Option<i64>,
    pub through: Option<SessionId>,
    pub address: Option<IpAddr>,
}

impl From<Actor> for By {
    fn from(actor: Actor) -> By {
        By {
            actor,
            cause: None,
            through: None,
            address: None,
        }
    }
}
