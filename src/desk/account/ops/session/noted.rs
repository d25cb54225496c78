//! What the audit trail has of those who came in, and of those who were not let in.

use super::SignedIn;
use crate::base::db::Tx;
use crate::desk::account::ops::store;
use crate::desk::state::Desk;
use crate::live::audit::{self, NewAudit};
use crate::model::{
    actor::{Actor, ActorKind, By},
    audit::{Action, AuditFacts, SubjectKind},
    error::Result,
    id::WorkspaceId,
    text::Email,
    time::now,
};
use std::net::IpAddr;

/// Somebody signed in, by a password or by a link.
pub(in crate::desk::account::ops) async fn success(
    tx: &mut Tx,
    signed_in: &SignedIn,
    address: Option<IpAddr>,
) -> Result<()> {
    let subject = (SubjectKind::Agent, signed_in.agent.id.0);
    let (action, by) = (Action::SignInSucceeded, signed_in.by(address));
    let known = signed_in.known_device.to_string();
    let new = NewAudit {
        facts: AuditFacts::from([("known_device".to_owned(), known)]),
        ..NewAudit::new(action, by, subject, now())
    };
    audit::append(tx, signed_in.workspace, new).await?;
    Ok(())
}

/// As much is written for an address that nobody has: how long it takes tells nothing.
pub(super) async fn failure(
    desk: &Desk,
    workspace: WorkspaceId,
    email: &str,
    device: &str,
    address: Option<IpAddr>,
) -> Result<()> {
    let typed = email.parse::<Email>().ok();
    let key = typed.as_ref().map(Email::key).unwrap_or_default();
    let mut tx = desk.db().begin(workspace).await?;
    let login = store::login_by_address(&mut tx, workspace, &key).await?;
    let typed = typed.map(|email| ("email".to_owned(), email.as_str().to_owned()));
    let device = ("device".to_owned(), device.to_owned());
    // Whoever it was.
    let stranger = Actor {
        kind: ActorKind::Visitor,
        id: None,
    };
    let by = By {
        address,
        ..stranger.into()
    };
    let agent = login.and_then(|login| login.agent_id);
    let subject = agent.map(|id| (SubjectKind::Agent, id));
    let new = NewAudit {
        person: typed.into_iter().chain([device]).collect(),
        ..NewAudit::new(Action::SignInFailed, by, subject, now())
    };
    audit::append(&mut tx, workspace, new).await?;
    tx.commit().await
}
