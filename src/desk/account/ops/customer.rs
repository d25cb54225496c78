//! Customers: people outside who have an account of their own. Their doors come with what they can do there.

use super::{
    session, store,
    who::{Customer, Machine},
};
use crate::base::{
    limits::{Kind, Whose},
    secrets,
};
use crate::desk::state::Desk;
use crate::model::{
    error::{Error, Result},
    id::{ContactId, LoginId, WorkspaceId},
    text::{Email, Password},
    time::{Time, now},
};
use std::net::IpAddr;

/// A fresh session of a customer's; the token is shown this once.
#[derive(Clone, Debug)]
pub struct CustomerSignedIn {
    pub token: String,
    pub expires_at: Time,
    pub contact: ContactId,
}

/// Give a contact a login. An address is one person's: a colleague's is refused like another customer's.
///
/// Errors: `invalid` (`email`, `password`).
pub async fn open_account(
    machine: &Machine,
    contact: ContactId,
    email: &str,
    password: &str,
) -> Result<LoginId> {
    let email: Email = email.parse()?;
    let password: Password = password.parse()?;
    let hash = secrets::hash_password(password.into_string()).await?;
    let mut tx = machine.db().begin(machine.workspace()).await?;
    let new = store::NewLogin {
        holder: store::Holder::Customer(contact),
        email: email.as_str(),
        email_key: &email.key(),
        password_hash: Some(hash),
        at: now(),
    };
    let login = store::add_login(&mut tx, machine.workspace(), new)
        .await?
        .ok_or_else(|| Error::field("email", "Someone already signs in with this address."))?;
    tx.commit().await?;
    Ok(login)
}

/// By address and password, under the same allowance and with the same answers as at the door of the staff, whose
/// addresses are unknown here.
pub async fn sign_in(
    desk: &Desk,
    workspace: WorkspaceId,
    email: &str,
    password: &str,
    device: &str,
    address: Option<IpAddr>,
) -> Result<CustomerSignedIn> {
    if let Some(address) = address {
        desk.limits().check(Kind::SignIn, Whose::Address(address))?;
    }
    let Ok(email) = email.parse::<Email>() else {
        secrets::is_password(String::new(), None).await?;
        return Err(Error::Unauthorized);
    };
    let (key, unknown) = (email.key(), session::UNKNOWN);
    let login = session::tried(desk, workspace, &key, unknown, password)
        .await?
        .ok_or(Error::Unauthorized)?;
    let mut tx = desk.db().begin(workspace).await?;
    let still = store::login_by_address(&mut tx, workspace, &key).await?;
    if still.and_then(|l| l.password_hash) != login.password_hash {
        return Err(Error::Unauthorized);
    }
    let contact = login.contact_id.ok_or(Error::Unauthorized)?;
    store::try_back(&mut tx, workspace, &key, unknown).await?;
    let (token, expires_at) =
        session::begin(&mut tx, workspace, login.id.into(), device, now()).await?;
    tx.commit().await?;
    Ok(CustomerSignedIn {
        token,
        expires_at,
        contact: contact.into(),
    })
}

/// End the session that asks.
pub async fn sign_out(customer: &Customer) -> Result<()> {
    session::end(
        customer.desk(),
        customer.begin().await?,
        customer.workspace(),
        customer.actor(),
        store::Owner::Login(customer.login()),
        customer.session(),
    )
    .await
}
