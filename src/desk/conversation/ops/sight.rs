//! Who may see a conversation, and what of it.

use super::store;
use crate::base::db::Conn;
use crate::desk::account::ops::who::{Asker, Staff};
use crate::live::bus::{
    rows::{self, ConversationRow},
    threads,
};
use crate::model::{
    conversation::{Conversation, ForReader, PublicConversation},
    error::{Error, Result},
    event::{Listener, Place},
    id::*,
};

/// Where it stands, if whoever asks may see it, now and not when their request began.
pub(super) async fn visible_place(who: &Asker, id: ConversationId) -> Result<Place> {
    let mut snapshot = who.desk().db().snapshot().await?;
    who.still(&mut snapshot).await?;
    let row = rows::conversation(&mut snapshot, who.workspace(), id).await?;
    let sees = match who {
        Asker::Staff(s) => s.listener().sees(row.place()),
        Asker::Visitor(v) => v.listener().is_with(row.contact_id.into(), id),
    };
    if sees {
        Ok(row.place())
    } else {
        Err(Error::NotFound)
    }
}

/// Whoever may see a conversation may read the same person's others.
pub(super) async fn may_read(
    conn: &mut Conn,
    workspace: WorkspaceId,
    row: &ConversationRow,
    who: &Listener,
) -> Result<()> {
    let sees = match who {
        Listener::Contact { .. } => who.is_with(row.contact_id.into(), row.id.into()),
        Listener::Staff { .. } => {
            who.sees(row.place())
                || threads::any_in_sight(conn, workspace, row.person_id.into(), who).await?
        }
    };
    if sees { Ok(()) } else { Err(Error::NotFound) }
}

pub(super) async fn readable(staff: &Staff, id: ConversationId) -> Result<ConversationRow> {
    let mut snapshot = staff.db().snapshot().await?;
    let row = rows::conversation(&mut snapshot, staff.workspace(), id).await?;
    may_read(&mut snapshot, staff.workspace(), &row, &staff.listener()).await?;
    Ok(row)
}

/// `read` texts of the contact are known to the asker.
pub(super) async fn seen_by_staff(
    conn: &mut Conn,
    workspace: WorkspaceId,
    row: &ConversationRow,
    read: i64,
) -> Result<ForReader<Conversation>> {
    let queued = store::queued(conn, workspace, std::slice::from_ref(row)).await?;
    Ok(ForReader {
        conversation: row.staff(),
        unread_count: row.contact_texts - read,
        queue_position: queued.get(&row.id).copied(),
    })
}

pub(super) async fn seen_by_contact(
    conn: &mut Conn,
    workspace: WorkspaceId,
    row: &ConversationRow,
) -> Result<ForReader<PublicConversation>> {
    let (_, _, read) = store::receipt(conn, row.id.into(), row.contact_id).await?;
    let queued = store::queued(conn, workspace, std::slice::from_ref(row)).await?;
    Ok(ForReader {
        conversation: row.public(),
        unread_count: row.staff_texts - read,
        queue_position: queued.get(&row.id).copied(),
    })
}
