//! What is done to threads, heard from the log: who has it, that it ended, that it goes on.

use crate::base::db::Tx;
use crate::desk::state::Desk;
use crate::live::{
    audit::{self, NewAudit},
    bus::{
        consumer::{Consumer, Following},
        log::Record,
    },
};
use crate::model::{
    audit::{Action, AuditFacts, SubjectKind},
    error::Result,
    event::{EventKind, Place},
    id::WorkspaceId,
};

struct Trail;

impl Consumer for Trail {
    const NAME: &'static str = "audit";

    fn wants(kind: EventKind) -> bool {
        action(kind).is_some()
    }

    /// The trail begins today.
    async fn start(&self, _: &mut Tx, _: WorkspaceId) -> Result<()> {
        Ok(())
    }

    async fn hear(&self, tx: &mut Tx, workspace: WorkspaceId, entries: &[Record]) -> Result<bool> {
        for entry in entries {
            let (Some(action), Some(stamp)) = (action(entry.kind), entry.stamp()) else {
                continue;
            };
            let subject = (SubjectKind::Conversation, stamp.conversation.0);
            let new = NewAudit {
                facts: moved(&stamp.before, &stamp.after),
                ..NewAudit::new(action, entry.by, subject, entry.at)
            };
            audit::append(tx, workspace, new).await?;
        }
        Ok(false)
    }
}

fn action(kind: EventKind) -> Option<Action> {
    match kind {
        EventKind::ConversationAssigned => Some(Action::ConversationAssigned),
        EventKind::ConversationClosed => Some(Action::ConversationClosed),
        EventKind::ConversationReopened => Some(Action::ConversationReopened),
        _ => None,
    }
}

/// Whose it was and is, where that changed; a side that is nobody's is left out.
fn moved(before: &Place, after: &Place) -> AuditFacts {
    let mut sides = vec![];
    if before.assignee != after.assignee {
        sides.push(("assignee_before", before.assignee.map(|a| a.0)));
        sides.push(("assignee_after", after.assignee.map(|a| a.0)));
    }
    if before.team != after.team {
        sides.push(("team_before", Some(before.team.0)));
        sides.push(("team_after", Some(after.team.0)));
    }
    let sides = sides.into_iter();
    sides
        .filter_map(|(name, id)| Some((name.to_owned(), id?.to_string())))
        .collect()
}

/// Hear every workspace's log until the process stops.
pub async fn hear(desk: Desk) {
    let (bus, stop) = (desk.bus().clone(), desk.stop().clone());
    Following::new(Trail, desk.db().clone())
        .run(bus, stop)
        .await;
}

/// Hear what has been told since the last time, everywhere.
#[cfg(test)]
pub async fn hear_once(desk: &Desk) {
    let mut following = Following::new(Trail, desk.db().clone());
    following.look_everywhere().await;
    assert!(!following.is_failing(), "something could not be done");
}
