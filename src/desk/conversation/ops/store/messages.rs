//! What was said.

use super::receipts::Whose;
use crate::base::db::{Conn, Tx, args, sql};
use crate::live::bus::rows::{self, MessageRow};
use crate::model::{
    error::Result,
    id::*,
    message::{AuthorKind, LineEvent},
    time::Time,
};
use sqlx::types::Json;
use uuid::Uuid;

sql! {
    BY_CLIENT = "select id, author_id, client_id, request_hash from message where workspace_id = $1 and client_id = $2 and author_id = $3";
    THREAD = "select id from message where conversation_id = $1 and workspace_id = $2 and seq < $3 order by seq desc limit $4";
    THREAD_AFTER = "select id from message where conversation_id = $1 and workspace_id = $2 and seq > $3 order by seq limit $4";
    THREAD_OUTSIDE = "select id from message where conversation_id = $1 and workspace_id = $2 and seq < $3 and shown order by seq desc limit $4";
    THREAD_AFTER_OUTSIDE = "select id from message where conversation_id = $1 and workspace_id = $2 and seq > $3 and shown order by seq limit $4";
    TEXTS_BETWEEN = "select author_kind, cast(count(*) as bigint) from message where conversation_id = $1 and kind = 'text' \
        and seq > $2 and seq <= $3 group by author_kind";
    NEWEST = "select id from conversation where workspace_id = $1 and widget_id = $2 and contact_id = $3 order by created_at desc, id desc limit 1";
    LEFT_BEHIND = "select id from conversation where workspace_id = $1 and status in ('waiting', 'active', 'snoozed') \
        and assignee_id in (select a.id from agent a where a.workspace_id = $1 and a.state = 'suspended') order by id limit $2";
}

pub(super) const ADD_MESSAGES: &str = "insert into message (id, workspace_id, conversation_id, seq, client_id, request_hash, kind, \
    author_kind, author_id, body, event, created_at, shown) values";

/// A message that was sent under this client id by this person: its id and what was asked then.
#[derive(sqlx::FromRow, Clone, Debug)]
pub struct Sent {
    pub id: Uuid,
    pub author_id: Uuid,
    pub client_id: Uuid,
    pub request_hash: Vec<u8>,
}

pub async fn sent(
    conn: &mut Conn,
    workspace: WorkspaceId,
    client: ClientId,
    author: Uuid,
) -> Result<Option<Sent>> {
    Ok(conn
        .opt(BY_CLIENT, args![workspace, client, author])
        .await?)
}

pub async fn sent_many(
    conn: &mut Conn,
    workspace: WorkspaceId,
    clients: &[Uuid],
) -> Result<Vec<Sent>> {
    const ASKED: [&str; 3] = [
        "select id, author_id, client_id, request_hash from message",
        "where workspace_id = $1 and client_id",
        "",
    ];
    Ok(conn.among(ASKED, args![workspace], clients).await?)
}

/// A message about to be written, with what its answer needs.
#[derive(Clone, Debug)]
pub struct NewMessage {
    pub row: MessageRow,
    pub request_hash: Option<[u8; 32]>,
}

pub async fn add_messages(
    tx: &mut Tx,
    workspace: WorkspaceId,
    messages: &[NewMessage],
) -> Result<()> {
    let rows = messages.iter().map(|NewMessage { row, request_hash }| {
        let event = row.event.as_ref();
        args![
            row.id,
            workspace,
            row.conversation_id,
            row.seq,
            row.client_id,
            request_hash.map(|h| h.to_vec()),
            row.kind,
            row.author_kind,
            row.author_id,
            row.body.clone(),
            event.map(|e| serde_json::to_value(&e.0).unwrap_or_default()),
            row.created_at,
            row.is_shown()
        ]
    });
    Ok(tx.run_rows([ADD_MESSAGES, ""], rows).await?)
}

pub async fn newest(
    conn: &mut Conn,
    workspace: WorkspaceId,
    widget: WidgetId,
    contact: ContactId,
) -> Result<Option<ConversationId>> {
    Ok(conn
        .opt::<(Uuid,)>(NEWEST, args![workspace, widget, contact])
        .await?
        .map(|(id,)| id.into()))
}

/// Up to `limit` messages before `before` (or, with `after`, behind it), oldest first, and whether there are more.
pub async fn thread(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: ConversationId,
    whose: Whose,
    before: Option<i64>,
    after: Option<i64>,
    limit: usize,
) -> Result<(Vec<MessageRow>, bool)> {
    let (back, on) = match whose {
        Whose::Staffs => (THREAD, THREAD_AFTER),
        Whose::Customers => (THREAD_OUTSIDE, THREAD_AFTER_OUTSIDE),
    };
    let most = limit as i64 + 1;
    let mut order: Vec<Uuid> = match after {
        Some(after) => {
            conn.all::<(Uuid,)>(on, args![id, workspace, after, most])
                .await?
        }
        None => {
            conn.all::<(Uuid,)>(back, args![id, workspace, before.unwrap_or(i64::MAX), most])
                .await?
        }
    }
    .into_iter()
    .map(|(id,)| id)
    .collect();
    let more = order.len() > limit;
    order.truncate(limit);
    let mut messages = rows::messages(conn, workspace, &order).await?;
    messages.sort_by_key(|m| m.seq);
    Ok((messages, more))
}

/// Texts of each side in `(from, to]`: the contact's and staff's.
pub async fn texts_between(
    conn: &mut Conn,
    id: ConversationId,
    from: i64,
    to: i64,
) -> Result<(i64, i64)> {
    let found: Vec<(AuthorKind, i64)> = conn.all(TEXTS_BETWEEN, args![id, from, to]).await?;
    let by = |kinds: &[AuthorKind]| {
        let theirs = found.iter().filter(|(kind, _)| kinds.contains(kind));
        theirs.map(|(_, n)| n).sum()
    };
    Ok((
        by(&[AuthorKind::Contact]),
        by(&[AuthorKind::Agent, AuthorKind::Bot]),
    ))
}

/// An event line of a thread.
#[derive(sqlx::FromRow)]
pub struct Line {
    pub conversation_id: Uuid,
    pub author_id: Uuid,
    pub seq: i64,
    pub event: Json<LineEvent>,
}

/// The event lines of these since then, in no order.
pub async fn lines_since(
    conn: &mut Conn,
    workspace: WorkspaceId,
    ids: &[Uuid],
    since: Time,
) -> Result<Vec<Line>> {
    const ASKED: [&str; 3] = [
        "select conversation_id, author_id, seq, event from message",
        "where workspace_id = $1 and kind = 'event' and event is not null and created_at >= $2 and conversation_id",
        "",
    ];
    Ok(conn.among(ASKED, args![workspace, since], ids).await?)
}

/// Open ones that belong to somebody who is suspended.
pub async fn left_behind(conn: &mut Conn, workspace: WorkspaceId, most: i64) -> Result<Vec<Uuid>> {
    let found: Vec<(Uuid,)> = conn.all(LEFT_BEHIND, args![workspace, most]).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}
