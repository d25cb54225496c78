//! Who works here: oneself, the colleagues, and what admins do with them.

use super::{
    link, look, presence,
    session::SignedIn,
    store,
    who::{self, Admin, Staff},
};
use crate::base::{
    db::{Conn, Tx},
    secrets,
};
use crate::desk::state::Desk;
use crate::live::bus::log::{self, NewEntry, What};
use crate::model::refusal::Refusal;
use crate::model::{
    actor::Actor,
    agent::{Agent, AgentState, Availability, Role},
    error::{Error, Result},
    event::{AgentNews, EventKind},
    frame::{Colleague, Frame},
    id::{AgentId, WorkspaceId},
    link::Purpose,
    text::{Check, Email, Name, Password},
    time::{Time, now},
};
use std::collections::HashMap;
use uuid::Uuid;

/// What customers see of a name: its first word.
pub(super) fn display_name(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}

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
        store::rename(
            &mut tx,
            workspace,
            id,
            name.as_str(),
            display_name(name.as_str()),
        )
        .await?;
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
            presence::tell(&mut tx, workspace, staff.actor(), news, at).await?;
        }
    }
    if name.is_some() {
        tell(&mut tx, workspace, staff.actor(), id, What::Renamed, at).await?;
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

/// Everybody who works here, in the order in which they came.
pub async fn agents(staff: &Staff) -> Result<Vec<Agent>> {
    store::agents(&mut *staff.db().snapshot().await?, staff.workspace(), now()).await
}

/// The same, at the moment that the caller reads.
pub async fn agents_in(snapshot: &mut Conn, workspace: WorkspaceId) -> Result<Vec<Agent>> {
    store::agents(snapshot, workspace, now()).await
}

/// What stands around every page of the staff. Loading a page counts as being there: without WASM there is no stream.
pub async fn frame(staff: &Staff) -> Result<Frame> {
    presence::came(staff.desk(), staff.workspace(), staff.id()).await;
    Ok(Frame {
        workspace: store::settings(staff.db(), staff.workspace()).await?.name,
        me: me(staff).await?,
    })
}

pub async fn colleagues(admin: &Admin) -> Result<Vec<Colleague>> {
    let mut invited = store::invitations(admin.db(), admin.workspace(), now()).await?;
    let all = agents(admin).await?;
    // An invitation has no name yet but the one that was made of its address.
    let here: Vec<&Agent> = all
        .iter()
        .filter(|a| a.state != AgentState::Invited)
        .collect();
    let names: Vec<&str> = here.iter().map(|a| a.name.as_str()).collect();
    let named = |other: usize| (here[other].name.clone(), here[other].email.clone());
    let mut alike: HashMap<AgentId, (String, String)> = here
        .iter()
        .zip(look::alike(&names))
        .filter_map(|(agent, other)| Some((agent.id, named(other?))))
        .collect();
    let colleague = |agent: Agent| Colleague {
        invited_until: invited.remove(&agent.id),
        looks_like: alike.remove(&agent.id),
        agent,
    };
    Ok(all.into_iter().map(colleague).collect())
}

/// Invite somebody; returns them and the token of their link, which is shown this once.
pub async fn invite(admin: &Admin, email: &str, name: &str, role: Role) -> Result<(Agent, String)> {
    let mut check = Check::default();
    let email: Option<Email> = check.take("email", email);
    // Whoever joins says their own name; until then an address has to do.
    let typed = if name.trim().is_empty() {
        email.as_ref().map_or("", |e| before_at(e.as_str()))
    } else {
        name
    };
    let name: Option<Name> = if email.is_none() && name.trim().is_empty() {
        None
    } else {
        check.take("name", typed)
    };
    check.done()?;
    let (Some(email), Some(name)) = (email, name) else {
        return Err(Error::Unavailable);
    };

    let (workspace, id, at) = (admin.workspace(), AgentId(Uuid::now_v7()), now());
    let mut tx = admin.begin().await?;
    let new = store::NewAgent {
        id,
        email: email.as_str(),
        email_key: &email.key(),
        name: name.as_str(),
        display_name: display_name(name.as_str()),
        role,
        state: AgentState::Invited,
        password_hash: None,
        at,
    };
    if !store::add_agent(&mut tx, workspace, new).await? {
        return Err(Error::field("email", Refusal::address_of_colleague()));
    }
    let token = link::add(&mut tx, workspace, Purpose::Invitation, Some(id), at).await?;
    let by = admin.actor();
    let agent = changed(&mut tx, workspace, by, id, What::Invited { role }, at).await?;
    tx.commit().await?;
    Ok((agent, token))
}

fn before_at(email: &str) -> &str {
    email.split('@').next().unwrap_or(email)
}

/// Take back an invitation that was not accepted yet.
pub async fn uninvite(admin: &Admin, id: AgentId) -> Result<()> {
    let workspace = admin.workspace();
    let mut tx = admin.begin().await?;
    agent_in_state(&mut tx, admin, id, Some(AgentState::Invited)).await?;
    if !store::drop_invited(&mut tx, workspace, id).await? {
        return Err(Error::NotFound);
    }
    tell(
        &mut tx,
        workspace,
        admin.actor(),
        id,
        What::Uninvited,
        now(),
    )
    .await?;
    tx.commit().await
}

/// The agent, in the state that is asked for; another state is a conflict. Held with every admin until the commit, so
/// that what is decided about one of them is decided on how all stand.
pub(super) async fn agent_in_state(
    tx: &mut crate::base::db::Tx,
    admin: &Admin,
    id: AgentId,
    state: Option<AgentState>,
) -> Result<Agent> {
    store::lock_with_admins(tx, admin.workspace(), id).await?;
    let agent = store::agent(tx, admin.workspace(), id, now())
        .await?
        .ok_or(Error::NotFound)?;
    match state {
        Some(state) if agent.state != state => Err(Error::conflict(match agent.state {
            AgentState::Invited => Refusal::account_invited(),
            AgentState::Active => Refusal::account_on_the_team(),
            AgentState::Suspended => Refusal::account_suspended(),
        })),
        _ => Ok(agent),
    }
}

/// Somebody has to be able to configure.
async fn not_the_last_admin(
    tx: &mut crate::base::db::Tx,
    agent: &Agent,
    workspace: WorkspaceId,
) -> Result<()> {
    let last = agent.role == Role::Admin
        && agent.state == AgentState::Active
        && store::other_admins(tx, workspace, agent.id).await? == 0;
    if last {
        Err(Error::conflict(Refusal::last_admin()))
    } else {
        Ok(())
    }
}

/// Tell what became of this person.
pub(super) async fn tell(
    tx: &mut Tx,
    workspace: WorkspaceId,
    by: Actor,
    id: AgentId,
    what: What,
    at: Time,
) -> Result<()> {
    let entry = NewEntry::internal(EventKind::PersonChanged, by, id.0, what, at);
    log::append(tx, workspace, entry).await?;
    Ok(())
}

/// The same; and how they are now.
async fn changed(
    tx: &mut Tx,
    workspace: WorkspaceId,
    by: Actor,
    id: AgentId,
    what: What,
    at: Time,
) -> Result<Agent> {
    tell(tx, workspace, by, id, what, at).await?;
    store::agent(tx, workspace, id, at)
        .await?
        .ok_or(Error::NotFound)
}

/// Refused everywhere within two seconds; what they held goes back into the queue (`routing` hears of it).
pub async fn suspend(admin: &Admin, id: AgentId) -> Result<Agent> {
    let (workspace, at) = (admin.workspace(), now());
    let mut tx = admin.begin().await?;
    let agent = agent_in_state(&mut tx, admin, id, Some(AgentState::Active)).await?;
    not_the_last_admin(&mut tx, &agent, workspace).await?;
    store::set_state(
        &mut tx,
        workspace,
        id,
        AgentState::Active,
        AgentState::Suspended,
    )
    .await?;
    let login = store::login_of_agent(&mut tx, workspace, id).await?;
    let gone = store::revoke_all(&mut tx, workspace, login, None, at).await?;
    store::drop_entries(&mut tx, workspace, login).await?;
    if store::drop_presence(&mut tx, id).await? {
        let gone = AgentNews {
            id,
            availability: agent.availability,
            online: false,
        };
        presence::tell(&mut tx, workspace, admin.actor(), gone, at).await?;
    }
    let agent = changed(&mut tx, workspace, admin.actor(), id, What::Suspended, at).await?;
    tx.commit().await?;
    gone.into_iter()
        .for_each(|session| who::forget(admin.desk(), session));
    Ok(agent)
}

pub async fn restore(admin: &Admin, id: AgentId) -> Result<Agent> {
    let (workspace, at) = (admin.workspace(), now());
    let mut tx = admin.begin().await?;
    agent_in_state(&mut tx, admin, id, Some(AgentState::Suspended)).await?;
    store::set_state(
        &mut tx,
        workspace,
        id,
        AgentState::Suspended,
        AgentState::Active,
    )
    .await?;
    let agent = changed(&mut tx, workspace, admin.actor(), id, What::Restored, at).await?;
    tx.commit().await?;
    Ok(agent)
}

/// What an admin may change of a colleague; what is absent stays.
#[derive(Default)]
pub struct Changes {
    pub name: Option<String>,
    pub role: Option<Role>,
}

/// What came of changing a colleague.
pub struct Changed {
    pub agent: Agent,
    /// They changed their own role: the session that goes on in place of the one that asked.
    pub session: Option<SignedIn>,
}

/// A new role ends every session and link of the former one: whoever got hold of a token before never reads what the
/// person may read from now on. Whoever changes their own gets a new session on `device`.
pub async fn change(admin: &Admin, id: AgentId, changes: Changes, device: &str) -> Result<Changed> {
    let name = changes
        .name
        .as_deref()
        .map(str::parse::<Name>)
        .transpose()?;
    let (workspace, at) = (admin.workspace(), now());
    let (mut gone, mut session, mut became) = (vec![], None, vec![]);
    let mut tx = admin.begin().await?;
    let agent = agent_in_state(&mut tx, admin, id, None).await?;
    if let Some(name) = &name {
        store::rename(
            &mut tx,
            workspace,
            id,
            name.as_str(),
            display_name(name.as_str()),
        )
        .await?;
        became.push(What::Renamed);
    }
    if let Some(role) = changes.role.filter(|r| *r != agent.role) {
        if role != Role::Admin {
            not_the_last_admin(&mut tx, &agent, workspace).await?;
        }
        store::set_role(&mut tx, workspace, id, role).await?;
        became.push(What::Role {
            from: agent.role,
            to: role,
        });
        let login = store::login_of_agent(&mut tx, workspace, id).await?;
        gone = store::revoke_all(&mut tx, workspace, login, None, at).await?;
        store::drop_entries(&mut tx, workspace, login).await?;
        if id == admin.id() {
            session = Some(super::session::open(&mut tx, workspace, id, device).await?);
        }
    }
    for what in became {
        tell(&mut tx, workspace, admin.actor(), id, what, at).await?;
    }
    let agent = store::agent(&mut tx, workspace, id, at)
        .await?
        .ok_or(Error::NotFound)?;
    tx.commit().await?;
    gone.into_iter()
        .for_each(|session| who::forget(admin.desk(), session));
    Ok(Changed { agent, session })
}

/// An admin by the command line: whoever holds the machine may. A known address gets the new password, becomes
/// an admin and is active; they are signed out everywhere.
pub async fn add_admin(
    desk: &Desk,
    workspace: WorkspaceId,
    email: &str,
    name: &str,
    password: &str,
) -> Result<Agent> {
    let mut check = Check::default();
    let email: Option<Email> = check.take("email", email);
    let name: Option<Name> = check.take("name", name);
    let password: Option<Password> = check.take("password", password);
    check.done()?;
    let (Some(email), Some(name), Some(password)) = (email, name, password) else {
        return Err(Error::Unavailable);
    };
    let hash = secrets::hash_password(password.into_string()).await?;
    let (key, at) = (email.key(), now());

    let role = Role::Admin;
    let mut gone = vec![];
    let mut tx = desk.db().begin(workspace).await?;
    let (id, became) = match store::login_by_address(&mut tx, workspace, &key).await? {
        Some(known) => {
            let login = known.id.into();
            let id = known
                .agent_id
                .map(AgentId)
                .ok_or_else(|| Error::field("email", Refusal::address_of_customer()))?;
            store::set_password(&mut tx, workspace, id, &hash).await?;
            store::set_role(&mut tx, workspace, id, Role::Admin).await?;
            store::forgive(&mut tx, workspace, &key).await?;
            store::drop_links_of(&mut tx, workspace, login).await?;
            gone = store::revoke_all(&mut tx, workspace, login, None, at).await?;
            (id, What::Password)
        }
        None => {
            let id = AgentId(Uuid::now_v7());
            let new = store::NewAgent {
                id,
                email: email.as_str(),
                email_key: &key,
                name: name.as_str(),
                display_name: display_name(name.as_str()),
                role: Role::Admin,
                state: AgentState::Active,
                password_hash: Some(hash),
                at,
            };
            if !store::add_agent(&mut tx, workspace, new).await? {
                return Err(Error::Unavailable);
            }
            (id, What::Joined { role })
        }
    };
    let agent = changed(&mut tx, workspace, Actor::OPERATOR, id, became, at).await?;
    tx.commit().await?;
    gone.into_iter()
        .for_each(|session| who::forget(desk, session));
    Ok(agent)
}
