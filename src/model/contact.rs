//! Who writes to us: a visitor is a contact from the first write on, perhaps without a name.

use super::{id::ContactId, time::Time};
use crate::tr;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A person outside, as staff see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub id: ContactId,
    /// As claimed; `None` for a visitor who has not said.
    pub name: Option<String>,
    /// As typed; a claim until `verified`.
    pub email: Option<String>,
    /// The host site vouched for this person (`identify` with a valid hash).
    pub verified: bool,
    /// The page they were last seen on.
    pub page_url: Option<String>,
    pub created_at: Time,
    pub last_seen_at: Time,
}

/// A visitor of this colour, in the order of the hues that stand for people (`--hue-0…7`).
fn of_colour(hue: u8, n: u32) -> String {
    match hue {
        0 => tr!(contact.visitor.blue, number = n),
        1 => tr!(contact.visitor.teal, number = n),
        2 => tr!(contact.visitor.orange, number = n),
        3 => tr!(contact.visitor.violet, number = n),
        4 => tr!(contact.visitor.green, number = n),
        5 => tr!(contact.visitor.pink, number = n),
        6 => tr!(contact.visitor.amber, number = n),
        _ => tr!(contact.visitor.cyan, number = n),
    }
}

/// FNV-1a, the same for the same id wherever it is shown.
fn hash(id: Uuid) -> u32 {
    id.as_bytes().iter().fold(0x811c_9dc5, |h, b| {
        (h ^ u32::from(*b)).wrapping_mul(0x0100_0193)
    })
}

/// One of eight hues.
pub fn hue(id: Uuid) -> u8 {
    ((hash(id) >> 16) % 8) as u8
}

/// What staff call a person: the name, else the address, else a colour and a number made of the id, so that two
/// without a name are told apart ("Blue visitor 41").
pub fn called(name: Option<&str>, email: Option<&str>, id: Uuid) -> String {
    let said = |text: &&str| !text.trim().is_empty();
    match name.filter(said).or(email.filter(said)) {
        Some(text) => text.to_owned(),
        None => of_colour(hue(id), 10 + hash(id) % 90),
    }
}

impl Contact {
    /// See [`called`].
    pub fn called(&self) -> String {
        called(self.name.as_deref(), self.email.as_deref(), self.id.0)
    }
}

/// What a visitor sees of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Myself {
    pub id: Option<ContactId>,
    pub name: Option<String>,
    pub email: Option<String>,
}

/// Who somebody is, and the session by which they are that. The token is there only where the browser refuses the
/// cookie: the frame keeps it in its own session storage and sends it as a bearer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    pub me: Myself,
    pub token: Option<String>,
}

impl From<Contact> for Myself {
    fn from(c: Contact) -> Myself {
        Myself {
            id: Some(c.id),
            name: c.name,
            email: c.email,
        }
    }
}

/// A link to an outside object: a product, an order, a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub label: Option<String>,
}

impl Reference {
    /// Checked: short one-line fields, an http address.
    pub fn checked(self) -> Result<Reference, super::error::Error> {
        use super::text::{Check, Name, OutsideUrl};
        let mut check = Check::default();
        let kind = check.take::<Name>("reference", &self.kind);
        let id = check.take::<Name>("reference", &self.id);
        let url = self
            .url
            .filter(|u| !u.is_empty())
            .map(|u| check.take::<OutsideUrl>("reference", &u));
        let label = self
            .label
            .filter(|l| !l.is_empty())
            .map(|l| check.take::<Name>("reference", &l));
        check.done()?;
        Ok(Reference {
            kind: kind.map(Into::into).unwrap_or_default(),
            id: id.map(Into::into).unwrap_or_default(),
            url: url.flatten().map(Into::into),
            label: label.flatten().map(Into::into),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nameless_people_are_told_apart() {
        let ids: Vec<Uuid> = (0..40_u128).map(Uuid::from_u128).collect();
        let names: std::collections::BTreeSet<String> =
            ids.iter().map(|id| called(None, Some(" "), *id)).collect();
        assert!(names.len() > 34, "{names:?}");
        assert!(names.iter().all(|n| n.contains(" visitor ")));
        assert_eq!(called(None, None, ids[3]), called(Some(""), None, ids[3]));
        assert_eq!(called(None, Some("a@b.example"), ids[3]), "a@b.example");
        assert_eq!(called(Some("Ada"), Some("a@b.example"), ids[3]), "Ada");
    }
}
