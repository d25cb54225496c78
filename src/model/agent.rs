//! Who works here, and what each role may do.

use super::{
    id::{AgentId, TeamId},
    time::Time,
};
use serde::{Deserialize, Serialize};

super::words! {
    /// `agent` answers, `supervisor` sees everything, `admin` configures (and sees everything).
    pub enum Role { Agent = "agent", Supervisor = "supervisor", Admin = "admin" }
    /// What an agent says of themselves. Being *online* takes this and a live stream; see `Online`.
    pub enum Availability { Online = "online", Away = "away", Offline = "offline" }
    /// `invited` has no password yet; `suspended` is refused everywhere within two seconds.
    pub enum AgentState { Invited = "invited", Active = "active", Suspended = "suspended" }
}

impl Role {
    /// Permission `conversations:read_all`.
    pub fn reads_all(self) -> bool {
        matches!(self, Role::Supervisor | Role::Admin)
    }
}

/// A colleague, as staff see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    pub id: AgentId,
    pub name: String,
    /// What customers see: by default the first word of the name.
    pub display_name: String,
    pub email: String,
    pub role: Role,
    pub state: AgentState,
    pub availability: Availability,
    /// Set to online *and* heard from within two minutes.
    pub online: bool,
    pub reason: Option<String>,
    pub team_ids: Vec<TeamId>,
    pub created_at: Time,
}

/// An agent's face on a thread: for customers the display name, for staff the whole one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Face {
    pub id: AgentId,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    pub id: TeamId,
    pub name: String,
}

/// One place where somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    pub id: super::id::SessionId,
    /// What the browser called itself, shortened; never trusted.
    pub device: String,
    pub created_at: Time,
    pub last_seen_at: Time,
    /// The session that asks.
    pub current: bool,
}
