//! Sites whose pages asked for a chat that browsers will not show there. A browser says nothing of it to the server;
//! but the launcher asks for its configuration first, and with it comes the page's `Origin`. Anybody can send one, so
//! it is a hint for the admin and nothing else: the site alone, few a widget, seldom written. The rows are in the
//! database, because the page that shows them may be answered by another node.

use super::store;
use crate::desk::{account::ops::who::Admin, state::Desk};
use crate::model::{
    domain::Domain,
    error::Result,
    id::WidgetId,
    time::now,
    widget::{RefusedSite, Widget},
};
use chrono::Duration;
use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration as Span, Instant},
};

/// What was not asked for in so many days is of no use any more.
const DAYS: i64 = 14;
/// A site is written once in this time by each node,
const SELDOM: Span = Span::from_secs(3600);
/// and so many sites of one widget.
const MOST: usize = 20;

/// What this node has written of each widget, and when.
#[derive(Default)]
struct Noted(Mutex<HashMap<WidgetId, Vec<(String, Instant)>>>);

impl Noted {
    fn due(&self, widget: WidgetId, site: &str) -> bool {
        let mut all = self.0.lock().unwrap_or_else(|e| e.into_inner());
        let sites = all.entry(widget).or_default();
        sites.retain(|(_, at)| at.elapsed() < SELDOM);
        let due = sites.len() < MOST && sites.iter().all(|(known, _)| known != site);
        if due {
            sites.push((site.to_owned(), Instant::now()));
        }
        due
    }
}

/// `http://localhost:3000`, as browsers write an origin; `None` for what is no site, as the `null` of a sandbox.
fn site(origin: &str) -> Option<&str> {
    let host = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"))?;
    let domain: Domain = host.parse().ok()?;
    (domain.to_string() == host && !host.starts_with('*')).then_some(origin)
}

fn shown_on(desk: &Desk, widget: &Widget, origin: &str) -> bool {
    let (own, secure) = (desk.config().origin(), desk.config().is_https());
    origin == own || widget.domains.iter().any(|d| d.allows(origin, secure))
}

/// A page of `origin` asked for the chat. Nobody waits for what is written.
pub fn asked(desk: &Desk, widget: &Widget, origin: Option<&str>) {
    let Some(origin) = origin.and_then(site) else {
        return;
    };
    if shown_on(desk, widget, origin) || !desk.get_or_init(Noted::default).due(widget.id, origin) {
        return;
    }
    let (db, ws, id) = (desk.db().clone(), widget.workspace_id, widget.id);
    let origin = origin.to_owned();
    desk.tasks().spawn(async move {
        let note = async {
            let mut tx = db.begin(ws).await?;
            store::refuse(&mut tx, ws, id, &origin, now()).await?;
            tx.commit().await
        };
        if let Err(error) = note.await {
            tracing::warn!(%error, "a refused site could not be noted");
        }
    });
}

/// Those that are refused still, the last first.
pub async fn sites(admin: &Admin, widget: &Widget) -> Result<Vec<RefusedSite>> {
    let since = now().minus(Duration::days(DAYS));
    let mut snapshot = admin.db().snapshot().await?;
    let all = store::refused(&mut snapshot, admin.workspace(), widget.id, since).await?;
    let desk = admin.desk();
    Ok(all
        .into_iter()
        .filter(|(site, _)| !shown_on(desk, widget, site))
        .map(|(site, at)| {
            let safe = site.replacen("http://", "https://", 1);
            RefusedSite {
                listed: desk.config().is_https() && shown_on(desk, widget, &safe),
                site,
                at,
            }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_site_is_kept_and_seldom() {
        for good in ["http://localhost:3000", "https://shop.example"] {
            assert_eq!(site(good), Some(good));
        }
        for bad in [
            "null",
            "",
            "shop.example",
            "https://",
            "https://*.shop.example",
            "https://shop.example/secret",
            "https://ada@shop.example",
            "https://https://x",
            "chrome-extension://abc",
            "https://SHOP.example",
            "https://<b>.example",
        ] {
            assert_eq!(site(bad), None, "{bad}");
        }
        let noted = Noted::default();
        let (one, two) = (
            WidgetId(uuid::Uuid::now_v7()),
            WidgetId(uuid::Uuid::now_v7()),
        );
        assert!(noted.due(one, "a") && !noted.due(one, "a") && noted.due(two, "a"));
        let taken = (0..1000).filter(|n| noted.due(one, &n.to_string())).count();
        assert_eq!(taken + 1, MOST);
    }
}
