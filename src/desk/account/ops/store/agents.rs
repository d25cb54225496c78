//! Agents, and the teams they are in.

use super::{
    TEAMS_OF,
    links::drop_links_of,
    logins::{Holder, NewLogin, add_login, login_of_agent},
};
use crate::base::db::{Conn, Tx, args, sql};
use crate::model::{
    agent::{Agent, AgentState, Availability, Role},
    error::{Error, Result},
    id::*,
    time::Time,
};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use uuid::Uuid;

sql! {
    AGENTS = "select a.id, a.name, a.display_name, l.email, a.role, a.state, a.availability, a.reason, a.created_at, p.expires_at \
        from agent a join login l on l.agent_id = a.id left join presence p on p.agent_id = a.id where a.workspace_id = $1 order by a.created_at, a.id";
    AGENT = "select a.id, a.name, a.display_name, l.email, a.role, a.state, a.availability, a.reason, a.created_at, p.expires_at \
        from agent a join login l on l.agent_id = a.id left join presence p on p.agent_id = a.id where a.workspace_id = $1 and a.id = $2";
    MEMBERS = "select agent_id, team_id from team_member where workspace_id = $1 order by team_id";
    DROP_LOGIN = "delete from login where id = $1";
    ADD_AGENT = "insert into agent (id, workspace_id, name, display_name, role, state, created_at) values ($1, $2, $3, $4, $5, $6, $7)";
    JOIN_DEFAULT_TEAM = "insert into team_member (team_id, agent_id, workspace_id) \
        select team_id, $2, id from workspace where id = $1 and team_id is not null";
    LOCK = "update agent set role = role where workspace_id = $1 and id = $2";
    HOLD_WITH_ADMINS = "update agent set role = role where workspace_id = $1 and (role = 'admin' or id = $2)";
    OTHER_ADMINS = "select count(*) from agent where workspace_id = $1 and id <> $2 and role = 'admin' and state = 'active'";
    RENAME = "update agent set name = $3, display_name = $4 where workspace_id = $1 and id = $2";
    SET_ROLE = "update agent set role = $3 where workspace_id = $1 and id = $2";
    SET_STATE = "update agent set state = $3 where workspace_id = $1 and id = $2 and state = $4";
    SET_AVAILABILITY = "update agent set availability = $3, reason = $4 where workspace_id = $1 and id = $2";
    DROP_MEMBER = "delete from team_member where workspace_id = $1 and agent_id = $2";
    DROP_INVITED = "delete from agent where workspace_id = $1 and id = $2 and state = 'invited'";
    ACTIVE_AGENT = "select id, name from agent where workspace_id = $1 and id = $2 and state = 'active'";
    AGENT_NAMES = "select name, display_name from agent where workspace_id = $1 and id = $2";
    IN_TEAM = "select 1 from team_member where workspace_id = $1 and team_id = $2 and agent_id = $3";
}

#[derive(sqlx::FromRow)]
pub(super) struct AgentRow {
    id: Uuid,
    name: String,
    display_name: String,
    email: String,
    role: Role,
    state: AgentState,
    availability: Availability,
    reason: Option<String>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
}

impl AgentRow {
    fn agent(self, team_ids: Vec<TeamId>, now: Time) -> Agent {
        let (state, availability) = (self.state, self.availability);
        let heard = self.expires_at.is_some_and(|e| e > now.0);
        Agent {
            id: self.id.into(),
            name: self.name,
            display_name: self.display_name,
            email: self.email,
            role: self.role,
            state,
            availability,
            online: heard && state == AgentState::Active && availability == Availability::Online,
            reason: self.reason,
            team_ids,
            created_at: Time(self.created_at),
        }
    }
}

pub(super) async fn members(
    conn: &mut Conn,
    workspace: WorkspaceId,
) -> Result<HashMap<Uuid, Vec<TeamId>>> {
    let mut teams: HashMap<Uuid, Vec<TeamId>> = HashMap::new();
    for (agent, team) in conn.all::<(Uuid, Uuid)>(MEMBERS, args![workspace]).await? {
        teams.entry(agent).or_default().push(team.into());
    }
    Ok(teams)
}

/// Everybody who works here, in the order in which they came.
pub async fn agents(conn: &mut Conn, workspace: WorkspaceId, now: Time) -> Result<Vec<Agent>> {
    let rows: Vec<AgentRow> = conn.all(AGENTS, args![workspace]).await?;
    let mut teams = members(conn, workspace).await?;
    let all = rows.into_iter().map(|r| {
        let t = teams.remove(&r.id).unwrap_or_default();
        r.agent(t, now)
    });
    Ok(all.collect())
}

pub async fn agent(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: AgentId,
    now: Time,
) -> Result<Option<Agent>> {
    let Some(row) = conn.opt::<AgentRow>(AGENT, args![workspace, id]).await? else {
        return Ok(None);
    };
    let teams = conn
        .all::<(Uuid,)>(TEAMS_OF, args![id])
        .await?
        .into_iter()
        .map(|(t,)| t.into())
        .collect();
    Ok(Some(row.agent(teams, now)))
}

pub struct NewAgent<'a> {
    pub id: AgentId,
    pub email: &'a str,
    pub email_key: &'a str,
    pub name: &'a str,
    pub display_name: &'a str,
    pub role: Role,
    pub state: AgentState,
    pub password_hash: Option<String>,
    pub at: Time,
}

/// Adds somebody to the workspace and its default team, with their login. `false`: the address is somebody's already,
/// and nothing may follow in this transaction.
pub async fn add_agent(tx: &mut Tx, workspace: WorkspaceId, a: NewAgent<'_>) -> Result<bool> {
    let values = args![
        a.id,
        workspace,
        a.name,
        a.display_name,
        a.role,
        a.state,
        a.at
    ];
    tx.run(ADD_AGENT, values).await?;
    let login = NewLogin {
        holder: Holder::Agent(a.id),
        email: a.email,
        email_key: a.email_key,
        password_hash: a.password_hash,
        at: a.at,
    };
    if add_login(tx, workspace, login).await?.is_none() {
        return Ok(false);
    }
    tx.run(JOIN_DEFAULT_TEAM, args![workspace, a.id]).await?;
    Ok(true)
}

/// Nobody else changes this person until the commit.
pub async fn lock(tx: &mut Tx, workspace: WorkspaceId, id: AgentId) -> Result<()> {
    tx.run(LOCK, args![workspace, id]).await?;
    Ok(())
}

/// Nor any admin.
pub async fn lock_with_admins(tx: &mut Tx, workspace: WorkspaceId, id: AgentId) -> Result<()> {
    tx.run(HOLD_WITH_ADMINS, args![workspace, id]).await?;
    Ok(())
}

/// How many active admins there are besides `id`, of those that are held.
pub async fn other_admins(tx: &mut Tx, workspace: WorkspaceId, id: AgentId) -> Result<i64> {
    Ok(tx
        .one::<(i64,)>(OTHER_ADMINS, args![workspace, id])
        .await?
        .0)
}

pub async fn rename(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: AgentId,
    name: &str,
    display_name: &str,
) -> Result<()> {
    tx.run(RENAME, args![workspace, id, name, display_name])
        .await?;
    Ok(())
}

pub async fn set_role(tx: &mut Tx, workspace: WorkspaceId, id: AgentId, role: Role) -> Result<()> {
    tx.run(SET_ROLE, args![workspace, id, role]).await?;
    Ok(())
}

/// `false`: they were not `from`.
pub async fn set_state(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: AgentId,
    from: AgentState,
    to: AgentState,
) -> Result<bool> {
    Ok(tx.run(SET_STATE, args![workspace, id, to, from]).await? == 1)
}

pub async fn set_availability(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: AgentId,
    a: Availability,
    reason: Option<&str>,
) -> Result<()> {
    tx.run(SET_AVAILABILITY, args![workspace, id, a, reason])
        .await?;
    Ok(())
}

/// Take back an invitation with the row that was made for it. `false`: they are more than invited.
pub async fn drop_invited(tx: &mut Tx, workspace: WorkspaceId, id: AgentId) -> Result<bool> {
    let login = login_of_agent(tx, workspace, id).await?;
    drop_links_of(tx, workspace, login).await?;
    tx.run(DROP_MEMBER, args![workspace, id]).await?;
    tx.run(DROP_LOGIN, args![login]).await?;
    Ok(tx.run(DROP_INVITED, args![workspace, id]).await? == 1)
}

/// The name of a colleague who can be given something.
pub async fn active_agent(
    conn: &mut Conn,
    workspace: WorkspaceId,
    agent: AgentId,
) -> Result<Option<String>> {
    Ok(conn
        .opt::<(Uuid, String)>(ACTIVE_AGENT, args![workspace, agent])
        .await?
        .map(|(_, name)| name))
}

/// A colleague's name, and what customers call them.
pub async fn agent_names(
    conn: &mut Conn,
    workspace: WorkspaceId,
    agent: AgentId,
) -> Result<(String, String)> {
    conn.opt(AGENT_NAMES, args![workspace, agent])
        .await?
        .ok_or(Error::NotFound)
}

pub async fn in_team(
    conn: &mut Conn,
    workspace: WorkspaceId,
    team: TeamId,
    agent: AgentId,
) -> Result<bool> {
    Ok(conn
        .opt::<(i32,)>(IN_TEAM, args![workspace, team, agent])
        .await?
        .is_some())
}
