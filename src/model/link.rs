//! Links with a token: what each is for, and what its page is told.

use super::{agent::Agent, time::Time};
use serde::{Deserialize, Serialize};

super::words! {
    /// What a link with a token is good for.
    pub enum Purpose {
        Setup = "setup", Invitation = "invitation", Reset = "reset", SignIn = "sign_in",
        /// Lets one person in to one thread.
        Thread = "thread",
    }
}

/// A link that still works, for the page with its button.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkInfo {
    pub purpose: Purpose,
    pub workspace: String,
    /// Of the colleague it was made for; empty for a set-up and for a thread.
    pub name: String,
    pub email: String,
    pub until: Time,
}

/// A link to pass on, shown once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PassOn {
    pub agent: Agent,
    pub link: String,
}
