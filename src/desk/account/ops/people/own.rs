//! Oneself: who one is here, and what one may change of that.

use super::{rename, tell};
use crate::desk::account::ops::{
    presence, store,
    who::{self, Staff},
};
use crate::live::bus::log::What;
use crate::model::{
    agent::{Agent, Availability},
    error::{Error, Result},
    event::AgentNews,
    frame::Frame,
    text::{Check, Name},
    time::now,
};

pub async fn me(staff: &Staff) -> Result<Agent> {
    store::agent(
        &mut *staff.db().snapshot().await?,
        staff.workspace(),
        staff.id(),
        now(),
    )
    .await?
    .ok_or(Error::NotFound)
}

/// What somebody may change of themselves; what is absent stays.
#[derive(Default)]
pub struct Mine {
    pub name: Option<String>,
    pub availability: Option<Availability>,
    /// For colleagues, "lunch until 13:00"; goes when the availability changes without one.
    pub reason: Option<String>,
}

pub async fn change_me(staff: &Staff, mine: Mine) -> Result<Agent> {
    let name = mine.name.as_deref().map(str::parse::<Name>).transpose()?;
    let reason = match mine.reason.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(reason) => {
            let mut check = Check::default();
            let read = check.take::<Name>("reason", reason);
            check.done()?;
            read
        }
    };
    let (workspace, id, at) = (staff.workspace(), staff.id(), now());
    let mut tx = staff.begin().await?;
    if let Some(name) = &name {
        rename(&mut tx, workspace, id, name).await?;
    }
    if mine.availability.is_some() || mine.reason.is_some() {
        store::lock(&mut tx, workspace, id).await?;
        let before = store::agent(&mut tx, workspace, id, at)
            .await?
            .ok_or(Error::NotFound)?;
        let said = mine.availability.unwrap_or(before.availability);
        store::set_availability(
            &mut tx,
            workspace,
            id,
            said,
            reason.as_ref().map(Name::as_str),
        )
        .await?;
        if said != before.availability {
            let online = said == Availability::Online && store::is_present(&mut tx, id, at).await?;
            store::tell_now(&mut tx, id, online).await?;
            let news = AgentNews {
                id,
                availability: said,
                online,
            };
            presence::tell(&mut tx, workspace, staff.by(), news, at).await?;
        }
    }
    if name.is_some() {
        tell(&mut tx, workspace, staff.by(), id, What::Renamed, at).await?;
    }
    let agent = store::agent(&mut tx, workspace, id, at)
        .await?
        .ok_or(Error::NotFound)?;
    tx.commit().await?;
    if name.is_some() {
        who::forget(staff.desk(), staff.session());
    }
    Ok(agent)
}

/// What stands around every page of the staff. Loading a page counts as being there: without WASM there is no stream.
pub async fn frame(staff: &Staff) -> Result<Frame> {
    presence::came(staff.desk(), staff.workspace(), staff.id()).await;
    Ok(Frame {
        workspace: store::settings(staff.db(), staff.workspace()).await?.name,
        me: me(staff).await?,
    })
}
