//! Which entries of the log the trail has too, and as what. What concerns people, widgets and the workspace is written
//! beside its entry; threads are heard afterwards.

use crate::live::bus::log::{NewEntry, What};
use crate::model::{
    audit::{Action, AuditFacts, SubjectKind},
    event::EventKind,
};
use uuid::Uuid;

/// `None`: nothing that anybody looks up a year later, or another entry of the same change says it.
pub(super) fn read(entry: &NewEntry) -> Option<(Action, (SubjectKind, Uuid), AuditFacts)> {
    use Action::*;
    let what = entry.facts.what.as_ref()?;
    let fact = |name: &str, value: &str| AuditFacts::from([(name.to_owned(), value.to_owned())]);
    let none = AuditFacts::new();
    let (kind, action, facts) = match (entry.kind, what) {
        (EventKind::PersonChanged, what) => {
            let (action, facts) = match what {
                What::Invited { role } => (AgentInvited, fact("role", role.word())),
                What::Uninvited => (AgentUninvited, none),
                What::Joined { role } => (AgentJoined, fact("role", role.word())),
                What::Renamed => (AgentRenamed, none),
                What::Role { from, to } => {
                    let facts = [("from", from.word()), ("to", to.word())];
                    let facts = facts.map(|(name, word)| (name.to_owned(), word.to_owned()));
                    (AgentRoleChanged, facts.into())
                }
                What::Suspended => (AgentSuspended, none),
                What::Restored => (AgentRestored, none),
                What::Password => (AgentPasswordChanged, none),
                _ => return None,
            };
            (SubjectKind::Agent, action, facts)
        }
        (EventKind::LinkMade, What::ThreadLink) => {
            (SubjectKind::Conversation, ConversationLinkMade, none)
        }
        (EventKind::LinkMade, _) => (SubjectKind::Agent, AgentLinkMade, none),
        (EventKind::WidgetChanged, What::Created) => (SubjectKind::Widget, WidgetCreated, none),
        (_, What::Settings { fields }) if fields.is_empty() => return None,
        (EventKind::WidgetChanged | EventKind::WidgetShut, What::Settings { fields }) => (
            SubjectKind::Widget,
            WidgetChanged,
            fact("fields", &fields.join(" ")),
        ),
        (EventKind::WidgetChanged, What::Key) => (SubjectKind::Widget, WidgetKeyReplaced, none),
        (EventKind::WidgetShut, What::Removed) => (SubjectKind::Widget, WidgetRemoved, none),
        (EventKind::WorkspaceChanged, What::Created) => {
            (SubjectKind::Workspace, WorkspaceCreated, none)
        }
        (EventKind::WorkspaceChanged, What::Settings { fields }) => (
            SubjectKind::Workspace,
            SettingsChanged,
            fact("fields", &fields.join(" ")),
        ),
        // Visitors come and go.
        (EventKind::SessionRevoked, What::SignedOut) if entry.by.actor.kind.works_here() => {
            (SubjectKind::Session, SessionEnded, none)
        }
        _ => return None,
    };
    let id = entry.facts.subject?;
    Some((action, (kind, id), facts))
}
