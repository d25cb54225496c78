//! Links with a token, and invitations.

use crate::base::db::{Db, Tx, args, sql};
use crate::model::{agent::AgentState, error::Result, id::*, link::Purpose, time::Time};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use uuid::Uuid;

sql! {
    ADD_LINK = "insert into link (token_hash, workspace_id, purpose, login_id, conversation_id, created_at, expires_at) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    LINK = "select l.workspace_id, l.purpose, l.conversation_id, o.agent_id, l.expires_at, w.name as workspace, a.name, o.email, o.email_key, a.state \
        from link l join workspace w on w.id = l.workspace_id left join login o on o.id = l.login_id \
        left join agent a on a.id = o.agent_id \
        where l.token_hash = $1 and l.used_at is null and l.expires_at > $2";
    USE_LINK = "update link set used_at = $2 where token_hash = $1 and used_at is null and expires_at > $2";
    DROP_LINKS = "delete from link where workspace_id = $1 and purpose = $2 and used_at is null \
        and (login_id = $3 or conversation_id = $4 or (login_id is null and conversation_id is null))";
    DROP_LINKS_OF = "delete from link where workspace_id = $1 and login_id = $2";
    DROP_ENTRIES = "delete from link where workspace_id = $1 and login_id = $2 and purpose in ('reset', 'sign_in')";
    INVITATIONS = "select o.agent_id, l.expires_at from link l join login o on o.id = l.login_id \
        where l.workspace_id = $1 and l.purpose = 'invitation' and l.used_at is null and l.expires_at > $2";
}

pub struct NewLink {
    pub token_hash: [u8; 32],
    pub purpose: Purpose,
    pub login: Option<LoginId>,
    pub thread: Option<ConversationId>,
    pub at: Time,
    pub until: Time,
}

/// Replaces the links of the same purpose for the same person, or to the same thread.
pub async fn add_link(tx: &mut Tx, workspace: WorkspaceId, l: NewLink) -> Result<()> {
    let dropped = args![workspace, l.purpose, l.login, l.thread];
    tx.run(DROP_LINKS, dropped).await?;
    let values = args![
        l.token_hash,
        workspace,
        l.purpose,
        l.login,
        l.thread,
        l.at,
        l.until
    ];
    tx.run(ADD_LINK, values).await?;
    Ok(())
}

#[derive(sqlx::FromRow, Clone)]
pub struct LinkRow {
    pub workspace_id: Uuid,
    pub purpose: Purpose,
    pub conversation_id: Option<Uuid>,
    pub agent_id: Option<Uuid>,
    pub expires_at: DateTime<Utc>,
    pub workspace: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub email_key: Option<String>,
    pub state: Option<AgentState>,
}

/// A link that still works.
pub async fn link(db: &Db, token_hash: [u8; 32], now: Time) -> Result<Option<LinkRow>> {
    Ok(db.opt(LINK, args![token_hash, now]).await?)
}

/// `false`: somebody was faster.
pub async fn use_link(tx: &mut Tx, token_hash: [u8; 32], now: Time) -> Result<bool> {
    Ok(tx.run(USE_LINK, args![token_hash, now]).await? == 1)
}

/// Every link of this login.
pub async fn drop_links_of(tx: &mut Tx, workspace: WorkspaceId, login: LoginId) -> Result<()> {
    tx.run(DROP_LINKS_OF, args![workspace, login]).await?;
    Ok(())
}

/// Links that would let this person in as what they were.
pub async fn drop_entries(tx: &mut Tx, workspace: WorkspaceId, login: LoginId) -> Result<()> {
    tx.run(DROP_ENTRIES, args![workspace, login]).await?;
    Ok(())
}

/// Until when the invitations that are out still work.
pub async fn invitations(
    db: &Db,
    workspace: WorkspaceId,
    now: Time,
) -> Result<HashMap<AgentId, Time>> {
    let rows = db
        .all::<(Option<Uuid>, DateTime<Utc>)>(INVITATIONS, args![workspace, now])
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(a, until)| Some((a?.into(), Time(until))))
        .collect())
}
