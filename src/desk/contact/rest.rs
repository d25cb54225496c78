//! Doors for programs: the people who write to us, as staff see them; and what anybody may ask and say of
//! themselves, `/me`, which stands here because a visitor's half needs the contact.

use super::ops;
use crate::base::problem::{Json, Path, Problem};
use crate::desk::account::{
    ops::{
        self as account, Mine,
        who::{Asker, Staff},
    },
    rest::AgentOut,
};
use crate::desk::state::Desk;
use crate::model::refusal::Refusal;
use crate::model::{
    agent::Availability,
    contact::{Contact, Reference},
    error::Result,
    id::ContactId,
    text::{Check, OutsideUrl},
};
use axum::extract::FromRef;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

pub fn doors<S>() -> OpenApiRouter<S>
where
    Desk: FromRef<S>,
    S: Clone + Send + Sync + 'static,
{
    OpenApiRouter::new()
        .routes(routes!(me, change_me))
        .routes(routes!(one, change))
}

/// A person outside.
#[derive(Serialize, ToSchema)]
#[schema(as = Contact)]
pub struct ContactOut {
    id: Uuid,
    name: Option<String>,
    /// As typed: a claim.
    email: Option<String>,
    /// The host site vouched for this person.
    verified: bool,
    page_url: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_seen_at: String,
}

impl From<Contact> for ContactOut {
    fn from(c: Contact) -> Self {
        ContactOut {
            id: c.id.0,
            name: c.name,
            email: c.email,
            verified: c.verified,
            page_url: c.page_url,
            created_at: c.created_at.to_string(),
            last_seen_at: c.last_seen_at.to_string(),
        }
    }
}

/// A link to an outside object: a product, an order, a delivery.
#[derive(Deserialize, ToSchema)]
#[schema(as = Reference)]
#[serde(deny_unknown_fields)]
pub struct ReferenceIn {
    #[schema(example = "product")]
    r#type: String,
    id: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    label: Option<String>,
}

impl ReferenceIn {
    pub fn checked(self) -> Result<Reference> {
        Reference {
            kind: self.r#type,
            id: self.id,
            url: self.url,
            label: self.label,
        }
        .checked()
    }
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactIn {
    name: Option<String>,
    email: Option<String>,
}

/// One contact, where you may see a conversation of theirs.
#[utoipa::path(get, path = "/contacts/{id}", tag = "contacts", params(("id" = Uuid, Path)), responses(
    (status = 200, body = ContactOut), (status = 401, description = "unauthorized"),
    (status = 403, description = "forbidden"), (status = 404, description = "not_found")))]
async fn one(staff: Staff, Path(id): Path<ContactId>) -> Result<axum::Json<ContactOut>, Problem> {
    Ok(axum::Json(ops::contact(&staff, id).await?.into()))
}

/// Correct a contact's name or address.
#[utoipa::path(patch, path = "/contacts/{id}", tag = "contacts", params(("id" = Uuid, Path)), request_body = ContactIn, responses(
    (status = 200, body = ContactOut), (status = 400, description = "malformed"), (status = 401, description = "unauthorized"),
    (status = 403, description = "forbidden"), (status = 404, description = "not_found"), (status = 422, description = "invalid")))]
async fn change(
    staff: Staff,
    Path(id): Path<ContactId>,
    Json(said): Json<ContactIn>,
) -> Result<axum::Json<ContactOut>, Problem> {
    Ok(axum::Json(
        ops::change(&staff, id, said.name.as_deref(), said.email.as_deref())
            .await?
            .into(),
    ))
}

/// Whoever asks: a colleague, or a visitor.
#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
#[serde(untagged)]
enum MeOut {
    Staff(#[schema(inline)] AgentOut),
    Visitor(#[schema(inline)] ContactOut),
}

/// Staff say `name`, `availability`, `reason`; a visitor `page_url`, `reference`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeIn {
    name: Option<String>,
    /// `online`, `away` or `offline`
    availability: Option<String>,
    reason: Option<String>,
    page_url: Option<String>,
    #[schema(inline)]
    reference: Option<ReferenceIn>,
}

impl MeIn {
    /// A field that is not for this asker is as unknown as any other.
    fn only(&self, staff: bool) -> Result<()> {
        let theirs = [
            ("name", self.name.is_some()),
            ("availability", self.availability.is_some()),
            ("reason", self.reason.is_some()),
        ];
        let visitors = [
            ("page_url", self.page_url.is_some()),
            ("reference", self.reference.is_some()),
        ];
        let mut check = Check::default();
        let foreign = if staff {
            visitors.as_slice()
        } else {
            theirs.as_slice()
        };
        foreign
            .iter()
            .filter(|(_, said)| *said)
            .for_each(|(field, _)| check.fail(field, Refusal::unknown_field()));
        check.done()
    }
}

/// Who I am.
#[utoipa::path(get, path = "/me", tag = "me", responses((status = 200, body = MeOut), (status = 401, description = "unauthorized")))]
async fn me(asker: Asker) -> Result<axum::Json<MeOut>, Problem> {
    Ok(axum::Json(match &asker {
        Asker::Staff(staff) => MeOut::Staff(account::me(staff).await?.into()),
        Asker::Visitor(visitor) => MeOut::Visitor(ops::me(visitor).await?.into()),
    }))
}

/// Change my name or availability; as a visitor, say where I am and what I look at.
#[utoipa::path(patch, path = "/me", tag = "me", request_body = MeIn, responses(
    (status = 200, body = MeOut), (status = 400, description = "malformed"), (status = 401, description = "unauthorized"),
    (status = 422, description = "invalid"), (status = 429, description = "rate_limited")))]
async fn change_me(asker: Asker, Json(said): Json<MeIn>) -> Result<axum::Json<MeOut>, Problem> {
    said.only(matches!(asker, Asker::Staff(_)))?;
    let mut check = Check::default();
    let page_url = said
        .page_url
        .as_deref()
        .and_then(|u| check.take::<OutsideUrl>("page_url", u));
    let availability = said
        .availability
        .as_deref()
        .and_then(|a| check.take::<Availability>("availability", a));
    check.done()?;
    Ok(axum::Json(match &asker {
        Asker::Staff(staff) => {
            let mine = Mine {
                name: said.name,
                availability,
                reason: said.reason,
            };
            MeOut::Staff(account::change_me(staff, mine).await?.into())
        }
        Asker::Visitor(visitor) => {
            let reference = said.reference.map(ReferenceIn::checked).transpose()?;
            MeOut::Visitor(ops::seen(visitor, page_url, reference).await?.into())
        }
    }))
}
