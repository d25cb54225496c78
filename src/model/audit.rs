//! The audit trail: who did what, to what, and when. Kept for years and never changed.

use super::{actor::Actor, time::Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

super::words! {
    /// What was done: a noun and what became of it.
    pub enum Action {
        WorkspaceCreated = "workspace.created",
        SettingsChanged = "settings.changed",
        AgentInvited = "agent.invited",
        AgentUninvited = "agent.uninvited",
        AgentJoined = "agent.joined",
        AgentRenamed = "agent.renamed",
        AgentRoleChanged = "agent.role_changed",
        AgentSuspended = "agent.suspended",
        AgentRestored = "agent.restored",
        AgentPasswordChanged = "agent.password_changed",
        AgentLinkMade = "agent.link_made",
        SignInSucceeded = "sign_in.succeeded",
        SignInFailed = "sign_in.failed",
        SessionEnded = "session.ended",
        WidgetCreated = "widget.created",
        WidgetChanged = "widget.changed",
        WidgetKeyReplaced = "widget.key_replaced",
        WidgetRemoved = "widget.removed",
        ConversationLinkMade = "conversation.link_made",
        ConversationAssigned = "conversation.assigned",
        ConversationClosed = "conversation.closed",
        ConversationReopened = "conversation.reopened",
        AuditExported = "audit.exported",
        ServerStarted = "server.started",
        CommandRun = "command.run",
    }

    /// What something was done to.
    pub enum SubjectKind {
        Workspace = "workspace",
        Agent = "agent",
        Session = "session",
        Widget = "widget",
        Conversation = "conversation",
    }
}

/// What it was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub kind: SubjectKind,
    pub id: Uuid,
}

/// By name: numbers, ids, words of closed sets, names of fields. Never a name, an address or a text of somebody's.
pub type AuditFacts = BTreeMap<String, String>;

/// What is personal, by name (`name`, `email`, `address` of the network, `device`). Erasure empties it.
pub type AuditPerson = BTreeMap<String, String>;

/// One row of the trail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditRow {
    /// From 1 on, without a gap.
    pub n: i64,
    pub at: Time,
    pub action: Action,
    pub actor: Actor,
    /// The session through which it was done.
    pub through: Option<Uuid>,
    pub subject: Option<Subject>,
    pub facts: AuditFacts,
    /// `None`: erased, or nobody's.
    pub person: Option<AuditPerson>,
    /// 64 hex digits.
    pub digest: String,
}

/// Where the chain of a workspace ends. Kept elsewhere, it proves that nothing was cut off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    pub n: i64,
    /// 64 hex digits; 64 zeros before the first row.
    pub digest: String,
}

/// Which rows are wanted; what is `None` narrows nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AuditFilter {
    pub actor: Option<Uuid>,
    /// An action, or all of a noun: `agent`.
    pub action: Option<String>,
    pub subject: Option<Uuid>,
    pub from: Option<Time>,
    pub to: Option<Time>,
}

impl Action {
    /// What it was done to or with: the part before the dot.
    pub fn noun(self) -> &'static str {
        self.word().split('.').next().unwrap_or_default()
    }

    /// Whether this is an action, or the noun of one.
    pub fn is_asked_for(word: &str) -> bool {
        Action::ALL
            .iter()
            .any(|action| action.word() == word || action.noun() == word)
    }
}

/// Newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditPage {
    pub rows: Vec<AuditRow>,
    /// Rows before this `n` come next; `None`: there are none.
    pub before: Option<i64>,
}

/// The screen: rows, and what those are called that they are about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditSheet {
    pub filter: AuditFilter,
    pub page: AuditPage,
    pub head: AuditHead,
    /// Of agents and widgets that are still here.
    pub names: Vec<(Uuid, String)>,
    /// Who can be chosen as a doer.
    pub agents: Vec<(Uuid, String)>,
}
