//! Who has read how far.

use crate::base::db::{Conn, Tx, args, sql};
use crate::live::bus::rows::ConversationRow;
use crate::model::{error::Result, id::*};
use std::collections::HashMap;
use uuid::Uuid;

sql! {
    RECEIPT = "select read_seq, contact_texts, staff_texts from receipt where conversation_id = $1 and person_id = $2";
    SHOWN_UP_TO = "select coalesce(max(seq), 0) from message where conversation_id = $1 and shown and seq <= $2";
    ANSWERED = "select id from message where conversation_id = $1 and kind = 'text' and author_id = $2 limit 1";
    READ = "insert into receipt (conversation_id, person_id, workspace_id, read_seq, contact_texts, staff_texts) values ($1, $2, $3, $4, $5, $6) \
        on conflict (conversation_id, person_id) do update set read_seq = excluded.read_seq, contact_texts = excluded.contact_texts, staff_texts = excluded.staff_texts";
    READ_BY_CONTACT = "update conversation set contact_read_seq = $3 where workspace_id = $1 and id = $2 and contact_read_seq < $3";
    READ_BY_STAFF = "update conversation set staff_read_seq = $3 where workspace_id = $1 and id = $2 and staff_read_seq < $3";
}

/// Which messages of a thread: what is hidden from somebody takes no place in their pages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Staffs,
    Customers,
}

/// How far a person has read: seq, the contact's texts up to there, and staff's.
pub async fn receipt(conn: &mut Conn, id: ConversationId, person: Uuid) -> Result<(i64, i64, i64)> {
    Ok(conn
        .opt(RECEIPT, args![id, person])
        .await?
        .unwrap_or_default())
}

/// Texts read by a person, by conversation: the contact's and staff's.
pub async fn receipts(
    conn: &mut Conn,
    workspace: WorkspaceId,
    person: Uuid,
    list: &[ConversationRow],
) -> Result<HashMap<Uuid, (i64, i64)>> {
    const ASKED: [&str; 3] = [
        "select conversation_id, contact_texts, staff_texts from receipt",
        "where workspace_id = $1 and person_id = $2 and conversation_id",
        "",
    ];
    let ids: Vec<Uuid> = list.iter().map(|c| c.id).collect();
    let found: Vec<(Uuid, i64, i64)> = conn.among(ASKED, args![workspace, person], &ids).await?;
    Ok(found
        .into_iter()
        .map(|(id, contact, staff)| (id, (contact, staff)))
        .collect())
}

/// The last seq up to this one that the customer sees: what staff have among themselves is nobody's read mark.
pub async fn shown_up_to(conn: &mut Conn, id: ConversationId, seq: i64) -> Result<i64> {
    Ok(conn.one::<(i64,)>(SHOWN_UP_TO, args![id, seq]).await?.0)
}

/// Whether they have written to the customer in it.
pub async fn answered(conn: &mut Conn, id: ConversationId, person: Uuid) -> Result<bool> {
    let found: Option<(Uuid,)> = conn.opt(ANSWERED, args![id, person]).await?;
    Ok(found.is_some())
}

/// How far whom has read these, in no order: conversation, person, seq.
pub async fn marks(
    conn: &mut Conn,
    workspace: WorkspaceId,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Uuid, i64)>> {
    const ASKED: [&str; 3] = [
        "select conversation_id, person_id, read_seq from receipt",
        "where workspace_id = $1 and conversation_id",
        "",
    ];
    Ok(conn.among(ASKED, args![workspace], ids).await?)
}

/// The customer's texts up to there are ticked as read.
pub async fn tick(tx: &mut Tx, workspace: WorkspaceId, id: Uuid, seq: i64) -> Result<()> {
    tx.run(READ_BY_STAFF, args![workspace, id, seq]).await?;
    Ok(())
}

pub async fn save_receipt(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ConversationId,
    person: Uuid,
    at: (i64, i64, i64),
) -> Result<()> {
    tx.run(READ, args![id, person, workspace, at.0, at.1, at.2])
        .await?;
    Ok(())
}

/// The customer has read so far.
pub async fn read_by_contact(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ConversationId,
    seq: i64,
) -> Result<()> {
    tx.run(READ_BY_CONTACT, args![workspace, id, seq]).await?;
    Ok(())
}
