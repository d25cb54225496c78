//! Rows of the trail as they lie there, and the chain through them.

use super::chain::{self, Digest, Fixed, NOTHING, Party};
use crate::base::db::{Conn, args, sql};
use crate::model::{
    actor::Actor,
    audit::{AuditFacts, AuditHead, AuditPerson, AuditRow, Subject},
    error::{Error, Result},
    id::WorkspaceId,
    time::Time,
};
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

sql! {
    ENDS = "select n, digest, start_n, start_digest from audit_head where workspace_id = $1";
    AT = "select digest from audit where workspace_id = $1 and n = $2";
    PAGE = concat!("select ", super::columns!(), " from audit where workspace_id = $1 and n > $2 order by n limit $3");
}

/// A row as it lies there. Its words may be of a newer version: the chain holds all the same, and no list ends at one.
#[derive(sqlx::FromRow)]
pub struct Stored {
    pub n: i64,
    pub at: DateTime<Utc>,
    pub action: String,
    pub actor: String,
    pub actor_id: Option<Uuid>,
    pub through: Option<Uuid>,
    pub subject: Option<String>,
    pub subject_id: Option<Uuid>,
    pub facts: Json<AuditFacts>,
    pub person: Option<Json<AuditPerson>>,
    salt: Option<Vec<u8>>,
    person_digest: Vec<u8>,
    pub digest: Vec<u8>,
}

impl Stored {
    /// As it is shown; `None`: its words are of a newer version.
    pub fn row(self) -> Option<AuditRow> {
        let subject = match (self.subject, self.subject_id) {
            (Some(kind), Some(id)) => Some(Subject {
                kind: kind.parse().ok()?,
                id,
            }),
            _ => None,
        };
        Some(AuditRow {
            n: self.n,
            at: Time(self.at),
            action: self.action.parse().ok()?,
            actor: Actor {
                kind: self.actor.parse().ok()?,
                id: self.actor_id,
            },
            through: self.through,
            subject,
            digest: hex::encode(&self.digest),
            facts: self.facts.0,
            person: self.person.map(|person| person.0),
        })
    }

    /// Of the person, as it has to be; `None`: half of it is missing.
    fn person_digest(&self) -> Option<Digest> {
        match (&self.person, &self.salt) {
            (Some(person), Some(salt)) => Some(chain::of_person(salt, &person.0)),
            // Nobody's, or emptied: what was there is what its digest says.
            (None, None) => self.person_digest.clone().try_into().ok(),
            _ => None,
        }
    }

    /// The same of what it was done to.
    fn party(&self) -> Option<Option<Party<'_>>> {
        match (&self.subject, self.subject_id) {
            (Some(kind), Some(id)) => Some(Some(Party { id: Some(id), kind })),
            (None, None) => Some(None),
            _ => None,
        }
    }
}

/// Where the chain of a workspace begins and ends.
pub struct Ends {
    pub start: Follows,
    pub head: AuditHead,
}

/// How far a chain has been followed.
#[derive(Clone)]
pub struct Follows {
    pub n: i64,
    pub digest: Digest,
}

impl Follows {
    /// Whether this row comes next, and is what it was when it was written.
    pub fn next(&mut self, row: &Stored) -> bool {
        let (Some(person), Some(subject)) = (row.person_digest(), row.party()) else {
            return false;
        };
        let fixed = Fixed {
            action: &row.action,
            actor: Party {
                id: row.actor_id,
                kind: &row.actor,
            },
            at: Time(row.at),
            facts: &row.facts.0,
            n: self.n + 1,
            subject,
            through: row.through,
        };
        let digest = chain::digest(&self.digest, &fixed, &person);
        let follows = row.n == self.n + 1 && row.person_digest == person && row.digest == digest;
        if follows {
            (self.n, self.digest) = (row.n, digest);
        }
        follows
    }
}

pub async fn ends(conn: &mut Conn, workspace: WorkspaceId) -> Result<Ends> {
    let found: Option<(i64, Vec<u8>, i64, Vec<u8>)> = conn.opt(ENDS, args![workspace]).await?;
    let none = || (0, NOTHING.to_vec(), 0, NOTHING.to_vec());
    let (n, digest, start_n, start_digest) = found.unwrap_or_else(none);
    Ok(Ends {
        start: Follows {
            n: start_n,
            digest: known(start_digest)?,
        },
        head: AuditHead {
            n,
            digest: hex::encode(digest),
        },
    })
}

pub async fn head(conn: &mut Conn, workspace: WorkspaceId) -> Result<AuditHead> {
    Ok(ends(conn, workspace).await?.head)
}

/// The chain from behind row `n` on, which is as it lies there; `None`: there is no such row.
pub async fn follow(
    conn: &mut Conn,
    workspace: WorkspaceId,
    n: i64,
    start: &Follows,
) -> Result<Option<Follows>> {
    if n == start.n {
        return Ok(Some(start.clone()));
    }
    let found: Option<(Vec<u8>,)> = conn.opt(AT, args![workspace, n]).await?;
    let digest = found.map(|(digest,)| known(digest)).transpose()?;
    Ok(digest.map(|digest| Follows { n, digest }))
}

/// Up to `limit` rows after `after`, oldest first.
pub async fn stored(
    conn: &mut Conn,
    workspace: WorkspaceId,
    after: i64,
    limit: i64,
) -> Result<Vec<Stored>> {
    Ok(conn.all(PAGE, args![workspace, after, limit]).await?)
}

pub(super) fn known(digest: Vec<u8>) -> Result<Digest> {
    digest.try_into().map_err(|_| Error::Unavailable)
}
