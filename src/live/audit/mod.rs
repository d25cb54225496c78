//! The audit trail, beside the log: written by the verb, in its transaction, and chained. No statement here or elsewhere
//! changes or deletes a row.

pub mod chain;
mod of_log;
mod read;

#[cfg(test)]
pub use read::ALL as READ;
pub use read::{Ends, Follows, Stored, ends, follow, head, stored};

use super::bus::log::NewEntry;
use crate::base::{
    db::{Tx, args, sql},
    secrets,
};
use crate::model::{
    actor::{ActorKind, By},
    audit::{Action, AuditFacts, AuditPerson, Subject, SubjectKind},
    error::Result,
    id::WorkspaceId,
    time::Time,
};
use chain::{Fixed, NOTHING};
use serde::Serialize;
use uuid::Uuid;

/// The columns of a row, as they are written and read.
macro_rules! columns {
    () => {
        "n, at, action, actor, actor_id, through, subject, subject_id, facts, person, salt, person_digest, digest"
    };
}
pub(crate) use columns;

sql! {
    BEGIN = "insert into audit_head (workspace_id, n, digest, start_digest) values ($1, 0, $2, $2) on conflict (workspace_id) do nothing";
    /// Locks the head until the commit. Whoever takes a seq of the log as well has taken it before.
    TAKE = "update audit_head set n = n + 1 where workspace_id = $1 returning n, digest";
    END = "update audit_head set digest = $2 where workspace_id = $1";
    APPEND = concat!("insert into audit (workspace_id, ", columns!(), ") \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)");
    WHO = "select a.name, l.email, s.device from agent a join login l on l.agent_id = a.id \
        left join session s on s.login_id = l.id and s.id = $2 where a.id = $1";
}

/// A row to be appended.
pub struct NewAudit {
    pub action: Action,
    pub by: By,
    pub subject: Option<Subject>,
    pub facts: AuditFacts,
    /// What is personal beside the doer's name, address and device, which are looked up.
    pub person: AuditPerson,
    pub at: Time,
}

impl NewAudit {
    pub fn new(
        action: Action,
        by: impl Into<By>,
        subject: impl Into<Option<(SubjectKind, Uuid)>>,
        at: Time,
    ) -> NewAudit {
        NewAudit {
            action,
            by: by.into(),
            subject: subject.into().map(|(kind, id)| Subject { kind, id }),
            facts: AuditFacts::new(),
            person: AuditPerson::new(),
            at,
        }
    }
}

/// Append one row; returns its `n`. It is the last thing that a transaction locks.
pub async fn append(tx: &mut Tx, workspace: WorkspaceId, new: NewAudit) -> Result<i64> {
    let (n, before) = match tx.opt::<(i64, Vec<u8>)>(TAKE, args![workspace]).await? {
        Some(taken) => taken,
        None => {
            tx.run(BEGIN, args![workspace, NOTHING]).await?;
            tx.one(TAKE, args![workspace]).await?
        }
    };
    let person = person(tx, &new).await?;
    let salt = person.as_ref().map(|_| secrets::random()[..16].to_vec());
    let person_digest = match (&salt, &person) {
        (Some(salt), Some(person)) => chain::of_person(salt, person),
        _ => NOTHING,
    };
    let fixed = Fixed {
        action: new.action.word(),
        actor: new.by.actor.into(),
        at: new.at,
        facts: &new.facts,
        n,
        subject: new.subject.map(Into::into),
        through: new.by.through.map(|session| session.0),
    };
    let digest = chain::digest(&read::known(before)?, &fixed, &person_digest);
    let through = fixed.through;
    let json = |all: &AuditFacts| serde_json::to_value(all).unwrap_or_default();
    let row = args![
        workspace,
        n,
        new.at,
        new.action,
        new.by.actor.kind,
        new.by.actor.id,
        through,
        new.subject.map(|s| s.kind),
        new.subject.map(|s| s.id),
        json(&new.facts),
        person.as_ref().map(json),
        salt,
        person_digest,
        digest,
    ];
    tx.run(APPEND, row).await?;
    tx.run(END, args![workspace, digest]).await?;
    Ok(n)
}

/// What the log says of people, widgets and the workspace, once more for the trail.
pub(super) async fn beside_log(
    tx: &mut Tx,
    workspace: WorkspaceId,
    entry: &NewEntry,
) -> Result<()> {
    let Some((action, subject, facts)) = of_log::read(entry) else {
        return Ok(());
    };
    let new = NewAudit {
        facts,
        ..NewAudit::new(action, entry.by, subject, entry.at)
    };
    append(tx, workspace, new).await?;
    Ok(())
}

/// Who it was, as they were called then.
async fn person(tx: &mut Tx, new: &NewAudit) -> Result<Option<AuditPerson>> {
    let mut all = new.person.clone();
    if let (ActorKind::Agent, Some(id)) = (new.by.actor.kind, new.by.actor.id) {
        let through = new.by.through.map(|session| session.0);
        let found: Option<(String, String, Option<String>)> =
            tx.opt(WHO, args![id, through]).await?;
        if let Some((name, email, device)) = found {
            all.entry("name".to_owned()).or_insert(name);
            all.entry("email".to_owned()).or_insert(email);
            if let Some(device) = device {
                all.entry("device".to_owned()).or_insert(device);
            }
        }
    }
    if let Some(address) = new.by.address {
        all.insert("address".to_owned(), address.to_string());
    }
    Ok((!all.is_empty()).then_some(all))
}

/// The names of the fields that are not as they were; which revision it is is none of them.
pub fn changed<T: Serialize>(before: &T, after: &T) -> Vec<String> {
    let fields = |all: &T| match serde_json::to_value(all) {
        Ok(serde_json::Value::Object(all)) => all,
        _ => serde_json::Map::new(),
    };
    let (before, after) = (fields(before), fields(after));
    let differs = |(name, value): (&String, &serde_json::Value)| {
        (name != "revision" && before.get(name) != Some(value)).then(|| name.clone())
    };
    let mut names: Vec<String> = after.iter().filter_map(differs).collect();
    names.sort_unstable();
    names
}
