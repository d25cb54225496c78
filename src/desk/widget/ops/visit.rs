//! Visitors at a widget: how a session begins, and how the host site says who somebody is.
//!
//! `user_hash = hex(HMAC-SHA256(key, user_id))`, the key being the widget's secret as it is shown (64 characters).
//! It vouches for the id alone: name and address stay claims. An id without a hash is nobody's and is not kept.

use super::store;
use crate::base::{
    limits::{Kind, Whose},
    secrets,
};
use crate::desk::account::ops::{
    visit,
    who::{self, Visitor},
};
use crate::desk::contact::ops::{self as contact, New};
use crate::desk::state::Desk;
use crate::live::bus::log::{self, Tell};
use crate::model::{
    contact::{Contact, Myself, Reference},
    error::{Error, Result},
    event::EventKind,
    id::*,
    limits,
    text::{Check, Email, Name, OutsideUrl},
    time::now,
    widget::Policy,
};
use std::net::IpAddr;

/// What somebody says of themselves when they begin. Empty is the same as absent.
#[derive(Clone, Debug, Default)]
pub struct BeginForm {
    pub name: Option<String>,
    pub email: Option<String>,
    pub page_url: Option<OutsideUrl>,
    pub reference: Option<Reference>,
    pub user_id: Option<String>,
    pub user_hash: Option<String>,
}

/// A visitor's new session; the token is shown this once.
pub struct Begun {
    pub token: String,
    pub contact: Contact,
}

fn given(typed: &Option<String>) -> Option<&str> {
    typed.as_deref().filter(|t| !t.trim().is_empty())
}

/// The id that the host site vouches for. A hash that does not fit is refused, whatever the policy.
fn vouched(
    secret: &[u8],
    user_id: Option<&str>,
    user_hash: Option<&str>,
) -> Result<Option<String>> {
    let (Some(id), Some(hash)) = (user_id, user_hash) else {
        return Ok(None);
    };
    if id.len() > limits::EMAIL || id.chars().any(char::is_control) {
        return Err(Error::field(
            "user_id",
            format!("One line of at most {} bytes.", limits::EMAIL),
        ));
    }
    match secrets::vouched(hex::encode(secret).as_bytes(), id, hash) {
        true => Ok(Some(id.to_owned())),
        false => Err(Error::field(
            "user_hash",
            "This is not the signature of that id.",
        )),
    }
}

/// Begin at a widget: makes the visitor's contact, or finds the one the host site vouches for, and a session.
pub async fn begin(
    desk: &Desk,
    id: WidgetId,
    form: BeginForm,
    address: IpAddr,
    device: &str,
) -> Result<Begun> {
    desk.limits()
        .check(Kind::Visitor, Whose::Address(address))?;
    let mut look = desk.db().look().await?;
    let widget = store::public(&mut look, id).await?.ok_or(Error::NotFound)?;
    let secret = store::public_secret(&mut look, id).await?;
    drop(look);

    let user = vouched(&secret, given(&form.user_id), given(&form.user_hash))?;
    let mut check = Check::default();
    let name = given(&form.name).and_then(|n| check.take::<Name>("name", n));
    let email = given(&form.email).and_then(|e| check.take::<Email>("email", e));
    if widget.policy == Policy::VerifiedOnly && user.is_none() {
        check.fail(
            "user_hash",
            "This chat is for signed-in customers of the site.",
        );
    }
    let (ws, at, token) = (widget.workspace_id, now(), secrets::token());
    let mut tx = desk.db().begin(ws).await?;
    let known = match &user {
        Some(user) => contact::by_user(&mut tx, ws, user).await?,
        None => None,
    };
    if widget.policy == Policy::EmailRequired {
        if name.is_none()
            && given(&form.name).is_none()
            && known.as_ref().is_none_or(|k| k.contact.name.is_none())
        {
            check.fail("name", "Tell us your name first.");
        }
        if email.is_none()
            && given(&form.email).is_none()
            && known.as_ref().is_none_or(|k| k.contact.email.is_none())
        {
            check.fail("email", "Tell us your email address first.");
        }
    }
    check.done()?;
    let (who, changed) = match known {
        Some(known) => {
            let changed =
                contact::claim(&mut tx, ws, &known, name.as_ref(), email.as_ref()).await?;
            contact::record(
                &mut tx,
                ws,
                known.contact.id,
                form.page_url.as_ref(),
                form.reference.as_ref(),
                at,
            )
            .await?;
            (known.contact.id, changed)
        }
        None => {
            let new = New {
                name: name.as_ref().map(Name::as_str),
                email: email.as_ref(),
                user_id: user.as_deref(),
                page_url: form.page_url.as_ref().map(OutsideUrl::as_str),
                reference: form.reference.as_ref(),
            };
            (contact::create(&mut tx, ws, new, at).await?, false)
        }
    };
    visit::open(&mut tx, ws, who, id, secrets::hash(&token), device, at).await?;
    let contact = contact::find(&mut tx, ws, who).await?.contact;
    if changed {
        contact::tell(&mut tx, ws, who, at).await?;
    }
    tx.commit().await?;
    Ok(Begun { token, contact })
}

/// What the host page says of somebody who has a session already.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    pub user_id: String,
    pub user_hash: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
}

/// The host page says who this is. Without a hash only name and address change, as claims. With one:
/// - nobody has that id yet, and this contact has none: it is theirs from now on;
/// - somebody else is that person, or this contact is another one: the session becomes that person's, made if
///   need be, so that whoever signs in on a shared browser never sees another customer's chat;
/// - except that an unnamed visitor who has already written keeps the session and the thread, so that nothing
///   vanishes while they read it; the contact is marked as vouched for and points to that person.
///
/// A wrong hash changes nothing. When the answer's id is another one, the caller shows that person's chat.
pub async fn identify(visitor: &Visitor, said: Identity) -> Result<Myself> {
    visitor
        .desk()
        .limits()
        .check(Kind::Write, Whose::Person(visitor.id().0))?;
    let (ws, own_id, at) = (visitor.workspace(), visitor.id(), now());
    let secret = store::public_secret(&mut *visitor.db().look().await?, visitor.widget()).await?;
    let user = vouched(&secret, Some(&said.user_id), given(&said.user_hash))?;
    let mut check = Check::default();
    let name = given(&said.name).and_then(|n| check.take::<Name>("name", n));
    let email = given(&said.email).and_then(|e| check.take::<Email>("email", e));
    check.done()?;

    let mut tx = visitor.db().begin(ws).await?;
    let own = contact::find(&mut tx, ws, own_id).await?;
    let mut me = own_id;
    let mut proven = false;
    if let Some(user) = user.filter(|u| own.user_id.as_deref() != Some(u)) {
        let other = contact::by_user(&mut tx, ws, &user)
            .await?
            .map(|k| k.contact.id);
        proven = true;
        match (&own.user_id, other) {
            (None, None) => contact::verify(&mut tx, ws, own_id, &user).await?,
            (None, Some(other)) if contact::has_written(&mut tx, ws, own_id).await? => {
                contact::merge(&mut tx, ws, own_id, other).await?;
            }
            (_, Some(other)) => me = other,
            (Some(_), None) => {
                me = contact::create(
                    &mut tx,
                    ws,
                    New {
                        user_id: Some(&user),
                        ..New::default()
                    },
                    at,
                )
                .await?
            }
        }
    }
    let known = contact::find(&mut tx, ws, me).await?;
    let changed = contact::claim(&mut tx, ws, &known, name.as_ref(), email.as_ref()).await?;
    if me != own_id {
        visit::hand_over(&mut tx, ws, visitor.session(), me).await?;
    }
    let myself = contact::myself(&mut tx, ws, me).await?;
    if changed || proven {
        contact::tell(&mut tx, ws, me, at).await?;
    }
    if me != own_id {
        // Streams and caches that stand for the former person end; the same token asks again as the new one.
        log::tell(
            &mut tx,
            ws,
            Tell::inside(EventKind::SessionRevoked, visitor.session().0, at),
        )
        .await?;
    }
    tx.commit().await?;
    if me != own_id {
        who::forget(visitor.desk(), visitor.session());
    }
    Ok(myself)
}
