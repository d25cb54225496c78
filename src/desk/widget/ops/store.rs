//! The SQL of widgets. Two statements bind no workspace: what is public is asked for by a widget's id, and the
//! row says whose it is.

use crate::base::db::{Conn, Tx, args, sql};
use crate::model::{
    domain::Domain,
    error::{Error, Result},
    id::*,
    time::Time,
    widget::{Appearance, Policy, Widget, WidgetSettings},
};
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

sql! {
    LIST = "select id, workspace_id, name, enabled, domains, policy, welcome_message, offline_message, appearance, \
        auto_open_delay_ms, allow_file_uploads, show_agent_avatars, home, revision, created_at, coalesce(source_id, id) as source_id \
        from widget where workspace_id = $1 order by home desc, created_at, id";
    FIND = "select id, workspace_id, name, enabled, domains, policy, welcome_message, offline_message, appearance, \
        auto_open_delay_ms, allow_file_uploads, show_agent_avatars, home, revision, created_at, coalesce(source_id, id) as source_id \
        from widget where workspace_id = $1 and id = $2";
    PUBLIC = "select id, workspace_id, name, enabled, domains, policy, welcome_message, offline_message, appearance, \
        auto_open_delay_ms, allow_file_uploads, show_agent_avatars, home, revision, created_at, coalesce(source_id, id) as source_id \
        from widget where id = $1 and enabled";
    PUBLIC_SECRET = "select secret from widget where id = $1 and enabled";
    ADD = "insert into widget (id, workspace_id, name, enabled, domains, policy, welcome_message, offline_message, appearance, \
        auto_open_delay_ms, allow_file_uploads, show_agent_avatars, home, secret, source_id, revision, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1, $16)";
    SAVE = "update widget set name = $4, enabled = $5, domains = $6, policy = $7, welcome_message = $8, offline_message = $9, \
        appearance = $10, auto_open_delay_ms = $11, allow_file_uploads = $12, show_agent_avatars = $13, source_id = $14, revision = revision + 1 \
        where workspace_id = $1 and id = $2 and revision = $3";
    SECRET = "select secret from widget where workspace_id = $1 and id = $2";
    RENEW = "update widget set secret = $3 where workspace_id = $1 and id = $2";
    LOCK_ALL = "update widget set revision = revision where workspace_id = $1";
    SHARERS = "select name from widget where workspace_id = $1 and source_id = $2 order by created_at, id";
    IS_USED = "select id from conversation where workspace_id = $1 and widget_id = $2 limit 1";
    REFUSE = "insert into widget_refused (workspace_id, widget_id, site, at) values ($1, $2, $3, $4) \
        on conflict (widget_id, site) do update set at = excluded.at";
    REFUSED_FEW = "delete from widget_refused where workspace_id = $1 and widget_id = $2 and site not in \
        (select site from widget_refused where workspace_id = $1 and widget_id = $2 order by at desc, site limit 5)";
    REFUSED = "select site, at from widget_refused where workspace_id = $1 and widget_id = $2 and at > $3 order by at desc, site";
    FORGET_REFUSED = "delete from widget_refused where workspace_id = $1 and widget_id = $2";
    REMOVE = "delete from widget where workspace_id = $1 and id = $2";
    WORKSPACE = "select name, home_widget_id from workspace where id = $1";
    WIDGET_NAME = "select name from widget where workspace_id = $1 and id = $2";
    WIDGETS = "select id, name from widget where workspace_id = $1 and enabled order by created_at";
    USABLE_WIDGET = "select id from widget where workspace_id = $1 and id = $2 and enabled";
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    workspace_id: Uuid,
    name: String,
    enabled: bool,
    domains: Json<Vec<Domain>>,
    policy: Policy,
    welcome_message: String,
    offline_message: String,
    appearance: Json<Appearance>,
    auto_open_delay_ms: Option<i64>,
    allow_file_uploads: bool,
    show_agent_avatars: bool,
    home: bool,
    revision: i64,
    created_at: DateTime<Utc>,
    source_id: Uuid,
}

impl From<Row> for Widget {
    fn from(r: Row) -> Widget {
        Widget {
            id: r.id.into(),
            workspace_id: r.workspace_id.into(),
            name: r.name,
            enabled: r.enabled,
            domains: r.domains.0,
            policy: r.policy,
            welcome_message: r.welcome_message,
            offline_message: r.offline_message,
            appearance: r.appearance.0,
            auto_open_delay_ms: r.auto_open_delay_ms.and_then(|ms| ms.try_into().ok()),
            allow_file_uploads: r.allow_file_uploads,
            show_agent_avatars: r.show_agent_avatars,
            home: r.home,
            revision: r.revision,
            source: r.source_id.into(),
            created_at: Time(r.created_at),
        }
    }
}

fn json<T: serde::Serialize>(value: &T) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The home widget first, then by age.
pub async fn list(conn: &mut Conn, ws: WorkspaceId) -> Result<Vec<Widget>> {
    let rows: Vec<Row> = conn.all(LIST, args![ws]).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub async fn find(conn: &mut Conn, ws: WorkspaceId, id: WidgetId) -> Result<Widget> {
    let row: Option<Row> = conn.opt(FIND, args![ws, id]).await?;
    row.map(Into::into).ok_or(Error::NotFound)
}

/// Enabled, in whichever workspace.
pub async fn public(conn: &mut Conn, id: WidgetId) -> Result<Option<Widget>> {
    let row: Option<Row> = conn.opt(PUBLIC, args![id]).await?;
    Ok(row.map(Into::into))
}

pub async fn public_secret(conn: &mut Conn, id: WidgetId) -> Result<Vec<u8>> {
    Ok(conn
        .opt::<(Vec<u8>,)>(PUBLIC_SECRET, args![id])
        .await?
        .ok_or(Error::NotFound)?
        .0)
}

pub async fn add(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: WidgetId,
    s: &WidgetSettings,
    home: bool,
    secret: [u8; 32],
    at: Time,
) -> Result<()> {
    let values = args![
        id,
        ws,
        s.name.as_str(),
        s.enabled,
        json(&s.domains),
        s.policy,
        s.welcome_message.as_str(),
        s.offline_message.as_str(),
        json(&s.appearance),
        s.auto_open_delay_ms.map(i64::from),
        s.allow_file_uploads,
        s.show_agent_avatars,
        home,
        secret,
        s.source,
        at,
    ];
    tx.run(ADD, values).await?;
    Ok(())
}

/// `false`: it is not at that revision any more.
pub async fn save(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: WidgetId,
    revision: i64,
    s: &WidgetSettings,
) -> Result<bool> {
    let values = args![
        ws,
        id,
        revision,
        s.name.as_str(),
        s.enabled,
        json(&s.domains),
        s.policy,
        s.welcome_message.as_str(),
        s.offline_message.as_str(),
        json(&s.appearance),
        s.auto_open_delay_ms.map(i64::from),
        s.allow_file_uploads,
        s.show_agent_avatars,
        s.source,
    ];
    Ok(tx.run(SAVE, values).await? == 1)
}

pub async fn secret(conn: &mut Conn, ws: WorkspaceId, id: WidgetId) -> Result<Vec<u8>> {
    Ok(conn
        .opt::<(Vec<u8>,)>(SECRET, args![ws, id])
        .await?
        .ok_or(Error::NotFound)?
        .0)
}

pub async fn renew(tx: &mut Tx, ws: WorkspaceId, id: WidgetId, secret: [u8; 32]) -> Result<()> {
    match tx.run(RENEW, args![ws, id, secret]).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// No widget of the workspace changes until the commit.
pub async fn lock_all(tx: &mut Tx, ws: WorkspaceId) -> Result<()> {
    tx.run(LOCK_ALL, args![ws]).await?;
    Ok(())
}

/// The names of the others that share this one's customers.
pub async fn sharers(conn: &mut Conn, ws: WorkspaceId, id: WidgetId) -> Result<Vec<String>> {
    let names = conn.all::<(String,)>(SHARERS, args![ws, id]).await?;
    Ok(names.into_iter().map(|(name,)| name).collect())
}

pub async fn is_used(conn: &mut Conn, ws: WorkspaceId, id: WidgetId) -> Result<bool> {
    Ok(conn.opt::<(Uuid,)>(IS_USED, args![ws, id]).await?.is_some())
}

pub async fn remove(tx: &mut Tx, ws: WorkspaceId, id: WidgetId) -> Result<()> {
    tx.run(FORGET_REFUSED, args![ws, id]).await?;
    tx.run(REMOVE, args![ws, id]).await?;
    Ok(())
}

/// A page of `site` was refused; the newest few stay.
pub async fn refuse(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: WidgetId,
    site: &str,
    at: Time,
) -> Result<()> {
    tx.run(REFUSE, args![ws, id, site, at]).await?;
    tx.run(REFUSED_FEW, args![ws, id]).await?;
    Ok(())
}

/// Refused since then, the last first.
pub async fn refused(
    conn: &mut Conn,
    ws: WorkspaceId,
    id: WidgetId,
    since: Time,
) -> Result<Vec<(String, Time)>> {
    let rows: Vec<(String, DateTime<Utc>)> = conn.all(REFUSED, args![ws, id, since]).await?;
    Ok(rows
        .into_iter()
        .map(|(site, at)| (site, Time(at)))
        .collect())
}

/// The workspace's name and its home widget.
pub async fn workspace(conn: &mut Conn, ws: WorkspaceId) -> Result<(String, Option<WidgetId>)> {
    let (name, home): (String, Option<Uuid>) = conn.one(WORKSPACE, args![ws]).await?;
    Ok((name, home.map(Into::into)))
}

pub async fn name_of(conn: &mut Conn, workspace: WorkspaceId, widget: WidgetId) -> Result<String> {
    Ok(conn
        .opt::<(String,)>(WIDGET_NAME, args![workspace, widget])
        .await?
        .map(|(n,)| n)
        .unwrap_or_default())
}

pub async fn names(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<(WidgetId, String)>> {
    Ok(conn
        .all::<(Uuid, String)>(WIDGETS, args![workspace])
        .await?
        .into_iter()
        .map(|(id, n)| (id.into(), n))
        .collect())
}

pub async fn is_usable(conn: &mut Conn, workspace: WorkspaceId, widget: WidgetId) -> Result<bool> {
    Ok(conn
        .opt::<(Uuid,)>(USABLE_WIDGET, args![workspace, widget])
        .await?
        .is_some())
}
