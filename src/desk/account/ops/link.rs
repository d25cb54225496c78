//! Links with a token: set-up, invitation, reset, one-click sign-in, one thread. Single-purpose: looking at one shows a
//! button, only a POST uses it up. Stored as hashes, never logged.

use super::{
    people,
    session::{Browser, SignedIn, note_sign_in},
    store,
    who::{Admin, Machine},
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
    agent::{Agent, AgentState, Role},
    error::{Error, Result},
    event::EventKind,
    id::{AgentId, ConversationId, WorkspaceId},
    limits,
    link::{LinkInfo, Purpose},
    text::{Check, Email, Name, Password},
    time::{Time, now},
};
use chrono::Duration;
use std::net::IpAddr;
use uuid::Uuid;

crate::base::db::words::stored_words!(Purpose);

impl Purpose {
    fn lasts(self) -> Duration {
        match self {
            Purpose::Invitation => Duration::days(limits::INVITATION_DAYS),
            Purpose::Thread => Duration::days(limits::GUEST_DAYS),
            Purpose::Setup | Purpose::Reset | Purpose::SignIn => {
                Duration::minutes(limits::LINK_MINUTES)
            }
        }
    }

    fn page(self) -> &'static str {
        match self {
            Purpose::Setup => "setup",
            Purpose::Invitation => "invitation",
            Purpose::Reset => "reset",
            Purpose::SignIn => "enter",
            Purpose::Thread => "conversation",
        }
    }
}

/// The address to hand out.
pub fn url(desk: &Desk, purpose: Purpose, token: &str) -> String {
    format!(
        "{}/{}?token={token}",
        desk.config().origin(),
        purpose.page()
    )
}

/// A fresh one in place of older ones; returns its token.
pub(super) async fn add(
    tx: &mut Tx,
    workspace: WorkspaceId,
    purpose: Purpose,
    agent: Option<AgentId>,
    at: Time,
) -> Result<String> {
    let token = secrets::token();
    let login = match agent {
        Some(agent) => Some(store::login_of_agent(tx, workspace, agent).await?),
        None => None,
    };
    let link = store::NewLink {
        token_hash: secrets::hash(&token),
        purpose,
        login,
        thread: None,
        at,
        until: at.plus(purpose.lasts()),
    };
    store::add_link(tx, workspace, link).await?;
    Ok(token)
}

/// A link that works, for this purpose; anything else does not exist.
async fn find(desk: &Desk, token: &str, purpose: Option<Purpose>) -> Result<store::LinkRow> {
    if token.is_empty() || token.len() > 200 {
        return Err(Error::NotFound);
    }
    let row = store::link(desk.db(), secrets::hash(token), now())
        .await?
        .ok_or(Error::NotFound)?;
    let of = row.purpose;
    let fits = match of {
        Purpose::Setup => row.agent_id.is_none(),
        Purpose::Thread => row.conversation_id.is_some(),
        Purpose::Invitation => row.state == Some(AgentState::Invited),
        Purpose::Reset | Purpose::SignIn => row.state == Some(AgentState::Active),
    };
    if fits && purpose.is_none_or(|p| p == of) {
        Ok(row)
    } else {
        Err(Error::NotFound)
    }
}

/// What a link is for, for the page with its button. Nothing is used up.
pub async fn link_info(desk: &Desk, token: &str) -> Result<LinkInfo> {
    let row = find(desk, token, None).await?;
    let purpose = row.purpose;
    if purpose == Purpose::Setup
        && store::has_admin(&mut *desk.db().snapshot().await?, row.workspace_id.into()).await?
    {
        return Err(Error::NotFound);
    }
    Ok(LinkInfo {
        purpose,
        workspace: row.workspace,
        name: row.name.unwrap_or_default(),
        email: row.email.unwrap_or_default(),
        until: Time(row.expires_at),
    })
}

/// The way in while there is no admin: a token that works for an hour, in place of older ones. `None` once
/// there is an admin.
pub async fn setup_link(desk: &Desk, workspace: WorkspaceId) -> Result<Option<String>> {
    let mut tx = desk.db().begin(workspace).await?;
    if store::has_admin(&mut tx, workspace).await? {
        return Ok(None);
    }
    let token = add(&mut tx, workspace, Purpose::Setup, None, now()).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// The first admin, who names the workspace. Works once, and not at all once there is an admin.
pub async fn set_up<'a>(
    desk: &Desk,
    token: &str,
    workspace: &str,
    name: &str,
    email: &str,
    password: &str,
    device: impl Into<Browser<'a>>,
) -> Result<SignedIn> {
    let device = device.into();
    let link = find(desk, token, Some(Purpose::Setup)).await?;
    let mut check = Check::default();
    let title: Option<Name> = check.take("workspace", workspace);
    let name: Option<Name> = check.take("name", name);
    let email: Option<Email> = check.take("email", email);
    let password: Option<Password> = check.take("password", password);
    check.done()?;
    let (Some(title), Some(name), Some(email), Some(password)) = (title, name, email, password)
    else {
        return Err(Error::Unavailable);
    };
    let hash = secrets::hash_password(password.into_string()).await?;

    let (workspace, id, at) = (
        WorkspaceId(link.workspace_id),
        AgentId(Uuid::now_v7()),
        now(),
    );
    let mut tx = desk.db().begin(workspace).await?;
    if !store::use_link(&mut tx, secrets::hash(token), at).await?
        || store::has_admin(&mut tx, workspace).await?
    {
        return Err(Error::NotFound);
    }
    let new = store::NewAgent {
        id,
        email: email.as_str(),
        email_key: &email.key(),
        name: name.as_str(),
        display_name: people::display_name(name.as_str()),
        role: Role::Admin,
        state: AgentState::Active,
        password_hash: Some(hash),
        at,
    };
    if !store::add_agent(&mut tx, workspace, new).await? {
        return Err(Error::field("email", Refusal::address_of_colleague()));
    }
    let signed_in = super::session::open(&mut tx, workspace, id, device.label).await?;
    store::name_workspace(&mut tx, workspace, title.as_str()).await?;
    let (by, role) = (signed_in.by(device.address), Role::Admin);
    people::tell(&mut tx, workspace, by, id, What::Joined { role }, at).await?;
    let fields = vec!["name".to_owned()];
    super::workspace::tell(&mut tx, workspace, by, What::Settings { fields }, at).await?;
    note_sign_in(&mut tx, &signed_in, device.address).await?;
    tx.commit().await?;
    Ok(signed_in)
}

/// Another link for somebody who has not accepted yet; the older one stops working.
pub async fn new_invitation(admin: &Admin, id: AgentId) -> Result<(Agent, String)> {
    renewed(admin, id, AgentState::Invited, Purpose::Invitation).await
}

/// A link by which somebody chooses a new password; to be handed over by whoever asked for it.
pub async fn reset_link(admin: &Admin, id: AgentId) -> Result<(Agent, String)> {
    renewed(admin, id, AgentState::Active, Purpose::Reset).await
}

async fn renewed(
    admin: &Admin,
    id: AgentId,
    state: AgentState,
    purpose: Purpose,
) -> Result<(Agent, String)> {
    let mut tx = admin.begin().await?;
    let agent = people::agent_in_state(&mut tx, admin, id, Some(state)).await?;
    let (workspace, at) = (admin.workspace(), now());
    let token = add(&mut tx, workspace, purpose, Some(id), at).await?;
    // For the audit trail: nobody's rights or sessions are others for it.
    let entry = NewEntry::internal(EventKind::LinkMade, admin.by(), id.0, What::Link, at);
    log::append(&mut tx, workspace, entry).await?;
    tx.commit().await?;
    Ok((agent, token))
}

/// Somebody who was invited says their name and chooses a password: they work here from now on.
pub async fn accept<'a>(
    desk: &Desk,
    token: &str,
    name: &str,
    password: &str,
    device: impl Into<Browser<'a>>,
) -> Result<SignedIn> {
    let device = device.into();
    let link = find(desk, token, Some(Purpose::Invitation)).await?;
    let mut check = Check::default();
    let name: Option<Name> = check.take("name", name);
    let password: Option<Password> = check.take("password", password);
    check.done()?;
    let (Some(name), Some(password)) = (name, password) else {
        return Err(Error::Unavailable);
    };
    let hash = secrets::hash_password(password.into_string()).await?;

    let (workspace, id, at, mut tx) = used(desk, token, &link).await?;
    people::rename(&mut tx, workspace, id, &name).await?;
    store::set_password(&mut tx, workspace, id, &hash).await?;
    let signed_in = super::session::open(&mut tx, workspace, id, device.label).await?;
    let (by, what) = (
        signed_in.by(device.address),
        What::Joined {
            role: signed_in.agent.role,
        },
    );
    people::tell(&mut tx, workspace, by, id, what, at).await?;
    note_sign_in(&mut tx, &signed_in, device.address).await?;
    tx.commit().await?;
    Ok(signed_in)
}

/// A new password. Everywhere else they are signed out.
pub async fn choose_password<'a>(
    desk: &Desk,
    token: &str,
    password: &str,
    device: impl Into<Browser<'a>>,
) -> Result<SignedIn> {
    let device = device.into();
    let link = find(desk, token, Some(Purpose::Reset)).await?;
    let password: Password = password.parse()?;
    let hash = secrets::hash_password(password.into_string()).await?;

    let (workspace, id, at, mut tx) = used(desk, token, &link).await?;
    store::set_password(&mut tx, workspace, id, &hash).await?;
    store::forgive(
        &mut tx,
        workspace,
        link.email_key.as_deref().unwrap_or_default(),
    )
    .await?;
    let login = store::login_of_agent(&mut tx, workspace, id).await?;
    store::drop_entries(&mut tx, workspace, login).await?;
    let gone = store::revoke_all(&mut tx, workspace, login, None, at).await?;
    let signed_in = super::session::open(&mut tx, workspace, id, device.label).await?;
    let by = signed_in.by(device.address);
    people::tell(&mut tx, workspace, by, id, What::Password, at).await?;
    note_sign_in(&mut tx, &signed_in, device.address).await?;
    tx.commit().await?;
    gone.into_iter()
        .for_each(|session| super::who::forget(desk, session));
    Ok(signed_in)
}

/// Use the link up, and look again at the person it was made for.
async fn used(
    desk: &Desk,
    token: &str,
    link: &store::LinkRow,
) -> Result<(WorkspaceId, AgentId, Time, Tx)> {
    let (workspace, at) = (WorkspaceId(link.workspace_id), now());
    let id = AgentId(link.agent_id.ok_or(Error::NotFound)?);
    let mut tx = desk.db().begin(workspace).await?;
    // Held first: whoever is suspended at this moment is not made active by a password of before.
    store::lock(&mut tx, workspace, id).await?;
    if !store::use_link(&mut tx, secrets::hash(token), at).await? {
        return Err(Error::NotFound);
    }
    let still = store::agent(&mut tx, workspace, id, at)
        .await?
        .is_some_and(|a| Some(a.state) == link.state);
    if still {
        Ok((workspace, id, at, tx))
    } else {
        Err(Error::NotFound)
    }
}

/// A link to this thread, in place of older ones that nobody used; returns its token.
pub async fn add_thread(
    tx: &mut Tx,
    workspace: WorkspaceId,
    thread: ConversationId,
    at: Time,
) -> Result<String> {
    let (token, purpose) = (secrets::token(), Purpose::Thread);
    let link = store::NewLink {
        token_hash: secrets::hash(&token),
        purpose,
        login: None,
        thread: Some(thread),
        at,
        until: at.plus(purpose.lasts()),
    };
    store::add_link(tx, workspace, link).await?;
    Ok(token)
}

/// Uses a link to a thread up. Whoever calls lets them in, in the same transaction.
pub async fn use_thread(
    desk: &Desk,
    token: &str,
    address: Option<IpAddr>,
) -> Result<(Tx, WorkspaceId, ConversationId)> {
    if let Some(address) = address {
        desk.limits().check(Kind::SignIn, Whose::Address(address))?;
    }
    let link = find(desk, token, Some(Purpose::Thread)).await?;
    let workspace = WorkspaceId(link.workspace_id);
    let thread = link.conversation_id.ok_or(Error::NotFound)?;
    let mut tx = desk.db().begin(workspace).await?;
    if !store::use_link(&mut tx, secrets::hash(token), now()).await? {
        return Err(Error::NotFound);
    }
    Ok((tx, workspace, thread.into()))
}

/// A one-click sign-in; only the process itself makes these, for the demo.
pub async fn sign_in_link(machine: &Machine, agent: AgentId) -> Result<String> {
    let mut tx = machine.db().begin(machine.workspace()).await?;
    store::agent(&mut tx, machine.workspace(), agent, now())
        .await?
        .ok_or(Error::NotFound)?;
    let token = add(
        &mut tx,
        machine.workspace(),
        Purpose::SignIn,
        Some(agent),
        now(),
    )
    .await?;
    tx.commit().await?;
    Ok(token)
}

pub async fn sign_in_by_link(
    desk: &Desk,
    token: &str,
    device: &str,
    address: Option<IpAddr>,
) -> Result<SignedIn> {
    if let Some(address) = address {
        desk.limits().check(Kind::SignIn, Whose::Address(address))?;
    }
    let link = find(desk, token, Some(Purpose::SignIn)).await?;
    let (workspace, id, _, mut tx) = used(desk, token, &link).await?;
    let signed_in = super::session::open(&mut tx, workspace, id, device).await?;
    note_sign_in(&mut tx, &signed_in, address).await?;
    tx.commit().await?;
    Ok(signed_in)
}
