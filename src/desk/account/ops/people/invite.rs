//! Inviting somebody, and taking the invitation back.

use super::{agent_in_state, changed, display_name, tell};
use crate::desk::account::ops::{link, store, who::Admin};
use crate::live::bus::log::What;
use crate::model::{
    agent::{Agent, AgentState, Role},
    error::{Error, Result},
    id::AgentId,
    link::Purpose,
    refusal::Refusal,
    text::{Check, Email, Name},
    time::now,
};
use uuid::Uuid;

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
    let by = admin.by();
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
    tell(&mut tx, workspace, admin.by(), id, What::Uninvited, now()).await?;
    tx.commit().await
}
