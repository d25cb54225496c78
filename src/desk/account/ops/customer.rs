//! Customers: people outside who have an account of their own. Their doors come with what they can do there.

use super::{
    session, store,
    who::{Customer, Machine},
};
use crate::base::secrets;
use crate::desk::state::Desk;
use crate::model::refusal::Refusal;
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
    /// The browser is one that signed in to this account before.
    pub known_device: bool,
}

/// Give a contact a login. An address is one person's: a colleague's is refused like another customer's. Whoever calls
/// has seen to it that the contact is of this workspace and merged into nobody, and that the address is theirs.
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
        .ok_or_else(|| Error::field("email", Refusal::address_in_use()))?;
    tx.commit().await?;
    Ok(login)
}

/// By address and password, with the same allowance and the same answers as at the door of the staff, whose addresses
/// are unknown here.
pub async fn sign_in(
    desk: &Desk,
    workspace: WorkspaceId,
    email: &str,
    password: &str,
    device_token: Option<String>,
    device_label: &str,
    address: Option<IpAddr>,
) -> Result<CustomerSignedIn> {
    let customers = |login: &store::LoginRow| login.contact_id;
    let mut proved = session::prove(
        desk,
        workspace,
        email,
        password,
        device_token,
        address,
        customers,
    )
    .await?;
    let (_, token, expires_at) =
        session::begin(&mut proved.tx, workspace, proved.login, device_label, now()).await?;
    proved.tx.commit().await?;
    Ok(CustomerSignedIn {
        token,
        expires_at,
        contact: proved.holder.into(),
        known_device: proved.known_device,
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
