//! The tenant itself: founding one, finding it by host name, its front and its settings.

use super::{
    store,
    who::{Admin, Staff},
};
use crate::base::{
    db::{Conn, Tx},
    secrets, zones,
};
use crate::desk::state::Desk;
use crate::live::audit;
use crate::live::bus::log::{self, NewEntry, What};
use crate::model::refusal::Refusal;
use crate::model::{
    actor::{Actor, By},
    error::{Error, Result},
    event::EventKind,
    id::{TeamId, WorkspaceId},
    text::{Check, Name},
    time::{Time, now},
    workspace::{Front, Settings},
};
use axum::http::{HeaderMap, header, request::Parts};
use std::{collections::HashMap, net::IpAddr, sync::Mutex};
use uuid::Uuid;

/// Make a workspace with its default team of everybody. There is one `default`: if it exists, it is the answer.
pub async fn create_workspace(
    desk: &Desk,
    name: &str,
    host: Option<&str>,
    default: bool,
) -> Result<WorkspaceId> {
    let name: Name = name.parse()?;
    let host = host.map(host_name).transpose()?;
    if let Some(host) = &host {
        may_claim(desk, host, default)?;
    }
    let id = WorkspaceId(Uuid::now_v7());
    if default && let Some(there) = store::default_workspace(desk.db()).await? {
        return Ok(there);
    }
    let mut tx = desk.db().begin(id).await?;
    let new = store::NewWorkspace {
        id,
        team: TeamId(Uuid::now_v7()),
        name: name.as_str(),
        host: host.as_deref(),
        default,
        epoch: log::fresh_epoch(),
        at: now(),
    };
    if store::add_workspace(&mut tx, new).await? {
        tell(&mut tx, id, Actor::OPERATOR, What::Created, now()).await?;
        tx.commit().await?;
        return Ok(id);
    }
    drop(tx);
    match store::default_workspace(desk.db()).await? {
        Some(there) if default => Ok(there),
        _ => Err(Error::field("host", Refusal::host_of_another())),
    }
}

/// The workspace of a host name (a port is ignored), else the default one. What nobody may claim leads to the default
/// one, whoever claimed it.
pub async fn workspace_for(desk: &Desk, host: &str) -> Result<WorkspaceId> {
    let host = without_port(host)
        .trim_end_matches('.')
        .to_ascii_lowercase();
    if may_claim(desk, &host, false).is_ok()
        && let Some(id) = store::workspace_by_host(desk.db(), &host).await?
    {
        return Ok(id);
    }
    store::default_workspace(desk.db())
        .await?
        .ok_or(Error::Unavailable)
}

/// The workspace that a request without token or widget means: by its host name.
pub async fn workspace_of(desk: &Desk, parts: &Parts) -> Result<WorkspaceId> {
    workspace_for(desk, &host_of(&parts.headers, parts)).await
}

fn host_of(headers: &HeaderMap, parts: &Parts) -> String {
    let told = headers
        .get(header::HOST)
        .and_then(|h| h.to_str().ok())
        .map(str::to_owned);
    told.or_else(|| parts.uri.authority().map(|a| a.as_str().to_owned()))
        .unwrap_or_default()
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') => {
            name
        }
        _ => host,
    }
}

/// A workspace may have any name that does not lead elsewhere already: to the machine itself, or to the installation,
/// whose own name only the `default` workspace may carry. Another workspace's is refused where it is stored.
fn may_claim(desk: &Desk, host: &str, default: bool) -> Result<()> {
    if is_loopback(host) {
        return Err(Error::field("host", Refusal::host_of_every_machine()));
    }
    let config = desk.config();
    let own = config.public_url.host_str().is_some_and(|own| {
        let own = own.trim_end_matches('.');
        own.eq_ignore_ascii_case(host)
    });
    if (own || config.listen.ip().to_string() == host) && !default {
        return Err(Error::field("host", Refusal::host_of_installation()));
    }
    Ok(())
}

/// A name or an address of the computer that asks (RFC 6761, section 6.3; RFC 1122, section 3.2.1.3).
fn is_loopback(host: &str) -> bool {
    let last = |name: &str| host == name || host.ends_with(&format!(".{name}"));
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    ["localhost", "localdomain", "ip6-localhost", "ip6-loopback"]
        .into_iter()
        .any(last)
        || address.is_ok_and(|ip| {
            let ip = ip.to_canonical();
            ip.is_loopback() || ip.is_unspecified()
        })
}

/// A host name as it is stored: lower case, no scheme, no port.
fn host_name(typed: &str) -> Result<String> {
    let host = typed.trim().to_lowercase();
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    // `url` turns an international name into the punycode that browsers send.
    match url::Host::parse(&host) {
        Ok(url::Host::Domain(d)) if d.len() <= 253 && d.split('.').all(label) => Ok(d),
        Ok(url::Host::Ipv4(ip)) => Ok(ip.to_string()),
        _ => Err(Error::field("host", Refusal::not_a_host())),
    }
}

/// What the help home shows to anyone.
pub async fn front(desk: &Desk, workspace: WorkspaceId) -> Result<Front> {
    let row = store::front(desk.db(), workspace).await?;
    Ok(Front {
        workspace: row.name,
        online: super::online(desk.db(), workspace).await?,
        home_widget: row.home_widget_id.map(Into::into),
        needs_setup: !row.has_admin,
    })
}

pub async fn settings(staff: &Staff) -> Result<Settings> {
    store::settings(staff.db(), staff.workspace()).await
}

/// The languages that the desk speaks.
const LOCALES: [&str; 1] = ["en"];

/// What an admin says of the workspace, all of it. An empty host is none.
pub struct SettingsForm {
    pub name: String,
    pub host: String,
    pub auto_assign: bool,
    pub time_zone: String,
    pub locale: String,
}

impl From<Settings> for SettingsForm {
    fn from(is: Settings) -> SettingsForm {
        SettingsForm {
            name: is.name,
            host: is.host.unwrap_or_default(),
            auto_assign: is.auto_assign,
            time_zone: is.time_zone,
            locale: is.locale,
        }
    }
}

/// When this day began where the workspace is.
pub async fn today(snapshot: &mut Conn, workspace: WorkspaceId) -> Result<Time> {
    let zone = store::time_zone(snapshot, workspace).await?;
    Ok(zones::start_of_day(&zone, now()))
}

/// `if_match` is the revision that was read; another one by now is a conflict.
pub async fn save_settings(
    admin: &Admin,
    said: SettingsForm,
    if_match: Option<i64>,
) -> Result<Settings> {
    let mut check = Check::default();
    let name: Option<Name> = check.take("name", &said.name);
    let host = if said.host.trim().is_empty() {
        Ok(None)
    } else {
        host_name(&said.host).map(Some)
    };
    if !zones::is_known(&said.time_zone) {
        check.fail("time_zone", Refusal::not_a_time_zone());
    }
    if !LOCALES.contains(&said.locale.as_str()) {
        check.fail("locale", Refusal::one_of(LOCALES.join(" ")));
    }
    let workspace = admin.workspace();
    let host = match host {
        Ok(Some(host)) => {
            let default = store::default_workspace(admin.db()).await?;
            may_claim(admin.desk(), &host, default == Some(workspace)).map(|()| Some(host))
        }
        other => other,
    };
    if let Err(e) = &host {
        check.fail_all("host", e.clone());
    }
    check.done()?;
    let (Some(name), host) = (name, host?) else {
        return Err(Error::Unavailable);
    };

    let stale = || Error::conflict(Refusal::settings_changed());
    // Below, 0 stands for whichever it is; nobody read it.
    if if_match.is_some_and(|revision| revision < 1) {
        return Err(stale());
    }
    let mut tx = admin.begin().await?;
    let before = store::settings_in(&mut tx, workspace).await?;
    let mut settings = Settings {
        id: workspace,
        name: name.into_string(),
        host,
        auto_assign: said.auto_assign,
        time_zone: said.time_zone,
        locale: said.locale,
        revision: 0,
    };
    let saved = store::save_settings(&mut tx, &settings, if_match.unwrap_or(0)).await?;
    settings.revision = match saved {
        store::Saved::Revision(revision) => revision,
        store::Saved::Stale => return Err(stale()),
        store::Saved::HostTaken => {
            return Err(Error::field("host", Refusal::host_of_another()));
        }
    };
    let fields = audit::changed(&before, &settings);
    tell(
        &mut tx,
        workspace,
        admin.by(),
        What::Settings { fields },
        now(),
    )
    .await?;
    tx.commit().await?;
    Ok(settings)
}

/// Tell what became of the workspace.
pub(super) async fn tell(
    tx: &mut Tx,
    workspace: WorkspaceId,
    by: impl Into<By>,
    what: What,
    at: Time,
) -> Result<()> {
    let kind = EventKind::WorkspaceChanged;
    let entry = NewEntry::internal(kind, by, workspace.0, what, at);
    log::append(tx, workspace, entry).await?;
    Ok(())
}

/// The secret that the cursors of lists are signed with; made when it is first needed, the same on every node.
pub async fn cursor_secret(
    snapshot: &mut Conn,
    desk: &Desk,
    workspace: WorkspaceId,
) -> Result<Vec<u8>> {
    struct Secrets(Mutex<HashMap<WorkspaceId, Vec<u8>>>);
    let kept = desk.get_or_init(|| Secrets(Mutex::default()));
    if let Some(known) = kept
        .0
        .lock()
        .unwrap_or_else(|e| e.into_inner())
        .get(&workspace)
    {
        return Ok(known.clone());
    }
    // Written once; a list is read also while nothing can be.
    let value = match store::secret(snapshot, workspace).await? {
        Some(value) => value,
        None => {
            let mut tx = desk.db().begin(workspace).await?;
            store::add_secret(&mut tx, workspace, secrets::random()).await?;
            let value = store::secret(&mut tx, workspace).await?;
            tx.commit().await?;
            value.ok_or(Error::Unavailable)?
        }
    };
    kept.0
        .lock()
        .unwrap_or_else(|e| e.into_inner())
        .insert(workspace, value.clone());
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_has_no_scheme_and_no_port() {
        assert_eq!(host_name(" Desk.Example.COM ").unwrap(), "desk.example.com");
        assert_eq!(host_name("hjælp.example").unwrap(), "xn--hjlp-woa.example");
        for bad in [
            "https://a.example",
            "a.example:3000",
            "a b",
            "a/b",
            "-a.example",
            "",
        ] {
            assert!(host_name(bad).is_err(), "{bad}");
        }
        assert_eq!(
            (
                without_port("a.example:3000"),
                without_port("a.example"),
                without_port("[::1]:80")
            ),
            ("a.example", "a.example", "[::1]")
        );
    }
}
