//! What whoever holds the machine does with people.

use super::{changed, display_name, tell};
use crate::base::secrets;
use crate::desk::{
    account::ops::{store, who},
    state::Desk,
};
use crate::live::bus::log::What;
use crate::model::{
    actor::Actor,
    agent::{Agent, AgentState, Role},
    error::{Error, Result},
    id::{AgentId, WorkspaceId},
    refusal::Refusal,
    text::{Check, Email, Name, Password},
    time::now,
};
use uuid::Uuid;

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
            let before = store::agent(&mut tx, workspace, id, at).await?;
            store::set_password(&mut tx, workspace, id, &hash).await?;
            store::set_role(&mut tx, workspace, id, Role::Admin).await?;
            store::forgive(&mut tx, workspace, &key).await?;
            store::drop_links_of(&mut tx, workspace, login).await?;
            gone = store::revoke_all(&mut tx, workspace, login, None, at).await?;
            if let Some(from) = before.map(|agent| agent.role).filter(|from| *from != role) {
                let what = What::Role { from, to: role };
                tell(&mut tx, workspace, Actor::OPERATOR, id, what, at).await?;
            }
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
