//! The SQL of workspaces, people and sessions.

use super::who::{Facts, Person};
use crate::base::db::{Conn, Db, Tx, args, sql};
use crate::model::{error::Result, id::*, time::Time};
use chrono::{DateTime, Utc};
use uuid::Uuid;

sql! {
    SESSION = "select s.id, s.workspace_id, s.agent_id, s.contact_id, s.widget_id, s.last_seen_at, s.idle_until, s.expires_at, \
        a.name, a.display_name, a.role \
        from session s left join agent a on a.id = s.agent_id left join widget w on w.id = s.widget_id \
        where s.token_hash = $1 and s.revoked_at is null and s.idle_until > $2 and s.expires_at > $2 \
        and (s.agent_id is null or a.state = 'active') and (s.widget_id is null or w.enabled)";
    TEAMS_OF = "select team_id from team_member where agent_id = $1 order by team_id";
    TOUCH = "update session set last_seen_at = $2, idle_until = $3 where id = $1";
    BY_HOST = "select id from workspace where host = $1";
    DEFAULT = "select id from workspace where is_default";
    ADD_SESSION = "insert into session (id, workspace_id, agent_id, contact_id, widget_id, token_hash, device, created_at, last_seen_at, \
        idle_until, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10)";
    ONLINE = "select a.id from agent a join presence p on p.agent_id = a.id where a.workspace_id = $1 and a.state = 'active' \
        and a.availability = 'online' and p.expires_at > $2 limit 1";
    HAND_OVER = "update session set contact_id = $3 where workspace_id = $1 and id = $2 and contact_id is not null";
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    id: Uuid,
    workspace_id: Uuid,
    agent_id: Option<Uuid>,
    contact_id: Option<Uuid>,
    widget_id: Option<Uuid>,
    last_seen_at: DateTime<Utc>,
    idle_until: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    name: Option<String>,
    display_name: Option<String>,
    role: Option<String>,
}

/// The live session behind a token, with the rights of this moment.
pub async fn session(db: &Db, token_hash: [u8; 32], now: Time) -> Result<Option<Facts>> {
    let Some(row) = db.opt::<SessionRow>(SESSION, args![token_hash, now]).await? else { return Ok(None) };
    let person = match (row.agent_id, row.contact_id, row.widget_id) {
        (Some(agent), _, _) => {
            let teams = db.all::<(Uuid,)>(TEAMS_OF, args![agent]).await?;
            Person::Agent {
                id: agent.into(),
                name: row.name.unwrap_or_default(),
                display_name: row.display_name.unwrap_or_default(),
                role: row.role.unwrap_or_default().parse()?,
                teams: teams.into_iter().map(|(id,)| id.into()).collect(),
            }
        }
        (None, Some(contact), Some(widget)) => Person::Visitor { contact: contact.into(), widget: widget.into() },
        _ => return Ok(None),
    };
    Ok(Some(Facts {
        session: row.id.into(),
        workspace: row.workspace_id.into(),
        person,
        last_seen_at: Time(row.last_seen_at),
        until: Time(row.idle_until.min(row.expires_at)),
    }))
}

pub async fn touch(tx: &mut Tx, session: SessionId, now: Time, idle_until: Time) -> Result<()> {
    tx.run(TOUCH, args![session, now, idle_until]).await?;
    Ok(())
}

pub async fn workspace_by_host(db: &Db, host: &str) -> Result<Option<WorkspaceId>> {
    Ok(db.opt::<(Uuid,)>(BY_HOST, args![host]).await?.map(|(id,)| id.into()))
}

pub async fn default_workspace(db: &Db) -> Result<Option<WorkspaceId>> {
    Ok(db.opt::<(Uuid,)>(DEFAULT, args![]).await?.map(|(id,)| id.into()))
}

/// Whose session: an agent's, or a contact's at a widget.
pub enum Owner {
    Agent(AgentId),
    Visitor(ContactId, WidgetId),
}

pub struct NewSession<'a> {
    pub id: SessionId,
    pub workspace: WorkspaceId,
    pub owner: Owner,
    pub token_hash: [u8; 32],
    pub device: &'a str,
    pub at: Time,
    pub idle_until: Time,
    pub expires_at: Time,
}

pub async fn add_session(conn: &mut Conn, s: NewSession<'_>) -> Result<()> {
    let (agent, contact, widget) = match s.owner {
        Owner::Agent(a) => (Some(a.0), None, None),
        Owner::Visitor(c, w) => (None, Some(c.0), Some(w.0)),
    };
    let values = args![s.id, s.workspace, agent, contact, widget, s.token_hash, s.device, s.at, s.idle_until, s.expires_at];
    conn.run(ADD_SESSION, values).await?;
    Ok(())
}

/// A visitor's session becomes another contact's.
pub async fn hand_over(tx: &mut Tx, ws: WorkspaceId, session: SessionId, contact: ContactId) -> Result<()> {
    tx.run(HAND_OVER, args![ws, session, contact]).await?;
    Ok(())
}

pub async fn online(db: &Db, ws: WorkspaceId, now: Time) -> Result<bool> {
    Ok(db.opt::<(Uuid,)>(ONLINE, args![ws, now]).await?.is_some())
}
