//! Who is asking, as proof. The fields are private and every value is made here from a live session, so a verb
//! that takes a `&Staff` cannot be reached by anybody else, whichever door was used: server functions are
//! called directly while a page is rendered, and no layer runs then.
//!
//! Proofs carry the workspace and what they proved; every query uses it. A proof is made before the body of its
//! request has arrived, so a verb that writes begins with [`Staff::begin`] and its like, where it is made once more.

mod asker;
mod cookies;
mod customer;
mod known;
mod machine;
mod request;
mod staff;
mod visitor;

use crate::base::db::{Db, Tx};
use crate::desk::state::Desk;
use crate::model::{agent::Role, error::Result, id::*, time::Time};
use known::begin;

pub use {
    asker::Asker,
    cookies::{bearer, device_cookie, left_cookie, set_cookie, staff_cookie, visitor_cookie},
    customer::Customer,
    known::{forget, standing},
    machine::Machine,
    request::{anybody, context, from_anywhere},
    staff::{Admin, Staff, Supervisor},
    visitor::Visitor,
};

/// What a session's row says, with the rights of the moment it was read.
#[derive(Clone, Debug)]
pub struct Facts {
    pub session: SessionId,
    pub workspace: WorkspaceId,
    pub person: Person,
    pub last_seen_at: Time,
    pub until: Time,
}

#[derive(Clone, Debug)]
pub enum Person {
    Agent {
        id: AgentId,
        login: LoginId,
        name: String,
        display_name: String,
        role: Role,
        teams: Vec<TeamId>,
    },
    Customer {
        contact: ContactId,
        login: LoginId,
    },
    Visitor {
        contact: ContactId,
        widget: WidgetId,
        /// The one thread that they were let in to, by a link.
        only: Option<ConversationId>,
    },
}

impl Person {
    fn id(&self) -> uuid::Uuid {
        match self {
            Person::Agent { id, .. } => id.0,
            Person::Customer { contact, .. } | Person::Visitor { contact, .. } => contact.0,
        }
    }
}

/// What every proof of a session knows, whoever it is of.
macro_rules! proofs {
    ($($proof:ty),*) => {$(
        impl $proof {
            pub fn desk(&self) -> &Desk {
                &self.desk
            }
            pub fn db(&self) -> &Db {
                self.desk.db()
            }
            /// A transaction in which the proof has been made once more.
            pub async fn begin(&self) -> Result<Tx> {
                begin(&self.desk, &self.facts).await
            }
            pub fn workspace(&self) -> WorkspaceId {
                self.facts.workspace
            }
            pub fn session(&self) -> SessionId {
                self.facts.session
            }
        }
    )*};
}

proofs!(Staff, Customer, Visitor);
