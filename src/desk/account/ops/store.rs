//! The SQL of workspaces, people and sessions.

use super::{
    rules::online,
    who::{Facts, Person},
};
use crate::base::db::{Conn, Db, Tx, args, fresh, is_unique, sql};
use crate::model::{
    agent::{Agent, AgentState, Availability, Face, Login, Role},
    error::{Error, Result},
    id::*,
    link::Purpose,
    time::Time,
    workspace::Settings,
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
    TEAMS_OF = "select team_id from team_member where agent_id = $1 order by team_id";
    TOUCH = "update session set last_seen_at = $2, idle_until = $3 where id = $1";
    BY_HOST = "select id from workspace where host = $1";
    DEFAULT = "select id from workspace where is_default";
    ADD_SESSION = "insert into session (id, workspace_id, login_id, contact_id, widget_id, token_hash, device, created_at, last_seen_at, \
        idle_until, expires_at, conversation_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11)";

    FOUND = "insert into workspace (id, name, host, is_default, epoch, team_id, created_at) values ($1, $2, $3, $4, $5, $6, $7)";
    ADD_TEAM = "insert into team (id, workspace_id, name, created_at) values ($1, $2, $3, $4)";
    FRONT = "select w.name, w.home_widget_id, exists (select 1 from agent a join login l on l.agent_id = a.id \
        where a.workspace_id = w.id and a.role = 'admin' and a.state = 'active' and l.password_hash is not null) as has_admin from workspace w where w.id = $1";
    SETTINGS = "select id, name, host, auto_assign, time_zone, locale, revision from workspace where id = $1";
    SAVE_SETTINGS = "update workspace set name = $2, host = $3, auto_assign = $4, time_zone = $5, locale = $6, \
        revision = revision + 1 where id = $1 and (revision = $7 or $7 = 0) returning revision";
    NAME_WORKSPACE = "update workspace set name = $2, revision = revision + 1 where id = $1";
    ONLINE_FACES = concat!("select a.id, a.display_name from agent a join presence p on p.agent_id = a.id \
        where a.workspace_id = $1 and ", online!("$2"), " order by a.created_at, a.id limit 4");
    ONLINE = concat!("select count(*) from agent a join presence p on p.agent_id = a.id \
        where a.workspace_id = $1 and ", online!("$2"));
    IS_ONLINE = concat!("select 1 from presence p join agent a on a.id = p.agent_id where p.agent_id = $1 and ", online!("$2"));

    AGENTS = "select a.id, a.name, a.display_name, l.email, a.role, a.state, a.availability, a.reason, a.created_at, p.expires_at \
        from agent a join login l on l.agent_id = a.id left join presence p on p.agent_id = a.id where a.workspace_id = $1 order by a.created_at, a.id";
    AGENT = "select a.id, a.name, a.display_name, l.email, a.role, a.state, a.availability, a.reason, a.created_at, p.expires_at \
        from agent a join login l on l.agent_id = a.id left join presence p on p.agent_id = a.id where a.workspace_id = $1 and a.id = $2";
    MEMBERS = "select agent_id, team_id from team_member where workspace_id = $1 order by team_id";
    LOGIN_BY_ADDRESS = "select l.id, l.agent_id, l.contact_id, a.state, l.password_hash from login l \
        left join agent a on a.id = l.agent_id where l.workspace_id = $1 and l.email_key = $2";
    LOGIN_OF_AGENT = "select id from login where workspace_id = $1 and agent_id = $2";
    LOGIN_OF_CUSTOMER = "select id from login where workspace_id = $1 and contact_id = $2";
    ADD_LOGIN = "insert into login (id, workspace_id, email, email_key, password_hash, agent_id, contact_id, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
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
    SET_PASSWORD = "update login set password_hash = $3 where workspace_id = $1 and agent_id = $2";
    ACTIVATE = "update agent set state = 'active' where workspace_id = $1 and id = $2";
    SET_AVAILABILITY = "update agent set availability = $3, reason = $4 where workspace_id = $1 and id = $2";
    DROP_MEMBER = "delete from team_member where workspace_id = $1 and agent_id = $2";
    DROP_INVITED = "delete from agent where workspace_id = $1 and id = $2 and state = 'invited'";

    LOGINS_OF_LOGIN = "select id, device, created_at, last_seen_at from session where workspace_id = $1 and login_id = $2 \
        and revoked_at is null and idle_until > $3 and expires_at > $3 order by last_seen_at desc, id desc";
    LOGINS_OF_CONTACT = "select id, device, created_at, last_seen_at from session where workspace_id = $1 and contact_id = $2 \
        and revoked_at is null and idle_until > $3 and expires_at > $3 order by last_seen_at desc, id desc";
    REVOKE_OF_LOGIN = "update session set revoked_at = $4 where workspace_id = $1 and login_id = $2 and id = $3 and revoked_at is null";
    DROP_AT = "delete from session where workspace_id = $1 and widget_id = $2";
    HOME = "update workspace set home_widget_id = $2 where id = $1 and home_widget_id is null";
    TIME_ZONE = "select time_zone from workspace where id = $1";
    REVOKE_OF_CONTACT = "update session set revoked_at = $4 where workspace_id = $1 and contact_id = $2 and id = $3 and revoked_at is null";
    END_OF_CONTACT = "update session set revoked_at = $4 where workspace_id = $1 and contact_id = $2 and id = coalesce($3, id) \
        and revoked_at is null returning id";
    REVOKE_ALL = "update session set revoked_at = $4 where workspace_id = $1 and login_id = $2 and id <> $3 and revoked_at is null \
        returning id";

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

    UNTOLD = "select p.agent_id from presence p join agent a on a.id = p.agent_id where p.workspace_id = $1 and not p.told \
        and p.expires_at > $2 and a.state = 'active' and a.availability = 'online' order by p.agent_id";
    TELL_CAME = "update presence set told = $3 where agent_id = $1 and not told and expires_at > $2";
    TELL_LEFT = "update presence set told = $3 where agent_id = $1 and told and expires_at <= $2";
    TELL_NOW = "update presence set told = $2 where agent_id = $1";
    LEFT = "select p.workspace_id, p.agent_id, a.availability from presence p join agent a on a.id = p.agent_id \
        where p.told and p.expires_at <= $1 order by p.workspace_id, p.agent_id";
    PRESENT = "select expires_at from presence where agent_id = $1 and expires_at > $2";
    DROP_PRESENCE = "delete from presence where agent_id = $1 and told";
    WORKSPACES_WITH_TRIES = "select distinct workspace_id from lockout where since < $1";
    ACTIVE_AGENT = "select id, name from agent where workspace_id = $1 and id = $2 and state = 'active'";
    AGENT_NAMES = "select name, display_name from agent where workspace_id = $1 and id = $2";
    IN_TEAM = "select 1 from team_member where workspace_id = $1 and team_id = $2 and agent_id = $3";
    TEAM = "select id from team where workspace_id = $1 and id = $2";
    DEFAULT_TEAM = "select team_id from workspace where id = $1";
    WORKSPACE_NAME = "select name from workspace where id = $1";
    SECRET = "select value from workspace_secret where workspace_id = $1";
    ADD_SECRET = "insert into workspace_secret (workspace_id, value) values ($1, $2) on conflict (workspace_id) do nothing";
}

const STANDING: [&str; 3] = [
    "select s.id, coalesce(s.contact_id, l.contact_id) as contact_id, a.role from session s left join login l on l.id = s.login_id \
        left join agent a on a.id = l.agent_id left join widget w on w.id = s.widget_id \
        where s.revoked_at is null and s.idle_until > $1 and s.expires_at > $2 \
        and (l.agent_id is null or a.state = 'active') and (s.widget_id is null or w.enabled) and",
    "s.id",
    "",
];

const HEARD: &str = "insert into presence (agent_id, workspace_id, expires_at, told) values";
const HEARD_AGAIN: &str = "on conflict (agent_id) do update set expires_at = excluded.expires_at";

#[derive(sqlx::FromRow)]
struct SessionRow {
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

pub async fn workspace_by_host(db: &Db, host: &str) -> Result<Option<WorkspaceId>> {
    Ok(db
        .opt::<(Uuid,)>(BY_HOST, args![host])
        .await?
        .map(|(id,)| id.into()))
}

pub async fn default_workspace(db: &Db) -> Result<Option<WorkspaceId>> {
    Ok(db
        .opt::<(Uuid,)>(DEFAULT, args![])
        .await?
        .map(|(id,)| id.into()))
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

// ---- Workspaces

pub struct NewWorkspace<'a> {
    pub id: WorkspaceId,
    pub team: TeamId,
    pub name: &'a str,
    pub host: Option<&'a str>,
    pub default: bool,
    pub epoch: String,
    pub at: Time,
}

/// `false`: somebody was faster with the default one, or the host name is taken.
pub async fn add_workspace(tx: &mut Tx, w: NewWorkspace<'_>) -> Result<bool> {
    match tx
        .run(
            FOUND,
            args![w.id, w.name, w.host, w.default, w.epoch, w.team, w.at],
        )
        .await
    {
        Ok(_) => {}
        Err(e) if is_unique(&e) => return Ok(false),
        Err(e) => return Err(e.into()),
    }
    tx.run(ADD_TEAM, args![w.team, w.id, "Support", w.at])
        .await?;
    Ok(true)
}

#[derive(sqlx::FromRow)]
pub struct FrontRow {
    pub name: String,
    pub home_widget_id: Option<Uuid>,
    pub has_admin: bool,
}

pub async fn front(db: &Db, workspace: WorkspaceId) -> Result<FrontRow> {
    Ok(db.one(FRONT, args![workspace]).await?)
}

pub async fn has_admin(conn: &mut Conn, workspace: WorkspaceId) -> Result<bool> {
    let row: FrontRow = conn.one(FRONT, args![workspace]).await?;
    Ok(row.has_admin)
}

#[derive(sqlx::FromRow)]
struct SettingsRow {
    id: Uuid,
    name: String,
    host: Option<String>,
    auto_assign: bool,
    time_zone: String,
    locale: String,
    revision: i64,
}

pub async fn settings(db: &Db, workspace: WorkspaceId) -> Result<Settings> {
    let r: SettingsRow = db.one(SETTINGS, args![workspace]).await?;
    Ok(Settings {
        id: r.id.into(),
        name: r.name,
        host: r.host,
        auto_assign: r.auto_assign,
        time_zone: r.time_zone,
        locale: r.locale,
        revision: r.revision,
    })
}

/// What came of saving: the new revision, or why not.
pub enum Saved {
    Revision(i64),
    Stale,
    HostTaken,
}

/// `expected` 0 takes whatever is there.
pub async fn save_settings(tx: &mut Tx, new: &Settings, expected: i64) -> Result<Saved> {
    let values = args![
        new.id,
        new.name.as_str(),
        new.host.as_deref(),
        new.auto_assign,
        new.time_zone.as_str(),
        new.locale.as_str(),
        expected
    ];
    match tx.opt::<(i64,)>(SAVE_SETTINGS, values).await {
        Ok(Some((revision,))) => Ok(Saved::Revision(revision)),
        Ok(None) => Ok(Saved::Stale),
        Err(e) if is_unique(&e) => Ok(Saved::HostTaken),
        Err(e) => Err(e.into()),
    }
}

/// `false`: it has one.
pub async fn set_home(tx: &mut Tx, workspace: WorkspaceId, home: WidgetId) -> Result<bool> {
    Ok(tx.run(HOME, args![workspace, home]).await? == 1)
}

pub async fn time_zone(conn: &mut Conn, workspace: WorkspaceId) -> Result<String> {
    let (name,): (String,) = conn.one(TIME_ZONE, args![workspace]).await?;
    Ok(name)
}

pub async fn name_workspace(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<()> {
    tx.run(NAME_WORKSPACE, args![workspace, name]).await?;
    Ok(())
}

// ---- Agents

#[derive(sqlx::FromRow)]
struct AgentRow {
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

async fn members(conn: &mut Conn, workspace: WorkspaceId) -> Result<HashMap<Uuid, Vec<TeamId>>> {
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

// ---- Sessions

#[derive(sqlx::FromRow)]
struct LoginPlaceRow {
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

// ---- Wrong passwords

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

// ---- Links

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

// ---- Presence

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

// ---- What other slices ask

pub async fn is_online(conn: &mut Conn, agent: AgentId, now: Time) -> Result<bool> {
    Ok(conn
        .opt::<(i32,)>(IS_ONLINE, args![agent, now])
        .await?
        .is_some())
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

pub async fn team_exists(conn: &mut Conn, workspace: WorkspaceId, team: TeamId) -> Result<bool> {
    Ok(conn
        .opt::<(Uuid,)>(TEAM, args![workspace, team])
        .await?
        .is_some())
}

/// The team of every thread that nothing gives another.
pub async fn default_team(conn: &mut Conn, workspace: WorkspaceId) -> Result<TeamId> {
    let (team,): (Uuid,) = conn.one(DEFAULT_TEAM, args![workspace]).await?;
    Ok(team.into())
}

pub async fn workspace_name(conn: &mut Conn, workspace: WorkspaceId) -> Result<String> {
    Ok(conn
        .one::<(String,)>(WORKSPACE_NAME, args![workspace])
        .await?
        .0)
}

pub async fn secret(conn: &mut Conn, workspace: WorkspaceId) -> Result<Option<Vec<u8>>> {
    Ok(conn
        .opt::<(Vec<u8>,)>(SECRET, args![workspace])
        .await?
        .map(|(v,)| v))
}

pub async fn add_secret(tx: &mut Tx, workspace: WorkspaceId, value: [u8; 32]) -> Result<()> {
    tx.run(ADD_SECRET, args![workspace, value]).await?;
    Ok(())
}
