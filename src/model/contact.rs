//! Who writes to us: a visitor is a contact from the first write on, perhaps without a name.

use super::{id::ContactId, time::Time};
use serde::{Deserialize, Serialize};

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

/// What a visitor sees of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Myself {
    pub id: Option<ContactId>,
    pub name: Option<String>,
    pub email: Option<String>,
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
