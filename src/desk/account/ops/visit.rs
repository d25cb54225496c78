//! Sessions of visitors: made when somebody begins at a widget, moved when the host site says who they are.

use super::store;
use crate::base::db::Tx;
use crate::model::{error::Result, id::*, limits, time::Time};
use chrono::Duration;
use uuid::Uuid;

/// A session for `contact` at `widget`, good for 400 days after its last use.
pub async fn open(
    tx: &mut Tx,
    ws: WorkspaceId,
    contact: ContactId,
    widget: WidgetId,
    token_hash: [u8; 32],
    device: &str,
    at: Time,
) -> Result<()> {
    let idle_until = at.plus(Duration::days(limits::VISITOR_IDLE_DAYS));
    // There is no end in all: 100 years stand for it.
    let expires_at = at.plus(Duration::days(36_500));
    let owner = store::Owner::Visitor(contact, widget);
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

/// From now on the session is `contact`'s.
pub async fn hand_over(
    tx: &mut Tx,
    ws: WorkspaceId,
    session: SessionId,
    contact: ContactId,
) -> Result<()> {
    store::hand_over(tx, ws, session, contact).await
}
