//! What slices before `conversation` need of a person's threads: the log joins threads at reading anyway, so this floor
//! knows their table. Everything else about threads is `conversation`'s.

use super::log::{self, NewEntry};
use crate::base::db::{Conn, Tx, args, sql};
use crate::model::{
    actor::Actor,
    contact::Reference,
    error::Result,
    event::{Audience, EventKind, Listener, Place, Stamp},
    id::{ContactId, WidgetId, WorkspaceId},
    time::Time,
};
use uuid::Uuid;

sql! {
    HAS_WRITTEN = "select id from conversation where workspace_id = $1 and contact_id = $2 limit 1";
    LOCK_OPEN = "update conversation set revision = revision where workspace_id = $1 and contact_id = $2 and status <> 'closed'";
    OPEN_OF = "select id, team_id, assignee_id from conversation \
        where workspace_id = $1 and contact_id = $2 and status <> 'closed' order by id";
    REVISE = "update conversation set revision = $3, public_revision = $3 where workspace_id = $1 and id = $2";
    REFER = "update conversation set reference = $4 \
        where workspace_id = $1 and contact_id = $2 and widget_id = $3 and status <> 'closed'";
    ADOPT = "update conversation set person_id = $3 where workspace_id = $1 and person_id = $2";
    PLACES = "select team_id, assignee_id from conversation where workspace_id = $1 and contact_id = $2 \
        union select team_id, assignee_id from conversation where workspace_id = $1 and person_id = $2";
}

/// Whether they began any thread.
pub async fn any_of(conn: &mut Conn, workspace: WorkspaceId, contact: ContactId) -> Result<bool> {
    let found: Option<(Uuid,)> = conn.opt(HAS_WRITTEN, args![workspace, contact]).await?;
    Ok(found.is_some())
}

/// Whether any thread that they began, or that is theirs now, is in this listener's sight.
pub async fn any_in_sight(
    conn: &mut Conn,
    workspace: WorkspaceId,
    contact: ContactId,
    who: &Listener,
) -> Result<bool> {
    let places: Vec<(Uuid, Option<Uuid>)> = conn.all(PLACES, args![workspace, contact]).await?;
    Ok(places
        .into_iter()
        .any(|(team, assignee)| who.sees(place(team, assignee))))
}

/// What they look at stands on their open thread at this widget, if there is one.
pub async fn refer(
    tx: &mut Tx,
    workspace: WorkspaceId,
    contact: ContactId,
    widget: WidgetId,
    reference: &Reference,
) -> Result<()> {
    let reference = serde_json::to_value(reference).ok();
    tx.run(REFER, args![workspace, contact, widget, reference])
        .await?;
    Ok(())
}

/// `from` turned out to be `into`: every thread of theirs is that person's from now on. Who began each stays.
pub async fn adopt(
    tx: &mut Tx,
    workspace: WorkspaceId,
    from: ContactId,
    into: ContactId,
) -> Result<()> {
    tx.run(ADOPT, args![workspace, from, into]).await?;
    Ok(())
}

/// Something that stands beside the thread changed: everyone who sees an open thread of theirs hears it.
/// The last thing in a transaction, because it takes the counter.
pub async fn tell_of_contact(
    tx: &mut Tx,
    workspace: WorkspaceId,
    by: Actor,
    contact: ContactId,
    at: Time,
) -> Result<()> {
    // Held until the commit, so that each stands where its entry says.
    tx.run(LOCK_OPEN, args![workspace, contact]).await?;
    let open: Vec<(Uuid, Uuid, Option<Uuid>)> = tx.all(OPEN_OF, args![workspace, contact]).await?;
    if open.is_empty() {
        return Ok(());
    }
    let first = log::take(tx, workspace, open.len() as i64).await?;
    for (seq, (conversation, team, assignee)) in (first..).zip(open) {
        tx.run(REVISE, args![workspace, conversation, seq]).await?;
        let place = place(team, assignee);
        let audience = Audience::Conversation {
            stamp: Stamp {
                conversation: conversation.into(),
                contact,
                before: place,
                after: place,
            },
            customer: true,
        };
        let entry = NewEntry::new(EventKind::ConversationUpdated, by, audience, at);
        log::append_at(tx, workspace, seq, entry).await?;
    }
    Ok(())
}

fn place(team: Uuid, assignee: Option<Uuid>) -> Place {
    Place {
        team: team.into(),
        assignee: assignee.map(Into::into),
    }
}
