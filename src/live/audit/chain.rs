//! The chain of a workspace's trail. Each row's digest holds the one before it, so no row is changed or taken out from
//! between unseen. What is personal goes in by a digest of its own, salted: it can be emptied, and nothing is left to
//! guess from.
//!
//! `digest(n) = SHA-256(digest(n-1) ‖ SHA-256(fixed) ‖ person_digest)`. `fixed` is the JSON of all that is not
//! personal, keys sorted and without spaces; `person_digest` is SHA-256 of the salt and of such a JSON of the person,
//! or 32 zero bytes where there is none.

use crate::model::{
    actor::Actor,
    audit::{AuditFacts, AuditPerson, Subject},
    time::Time,
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub type Digest = [u8; 32];

/// Before the first row, and where there is no person.
pub const NOTHING: Digest = [0; 32];

/// All of a row but what is personal. The fields stand in the order of their names: that is what makes one JSON of it.
#[derive(Serialize)]
pub struct Fixed<'a> {
    pub action: &'a str,
    pub actor: Party<'a>,
    pub at: Time,
    pub facts: &'a AuditFacts,
    pub n: i64,
    pub subject: Option<Party<'a>>,
    pub through: Option<Uuid>,
}

/// Who did it, or what it was done to.
#[derive(Serialize)]
pub struct Party<'a> {
    pub id: Option<Uuid>,
    pub kind: &'a str,
}

impl From<Actor> for Party<'_> {
    fn from(actor: Actor) -> Self {
        Party {
            id: actor.id,
            kind: actor.kind.word(),
        }
    }
}

impl From<Subject> for Party<'_> {
    fn from(subject: Subject) -> Self {
        Party {
            id: Some(subject.id),
            kind: subject.kind.word(),
        }
    }
}

/// Of what is personal, with 16 random bytes that nobody guesses.
pub fn of_person(salt: &[u8], person: &AuditPerson) -> Digest {
    let said = serde_json::to_vec(person).unwrap_or_default();
    Sha256::new()
        .chain_update(salt)
        .chain_update(said)
        .finalize()
        .into()
}

pub fn digest(before: &Digest, fixed: &Fixed, person: &Digest) -> Digest {
    let fixed = serde_json::to_vec(fixed).unwrap_or_default();
    Sha256::new()
        .chain_update(before)
        .chain_update(Sha256::digest(fixed))
        .chain_update(person)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::audit::{Action, SubjectKind};

    fn fixed(facts: &AuditFacts) -> Fixed<'_> {
        Fixed {
            action: Action::AgentRoleChanged.word(),
            actor: Actor::OPERATOR.into(),
            at: "2026-11-28T06:00:00.000Z".parse().unwrap(),
            facts,
            n: 1,
            subject: None,
            through: None,
        }
    }

    /// Keys in the order of their names, at every depth.
    fn is_sorted(json: &str) -> bool {
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        fn sorted(value: &serde_json::Value) -> String {
            match value {
                serde_json::Value::Object(all) => {
                    let mut all: Vec<_> = all.iter().collect();
                    all.sort_by_key(|(key, _)| key.as_str());
                    let all = all
                        .iter()
                        .map(|(key, value)| format!("{key:?}:{}", sorted(value)));
                    format!("{{{}}}", all.collect::<Vec<_>>().join(","))
                }
                other => other.to_string(),
            }
        }
        sorted(&value) == json
    }

    #[test]
    fn what_is_hashed_is_written_in_one_way() {
        let facts = [("to", "admin"), ("from", "agent")]
            .map(|(k, v)| (k.into(), v.into()))
            .into();
        let subject = Subject {
            kind: SubjectKind::Agent,
            id: Uuid::nil(),
        };
        let json = serde_json::to_string(&Fixed {
            subject: Some(subject.into()),
            ..fixed(&facts)
        })
        .unwrap();
        assert!(is_sorted(&json), "{json}");
    }

    /// The definition above, followed by hand.
    #[test]
    fn a_digest_is_what_its_definition_says() {
        let facts = AuditFacts::new();
        let said = "{\"action\":\"agent.role_changed\",\"actor\":{\"id\":null,\"kind\":\"operator\"},\"at\":\"2026-11-28T06:00:00.000Z\",\
            \"facts\":{},\"n\":1,\"subject\":null,\"through\":null}";
        let person = AuditPerson::from([("name".into(), "Sam".into())]);
        let of_person_by_hand: Digest = Sha256::digest(b"salt{\"name\":\"Sam\"}").into();
        assert_eq!(of_person(b"salt", &person), of_person_by_hand);
        let by_hand = [NOTHING, Sha256::digest(said).into(), of_person_by_hand].concat();
        let by_hand: Digest = Sha256::digest(by_hand).into();
        assert_eq!(
            digest(&NOTHING, &fixed(&facts), &of_person_by_hand),
            by_hand
        );
    }
}
