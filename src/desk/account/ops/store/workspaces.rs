//! Workspaces, their settings, secrets and teams.

use crate::base::db::{Conn, Db, Tx, args, is_unique, sql};
use crate::model::{error::Result, id::*, time::Time, workspace::Settings};
use uuid::Uuid;

sql! {
    BY_HOST = "select id from workspace where host = $1";
    DEFAULT = "select id from workspace where is_default";
    FOUND = "insert into workspace (id, name, host, is_default, epoch, team_id, created_at) values ($1, $2, $3, $4, $5, $6, $7)";
    ADD_TEAM = "insert into team (id, workspace_id, name, created_at) values ($1, $2, $3, $4)";
    FRONT = "select w.name, w.home_widget_id, exists (select 1 from agent a join login l on l.agent_id = a.id \
        where a.workspace_id = w.id and a.role = 'admin' and a.state = 'active' and l.password_hash is not null) as has_admin from workspace w where w.id = $1";
    SETTINGS = "select id, name, host, auto_assign, time_zone, locale, revision from workspace where id = $1";
    SAVE_SETTINGS = "update workspace set name = $2, host = $3, auto_assign = $4, time_zone = $5, locale = $6, \
        revision = revision + 1 where id = $1 and (revision = $7 or $7 = 0) returning revision";
    NAME_WORKSPACE = "update workspace set name = $2, revision = revision + 1 where id = $1";
    HOME = "update workspace set home_widget_id = $2 where id = $1 and home_widget_id is null";
    TIME_ZONE = "select time_zone from workspace where id = $1";
    TEAM = "select id from team where workspace_id = $1 and id = $2";
    DEFAULT_TEAM = "select team_id from workspace where id = $1";
    WORKSPACE_NAME = "select name from workspace where id = $1";
    SECRET = "select value from workspace_secret where workspace_id = $1";
    ADD_SECRET = "insert into workspace_secret (workspace_id, value) values ($1, $2) on conflict (workspace_id) do nothing";
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
pub(super) struct SettingsRow {
    id: Uuid,
    name: String,
    host: Option<String>,
    auto_assign: bool,
    time_zone: String,
    locale: String,
    revision: i64,
}

pub async fn settings(db: &Db, workspace: WorkspaceId) -> Result<Settings> {
    let row: SettingsRow = db.one(SETTINGS, args![workspace]).await?;
    Ok(row.into())
}

/// The same, at the moment that the caller reads.
pub async fn settings_in(conn: &mut Conn, workspace: WorkspaceId) -> Result<Settings> {
    let row: SettingsRow = conn.one(SETTINGS, args![workspace]).await?;
    Ok(row.into())
}

impl From<SettingsRow> for Settings {
    fn from(r: SettingsRow) -> Settings {
        Settings {
            id: r.id.into(),
            name: r.name,
            host: r.host,
            auto_assign: r.auto_assign,
            time_zone: r.time_zone,
            locale: r.locale,
            revision: r.revision,
        }
    }
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
