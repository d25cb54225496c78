//! What really happens with widgets. The public doors are [`public`], [`config`], [`frame_ancestors`] and
//! [`begin`](visit::begin): an unknown widget and a disabled one are the same to them.

mod domain;
pub mod door;
pub mod form;
pub mod refused;
mod store;
#[cfg(test)]
pub use store::ALL as SQL;
pub use store::{is_usable, name_of, names};
#[cfg(test)]
mod tests;
pub mod visit;

use crate::base::{db::Tx, secrets};
use crate::desk::account::{
    self,
    ops::who::{Admin, Machine, Staff},
};
use crate::desk::state::Desk;
use crate::live::audit;
use crate::live::bus::log::{self, NewEntry, What};
use crate::model::refusal::Refusal;
use crate::model::{
    actor::{Actor, By},
    agent::Availability,
    domain::Domain,
    error::{Error, Result},
    event::EventKind,
    id::*,
    time::now,
    widget::{Preset, Widget, WidgetConfig, WidgetForm, WidgetSettings},
};
use uuid::Uuid;

/// Every widget, the home widget first.
pub async fn widgets(staff: &Staff) -> Result<Vec<Widget>> {
    store::list(&mut *staff.db().snapshot().await?, staff.workspace()).await
}

pub async fn widget(staff: &Staff, id: WidgetId) -> Result<Widget> {
    store::find(&mut *staff.db().snapshot().await?, staff.workspace(), id).await
}

async fn tell(
    tx: &mut Tx,
    ws: WorkspaceId,
    by: impl Into<By>,
    id: WidgetId,
    what: What,
) -> Result<()> {
    let entry = NewEntry::internal(EventKind::WidgetChanged, by, id.0, what, now());
    log::append(tx, ws, entry).await?;
    Ok(())
}

/// Disabled, or gone: nobody's session at it is one any more, and their streams end.
async fn tell_shut(
    tx: &mut Tx,
    ws: WorkspaceId,
    by: impl Into<By>,
    id: WidgetId,
    what: What,
) -> Result<()> {
    let entry = NewEntry::internal(EventKind::WidgetShut, by, id.0, what, now());
    log::append(tx, ws, entry).await?;
    Ok(())
}

/// Whose customers the widget's key may vouch for: its own, or those of another that shares its own. So each source
/// has one owner, and sharing has no second step.
async fn check_source(tx: &mut Tx, ws: WorkspaceId, id: WidgetId, other: WidgetId) -> Result<()> {
    let refuse = |refusal| Err(Error::field("customer_source", refusal));
    store::lock_all(tx, ws).await?;
    match store::find(tx, ws, other).await {
        Err(Error::NotFound) => return refuse(Refusal::no_widget()),
        Err(e) => return Err(e),
        Ok(theirs) if theirs.source != theirs.id => {
            return refuse(Refusal::customers_not_own());
        }
        Ok(_) => {}
    }
    match store::sharers(tx, ws, id).await?.as_slice() {
        [] => Ok(()),
        names => refuse(Refusal::customers_shared(names.join(", "))),
    }
}

/// What an admin typed, as it may be kept.
fn settled(form: WidgetForm) -> Result<WidgetSettings> {
    let settings = dressed(form).checked()?;
    domain::are_somebodys(&settings.domains)?;
    Ok(settings)
}

/// A preset is a whole set of tokens: its colours are its own, whatever was typed beside it.
fn dressed(mut form: WidgetForm) -> WidgetForm {
    if form.preset != Preset::Custom {
        let (primary, secondary) = form.preset.colors();
        (form.primary_color, form.secondary_color) = (primary.into(), secondary.into());
    }
    form
}

pub async fn create(admin: &Admin, form: WidgetForm) -> Result<Widget> {
    let settings = settled(form)?;
    let (ws, id) = (admin.workspace(), WidgetId(Uuid::now_v7()));
    let mut tx = admin.begin().await?;
    if let Some(other) = settings.source {
        check_source(&mut tx, ws, id, other).await?;
    }
    store::add(&mut tx, ws, id, &settings, false, secrets::random(), now()).await?;
    let made = store::find(&mut tx, ws, id).await?;
    tell(&mut tx, ws, admin.by(), id, What::Created).await?;
    tx.commit().await?;
    Ok(made)
}

/// Change it. With `revision`, only if it is still the one that was read.
pub async fn save(
    admin: &Admin,
    id: WidgetId,
    form: WidgetForm,
    revision: Option<i64>,
) -> Result<Widget> {
    change(admin, id, revision, |_| form).await
}

/// Change some of it: `edit` gets the form as it stands now.
pub async fn change(
    admin: &Admin,
    id: WidgetId,
    revision: Option<i64>,
    edit: impl FnOnce(WidgetForm) -> WidgetForm + Send,
) -> Result<Widget> {
    let ws = admin.workspace();
    let mut tx = admin.begin().await?;
    let found = store::find(&mut tx, ws, id).await?;
    let mut settings = settled(edit(WidgetForm::from(&found)))?;
    settings.source = settings.source.filter(|source| *source != id);
    if let Some(other) = settings.source.filter(|s| *s != found.source) {
        check_source(&mut tx, ws, id, other).await?;
    }
    let stale = || Error::conflict(Refusal::changed_meanwhile());
    if !store::save(
        &mut tx,
        ws,
        id,
        revision.unwrap_or(found.revision),
        &settings,
    )
    .await?
    {
        return Err(stale());
    }
    let saved = store::find(&mut tx, ws, id).await?;
    let fields = audit::changed(&WidgetForm::from(&found), &WidgetForm::from(&saved));
    let what = What::Settings { fields };
    if saved.enabled {
        tell(&mut tx, ws, admin.by(), id, what).await?;
    } else {
        tell_shut(&mut tx, ws, admin.by(), id, what).await?;
    }
    tx.commit().await?;
    Ok(saved)
}

/// Only one that nobody ever wrote to: conversations keep the widget they came through.
pub async fn delete(admin: &Admin, id: WidgetId) -> Result<()> {
    let ws = admin.workspace();
    let mut tx = admin.begin().await?;
    let found = store::find(&mut tx, ws, id).await?;
    if found.home {
        return Err(Error::conflict(Refusal::widget_of_home()));
    }
    if store::is_used(&mut tx, ws, id).await? {
        return Err(Error::conflict(Refusal::widget_has_threads()));
    }
    store::lock_all(&mut tx, ws).await?;
    if !store::sharers(&mut tx, ws, id).await?.is_empty() {
        return Err(Error::conflict(Refusal::customers_shared_by_others()));
    }
    account::ops::visit::drop_at(&mut tx, ws, id).await?;
    store::remove(&mut tx, ws, id).await?;
    tell_shut(&mut tx, ws, admin.by(), id, What::Removed).await?;
    tx.commit().await
}

/// Share the customers of `source`, or with its own id have its own. Sessions stay; who is vouched for from now on is
/// looked up there.
pub async fn share_customers(admin: &Admin, id: WidgetId, source: WidgetId) -> Result<Widget> {
    change(admin, id, None, |now| WidgetForm {
        source: Some(source),
        ..now
    })
    .await
}

/// Whose customers the widget could share: the others that have their own; and which share this one's.
pub async fn sources(admin: &Admin, id: WidgetId) -> Result<(Vec<Widget>, Vec<String>)> {
    let mut snapshot = admin.db().snapshot().await?;
    let mut all = store::list(&mut snapshot, admin.workspace()).await?;
    all.retain(|w| w.source == w.id && w.id != id);
    Ok((
        all,
        store::sharers(&mut snapshot, admin.workspace(), id).await?,
    ))
}

/// The key of `identify`, as the host site's server uses it: 64 hex digits, taken as text.
pub async fn secret(admin: &Admin, id: WidgetId) -> Result<String> {
    store::secret(&mut *admin.db().snapshot().await?, admin.workspace(), id)
        .await
        .map(hex::encode)
}

/// A new key; hashes made with the old one are refused from now on. Sessions stay.
pub async fn renew_secret(admin: &Admin, id: WidgetId) -> Result<String> {
    let (ws, fresh) = (admin.workspace(), secrets::random());
    let mut tx = admin.begin().await?;
    store::renew(&mut tx, ws, id, fresh).await?;
    tell(&mut tx, ws, admin.by(), id, What::Key).await?;
    tx.commit().await?;
    Ok(hex::encode(fresh))
}

/// The workspace's own widget, which its help home and portal embed; made once.
pub async fn make_home(machine: &Machine) -> Result<WidgetId> {
    let ws = machine.workspace();
    let mut tx = machine.db().begin(ws).await?;
    let (name, home) = store::workspace(&mut tx, ws).await?;
    if let Some(home) = home {
        return Ok(home);
    }
    let id = WidgetId(Uuid::now_v7());
    let settings = WidgetForm::home(name).checked()?;
    store::add(&mut tx, ws, id, &settings, true, secrets::random(), now()).await?;
    if !account::ops::set_home(&mut tx, ws, id).await? {
        return Err(Error::Unavailable);
    }
    tell(&mut tx, ws, Actor::MACHINE, id, What::Created).await?;
    tx.commit().await?;
    Ok(id)
}

// ---- Public doors

/// An enabled widget, and whether anybody is online behind it.
pub async fn public(desk: &Desk, id: WidgetId) -> Result<Option<(Widget, bool)>> {
    let Some(widget) = store::public(&mut *desk.db().snapshot().await?, id).await? else {
        return Ok(None);
    };
    let online = crate::desk::account::ops::online(desk.db(), widget.workspace_id).await?;
    Ok(Some((widget, online)))
}

/// What the launcher and the frame need to know. `origin` is what the browser says of the page that asks.
pub async fn config(desk: &Desk, id: WidgetId, origin: Option<&str>) -> Result<WidgetConfig> {
    let (widget, online) = public(desk, id).await?.ok_or(Error::NotFound)?;
    refused::asked(desk, &widget, origin);
    Ok(config_of(&widget, online))
}

pub fn config_of(widget: &Widget, online: bool) -> WidgetConfig {
    WidgetConfig::of(
        widget,
        if online {
            Availability::Online
        } else {
            Availability::Offline
        },
    )
}

/// The value of `frame-ancestors` for the widget's documents: our own pages and the listed sites; for a widget
/// that is disabled or never was, nobody.
pub async fn frame_ancestors(desk: &Desk, id: WidgetId) -> Result<String> {
    Ok(
        match store::public(&mut *desk.db().snapshot().await?, id).await? {
            None => "'none'".into(),
            Some(widget) => {
                let sites = widget.domains.iter().map(Domain::sources);
                std::iter::once("'self'".to_owned())
                    .chain(sites)
                    .collect::<Vec<_>>()
                    .join(" ")
            }
        },
    )
}

/// Has anybody written by it?
pub async fn is_used(admin: &Admin, id: WidgetId) -> Result<bool> {
    store::is_used(&mut *admin.db().snapshot().await?, admin.workspace(), id).await
}
