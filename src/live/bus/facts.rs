//! The small facts that an entry holds besides its ids. Never what somebody wrote.

use crate::model::{
    agent::Role,
    event::{AgentNews, Reader},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Small facts of an entry, by kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<Reader>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentNews>,
    /// Anybody online in the workspace after this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// Whose sessions, caches or rows an internal entry is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Uuid>,
    /// What became of it, where the kind leaves that open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<What>,
}

/// What changed of a person, a widget, the workspace or a session. For the audit trail: who reads it knows what was done
/// without comparing rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum What {
    /// A person was invited, to be this.
    Invited {
        role: Role,
    },
    /// The invitation was taken back.
    Uninvited,
    /// They accepted, or were added by the command line, and work here.
    Joined {
        role: Role,
    },
    Renamed,
    Role {
        from: Role,
        to: Role,
    },
    Suspended,
    Restored,
    /// A new password; every session but the one that goes on has ended.
    Password,
    /// A link was made by which they come in or choose a password.
    Link,
    /// A link was made that lets a customer in to one thread.
    ThreadLink,
    /// A widget, or the workspace itself.
    Created,
    /// Its settings are others: the names of those that changed.
    Settings {
        #[serde(default)]
        fields: Vec<String>,
    },
    /// Its secret key is another one.
    Key,
    Removed,
    /// Signed out, by whoever is signed in there or at another place of theirs.
    SignedOut,
    /// The site vouches for somebody else, or for them: the former session stands for nobody.
    Replaced,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_from_before_the_fields_were_named_is_read() {
        let read: What = serde_json::from_str("{\"type\":\"settings\"}").unwrap();
        assert_eq!(read, What::Settings { fields: vec![] });
    }
}
