//! A chat that staff begin.

use super::{
    change,
    inbox::one_for_staff,
    say::{self, Spoken, Target},
    store,
};
use crate::base::db::fresh;
use crate::desk::account::ops::who::Staff;
use crate::desk::{account, contact, widget};
use crate::live::bus::rows::{self};
use crate::model::refusal::Refusal;
use crate::model::{
    conversation::{Conversation, ForReader, Status},
    error::{Error, Result},
    id::*,
    message::Kind,
    text::{Body, Email, Name},
    time::now,
};

/// The same, with the message: for programs.
pub async fn begin(
    staff: &Staff,
    at: WidgetId,
    client: ClientId,
    email: &str,
    name: &str,
    body: Body,
) -> Result<(ForReader<Conversation>, Spoken)> {
    let mut check = crate::model::text::Check::default();
    let address = check.take::<Email>("email", email);
    let name = (!name.trim().is_empty())
        .then(|| check.take::<Name>("name", name))
        .flatten();
    check.done()?;
    let Some(address) = address else {
        return Err(Error::Unavailable);
    };
    let workspace = staff.workspace();
    // Whom it is for and where belong to the request as much as its text does.
    let hash = say::hash_of(&[
        at.0.as_bytes(),
        b"begin",
        body.as_str().as_bytes(),
        address.as_str().as_bytes(),
        name.as_ref().map_or("", Name::as_str).as_bytes(),
    ]);
    let speak = async |id: ConversationId| {
        let (who, into) = (staff.clone().into(), Target::This(id));
        let body = body.clone();
        say::speak_hashed(&who, into, Kind::Text, client, body, None, hash).await
    };
    let mut tx = staff.begin().await?;
    if let Some(before) = store::sent(&mut tx, workspace, client, staff.id().0).await? {
        if before.request_hash != hash {
            return Err(Error::ClientIdReused);
        }
        // A retry: the conversation is where the message is.
        let row = rows::messages(&mut tx, workspace, &[before.id])
            .await?
            .pop()
            .ok_or(Error::NotFound)?;
        drop(tx);
        let spoken = speak(row.conversation_id.into()).await?;
        return Ok((
            one_for_staff(staff, row.conversation_id.into()).await?,
            spoken,
        ));
    }
    say::within_limits(&staff.clone().into())?;
    if !widget::ops::is_usable(&mut tx, workspace, at).await? {
        return Err(Error::field("widget_id", Refusal::no_widget()));
    }
    let contact = contact::ops::by_address(&mut tx, workspace, &address, name.as_ref()).await?;
    let open = store::lock_open_of(&mut tx, workspace, &[contact.0])
        .await?
        .into_iter()
        .find(|c| c.widget_id == at.0);
    let mut batch = change::Batch::new(workspace, staff.actor(), now());
    let id: ConversationId = match open {
        Some(locked) if staff.listener().sees(locked.place()) => {
            let id = locked.id;
            batch.hold(locked);
            id.into()
        }
        Some(_) => {
            return Err(Error::conflict(Refusal::colleague_has_it()));
        }
        None => {
            let id: ConversationId = fresh();
            let new = store::NewConversation {
                id,
                widget: at,
                contact,
                status: Status::Active,
                assignee: Some(staff.id()),
                team: account::ops::default_team(&mut tx, workspace).await?,
                reference: None,
                at: now(),
                waiting_since: None,
            };
            let name = contact::ops::name_of(&mut tx, workspace, contact).await?;
            batch
                .open(&mut tx, new, name)
                .await?
                .ok_or(Error::Unavailable)?;
            id
        }
    };
    // With its first text or not at all.
    let (who, into) = (staff.clone().into(), Target::This(id));
    let saying = say::Saying::of(&who, into, Kind::Text, client, body, None, hash)?;
    let spoken = say::say_in(&mut tx, &mut batch, &saying).await?;
    tx.commit().await?;
    Ok((one_for_staff(staff, id).await?, spoken))
}
