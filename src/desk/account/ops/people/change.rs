//! What an admin does with a colleague: suspend and restore, and change the name or the role.

use super::{agent_in_state, changed, not_the_last_admin, rename, tell};
use crate::desk::account::ops::{
    presence,
    session::{self, SignedIn},
    store,
    who::{self, Admin},
};
use crate::live::bus::log::What;
use crate::model::{
    agent::{Agent, AgentState, Role},
    error::{Error, Result},
    event::AgentNews,
    id::AgentId,
    text::Name,
    time::now,
};

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
        presence::tell(&mut tx, workspace, admin.by(), gone, at).await?;
    }
    let agent = changed(&mut tx, workspace, admin.by(), id, What::Suspended, at).await?;
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
    let agent = changed(&mut tx, workspace, admin.by(), id, What::Restored, at).await?;
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
        rename(&mut tx, workspace, id, name).await?;
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
            session = Some(session::open(&mut tx, workspace, id, device).await?);
        }
    }
    for what in became {
        tell(&mut tx, workspace, admin.by(), id, what, at).await?;
    }
    let agent = store::agent(&mut tx, workspace, id, at)
        .await?
        .ok_or(Error::NotFound)?;
    tx.commit().await?;
    gone.into_iter()
        .for_each(|session| who::forget(admin.desk(), session));
    Ok(Changed { agent, session })
}
