//! What the audit trail has of those who came in, and of those who were not let in.

use super::SignedIn;
use crate::base::db::Tx;
use crate::desk::account::ops::store;
use crate::desk::state::Desk;
use crate::live::audit::{self, NewAudit};
use crate::model::{
    actor::{Actor, ActorKind, By},
    audit::{Action, AuditFacts, AuditPerson, Subject, SubjectKind},
    error::Result,
    id::{AgentId, WorkspaceId},
    text::Email,
    time::now,
};
use std::net::IpAddr;

fn subject(id: AgentId) -> Subject {
    Subject {
        kind: SubjectKind::Agent,
        id: id.0,
    }
}

/// Somebody signed in, by a password or by a link.
pub(in crate::desk::account::ops) async fn success(
    tx: &mut Tx,
    signed_in: &SignedIn,
    address: Option<IpAddr>,
) -> Result<()> {
    let id = signed_in.agent.id;
    let known = signed_in.known_device.to_string();
    let new = NewAudit {
        action: Action::SignInSucceeded,
        by: signed_in.by(address),
        subject: Some(subject(id)),
        facts: AuditFacts::from([("known_device".to_owned(), known)]),
        person: AuditPerson::new(),
        at: now(),
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
    let mut tx: Tx = desk.db().begin(workspace).await?;
    let login = store::login_by_address(&mut tx, workspace, &key).await?;
    let typed = typed.map(|email| ("email".to_owned(), email.as_str().to_owned()));
    let device = ("device".to_owned(), device.to_owned());
    // Whoever it was.
    let stranger = Actor {
        kind: ActorKind::Visitor,
        id: None,
    };
    let new = NewAudit {
        action: Action::SignInFailed,
        by: By {
            address,
            ..stranger.into()
        },
        subject: login
            .and_then(|login| login.agent_id)
            .map(|id| subject(AgentId(id))),
        facts: AuditFacts::new(),
        person: typed.into_iter().chain([device]).collect(),
        at: now(),
    };
    audit::append(&mut tx, workspace, new).await?;
    tx.commit().await
}
