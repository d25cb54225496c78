//! Who works here: oneself, the colleagues, and what admins do with them.

mod change;
mod invite;
mod operator;
mod own;

pub use change::{Changed, Changes, change, restore, suspend};
pub use invite::{invite, uninvite};
pub use operator::add_admin;
pub use own::{Mine, change_me, frame, me};

use super::{
    look, store,
    who::{Admin, Staff},
};
use crate::base::db::{Conn, Tx};
use crate::live::bus::log::{self, NewEntry, What};
use crate::model::refusal::Refusal;
use crate::model::{
    actor::By,
    agent::{Agent, AgentState, Role},
    error::{Error, Result},
    event::EventKind,
    frame::Colleague,
    id::{AgentId, WorkspaceId},
    text::Name,
    time::{Time, now},
};
use std::collections::HashMap;

/// What customers see of a name: its first word.
pub(super) fn display_name(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}

/// Everybody who works here, in the order in which they came.
pub async fn agents(staff: &Staff) -> Result<Vec<Agent>> {
    store::agents(&mut *staff.db().snapshot().await?, staff.workspace(), now()).await
}

/// The same, at the moment that the caller reads.
pub async fn agents_in(snapshot: &mut Conn, workspace: WorkspaceId) -> Result<Vec<Agent>> {
    store::agents(snapshot, workspace, now()).await
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

/// Give them this name, whose beginning is what customers see.
pub(super) async fn rename(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: AgentId,
    name: &Name,
) -> Result<()> {
    let name = name.as_str();
    store::rename(tx, workspace, id, name, display_name(name)).await
}

/// Tell what became of this person.
pub(super) async fn tell(
    tx: &mut Tx,
    workspace: WorkspaceId,
    by: impl Into<By>,
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
    by: impl Into<By>,
    id: AgentId,
    what: What,
    at: Time,
) -> Result<Agent> {
    tell(tx, workspace, by, id, what, at).await?;
    store::agent(tx, workspace, id, at)
        .await?
        .ok_or(Error::NotFound)
}
