//! Signing in and out, and the list of places where somebody is signed in.

mod caller;
mod device;
mod noted;

use super::{
    store,
    who::{self, Asker, Staff},
};
use crate::base::{
    db::Tx,
    limits::{Kind, Whose},
    secrets,
};
use crate::desk::state::Desk;
use crate::live::bus::log::{self, NewEntry, What};
use crate::model::refusal::Refusal;
use crate::model::{
    actor::{Actor, By},
    agent::{Agent, AgentState, Login},
    error::{Error, Result},
    event::EventKind,
    id::{AgentId, LoginId, SessionId, WorkspaceId},
    limits,
    text::{Email, Password},
    time::{Time, now},
};
pub use caller::{Caller, clear_session_cookie, inner_address, keep_seat};
use chrono::Duration;
pub use device::{Browser, device_label};
pub(super) use noted::success as note_sign_in;
use std::net::IpAddr;
use uuid::Uuid;

/// Unknown devices share one allowance of wrong passwords.
const UNKNOWN: [u8; 32] = [0; 32];

/// A fresh session; the token is shown this once.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub session: SessionId,
    pub token: String,
    pub expires_at: Time,
    pub agent: Agent,
    pub login: LoginId,
    pub workspace: WorkspaceId,
    /// The browser is one that signed in to this account before.
    pub known_device: bool,
}

impl SignedIn {
    /// Whoever signed in does something at once: who they are, and from where.
    pub fn by(&self, address: Option<IpAddr>) -> By {
        By {
            through: Some(self.session),
            address,
            ..Actor::agent(self.agent.id).into()
        }
    }
}

/// By address and password. Unknown addresses, suspended people and wrong passwords get the same answer after
/// the same work; wrong ones count against the account and not only against where they come from.
pub async fn sign_in(
    desk: &Desk,
    workspace: WorkspaceId,
    email: &str,
    password: &str,
    device_token: Option<String>,
    device_label: &str,
    address: Option<IpAddr>,
) -> Result<SignedIn> {
    let agents = |login: &store::LoginRow| login.agent_id;
    let proved = prove(
        desk,
        workspace,
        email,
        password,
        device_token,
        address,
        agents,
    )
    .await;
    if let Err(Error::Unauthorized) = &proved {
        noted::failure(desk, workspace, email, device_label, address).await?;
    }
    let mut proved = proved?;
    let id = proved.holder.into();
    let mut signed_in = open(&mut proved.tx, workspace, id, device_label).await?;
    signed_in.known_device = proved.known_device;
    noted::success(&mut proved.tx, &signed_in, address).await?;
    proved.tx.commit().await?;
    Ok(signed_in)
}

/// Whose password was proved, in the transaction in which it still is theirs.
pub(super) struct Proved {
    pub tx: Tx,
    pub login: LoginId,
    /// The agent or the contact.
    pub holder: Uuid,
    /// The browser is one that signed in to this login before.
    pub known_device: bool,
}

/// What every door with a password does. `holder` says whether the login is of those who come in there; the right
/// password at the wrong door is a wrong one.
pub(super) async fn prove(
    desk: &Desk,
    workspace: WorkspaceId,
    email: &str,
    password: &str,
    device_token: Option<String>,
    address: Option<IpAddr>,
    holder: impl FnOnce(&store::LoginRow) -> Option<Uuid>,
) -> Result<Proved> {
    if let Some(address) = address {
        desk.limits().check(Kind::SignIn, Whose::Address(address))?;
    }
    let Ok(email) = email.parse::<Email>() else {
        secrets::is_password(String::new(), None).await?;
        return Err(Error::Unauthorized);
    };
    let key = email.key();
    let device = device_token
        .filter(|t| t.len() <= 200)
        .map(|t| secrets::hash(&t));
    let known_device = match device {
        Some(device) => store::is_known_device(desk.db(), workspace, &key, device).await?,
        None => false,
    };
    let device = device.filter(|_| known_device).unwrap_or(UNKNOWN);

    let login = tried(desk, workspace, &key, device, password)
        .await?
        .ok_or(Error::Unauthorized)?;

    // Comparing takes a while: the password may be another one by now.
    let mut tx = desk.db().begin(workspace).await?;
    let still = store::login_by_address(&mut tx, workspace, &key).await?;
    if still.and_then(|l| l.password_hash) != login.password_hash {
        return Err(Error::Unauthorized);
    }
    let holder = holder(&login).ok_or(Error::Unauthorized)?;
    store::try_back(&mut tx, workspace, &key, device).await?;
    Ok(Proved {
        tx,
        login: login.id.into(),
        holder,
        known_device,
    })
}

/// Whose password this is, if it is the one of the account behind `key`, an agent's only while they are active. The
/// try counts before it is made, so that many at once are not more than the allowance.
async fn tried(
    desk: &Desk,
    workspace: WorkspaceId,
    key: &str,
    device: [u8; 32],
    password: &str,
) -> Result<Option<store::LoginRow>> {
    let mut tx = desk.db().begin(workspace).await?;
    let at = now();
    let window = at.minus(Duration::minutes(limits::TRIES_MINUTES));
    let (tries, since) = store::count_try(&mut tx, workspace, key, device, at, window).await?;
    let login = store::login_by_address(&mut tx, workspace, key).await?;
    tx.commit().await?;
    if tries > limits::TRIES {
        let over = since.plus(Duration::minutes(limits::TRIES_MINUTES));
        return Err(Error::RateLimited {
            retry_after: at.seconds_until(over).max(1) as u64,
        });
    }
    let login = login.filter(|l| match &l.state {
        Some(state) => *state == AgentState::Active,
        None => l.contact_id.is_some(),
    });
    let stored = login.as_ref().and_then(|l| l.password_hash.clone());
    let too_long = password.chars().count() > limits::PASSWORD.1;
    let typed = if too_long {
        String::new()
    } else {
        password.to_owned()
    };
    let right = secrets::is_password(typed, stored).await? && !too_long;
    Ok(login.filter(|_| right))
}

/// A new password of one's own, by whoever knows the old one. It ends every session of theirs, and a new one goes on
/// in place of the one that asked. Wrong ones count as at the door, against this account.
pub async fn change_password(
    staff: &Staff,
    current: &str,
    new: &str,
    device_label: &str,
) -> Result<SignedIn> {
    let (desk, workspace) = (staff.desk(), staff.workspace());
    let new: Password = new.parse()?;
    let key = super::people::me(staff)
        .await?
        .email
        .parse::<Email>()?
        .key();
    // Whoever has the session is known here, and has an allowance of their own.
    let device = secrets::hash(&staff.session().to_string());
    let login = tried(desk, workspace, &key, device, current)
        .await?
        .filter(|l| l.id == staff.login().0)
        .ok_or_else(|| Error::field("current", Refusal::not_your_password()))?;
    let hash = secrets::hash_password(new.into_string()).await?;

    let at = now();
    let mut tx = staff.begin().await?;
    let me = store::login_by_address(&mut tx, workspace, &key).await?;
    if me.is_none_or(|l| l.password_hash != login.password_hash || l.state != login.state) {
        return Err(Error::conflict(Refusal::password_changed()));
    }
    store::set_password(&mut tx, workspace, staff.id(), &hash).await?;
    store::forgive(&mut tx, workspace, &key).await?;
    let gone = store::revoke_all(&mut tx, workspace, staff.login(), None, at).await?;
    let signed_in = open(&mut tx, workspace, staff.id(), device_label).await?;
    let (by, id) = (staff.by(), staff.id());
    super::people::tell(&mut tx, workspace, by, id, What::Password, at).await?;
    tx.commit().await?;
    gone.into_iter()
        .for_each(|session| who::forget(desk, session));
    Ok(signed_in)
}

/// A session for an active agent, in the transaction that decided it.
pub(super) async fn open(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: AgentId,
    device: &str,
) -> Result<SignedIn> {
    let at = now();
    let agent = store::agent(tx, workspace, id, at)
        .await?
        .filter(|a| a.state == AgentState::Active)
        .ok_or(Error::NotFound)?;
    let login = store::login_of_agent(tx, workspace, id).await?;
    let (session, token, expires_at) = begin(tx, workspace, login, device, at).await?;
    Ok(SignedIn {
        session,
        token,
        expires_at,
        agent,
        login,
        workspace,
        known_device: false,
    })
}

/// A session of this login from now on: which, its token, and when it ends at the latest.
pub(super) async fn begin(
    tx: &mut Tx,
    workspace: WorkspaceId,
    login: LoginId,
    device: &str,
    at: Time,
) -> Result<(SessionId, String, Time)> {
    let token = secrets::token();
    let expires_at = at.plus(Duration::days(limits::STAFF_DAYS));
    let id = SessionId(Uuid::now_v7());
    let session = store::NewSession {
        id,
        workspace,
        owner: store::Owner::Login(login),
        token_hash: secrets::hash(&token),
        device,
        at,
        idle_until: at.plus(Duration::days(limits::STAFF_IDLE_DAYS)),
        expires_at,
    };
    store::add_session(tx, session).await?;
    Ok((id, token, expires_at))
}

fn owner(asker: &Asker) -> store::Owner {
    match asker {
        Asker::Staff(s) => store::Owner::Login(s.login()),
        Asker::Visitor(v) => store::Owner::Visitor(v.id(), v.widget(), v.only()),
    }
}

/// Whether this session knows of itself alone: a guest's, who was let in to one thread.
fn is_guest(asker: &Asker) -> bool {
    matches!(asker, Asker::Visitor(visitor) if visitor.only().is_some())
}

/// Where the asker is signed in, the last used first.
pub async fn sessions(asker: &Asker) -> Result<Vec<Login>> {
    let (db, workspace) = (asker.desk().db(), asker.workspace());
    let owner = owner(asker);
    let mut all = store::logins(db, workspace, &owner, asker.session(), now()).await?;
    all.retain(|login| login.current || !is_guest(asker));
    Ok(all)
}

/// End one of one's own sessions.
pub async fn revoke(asker: &Asker, session: SessionId) -> Result<()> {
    if is_guest(asker) && session != asker.session() {
        return Err(Error::NotFound);
    }
    let tx = asker.begin().await?;
    let (by, owner) = (asker.by(), owner(asker));
    end(asker.desk(), tx, asker.workspace(), by, owner, session).await
}

/// End a session of `owner`'s.
pub(super) async fn end(
    desk: &Desk,
    mut tx: Tx,
    workspace: WorkspaceId,
    by: impl Into<By>,
    owner: store::Owner,
    session: SessionId,
) -> Result<()> {
    let at = now();
    if !store::revoke(&mut tx, workspace, &owner, session, at).await? {
        return Err(Error::NotFound);
    }
    let kind = EventKind::SessionRevoked;
    let entry = NewEntry::internal(kind, by, session.0, What::SignedOut, at);
    log::append(&mut tx, workspace, entry).await?;
    tx.commit().await?;
    who::forget(desk, session);
    Ok(())
}

/// End all of one's own sessions but the one that asks.
pub async fn revoke_others(asker: &Asker) -> Result<()> {
    for login in sessions(asker).await?.into_iter().filter(|l| !l.current) {
        match revoke(asker, login.id).await {
            Ok(()) | Err(Error::NotFound) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

pub async fn sign_out(asker: &Asker) -> Result<()> {
    revoke(asker, asker.session()).await
}
