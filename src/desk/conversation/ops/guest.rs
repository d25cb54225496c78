//! A link that lets one person in to one thread: single-purpose, good for 30 days and used once. Whoever uses it is a
//! guest, who reads and writes in that thread alone.

use super::store;
use crate::base::secrets;
use crate::desk::{
    account::ops::{self as account, visit, who::Staff},
    state::Desk,
    widget,
};
use crate::live::bus::{
    log::{self, NewEntry, What},
    rows,
};
use crate::model::{
    error::{Error, Result},
    event::EventKind,
    id::{ConversationId, WidgetId},
    link::Purpose,
    time::now,
};
use std::net::IpAddr;

/// The address to hand to whoever this conversation is with, in place of an older one that nobody used.
pub async fn link(staff: &Staff, id: ConversationId) -> Result<String> {
    let (workspace, at) = (staff.workspace(), now());
    let mut tx = staff.begin().await?;
    let locked = store::lock(&mut tx, workspace, id).await?;
    if !staff.listener().sees(locked.place()) {
        return Err(Error::NotFound);
    }
    let token = account::add_thread(&mut tx, workspace, id, at).await?;
    let entry = NewEntry::internal(EventKind::LinkMade, staff.by(), id.0, What::ThreadLink, at);
    log::append(&mut tx, workspace, entry).await?;
    tx.commit().await?;
    Ok(account::url(staff.desk(), Purpose::Thread, &token))
}

/// Where a guest was let in, and the token of their session, shown this once.
pub struct LetIn {
    pub widget: WidgetId,
    pub token: String,
}

/// Uses the link up.
pub async fn enter(
    desk: &Desk,
    token: &str,
    device: &str,
    address: Option<IpAddr>,
) -> Result<LetIn> {
    let (mut tx, workspace, id) = account::use_thread(desk, token, address).await?;
    // Read and not locked: whoever makes a link holds the conversation first and the link second.
    let thread = rows::conversation(&mut tx, workspace, id).await?;
    let (widget, at, token) = (WidgetId(thread.widget_id), now(), secrets::token());
    if !widget::ops::is_usable(&mut tx, workspace, widget).await? {
        return Err(Error::NotFound);
    }
    let (contact, hash) = (thread.contact_id.into(), secrets::hash(&token));
    visit::open(
        &mut tx,
        workspace,
        contact,
        widget,
        Some(id),
        hash,
        device,
        at,
    )
    .await?;
    tx.commit().await?;
    Ok(LetIn { widget, token })
}
