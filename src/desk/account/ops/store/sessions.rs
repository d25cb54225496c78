//! Sessions: whose they are, and what they stand for.

use super::super::who::{Facts, Person};
use super::TEAMS_OF;
use crate::base::db::{Conn, Db, Tx, args, sql};
use crate::model::{
    agent::{Login, Role},
    error::{Error, Result},
    id::*,
    time::Time,
};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use uuid::Uuid;

sql! {
    SESSION = "select s.id, s.workspace_id, s.login_id, l.agent_id, l.contact_id as customer_id, s.contact_id, s.widget_id, \
        s.conversation_id, s.last_seen_at, s.idle_until, s.expires_at, a.name, a.display_name, a.role \
        from session s left join login l on l.id = s.login_id left join agent a on a.id = l.agent_id \
        left join widget w on w.id = s.widget_id \
        where s.token_hash = $1 and s.revoked_at is null and s.idle_until > $2 and s.expires_at > $2 \
        and (l.agent_id is null or a.state = 'active') and (s.widget_id is null or w.enabled)";
    TOUCH = "update session set last_seen_at = $2, idle_until = $3 where id = $1";
    ADD_SESSION = "insert into session (id, workspace_id, login_id, contact_id, widget_id, token_hash, device, created_at, last_seen_at, \
        idle_until, expires_at, conversation_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11)";
    LOGINS_OF_LOGIN = "select id, device, created_at, last_seen_at from session where workspace_id = $1 and login_id = $2 \
        and revoked_at is null and idle_until > $3 and expires_at > $3 order by last_seen_at desc, id desc";
    LOGINS_OF_CONTACT = "select id, device, created_at, last_seen_at from session where workspace_id = $1 and contact_id = $2 \
        and revoked_at is null and idle_until > $3 and expires_at > $3 order by last_seen_at desc, id desc";
    REVOKE_OF_LOGIN = "update session set revoked_at = $4 where workspace_id = $1 and login_id = $2 and id = $3 and revoked_at is null";
    DROP_AT = "delete from session where workspace_id = $1 and widget_id = $2";
    REVOKE_OF_CONTACT = "update session set revoked_at = $4 where workspace_id = $1 and contact_id = $2 and id = $3 and revoked_at is null";
    END_OF_CONTACT = "update session set revoked_at = $4 where workspace_id = $1 and contact_id = $2 and id = coalesce($3, id) \
        and revoked_at is null returning id";
    REVOKE_ALL = "update session set revoked_at = $4 where workspace_id = $1 and login_id = $2 and id <> $3 and revoked_at is null \
        returning id";
}

pub(super) const STANDING: [&str; 3] = [
    "select s.id, coalesce(s.contact_id, l.contact_id) as contact_id, a.role from session s left join login l on l.id = s.login_id \
        left join agent a on a.id = l.agent_id left join widget w on w.id = s.widget_id \
        where s.revoked_at is null and s.idle_until > $1 and s.expires_at > $2 \
        and (l.agent_id is null or a.state = 'active') and (s.widget_id is null or w.enabled) and",
    "s.id",
    "",
];

#[derive(sqlx::FromRow)]
pub(super) struct SessionRow {
    id: Uuid,
    workspace_id: Uuid,
    login_id: Option<Uuid>,
    agent_id: Option<Uuid>,
    customer_id: Option<Uuid>,
    contact_id: Option<Uuid>,
    widget_id: Option<Uuid>,
    conversation_id: Option<Uuid>,
    last_seen_at: DateTime<Utc>,
    idle_until: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    name: Option<String>,
    display_name: Option<String>,
    role: Option<Role>,
}

/// The live session behind a token, with the rights of this moment.
pub async fn session(db: &Db, token_hash: [u8; 32], now: Time) -> Result<Option<Facts>> {
    let Some(row) = db
        .opt::<SessionRow>(SESSION, args![token_hash, now])
        .await?
    else {
        return Ok(None);
    };
    let of_login = row
        .login_id
        .map(|login| (login, row.agent_id, row.customer_id));
    let person = match (of_login, row.contact_id, row.widget_id) {
        (Some((login, None, Some(contact))), ..) => Person::Customer {
            login: login.into(),
            contact: contact.into(),
        },
        (Some((login, Some(agent), None)), ..) => {
            let teams = db.all::<(Uuid,)>(TEAMS_OF, args![agent]).await?;
            Person::Agent {
                id: agent.into(),
                login: login.into(),
                name: row.name.unwrap_or_default(),
                display_name: row.display_name.unwrap_or_default(),
                role: row.role.ok_or(Error::Unavailable)?,
                teams: teams.into_iter().map(|(id,)| id.into()).collect(),
            }
        }
        (None, Some(contact), Some(widget)) => Person::Visitor {
            contact: contact.into(),
            widget: widget.into(),
            only: row.conversation_id.map(Into::into),
        },
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

/// What a live session stands for now.
#[derive(sqlx::FromRow)]
pub struct Standing {
    id: Uuid,
    pub contact_id: Option<Uuid>,
    pub role: Option<Role>,
}

/// Those of these sessions that are live.
pub async fn standing(
    conn: &mut Conn,
    sessions: &[SessionId],
    now: Time,
) -> Result<HashMap<SessionId, Standing>> {
    let ids: Vec<Uuid> = sessions.iter().map(|s| s.0).collect();
    let live: Vec<Standing> = conn.among(STANDING, args![now, now], &ids).await?;
    Ok(live.into_iter().map(|s| (s.id.into(), s)).collect())
}

pub async fn touch(tx: &mut Tx, session: SessionId, now: Time, idle_until: Time) -> Result<()> {
    tx.run(TOUCH, args![session, now, idle_until]).await?;
    Ok(())
}

/// Whose session: a login's, or a contact's at a widget, there perhaps of one thread alone.
#[derive(Clone, Copy)]
pub enum Owner {
    Login(LoginId),
    Visitor(ContactId, WidgetId, Option<ConversationId>),
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
    let (login, contact, widget, only) = match s.owner {
        Owner::Login(l) => (Some(l.0), None, None, None),
        Owner::Visitor(c, w, only) => (None, Some(c.0), Some(w.0), only.map(|id| id.0)),
    };
    let values = args![
        s.id,
        s.workspace,
        login,
        contact,
        widget,
        s.token_hash,
        s.device,
        s.at,
        s.idle_until,
        s.expires_at,
        only
    ];
    conn.run(ADD_SESSION, values).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
pub(super) struct LoginPlaceRow {
    id: Uuid,
    device: String,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
}

pub async fn logins(
    db: &Db,
    workspace: WorkspaceId,
    person: &Owner,
    current: SessionId,
    now: Time,
) -> Result<Vec<Login>> {
    let rows: Vec<LoginPlaceRow> = match person {
        Owner::Login(id) => db.all(LOGINS_OF_LOGIN, args![workspace, *id, now]).await?,
        Owner::Visitor(id, ..) => {
            db.all(LOGINS_OF_CONTACT, args![workspace, *id, now])
                .await?
        }
    };
    let login = |r: LoginPlaceRow| Login {
        id: r.id.into(),
        device: r.device,
        created_at: Time(r.created_at),
        last_seen_at: Time(r.last_seen_at),
        current: r.id == current.0,
    };
    Ok(rows.into_iter().map(login).collect())
}

/// `false`: not a live session of this person's.
pub async fn revoke(
    tx: &mut Tx,
    workspace: WorkspaceId,
    person: &Owner,
    session: SessionId,
    now: Time,
) -> Result<bool> {
    let n = match person {
        Owner::Login(id) => {
            tx.run(REVOKE_OF_LOGIN, args![workspace, *id, session, now])
                .await?
        }
        Owner::Visitor(id, ..) => {
            tx.run(REVOKE_OF_CONTACT, args![workspace, *id, session, now])
                .await?
        }
    };
    Ok(n == 1)
}

/// All sessions of a login but `keep`; returns which.
pub async fn revoke_all(
    tx: &mut Tx,
    workspace: WorkspaceId,
    login: LoginId,
    keep: Option<SessionId>,
    now: Time,
) -> Result<Vec<SessionId>> {
    let keep = keep.unwrap_or(SessionId(Uuid::nil()));
    Ok(tx
        .all::<(Uuid,)>(REVOKE_ALL, args![workspace, login, keep, now])
        .await?
        .into_iter()
        .map(|(id,)| id.into())
        .collect())
}

/// Every session at this widget.
pub async fn drop_at(tx: &mut Tx, workspace: WorkspaceId, widget: WidgetId) -> Result<()> {
    tx.run(DROP_AT, args![workspace, widget]).await?;
    Ok(())
}

/// A contact's sessions, or `only` this one; returns which.
pub async fn end_of_contact(
    tx: &mut Tx,
    workspace: WorkspaceId,
    contact: ContactId,
    only: Option<SessionId>,
    now: Time,
) -> Result<Vec<SessionId>> {
    let ended = tx
        .all::<(Uuid,)>(END_OF_CONTACT, args![workspace, contact, only, now])
        .await?;
    Ok(ended.into_iter().map(|(id,)| id.into()).collect())
}
