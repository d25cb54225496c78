//! Ids are UUIDs with a type each, so that a contact's id cannot be passed where an agent's is meant.
//! The server makes version 7 (sortable by age); a client id is whatever UUID its client made.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, uuid::Error> { s.parse().map($name) }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self { $name(id) }
        }
        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid { id.0 }
        }
    )*};
}

ids! {
    /// The tenant.
    WorkspaceId
    AgentId
    ContactId
    WidgetId
    ConversationId
    MessageId
    TeamId
    /// An address by which a colleague or a customer signs in.
    LoginId
    /// Where somebody is signed in: a login's, or a visitor's token. Never a thread.
    SessionId
    /// The UUID that a client makes before its first attempt to send; see [`ClientId::fresh`].
    ClientId
}

impl ClientId {
    /// Made by whoever writes, before the first attempt, and kept with the draft.
    pub fn fresh() -> Self {
        ClientId(Uuid::new_v4())
    }
}
