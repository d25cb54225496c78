//! The audit trail: reading it, hearing threads into it, proving it.

mod csv;
mod hear;
pub mod note;
mod prove;
mod store;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub use store::ALL as SQL;

use crate::base::{db::Conn, secrets, zones};
use crate::desk::{
    account::{self, ops::who::Admin},
    widget,
};
use crate::live::audit::{self, Stored};
use crate::model::{
    audit::{Action, AuditFilter, AuditHead, AuditPage, AuditRow, AuditSheet},
    error::{Error, Result},
    id::WorkspaceId,
    refusal::Refusal,
};
use chrono::{Days, NaiveDate};
pub use csv::csv;
pub use hear::hear;
#[cfg(test)]
pub use hear::hear_once;
pub use prove::{Anchor, Proof, prove, tell_heads};
use uuid::Uuid;

/// Rows on a page of the screen.
const PAGE: i64 = 50;

/// Up to `limit` rows, newest first, of those before `before`.
async fn page(
    snapshot: &mut Conn,
    workspace: WorkspaceId,
    filter: &AuditFilter,
    before: Option<i64>,
    limit: i64,
) -> Result<AuditPage> {
    let before = before.unwrap_or(i64::MAX);
    let mut rows = store::rows(snapshot, workspace, filter, before, limit + 1).await?;
    let more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    let before = rows.last().filter(|_| more).map(|row| row.n);
    let rows = rows.into_iter().filter_map(Stored::row).collect();
    Ok(AuditPage { rows, before })
}

/// What somebody chose on the screen: days of the workspace's time zone, the last one included. What cannot be read
/// narrows nothing.
pub async fn filter_of_days(
    admin: &Admin,
    actor: Option<Uuid>,
    subject: Option<Uuid>,
    action: String,
    from: &str,
    to: &str,
) -> Result<AuditFilter> {
    let zone = account::ops::settings(admin).await?.time_zone;
    let begin = |day: &str, plus: u64| {
        let day: NaiveDate = day.parse().ok()?;
        Some(zones::begin_of(
            &zone,
            day.checked_add_days(Days::new(plus))?,
        ))
    };
    Ok(AuditFilter {
        actor,
        action: Some(action).filter(|word| Action::is_asked_for(word)),
        subject,
        from: begin(from, 0),
        to: begin(to, 1),
    })
}

/// The screen of it.
pub async fn sheet(admin: &Admin, filter: AuditFilter, before: Option<i64>) -> Result<AuditSheet> {
    let mut snapshot = admin.db().snapshot().await?;
    let workspace = admin.workspace();
    let page = page(&mut snapshot, workspace, &filter, before, PAGE).await?;
    let agents = account::ops::agents_in(&mut snapshot, workspace).await?;
    let agents: Vec<_> = agents
        .into_iter()
        .map(|agent| (agent.id.0, agent.name))
        .collect();
    let widgets = widget::ops::names(&mut snapshot, workspace).await?;
    let head = audit::head(&mut snapshot, workspace).await?;
    let widgets = widgets.into_iter().map(|(id, name)| (id.0, name));
    Ok(AuditSheet {
        filter,
        page,
        head,
        names: agents.iter().cloned().chain(widgets).collect(),
        agents,
    })
}

/// A page for programs, and the cursor of the next one: bound to who asks and to the filter.
pub async fn listed(
    admin: &Admin,
    filter: &AuditFilter,
    cursor: Option<String>,
    limit: i64,
) -> Result<(Vec<AuditRow>, Option<String>)> {
    let mut snapshot = admin.db().snapshot().await?;
    let workspace = admin.workspace();
    let secret = account::ops::cursor_secret(&mut snapshot, admin.desk(), workspace).await?;
    let about = format!("audit {} {filter:?}", admin.id());
    let before = cursor
        .map(|cursor| {
            let place = secrets::place(&secret, &about, &cursor);
            let n = place.and_then(|n| n.parse().ok());
            n.ok_or_else(|| Error::field("cursor", Refusal::from_another_list()))
        })
        .transpose()?;
    let page = page(&mut snapshot, workspace, filter, before, limit).await?;
    let next = page
        .before
        .map(|n| secrets::signed(&secret, &about, &n.to_string()));
    Ok((page.rows, next))
}

/// Where the chain ends.
pub async fn head(admin: &Admin) -> Result<AuditHead> {
    let mut snapshot = admin.db().snapshot().await?;
    audit::head(&mut snapshot, admin.workspace()).await
}
