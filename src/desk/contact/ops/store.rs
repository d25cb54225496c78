//! The SQL of contacts.

use super::User;
use crate::base::db::{Conn, Tx, args, sql};
use crate::model::{
    contact::{Contact, Reference},
    error::{Error, Result},
    id::*,
    text::{Email, Name},
    time::Time,
};
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

sql! {
    ADD = "insert into contact (id, workspace_id, name, email, email_key, source_id, user_id, verified_at, page_url, reference, \
        created_at, last_seen_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) on conflict do nothing";
    /// Who was merged into somebody is that person to the host site.
    FIND = "select c.id, c.name, c.email, coalesce(c.source_id, m.source_id) as source_id, coalesce(c.user_id, m.user_id) as user_id, \
        c.verified_at, c.page_url, c.reference, c.created_at, c.last_seen_at \
        from contact c left join contact m on m.id = c.merged_into where c.workspace_id = $1 and c.id = $2";
    BY_USER = "select id, name, email, source_id, user_id, verified_at, page_url, reference, created_at, last_seen_at \
        from contact where workspace_id = $1 and source_id = $2 and user_id = $3";
    BY_ADDRESS = "select id, name, email, source_id, user_id, verified_at, page_url, reference, created_at, last_seen_at \
        from contact c where workspace_id = $1 and email_key = $2 and merged_into is null \
        and user_id is null and not exists (select 1 from session s where s.contact_id = c.id and s.conversation_id is null) \
        order by created_at desc, id desc limit 1";
    SAY = "update contact set name = coalesce($3, name), email = coalesce($4, email), email_key = coalesce($5, email_key) \
        where workspace_id = $1 and id = $2";
    CORRECT = "update contact set name = $3, email = $4, email_key = $5 where workspace_id = $1 and id = $2";
    SEEN = "update contact set page_url = coalesce($3, page_url), reference = coalesce($4, reference), last_seen_at = $5 \
        where workspace_id = $1 and id = $2";
    VERIFY = "update contact set source_id = $3, user_id = $4, verified_at = $5 where workspace_id = $1 and id = $2";
    MERGE = "update contact set merged_into = $3, verified_at = $4 where workspace_id = $1 and id = $2";
    CONTACT_NAME = "select name from contact where workspace_id = $1 and id = $2";
}

/// A contact with what only the desk itself needs to know.
pub struct Known {
    pub contact: Contact,
    /// Whom the host site vouches for.
    pub user: Option<User>,
    /// What they looked at last, for their next conversation.
    pub reference: Option<Reference>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: Option<String>,
    email: Option<String>,
    source_id: Option<Uuid>,
    user_id: Option<String>,
    verified_at: Option<DateTime<Utc>>,
    page_url: Option<String>,
    reference: Option<Json<Reference>>,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
}

impl From<Row> for Known {
    fn from(r: Row) -> Known {
        let contact = Contact {
            id: r.id.into(),
            name: r.name,
            email: r.email,
            verified: r.verified_at.is_some(),
            page_url: r.page_url,
            created_at: Time(r.created_at),
            last_seen_at: Time(r.last_seen_at),
        };
        Known {
            contact,
            user: r.source_id.zip(r.user_id).map(|(source, id)| User {
                source: source.into(),
                id,
            }),
            reference: r.reference.map(|r| r.0),
        }
    }
}

fn json(reference: Option<&Reference>) -> Option<serde_json::Value> {
    reference.and_then(|r| serde_json::to_value(r).ok())
}

/// `false`: another node was faster with this user.
pub async fn add(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ContactId,
    new: &super::New<'_>,
    at: Time,
) -> Result<bool> {
    let (email, key) = (new.email.map(Email::as_str), new.email.map(Email::key));
    let verified_at = new.user.map(|_| at);
    let values = args![
        id,
        ws,
        new.name,
        email,
        key,
        new.user.map(|u| u.source),
        new.user.map(|u| u.id.as_str()),
        verified_at,
        new.page_url,
        json(new.reference),
        at
    ];
    Ok(tx.run(ADD, values).await? == 1)
}

pub async fn find(conn: &mut Conn, ws: WorkspaceId, id: ContactId) -> Result<Known> {
    Ok(conn
        .opt::<Row>(FIND, args![ws, id])
        .await?
        .ok_or(Error::NotFound)?
        .into())
}

pub async fn by_user(conn: &mut Conn, ws: WorkspaceId, user: &User) -> Result<Option<Known>> {
    Ok(conn
        .opt::<Row>(BY_USER, args![ws, user.source, user.id.as_str()])
        .await?
        .map(Into::into))
}

pub async fn by_address(conn: &mut Conn, ws: WorkspaceId, key: String) -> Result<Option<Known>> {
    Ok(conn
        .opt::<Row>(BY_ADDRESS, args![ws, key])
        .await?
        .map(Into::into))
}

pub async fn say(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ContactId,
    name: Option<&str>,
    email: Option<&Email>,
) -> Result<()> {
    tx.run(
        SAY,
        args![
            ws,
            id,
            name,
            email.map(Email::as_str),
            email.map(Email::key)
        ],
    )
    .await?;
    Ok(())
}

pub async fn correct(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ContactId,
    name: Option<&Name>,
    email: Option<&Email>,
) -> Result<()> {
    let values = args![
        ws,
        id,
        name.map(Name::as_str),
        email.map(Email::as_str),
        email.map(Email::key)
    ];
    tx.run(CORRECT, values).await?;
    Ok(())
}

pub async fn seen(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ContactId,
    page_url: Option<&str>,
    reference: Option<&Reference>,
    at: Time,
) -> Result<()> {
    tx.run(SEEN, args![ws, id, page_url, json(reference), at])
        .await?;
    Ok(())
}

pub async fn verify(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ContactId,
    user: &User,
    at: Time,
) -> Result<()> {
    let (source, user) = (user.source, user.id.as_str());
    tx.run(VERIFY, args![ws, id, source, user, at]).await?;
    Ok(())
}

pub async fn merge(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ContactId,
    into: ContactId,
    at: Time,
) -> Result<()> {
    tx.run(MERGE, args![ws, id, into, at]).await?;
    Ok(())
}

pub async fn name_of(
    conn: &mut Conn,
    workspace: WorkspaceId,
    contact: ContactId,
) -> Result<Option<String>> {
    let found: Option<(Option<String>,)> =
        conn.opt(CONTACT_NAME, args![workspace, contact]).await?;
    found.map(|(name,)| name).ok_or(Error::NotFound)
}
