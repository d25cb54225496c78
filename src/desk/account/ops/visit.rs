//! Sessions of visitors: made when somebody begins at a widget, and made anew when the host site says who they are.

use super::store;
use crate::base::db::Tx;
use crate::live::bus::log::{self, NewEntry, What};
use crate::model::{actor::Actor, error::Result, event::EventKind, id::*, limits, time::Time};
use chrono::Duration;
use uuid::Uuid;

/// A session for `contact` at `widget`, good for 400 days after its last use. With `only` it is a guest's, who reads
/// that thread alone, and ends after 30 days.
#[allow(clippy::too_many_arguments)]
pub async fn open(
    tx: &mut Tx,
    ws: WorkspaceId,
    contact: ContactId,
    widget: WidgetId,
    only: Option<ConversationId>,
    token_hash: [u8; 32],
    device: &str,
    at: Time,
) -> Result<()> {
    let idle_until = at.plus(Duration::days(limits::VISITOR_IDLE_DAYS));
    // A visitor's has no end in all: 100 years stand for it.
    let most = only.map_or(36_500, |_| limits::GUEST_DAYS);
    let expires_at = at.plus(Duration::days(most));
    let owner = store::Owner::Visitor(contact, widget, only);
    let id = Uuid::now_v7().into();
    store::add_session(
        tx,
        store::NewSession {
            id,
            workspace: ws,
            owner,
            token_hash,
            device,
            at,
            idle_until,
            expires_at,
        },
    )
    .await
}

/// End the sessions of `contact`: all of them, or this one alone. A session never changes whom it stands for, or more
/// people than that one might hold its token. Which ended; streams and caches hear of it by [`tell_ended`].
pub async fn end(
    tx: &mut Tx,
    ws: WorkspaceId,
    contact: ContactId,
    only: Option<SessionId>,
    at: Time,
) -> Result<Vec<SessionId>> {
    store::end_of_contact(tx, ws, contact, only, at).await
}

/// A widget goes for good, and with it the sessions of those who never wrote there.
pub async fn drop_at(tx: &mut Tx, ws: WorkspaceId, widget: WidgetId) -> Result<()> {
    store::drop_at(tx, ws, widget).await
}

/// The last thing in a transaction, because it takes the counter.
pub async fn tell_ended(
    tx: &mut Tx,
    ws: WorkspaceId,
    by: Actor,
    ended: &[SessionId],
    at: Time,
) -> Result<()> {
    for session in ended {
        let kind = EventKind::SessionRevoked;
        let entry = NewEntry::internal(kind, by, session.0, What::Replaced, at);
        log::append(tx, ws, entry).await?;
    }
    Ok(())
}
