//! Who signs in with which address; wrong passwords, and the devices that are known.

use crate::base::db::{Conn, Db, Tx, args, fresh, is_unique, sql};
use crate::model::{
    agent::AgentState,
    error::{Error, Result},
    id::*,
    time::Time,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

sql! {
    LOGIN_BY_ADDRESS = "select l.id, l.agent_id, l.contact_id, a.state, l.password_hash from login l \
        left join agent a on a.id = l.agent_id where l.workspace_id = $1 and l.email_key = $2";
    LOGIN_OF_AGENT = "select id from login where workspace_id = $1 and agent_id = $2";
    LOGIN_OF_CUSTOMER = "select id from login where workspace_id = $1 and contact_id = $2";
    ADD_LOGIN = "insert into login (id, workspace_id, email, email_key, password_hash, agent_id, contact_id, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    SET_PASSWORD = "update login set password_hash = $3 where workspace_id = $1 and agent_id = $2";
    ACTIVATE = "update agent set state = 'active' where workspace_id = $1 and id = $2";
    TRY = "insert into lockout (workspace_id, email_key, device, tries, since) values ($1, $2, $3, 1, $4) \
        on conflict (workspace_id, email_key, device) do update set \
        tries = case when lockout.since < $5 then 1 else lockout.tries + 1 end, \
        since = case when lockout.since < $5 then excluded.since else lockout.since end returning tries, since";
    TRY_BACK = "update lockout set tries = tries - 1 where workspace_id = $1 and email_key = $2 and device = $3 and tries > 0";
    FORGIVE = "delete from lockout where workspace_id = $1 and email_key = $2";
    FORGET_TRIES = "delete from lockout where workspace_id = $1 and since < $2";
    KNOWN_DEVICE = "select d.login_id from device d join login l on l.id = d.login_id \
        where d.token_hash = $1 and d.workspace_id = $2 and l.email_key = $3";
    ADD_DEVICE = "insert into device (token_hash, workspace_id, login_id, created_at) values ($1, $2, $3, $4)";
    WORKSPACES_WITH_TRIES = "select distinct workspace_id from lockout where since < $1";
}

/// A login, as the door that compares passwords needs it.
#[derive(sqlx::FromRow)]
pub struct LoginRow {
    pub id: Uuid,
    pub agent_id: Option<Uuid>,
    pub contact_id: Option<Uuid>,
    /// The agent's.
    pub state: Option<AgentState>,
    pub password_hash: Option<String>,
}

/// Whose address it is.
pub async fn login_by_address(
    conn: &mut Conn,
    workspace: WorkspaceId,
    email_key: &str,
) -> Result<Option<LoginRow>> {
    Ok(conn
        .opt(LOGIN_BY_ADDRESS, args![workspace, email_key])
        .await?)
}

/// The agent's login; everybody who works here, or is invited, has one.
pub async fn login_of_agent(
    conn: &mut Conn,
    workspace: WorkspaceId,
    agent: AgentId,
) -> Result<LoginId> {
    let row: Option<(Uuid,)> = conn.opt(LOGIN_OF_AGENT, args![workspace, agent]).await?;
    row.map(|(id,)| id.into()).ok_or(Error::NotFound)
}

/// The customer's login, if they have one.
pub async fn login_of_customer(
    conn: &mut Conn,
    workspace: WorkspaceId,
    contact: ContactId,
) -> Result<Option<LoginId>> {
    let row: Option<(Uuid,)> = conn
        .opt(LOGIN_OF_CUSTOMER, args![workspace, contact])
        .await?;
    Ok(row.map(|(id,)| id.into()))
}

/// Whose a login is to be.
pub enum Holder {
    Agent(AgentId),
    Customer(ContactId),
}

pub struct NewLogin<'a> {
    pub holder: Holder,
    pub email: &'a str,
    pub email_key: &'a str,
    pub password_hash: Option<String>,
    pub at: Time,
}

/// `None`: the address is somebody's already, or the holder has a login; nothing may follow in this transaction.
pub async fn add_login(
    tx: &mut Tx,
    workspace: WorkspaceId,
    new: NewLogin<'_>,
) -> Result<Option<LoginId>> {
    let id: LoginId = fresh();
    let (agent, contact) = match new.holder {
        Holder::Agent(id) => (Some(id.0), None),
        Holder::Customer(id) => (None, Some(id.0)),
    };
    let values = args![
        id,
        workspace,
        new.email,
        new.email_key,
        new.password_hash,
        agent,
        contact,
        new.at
    ];
    match tx.run(ADD_LOGIN, values).await {
        Ok(_) => Ok(Some(id)),
        Err(e) if is_unique(&e) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Also makes whoever was invited, or suspended, active.
pub async fn set_password(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: AgentId,
    hash: &str,
) -> Result<()> {
    tx.run(SET_PASSWORD, args![workspace, id, hash]).await?;
    tx.run(ACTIVATE, args![workspace, id]).await?;
    Ok(())
}

/// Count a try before it is made: which one it is within its window, and when that began.
pub async fn count_try(
    tx: &mut Tx,
    w: WorkspaceId,
    key: &str,
    device: [u8; 32],
    now: Time,
    window: Time,
) -> Result<(i64, Time)> {
    let (tries, since) = tx
        .one::<(i64, DateTime<Utc>)>(TRY, args![w, key, device, now, window])
        .await?;
    Ok((tries, Time(since)))
}

/// It was the right one: it does not count.
pub async fn try_back(
    tx: &mut Tx,
    workspace: WorkspaceId,
    key: &str,
    device: [u8; 32],
) -> Result<()> {
    tx.run(TRY_BACK, args![workspace, key, device]).await?;
    Ok(())
}

/// A new password: the wrong ones before it are nobody's business.
pub async fn forgive(tx: &mut Tx, workspace: WorkspaceId, key: &str) -> Result<()> {
    tx.run(FORGIVE, args![workspace, key]).await?;
    Ok(())
}

pub async fn workspaces_with_old_tries(db: &Db, before: Time) -> Result<Vec<WorkspaceId>> {
    Ok(db
        .all::<(Uuid,)>(WORKSPACES_WITH_TRIES, args![before])
        .await?
        .into_iter()
        .map(|(id,)| id.into())
        .collect())
}

pub async fn forget_tries(tx: &mut Tx, workspace: WorkspaceId, before: Time) -> Result<()> {
    tx.run(FORGET_TRIES, args![workspace, before]).await?;
    Ok(())
}

pub async fn is_known_device(
    db: &Db,
    workspace: WorkspaceId,
    key: &str,
    device: [u8; 32],
) -> Result<bool> {
    Ok(db
        .opt::<(Uuid,)>(KNOWN_DEVICE, args![device, workspace, key])
        .await?
        .is_some())
}

pub async fn add_device(
    tx: &mut Tx,
    workspace: WorkspaceId,
    login: LoginId,
    device: [u8; 32],
    now: Time,
) -> Result<()> {
    tx.run(ADD_DEVICE, args![device, workspace, login, now])
        .await?;
    Ok(())
}
