//! Who is heard from.

use super::super::rules::online;
use crate::base::db::{Conn, Db, Tx, args, sql};
use crate::model::{
    agent::{Availability, Face},
    error::Result,
    id::*,
    time::Time,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

sql! {
    ONLINE_FACES = concat!("select a.id, a.display_name from agent a join presence p on p.agent_id = a.id \
        where a.workspace_id = $1 and ", online!("$2"), " order by a.created_at, a.id limit 4");
    ONLINE = concat!("select count(*) from agent a join presence p on p.agent_id = a.id \
        where a.workspace_id = $1 and ", online!("$2"));
    IS_ONLINE = concat!("select 1 from presence p join agent a on a.id = p.agent_id where p.agent_id = $1 and ", online!("$2"));
    UNTOLD = "select p.agent_id from presence p join agent a on a.id = p.agent_id where p.workspace_id = $1 and not p.told \
        and p.expires_at > $2 and a.state = 'active' and a.availability = 'online' order by p.agent_id";
    TELL_CAME = "update presence set told = $3 where agent_id = $1 and not told and expires_at > $2";
    TELL_LEFT = "update presence set told = $3 where agent_id = $1 and told and expires_at <= $2";
    TELL_NOW = "update presence set told = $2 where agent_id = $1";
    LEFT = "select p.workspace_id, p.agent_id, a.availability from presence p join agent a on a.id = p.agent_id \
        where p.told and p.expires_at <= $1 order by p.workspace_id, p.agent_id";
    PRESENT = "select expires_at from presence where agent_id = $1 and expires_at > $2";
    DROP_PRESENCE = "delete from presence where agent_id = $1 and told";
}

pub(super) const HEARD: &str =
    "insert into presence (agent_id, workspace_id, expires_at, told) values";

pub(super) const HEARD_AGAIN: &str =
    "on conflict (agent_id) do update set expires_at = excluded.expires_at";

/// How many are online.
pub async fn online(conn: &mut Conn, workspace: WorkspaceId, now: Time) -> Result<i64> {
    Ok(conn.one::<(i64,)>(ONLINE, args![workspace, now]).await?.0)
}

/// A few of them, as customers see them.
pub async fn online_faces(conn: &mut Conn, workspace: WorkspaceId, now: Time) -> Result<Vec<Face>> {
    let rows: Vec<(Uuid, String)> = conn.all(ONLINE_FACES, args![workspace, now]).await?;
    Ok(rows
        .into_iter()
        .map(|(id, name)| Face {
            id: id.into(),
            name,
        })
        .collect())
}

pub async fn online_now(db: &Db, workspace: WorkspaceId, now: Time) -> Result<i64> {
    Ok(db.one::<(i64,)>(ONLINE, args![workspace, now]).await?.0)
}

/// These were heard from; they count until `until`.
pub async fn renew(
    tx: &mut Tx,
    workspace: WorkspaceId,
    agents: &[AgentId],
    until: Time,
) -> Result<()> {
    let rows = agents.iter().map(|a| args![*a, workspace, until, false]);
    Ok(tx.run_rows([HEARD, HEARD_AGAIN], rows).await?)
}

/// Who is online without anybody having been told.
pub async fn unannounced(tx: &mut Tx, workspace: WorkspaceId, now: Time) -> Result<Vec<AgentId>> {
    Ok(tx
        .all::<(Uuid,)>(UNTOLD, args![workspace, now])
        .await?
        .into_iter()
        .map(|(id,)| id.into())
        .collect())
}

/// `true`: it is ours to tell that they came.
pub async fn tell_came(tx: &mut Tx, agent: AgentId, now: Time) -> Result<bool> {
    Ok(tx.run(TELL_CAME, args![agent, now, true]).await? == 1)
}

/// `true`: it is ours to tell that they left.
pub async fn tell_left(tx: &mut Tx, agent: AgentId, now: Time) -> Result<bool> {
    Ok(tx.run(TELL_LEFT, args![agent, now, false]).await? == 1)
}

/// What listeners are told with this very transaction.
pub async fn tell_now(tx: &mut Tx, agent: AgentId, online: bool) -> Result<()> {
    tx.run(TELL_NOW, args![agent, online]).await?;
    Ok(())
}

pub async fn is_present(tx: &mut Tx, agent: AgentId, now: Time) -> Result<bool> {
    Ok(tx
        .opt::<(DateTime<Utc>,)>(PRESENT, args![agent, now])
        .await?
        .is_some())
}

/// Whoever was told to be online and has not been heard from since.
pub async fn left(db: &Db, now: Time) -> Result<Vec<(WorkspaceId, AgentId, Availability)>> {
    let rows: Vec<(Uuid, Uuid, Availability)> = db.all(LEFT, args![now]).await?;
    Ok(rows
        .into_iter()
        .map(|(w, a, said)| (w.into(), a.into(), said))
        .collect())
}

/// They are gone for good; `true` if listeners believe them to be online.
pub async fn drop_presence(tx: &mut Tx, agent: AgentId) -> Result<bool> {
    Ok(tx.run(DROP_PRESENCE, args![agent]).await? == 1)
}

pub async fn is_online(conn: &mut Conn, agent: AgentId, now: Time) -> Result<bool> {
    Ok(conn
        .opt::<(i32,)>(IS_ONLINE, args![agent, now])
        .await?
        .is_some())
}
