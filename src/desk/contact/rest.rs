//! Doors for programs: the people who write to us, as staff see them.

use super::ops;
use crate::base::problem::{Json, Path, Problem};
use crate::desk::account::ops::who::Staff;
use crate::desk::state::Desk;
use crate::model::{
    contact::{Contact, Reference},
    error::Result,
    id::ContactId,
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
    OpenApiRouter::new().routes(routes!(one, change))
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
        Reference { kind: self.r#type, id: self.id, url: self.url, label: self.label }.checked()
    }
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContactIn {
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
async fn change(staff: Staff, Path(id): Path<ContactId>, Json(said): Json<ContactIn>) -> Result<axum::Json<ContactOut>, Problem> {
    Ok(axum::Json(ops::change(&staff, id, said.name.as_deref(), said.email.as_deref()).await?.into()))
}
