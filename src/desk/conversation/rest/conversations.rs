//! Conversations: lists, beginning, moves.

use super::super::ops::{self, Filter, Spoken, Target};
use super::{
    Answer, created,
    shapes::{BegunOut, ConversationOut, ConversationsOut, CountsOut, ReferenceBody},
};
use crate::base::problem::{Json, Path, Problem, Query};
use crate::desk::account::{
    ops::who::{Asker, Staff, Visitor},
    rest::LinkOut,
};
use crate::model::refusal::Refusal;
use crate::model::{
    contact::Reference, conversation::Status, error::Error, id::*, message::Kind, time::Time,
};
use axum::{http::StatusCode, response::Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// `waiting`, `active`, `snoozed` or `closed`
    status: Option<String>,
    assigned_agent_id: Option<Uuid>,
    unassigned: Option<bool>,
    team_id: Option<Uuid>,
    /// 1 to 100, by default 50
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// `next_cursor` of the page before
    cursor: Option<String>,
}

/// List conversations, the latest first.
#[utoipa::path(get, path = "/conversations", tag = "conversations", params(ListQuery),
    responses((status = 200, body = ConversationsOut), (status = 401), (status = 422)), security(("bearer" = [])))]
pub(super) async fn list(
    who: Asker,
    Query(q): Query<ListQuery>,
) -> Answer<axum::Json<ConversationsOut>> {
    let filter = Filter {
        view: None,
        status: q.status.map(|s| s.parse::<Status>()).transpose()?,
        assignee: q.assigned_agent_id.map(AgentId),
        unassigned: q.unassigned.unwrap_or(false),
        team: q.team_id.map(TeamId),
        ..Filter::default()
    };
    let page = ops::list(&who, &filter, q.cursor, q.limit).await?;
    Ok(axum::Json(ConversationsOut {
        items: page.rows.into_iter().map(Into::into).collect(),
        next_cursor: page.next,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactBody {
    email: String,
    #[serde(default)]
    name: Option<String>,
}

/// A visitor gives `client_id, body, reference?`; staff give `client_id, widget_id, contact, body`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateBody {
    client_id: Uuid,
    /// 1 to 10,000 characters
    body: String,
    #[serde(default)]
    reference: Option<ReferenceBody>,
    #[serde(default)]
    widget_id: Option<Uuid>,
    #[serde(default)]
    contact: Option<ContactBody>,
}

/// Begin a conversation. With one already open for this widget and contact, the message goes there. What staff begin
/// by address is kept and reaches nobody until mail is sent: an address alone proves nobody, so no visitor is shown it.
#[utoipa::path(post, path = "/conversations", tag = "conversations", request_body = CreateBody,
    responses((status = 201, body = BegunOut), (status = 200, body = BegunOut, description = "The same again"),
        (status = 400), (status = 401), (status = 409), (status = 413), (status = 415), (status = 422), (status = 429), (status = 503)),
    security(("bearer" = [])))]
pub(super) async fn create(who: Asker, Json(b): Json<CreateBody>) -> Answer<Response> {
    let client = ClientId(b.client_id);
    let unwanted = |field: &str| Problem(Error::field(field, Refusal::yours_to_leave()));
    match who {
        Asker::Visitor(visitor) => {
            if b.widget_id.is_some() {
                return Err(unwanted("widget_id"));
            }
            if b.contact.is_some() {
                return Err(unwanted("contact"));
            }
            let reference = b
                .reference
                .map(|r| Reference::from(r).checked())
                .transpose()?;
            let spoken = speak(
                &visitor,
                Target::Open(visitor.widget()),
                client,
                &b.body,
                reference,
            )
            .await?;
            let again = spoken.again;
            let said = ops::said(&visitor, spoken).await?;
            Ok(created(
                again,
                BegunOut {
                    conversation: said.conversation.into(),
                    message: said.message.into(),
                },
            ))
        }
        Asker::Staff(staff) => {
            if b.reference.is_some() {
                return Err(unwanted("reference"));
            }
            let widget = b
                .widget_id
                .ok_or_else(|| Error::field("widget_id", Refusal::which_widget()))?;
            let contact = b
                .contact
                .ok_or_else(|| Error::field("contact", Refusal::contact_wanted()))?;
            let name = contact.name.unwrap_or_default();
            let (conversation, spoken) = ops::begin(
                &staff,
                widget.into(),
                client,
                &contact.email,
                &name,
                b.body.parse()?,
            )
            .await?;
            Ok(created(
                spoken.again,
                BegunOut {
                    conversation: conversation.into(),
                    message: spoken.message.staff().into(),
                },
            ))
        }
    }
}

pub(super) async fn speak(
    visitor: &Visitor,
    into: Target,
    client: ClientId,
    body: &str,
    reference: Option<Reference>,
) -> Result<Spoken, Error> {
    ops::speak(
        &visitor.clone().into(),
        into,
        Kind::Text,
        client,
        body.parse()?,
        reference,
    )
    .await
}

#[utoipa::path(get, path = "/conversations/counts", tag = "conversations",
    responses((status = 200, body = CountsOut), (status = 401), (status = 403)), security(("bearer" = [])))]
pub(super) async fn counts(who: Asker) -> Answer<axum::Json<CountsOut>> {
    Ok(axum::Json(ops::counts(&who.staff()?).await?.into()))
}

#[utoipa::path(get, path = "/conversations/{id}", tag = "conversations", params(("id" = Uuid, Path)),
    responses((status = 200, body = ConversationOut), (status = 401), (status = 404)), security(("bearer" = [])))]
pub(super) async fn one(who: Asker, Path(id): Path<Uuid>) -> Answer<axum::Json<ConversationOut>> {
    Ok(axum::Json(ops::one(&who, id.into()).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignBody {
    /// `null`: back to the queue
    agent_id: Option<Uuid>,
    #[serde(default)]
    team_id: Option<Uuid>,
}

/// Give it to an agent, or back to the queue.
#[utoipa::path(post, path = "/conversations/{id}/assign", tag = "conversations", params(("id" = Uuid, Path)), request_body = AssignBody,
    responses((status = 200, body = ConversationOut), (status = 400), (status = 401), (status = 403), (status = 404), (status = 409), (status = 413), (status = 415), (status = 422)),
    security(("bearer" = [])))]
pub(super) async fn assign(
    staff: Staff,
    Path(id): Path<Uuid>,
    Json(b): Json<AssignBody>,
) -> Answer<axum::Json<ConversationOut>> {
    let (id, agent) = (id.into(), b.agent_id.map(AgentId));
    // Taking what is nobody's is a race with one winner.
    let seen = match (agent, b.team_id) {
        (Some(agent), None) if agent == staff.id() => ops::take(&staff, id).await?,
        (agent, team) => ops::assign(&staff, id, agent, team.map(TeamId)).await?,
    };
    Ok(axum::Json(seen.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusBody {
    /// `waiting`, `active`, `snoozed` or `closed`
    status: String,
    /// With `snoozed`: until when
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Time>,
}

/// Move the status. An illegal move is a conflict that names the legal ones.
#[utoipa::path(post, path = "/conversations/{id}/status", tag = "conversations", params(("id" = Uuid, Path)), request_body = StatusBody,
    responses((status = 200, body = ConversationOut), (status = 400), (status = 401), (status = 403), (status = 404), (status = 409), (status = 413), (status = 415), (status = 422)),
    security(("bearer" = [])))]
pub(super) async fn status(
    staff: Staff,
    Path(id): Path<Uuid>,
    Json(b): Json<StatusBody>,
) -> Answer<axum::Json<ConversationOut>> {
    Ok(axum::Json(
        ops::set_status(&staff, id.into(), b.status.parse()?, b.until)
            .await?
            .into(),
    ))
}

/// End it; a customer's next message opens it again.
#[utoipa::path(post, path = "/conversations/{id}/close", tag = "conversations", params(("id" = Uuid, Path)),
    responses((status = 200, body = ConversationOut), (status = 401), (status = 404), (status = 409)), security(("bearer" = [])))]
pub(super) async fn close(who: Asker, Path(id): Path<Uuid>) -> Answer<axum::Json<ConversationOut>> {
    match &who {
        Asker::Staff(staff) => Ok(axum::Json(ops::close(staff, id.into()).await?.into())),
        Asker::Visitor(visitor) => {
            ops::chat_end(visitor, id.into()).await?;
            Ok(axum::Json(ops::one(&who, id.into()).await?.into()))
        }
    }
}

/// A link for whoever this conversation is with: it lets in to this conversation alone, once, within 30 days. An
/// older one that nobody used stops working.
#[utoipa::path(post, path = "/conversations/{id}/link", tag = "conversations", params(("id" = Uuid, Path)),
    responses((status = 201, body = LinkOut), (status = 401), (status = 403), (status = 404)), security(("bearer" = [])))]
pub(super) async fn link(
    staff: Staff,
    Path(id): Path<Uuid>,
) -> Answer<(StatusCode, axum::Json<LinkOut>)> {
    let link = ops::link(&staff, id.into()).await?;
    Ok((StatusCode::CREATED, axum::Json(LinkOut { link })))
}
