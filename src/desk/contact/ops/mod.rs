//! What really happens with contacts. What an address says is a claim: a typed one never matches somebody
//! else's contact. The parts that take a `Tx` belong to the verbs of later slices, inside their transaction.

mod store;

use crate::base::db::{Conn, Tx};
use crate::desk::account::ops::who::{Staff, Visitor};
use crate::live::bus::threads;
use crate::model::{
    contact::{Contact, Myself, Reference},
    error::{Error, Result},
    id::*,
    text::{Check, Email, Name, OutsideUrl},
    time::{Time, now},
};
#[cfg(test)]
pub use store::ALL as SQL;
pub use store::{Known, name_of};
use uuid::Uuid;

/// Somebody as a host site's own server knows them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// Whose customer: the id of the widget whose own source it is. Equal ids of two sources are two people.
    pub source: WidgetId,
    /// The site's own id of them, never empty.
    pub id: String,
}

/// What is known of somebody when they first appear.
#[derive(Default)]
pub struct New<'a> {
    pub name: Option<&'a str>,
    pub email: Option<&'a Email>,
    /// Vouched for by the host site.
    pub user: Option<&'a User>,
    pub page_url: Option<&'a str>,
    pub reference: Option<&'a Reference>,
}

// ---- Parts of other verbs

/// Somebody new; with a `user` that another node has just stored, that one.
pub async fn create(tx: &mut Tx, ws: WorkspaceId, new: New<'_>, at: Time) -> Result<ContactId> {
    let id = ContactId(Uuid::now_v7());
    if store::add(tx, ws, id, &new, at).await? {
        return Ok(id);
    }
    let other = match new.user {
        Some(user) => store::by_user(tx, ws, user).await?,
        None => None,
    };
    other.map(|k| k.contact.id).ok_or(Error::Unavailable)
}

pub async fn find(tx: &mut Tx, ws: WorkspaceId, id: ContactId) -> Result<Known> {
    store::find(tx, ws, id).await
}

/// Whom the host site means by `user`. Only for a caller that has checked the site's signature.
pub async fn by_user(tx: &mut Tx, ws: WorkspaceId, user: &User) -> Result<Option<Known>> {
    store::by_user(tx, ws, user).await
}

/// For a chat that staff begin: whom they began with before and who has no session but a guest's; otherwise somebody new, even
/// where a visitor claims the same address. The host site vouches for an id, never for an address.
pub async fn by_address(
    tx: &mut Tx,
    ws: WorkspaceId,
    email: &Email,
    name: Option<&Name>,
) -> Result<ContactId> {
    match store::by_address(tx, ws, email.key()).await? {
        Some(known) => Ok(known.contact.id),
        None => {
            create(
                tx,
                ws,
                New {
                    name: name.map(Name::as_str),
                    email: Some(email),
                    ..New::default()
                },
                now(),
            )
            .await
        }
    }
}

/// What a contact sees of themselves.
pub async fn myself(conn: &mut Conn, ws: WorkspaceId, id: ContactId) -> Result<Myself> {
    Ok(store::find(conn, ws, id).await?.contact.into())
}

/// They say another name or address of themselves; `None` leaves it. Returns whether anything changed.
pub async fn claim(
    tx: &mut Tx,
    ws: WorkspaceId,
    known: &Known,
    name: Option<&Name>,
    email: Option<&Email>,
) -> Result<bool> {
    let differs = |new: Option<&str>, old: &Option<String>| new.is_some() && new != old.as_deref();
    if !differs(name.map(Name::as_str), &known.contact.name)
        && !differs(email.map(Email::as_str), &known.contact.email)
    {
        return Ok(false);
    }
    store::say(tx, ws, known.contact.id, name.map(Name::as_str), email).await?;
    Ok(true)
}

/// They are on this page, looking at this.
pub async fn record(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ContactId,
    page_url: Option<&OutsideUrl>,
    reference: Option<&Reference>,
    at: Time,
) -> Result<()> {
    store::seen(tx, ws, id, page_url.map(OutsideUrl::as_str), reference, at).await
}

/// The host site vouches that this is its `user`, whom nobody else is. Whoever calls ends the sessions of before.
pub async fn verify(tx: &mut Tx, ws: WorkspaceId, id: ContactId, user: &User) -> Result<()> {
    store::verify(tx, ws, id, user, now()).await
}

/// `id` turned out to be `into`: a pointer, and its threads are that person's. Who wrote what stays. Whoever calls ends the sessions of before.
pub async fn merge(tx: &mut Tx, ws: WorkspaceId, id: ContactId, into: ContactId) -> Result<()> {
    store::merge(tx, ws, id, into, now()).await?;
    threads::adopt(tx, ws, id, into).await
}

// ---- Verbs

/// A person outside, as far as this colleague sees a conversation of theirs.
pub async fn contact(staff: &Staff, id: ContactId) -> Result<Contact> {
    seen_by(&mut *staff.db().snapshot().await?, staff, id).await
}

/// As this colleague may see it, now.
async fn seen_by(conn: &mut Conn, staff: &Staff, id: ContactId) -> Result<Contact> {
    let known = store::find(conn, staff.workspace(), id).await?;
    let listener = staff.listener();
    if staff.reads_all() || threads::any_in_sight(conn, staff.workspace(), id, &listener).await? {
        Ok(known.contact)
    } else {
        Err(Error::NotFound)
    }
}

/// A colleague corrects what somebody is called or where they are written to.
pub async fn change(
    staff: &Staff,
    id: ContactId,
    name: Option<&str>,
    email: Option<&str>,
) -> Result<Contact> {
    let mut check = Check::default();
    let name = name.and_then(|n| check.take::<Name>("name", n));
    let email = email.and_then(|e| check.take::<Email>("email", e));
    check.done()?;
    let (ws, at) = (staff.workspace(), now());
    let mut tx = staff.begin().await?;
    seen_by(&mut tx, staff, id).await?;
    let known = store::find(&mut tx, ws, id).await?;
    if claim(&mut tx, ws, &known, name.as_ref(), email.as_ref()).await? {
        threads::tell_of_contact(&mut tx, ws, staff.actor(), id, at).await?;
    }
    let changed = store::find(&mut tx, ws, id).await?.contact;
    tx.commit().await?;
    Ok(changed)
}

/// A colleague says in full what is known of somebody: what is empty is not known.
pub async fn correct(staff: &Staff, id: ContactId, name: &str, email: &str) -> Result<Contact> {
    let mut check = Check::default();
    let said = |text: &str| !text.trim().is_empty();
    let name = said(name).then(|| check.take::<Name>("name", name));
    let email = said(email).then(|| check.take::<Email>("email", email));
    check.done()?;
    let (name, email) = (name.flatten(), email.flatten());
    let (ws, at) = (staff.workspace(), now());
    let mut tx = staff.begin().await?;
    let known = seen_by(&mut tx, staff, id).await?;
    let same = known.name.as_deref() == name.as_ref().map(Name::as_str)
        && known.email.as_deref() == email.as_ref().map(Email::as_str);
    if !same {
        store::correct(&mut tx, ws, id, name.as_ref(), email.as_ref()).await?;
        threads::tell_of_contact(&mut tx, ws, staff.actor(), id, at).await?;
    }
    let corrected = store::find(&mut tx, ws, id).await?.contact;
    tx.commit().await?;
    Ok(corrected)
}

/// What the visitor's own session says they are.
pub async fn me(visitor: &Visitor) -> Result<Contact> {
    Ok(store::find(
        &mut *visitor.db().snapshot().await?,
        visitor.workspace(),
        visitor.id(),
    )
    .await?
    .contact)
}

/// The visitor is on this page, looking at this; their agent sees it.
pub async fn seen(
    visitor: &Visitor,
    page_url: Option<OutsideUrl>,
    reference: Option<Reference>,
) -> Result<Contact> {
    let (ws, id, at) = (visitor.workspace(), visitor.id(), now());
    let mut tx = visitor.begin().await?;
    let known = store::find(&mut tx, ws, id).await?;
    let moved = page_url
        .as_ref()
        .is_some_and(|u| Some(u.as_str()) != known.contact.page_url.as_deref());
    let turned = reference.is_some() && reference != known.reference;
    if moved || turned {
        record(&mut tx, ws, id, page_url.as_ref(), reference.as_ref(), at).await?;
        if let Some(reference) = &reference {
            threads::refer(&mut tx, ws, id, visitor.widget(), reference).await?;
        }
        let seen = store::find(&mut tx, ws, id).await?.contact;
        threads::tell_of_contact(&mut tx, ws, visitor.actor(), id, at).await?;
        tx.commit().await?;
        return Ok(seen);
    }
    Ok(known.contact)
}
