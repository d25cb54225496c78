//! Visitors at a widget: how a session begins, and how the host site says who somebody is.
//!
//! `user_hash = hex(HMAC-SHA256(key, user_id))`, the key being the widget's secret as it is shown (64 characters).
//! It vouches for the id alone: name and address stay claims. An id without a hash is nobody's and is not kept. A key
//! vouches for the customers of the widget's own source, or of the one that it shares, and for no others.

use super::store;
use crate::base::{
    limits::{Kind, Whose},
    secrets,
};
use crate::desk::account::ops::{
    visit,
    who::{self, Visitor},
};
use crate::desk::contact::ops::{self as contact, New, User};
use crate::desk::state::Desk;
use crate::live::bus::threads;
use crate::model::refusal::Refusal;
use crate::model::{
    actor::Actor,
    contact::{Contact, Myself, Reference},
    error::{Error, Result},
    id::*,
    limits,
    text::{Check, Email, Name, OutsideUrl},
    time::now,
    widget::{Policy, Widget},
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

/// Nothing that could be seen. Zero-width characters stand there too (Unicode, general category Cf).
fn is_blank(id: &str) -> bool {
    let unseen = |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    id.chars()
        .all(|c| c.is_whitespace() || c.is_control() || unseen(c))
}

fn given(typed: &Option<String>) -> Option<&str> {
    typed.as_deref().filter(|t| !t.trim().is_empty())
}

/// Whom the host site vouches for. A hash that does not fit is refused, whatever the policy; and so is an id in which
/// there is nothing, which a site signs by mistake for everybody who is not signed in there.
fn vouched(
    widget: &Widget,
    secret: &[u8],
    user_id: Option<&str>,
    user_hash: Option<&str>,
) -> Result<Option<User>> {
    if user_id.is_some_and(is_blank) {
        return Err(Error::field("user_id", Refusal::visitor_id_empty()));
    }
    let (Some(id), Some(hash)) = (user_id, user_hash) else {
        return Ok(None);
    };
    if id.len() > limits::EMAIL || id.chars().any(char::is_control) {
        return Err(Error::field(
            "user_id",
            Refusal::one_line_of_bytes(limits::EMAIL),
        ));
    }
    match secrets::vouched(hex::encode(secret).as_bytes(), id, hash) {
        true => Ok(Some(User {
            source: widget.source,
            id: id.to_owned(),
        })),
        false => Err(Error::field("user_hash", Refusal::signature_mismatch())),
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
    let found = store::public(&mut *desk.db().snapshot().await?, id).await?;
    let ws = found.ok_or(Error::NotFound)?.workspace_id;
    // What the widget is now, and not when the form was on its way.
    let mut tx = desk.db().begin(ws).await?;
    let widget = store::public(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let secret = store::public_secret(&mut tx, id).await?;

    let hash = given(&form.user_hash);
    let user = vouched(&widget, &secret, form.user_id.as_deref(), hash)?;
    let mut check = Check::default();
    let name = given(&form.name).and_then(|n| check.take::<Name>("name", n));
    let email = given(&form.email).and_then(|e| check.take::<Email>("email", e));
    if widget.policy == Policy::VerifiedOnly && user.is_none() {
        check.fail("user_hash", Refusal::customers_of_the_site());
    }
    let (at, token) = (now(), secrets::token());
    let known = match &user {
        Some(user) => contact::by_user(&mut tx, ws, user).await?,
        None => None,
    };
    if widget.policy == Policy::EmailRequired {
        if name.is_none()
            && given(&form.name).is_none()
            && known.as_ref().is_none_or(|k| k.contact.name.is_none())
        {
            check.fail("name", Refusal::name_first());
        }
        if email.is_none()
            && given(&form.email).is_none()
            && known.as_ref().is_none_or(|k| k.contact.email.is_none())
        {
            check.fail("email", Refusal::email_first());
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
                user: user.as_ref(),
                page_url: form.page_url.as_ref().map(OutsideUrl::as_str),
                reference: form.reference.as_ref(),
            };
            (contact::create(&mut tx, ws, new, at).await?, false)
        }
    };
    visit::open(
        &mut tx,
        ws,
        who,
        id,
        None,
        secrets::hash(&token),
        device,
        at,
    )
    .await?;
    let contact = contact::find(&mut tx, ws, who).await?.contact;
    if changed {
        threads::tell_of_contact(&mut tx, ws, Actor::visitor(who), who, at).await?;
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

/// Who it is, and the token of the new session where there is one: shown this once.
pub struct Identified {
    pub me: Myself,
    pub token: Option<String>,
}

/// The host page says who this is. Without a hash only name and address change, as claims. With one:
/// - it is known of this contact already: nothing changes;
/// - nobody has that id yet, and this contact has none: it is theirs from now on;
/// - somebody else is that person, or this contact is another one: what follows is that person's, made if
///   need be, so that whoever signs in on a shared browser never sees another customer's chat;
/// - except that an unnamed visitor who has already written keeps the thread, so that nothing vanishes while they
///   read it; the contact is marked as vouched for and points to that person.
///
/// Whenever something changes the session is a new one, and those end that stood for less: this one, and where the
/// contact is now somebody, all of the contact's. Whoever got hold of a token before reads nothing of what comes.
/// A wrong hash changes nothing. When the answer's id is another one, the caller shows that person's chat.
pub async fn identify(visitor: &Visitor, said: Identity, device: &str) -> Result<Identified> {
    match identify_now(visitor, &said, device).await {
        // Another node has just stored the same person, who is found now.
        Err(e) if e.is_worth_another_try() => identify_now(visitor, &said, device).await,
        done => done,
    }
}

async fn identify_now(visitor: &Visitor, said: &Identity, device: &str) -> Result<Identified> {
    let (ws, own_id, at) = (visitor.workspace(), visitor.id(), now());
    let mut check = Check::default();
    let name = given(&said.name).and_then(|n| check.take::<Name>("name", n));
    let email = given(&said.email).and_then(|e| check.take::<Email>("email", e));
    check.done()?;

    let mut tx = visitor.begin().await?;
    let widget = store::public(&mut tx, visitor.widget()).await?;
    let widget = widget.ok_or(Error::NotFound)?;
    let secret = store::public_secret(&mut tx, widget.id).await?;
    let hash = given(&said.user_hash);
    let user = vouched(&widget, &secret, Some(&said.user_id), hash)?;
    let own = contact::find(&mut tx, ws, own_id).await?;
    let mut me = own_id;
    let (mut ended, mut token) = (vec![], None);
    if let Some(user) = user.filter(|u| own.user.as_ref() != Some(u)) {
        let other = contact::by_user(&mut tx, ws, &user)
            .await?
            .map(|k| k.contact.id);
        match (&own.user, other) {
            (None, None) => contact::verify(&mut tx, ws, own_id, &user).await?,
            (None, Some(other)) if threads::any_of(&mut tx, ws, own_id).await? => {
                contact::merge(&mut tx, ws, own_id, other).await?;
            }
            (_, Some(other)) => me = other,
            (Some(_), None) => {
                let new = New {
                    user: Some(&user),
                    ..New::default()
                };
                me = contact::create(&mut tx, ws, new, at).await?;
            }
        }
        let only = (me != own_id).then(|| visitor.session());
        ended = visit::end(&mut tx, ws, own_id, only, at).await?;
        let fresh = secrets::token();
        let hash = secrets::hash(&fresh);
        visit::open(&mut tx, ws, me, widget.id, None, hash, device, at).await?;
        token = Some(fresh);
    }
    let known = contact::find(&mut tx, ws, me).await?;
    let changed = contact::claim(&mut tx, ws, &known, name.as_ref(), email.as_ref()).await?;
    let myself = contact::myself(&mut tx, ws, me).await?;
    if changed || token.is_some() {
        threads::tell_of_contact(&mut tx, ws, visitor.actor(), me, at).await?;
    }
    visit::tell_ended(&mut tx, ws, visitor.actor(), &ended, at).await?;
    tx.commit().await?;
    for session in ended {
        who::forget(visitor.desk(), session);
    }
    Ok(Identified { me: myself, token })
}
