//! What the doors take and answer with.

use crate::model::agent::{Agent, Login, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A list, whole: `next_cursor` is null.
#[derive(Serialize, ToSchema)]
pub struct Items<T: ToSchema> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

/// A colleague, as staff see them.
#[derive(Serialize, ToSchema)]
#[schema(as = Agent)]
pub struct AgentOut {
    pub id: Uuid,
    pub name: String,
    /// What customers see.
    pub display_name: String,
    pub email: String,
    #[schema(example = "agent")]
    pub role: &'static str,
    #[schema(example = "active")]
    pub state: &'static str,
    #[schema(example = "online")]
    pub availability: &'static str,
    /// Set to online and heard from within two minutes.
    pub online: bool,
    pub reason: Option<String>,
    pub team_ids: Vec<Uuid>,
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl From<Agent> for AgentOut {
    fn from(a: Agent) -> Self {
        AgentOut {
            id: a.id.0,
            name: a.name,
            display_name: a.display_name,
            email: a.email,
            role: a.role.word(),
            state: a.state.word(),
            availability: a.availability.word(),
            online: a.online,
            reason: a.reason,
            team_ids: a.team_ids.into_iter().map(|t| t.0).collect(),
            created_at: a.created_at.to_string(),
        }
    }
}

/// Somebody who was invited, with the link to pass on; it is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = Invited)]
pub struct InvitedOut {
    #[serde(flatten)]
    pub agent: AgentOut,
    pub link: String,
}

/// A colleague as they are now.
#[derive(Serialize, ToSchema)]
#[schema(as = ChangedAgent)]
pub struct ChangedOut {
    #[serde(flatten)]
    pub agent: AgentOut,
    /// Only for whoever changed their own role: the token that goes on in place of the one that asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// A link to pass on, shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = Link)]
pub struct LinkOut {
    pub link: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    pub(super) email: String,
    pub(super) password: String,
    /// `agent` is all there is so far.
    #[serde(default, rename = "as")]
    #[schema(value_type = Option<String>, example = "agent")]
    pub(super) of: Option<Kind>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Agent,
    Customer,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SignedIn)]
pub(super) struct SignedInOut {
    /// For `Authorization: Bearer`; shown this once.
    pub(super) token: String,
    #[schema(format = DateTime)]
    pub(super) expires_at: String,
    pub(super) agent: AgentOut,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(super) struct SessionOut {
    pub(super) id: Uuid,
    /// What the browser or program called itself; never trusted.
    pub(super) device: String,
    #[schema(format = DateTime)]
    pub(super) created_at: String,
    #[schema(format = DateTime)]
    pub(super) last_seen_at: String,
    /// The session that asks.
    pub(super) current: bool,
}

impl From<Login> for SessionOut {
    fn from(l: Login) -> Self {
        SessionOut {
            id: l.id.0,
            device: l.device,
            created_at: l.created_at.to_string(),
            last_seen_at: l.last_seen_at.to_string(),
            current: l.current,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Availability)]
pub(super) struct AvailabilityOut {
    pub(super) online: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invite {
    pub(super) email: String,
    /// Whoever joins may say it otherwise.
    #[serde(default)]
    pub(super) name: String,
    #[schema(value_type = String, example = "agent")]
    pub(super) role: Role,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeAgent {
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "supervisor")]
    pub(super) role: Option<Role>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Settings)]
pub(super) struct SettingsOut {
    pub(super) id: Uuid,
    pub(super) name: String,
    /// Chooses this workspace where neither a token nor a widget does.
    pub(super) host: Option<String>,
    /// New conversations go to the online agent with the fewest open ones.
    pub(super) auto_assign: bool,
    /// IANA name: whose midnight a day begins at.
    #[schema(example = "Europe/Copenhagen")]
    pub(super) time_zone: String,
    /// The language that is written where nobody has chosen theirs.
    #[schema(example = "en")]
    pub(super) locale: String,
    /// Counts the changes; the same as the `ETag`.
    pub(super) revision: i64,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeSettings {
    #[serde(default)]
    pub(super) name: Option<String>,
    /// An empty one takes it away.
    #[serde(default)]
    pub(super) host: Option<String>,
    #[serde(default)]
    pub(super) auto_assign: Option<bool>,
    #[serde(default)]
    pub(super) time_zone: Option<String>,
    #[serde(default)]
    pub(super) locale: Option<String>,
}
