//! What the program and its command line do, which no session stands behind.

use crate::base::db::{Db, Tx};
use crate::live::{
    audit::{self, NewAudit},
    bus::log,
};
use crate::model::{
    actor::Actor,
    audit::{Action, AuditFacts, SubjectKind},
    error::Result,
    id::WorkspaceId,
    time::now,
};

/// The server starts: a row for each workspace. `migrated_to`: the migration that it has brought the database to.
pub async fn start(db: &Db, migrated_to: Option<i64>) -> Result<()> {
    let workspaces = log::workspaces(&mut *db.snapshot().await?).await?;
    for workspace in workspaces {
        let mut tx = db.begin(workspace).await?;
        let version = Some(("version", env!("CARGO_PKG_VERSION").to_owned()));
        let migrated = migrated_to.map(|to| ("migrated_to", to.to_string()));
        let facts = facts(version.into_iter().chain(migrated));
        let (actor, action) = (Actor::MACHINE, Action::ServerStarted);
        append(&mut tx, workspace, actor, action, facts).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// A command that changes something, in the transaction in which it does.
pub async fn command(tx: &mut Tx, workspace: WorkspaceId, command: &str) -> Result<()> {
    let facts = facts([("command", command.to_owned())]);
    append(tx, workspace, Actor::OPERATOR, Action::CommandRun, facts).await
}

fn facts(said: impl IntoIterator<Item = (&'static str, String)>) -> AuditFacts {
    let said = said.into_iter();
    said.map(|(name, value)| (name.to_owned(), value)).collect()
}

async fn append(
    tx: &mut Tx,
    workspace: WorkspaceId,
    actor: Actor,
    action: Action,
    facts: AuditFacts,
) -> Result<()> {
    let subject = (SubjectKind::Workspace, workspace.0);
    let new = NewAudit {
        facts,
        ..NewAudit::new(action, actor, subject, now())
    };
    audit::append(tx, workspace, new).await?;
    Ok(())
}
