//! Doors for programs: conversations with everything under them, and the events. The same verbs as the pages'.
//! Wire types are made from the model here, so the contract changes only when this file does.

use super::ops::{self, Filter, Shown, Spoken, Target};
use crate::base::{
    held::{Held, Hold},
    limits::{Kind as Limit, Whose},
    net::ClientAddress,
    problem::{Json, Path, Problem, Query},
};
use crate::desk::account::{
    ops::who::{Asker, Staff, Visitor, bearer},
    rest::LinkOut,
};
use crate::desk::state::Desk;
use crate::live::bus::rows::MessageRow;
use crate::model::refusal::Refusal;
use crate::model::{
    contact::Reference,
    conversation::{Conversation, Counts, ForReader, PublicConversation, Status},
    error::Error,
    event::Cursor,
    id::*,
    message::{Author, Kind, Message, PublicMessage},
    time::Time,
};
use axum::{
    body::Body,
    extract::{FromRef, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

pub fn doors<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Desk: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(counts))
        .routes(routes!(one))
        .routes(routes!(messages, say))
        .routes(routes!(read))
        .routes(routes!(typing))
        .routes(routes!(assign))
        .routes(routes!(status))
        .routes(routes!(close))
        .routes(routes!(link))
        .routes(routes!(events))
}

type Answer<T> = Result<T, Problem>;

// ---- Shapes

#[derive(Serialize, ToSchema)]
pub struct AuthorOut {
    /// `contact`, `agent`, `bot` or `system`
    #[schema(example = "contact")]
    kind: &'static str,
    id: Uuid,
    name: String,
}
impl From<Author> for AuthorOut {
    fn from(a: Author) -> Self {
        AuthorOut {
            kind: a.kind.word(),
            id: a.id,
            name: a.name,
        }
    }
}

/// One item of a thread.
#[derive(Serialize, ToSchema)]
pub struct MessageOut {
    id: Uuid,
    /// Orders the thread; has gaps.
    seq: i64,
    client_id: Option<Uuid>,
    conversation_id: Uuid,
    /// `text`, `note` (staff only) or `event`
    #[schema(example = "text")]
    kind: &'static str,
    body: String,
    author: AuthorOut,
    /// Facts of an event line: `{type, …}`
    #[schema(value_type = Option<Object>)]
    event: Option<serde_json::Value>,
    #[schema(value_type = Vec<Object>)]
    attachments: Vec<()>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    edited_at: Option<Time>,
}

macro_rules! message_out {
    ($type:ty) => {
        impl From<$type> for MessageOut {
            fn from(m: $type) -> Self {
                MessageOut {
                    id: m.id.0,
                    seq: m.seq,
                    client_id: m.client_id.map(|c| c.0),
                    conversation_id: m.conversation_id.0,
                    kind: m.kind.word(),
                    body: m.body,
                    author: m.author.into(),
                    event: m.event.and_then(|e| serde_json::to_value(e).ok()),
                    attachments: m.attachments,
                    created_at: m.created_at,
                    edited_at: m.edited_at,
                }
            }
        }
    };
}
message_out!(Message);
message_out!(PublicMessage);

#[derive(Serialize, ToSchema)]
pub struct PersonOut {
    id: Option<Uuid>,
    name: Option<String>,
    email: Option<String>,
    /// Staff only: the host site vouches for this person.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<bool>,
    /// Staff only: where they were last seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    page_url: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct NamedOut {
    id: Uuid,
    name: String,
}

/// A link to an outside object.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceBody {
    #[schema(example = "product")]
    r#type: String,
    id: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    label: Option<String>,
}
impl From<Reference> for ReferenceBody {
    fn from(r: Reference) -> Self {
        ReferenceBody {
            r#type: r.kind,
            id: r.id,
            url: r.url,
            label: r.label,
        }
    }
}
impl From<ReferenceBody> for Reference {
    fn from(r: ReferenceBody) -> Self {
        Reference {
            kind: r.r#type,
            id: r.id,
            url: r.url,
            label: r.label,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct ConversationOut {
    id: Uuid,
    /// `waiting`, `active`, `snoozed` or `closed`
    #[schema(example = "waiting")]
    status: &'static str,
    widget_id: Uuid,
    contact: PersonOut,
    assignee: Option<NamedOut>,
    team: Option<NamedOut>,
    reference: Option<ReferenceBody>,
    ticket_id: Option<Uuid>,
    tags: Vec<String>,
    last_message: Option<MessageOut>,
    /// Texts of the other side that the asker has not read.
    unread_count: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    waiting_since: Option<Time>,
    /// 1 is next.
    queue_position: Option<i64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    snoozed_until: Option<Time>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Time>,
}

impl From<ForReader<Conversation>> for ConversationOut {
    fn from(seen: ForReader<Conversation>) -> Self {
        let c = seen.conversation;
        ConversationOut {
            id: c.id.0,
            status: c.status.word(),
            widget_id: c.widget_id.0,
            contact: PersonOut {
                id: Some(c.contact.id.0),
                name: c.contact.name,
                email: c.contact.email,
                verified: Some(c.contact.verified),
                page_url: c.contact.page_url,
            },
            assignee: c.assignee.map(|a| NamedOut {
                id: a.id.0,
                name: a.name,
            }),
            team: c.team.map(|t| NamedOut {
                id: t.id.0,
                name: t.name,
            }),
            reference: c.reference.map(Into::into),
            ticket_id: None,
            tags: vec![],
            last_message: c.last_message.map(Into::into),
            unread_count: seen.unread_count,
            waiting_since: c.waiting_since,
            queue_position: seen.queue_position,
            snoozed_until: c.snoozed_until,
            created_at: c.created_at,
            closed_at: c.closed_at,
        }
    }
}

impl From<ForReader<PublicConversation>> for ConversationOut {
    fn from(seen: ForReader<PublicConversation>) -> Self {
        let c = seen.conversation;
        ConversationOut {
            id: c.id.0,
            status: c.status.word(),
            widget_id: c.widget_id.0,
            contact: PersonOut {
                id: c.contact.id.map(|i| i.0),
                name: c.contact.name,
                email: c.contact.email,
                verified: None,
                page_url: None,
            },
            assignee: c.assignee.map(|a| NamedOut {
                id: a.id.0,
                name: a.name,
            }),
            team: None,
            reference: c.reference.map(Into::into),
            ticket_id: None,
            tags: vec![],
            last_message: c.last_message.map(Into::into),
            unread_count: seen.unread_count,
            waiting_since: c.waiting_since,
            queue_position: seen.queue_position,
            snoozed_until: None,
            created_at: c.created_at,
            closed_at: c.closed_at,
        }
    }
}

impl From<Shown> for ConversationOut {
    fn from(s: Shown) -> Self {
        match s {
            Shown::Staff(c) => c.into(),
            Shown::Customer(c) => c.into(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct ConversationsOut {
    items: Vec<ConversationOut>,
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct MessagesOut {
    items: Vec<MessageOut>,
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct BegunOut {
    conversation: ConversationOut,
    message: MessageOut,
}

/// A message as whoever asks may see it.
fn shown(who: &Asker, row: &MessageRow) -> Option<MessageOut> {
    match who {
        Asker::Staff(_) => Some(row.staff().into()),
        Asker::Visitor(_) => row.public().map(Into::into),
    }
}

/// 201 the first time, 200 for the same again.
fn created<T: Serialize>(again: bool, body: T) -> Response {
    let status = if again {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    (status, axum::Json(body)).into_response()
}

// ---- Conversations

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
async fn list(who: Asker, Query(q): Query<ListQuery>) -> Answer<axum::Json<ConversationsOut>> {
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
async fn create(who: Asker, Json(b): Json<CreateBody>) -> Answer<Response> {
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

async fn speak(
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

/// One conversation.
/// How many conversations each view holds for the asker
#[derive(Serialize, ToSchema)]
pub struct CountsOut {
    /// Assigned to the asker and not closed or snoozed
    mine: i64,
    unassigned: i64,
    active: i64,
    waiting: i64,
    snoozed: i64,
    closed: i64,
    all: i64,
    /// Since midnight, UTC
    closed_today: i64,
    /// Of `mine`, those with a text that the asker has not read
    mine_unread: i64,
}

impl From<Counts> for CountsOut {
    fn from(c: Counts) -> CountsOut {
        CountsOut {
            mine: c.mine,
            unassigned: c.unassigned,
            active: c.active,
            waiting: c.waiting,
            snoozed: c.snoozed,
            closed: c.closed,
            all: c.all,
            closed_today: c.closed_today,
            mine_unread: c.mine_unread,
        }
    }
}

#[utoipa::path(get, path = "/conversations/counts", tag = "conversations",
    responses((status = 200, body = CountsOut), (status = 401), (status = 403)), security(("bearer" = [])))]
async fn counts(who: Asker) -> Answer<axum::Json<CountsOut>> {
    Ok(axum::Json(ops::counts(&who.staff()?).await?.into()))
}

#[utoipa::path(get, path = "/conversations/{id}", tag = "conversations", params(("id" = Uuid, Path)),
    responses((status = 200, body = ConversationOut), (status = 401), (status = 404)), security(("bearer" = [])))]
async fn one(who: Asker, Path(id): Path<Uuid>) -> Answer<axum::Json<ConversationOut>> {
    Ok(axum::Json(ops::one(&who, id.into()).await?.into()))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MessagesQuery {
    /// Messages behind this seq, oldest first
    after: Option<i64>,
    /// The page that ends before this seq
    before: Option<i64>,
    /// 1 to 100, by default 50
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// `next_cursor` of the page before
    cursor: Option<i64>,
}

/// A page of the thread, by seq, ascending.
#[utoipa::path(get, path = "/conversations/{id}/messages", tag = "conversations", params(("id" = Uuid, Path), MessagesQuery),
    responses((status = 200, body = MessagesOut), (status = 401), (status = 404), (status = 422)), security(("bearer" = [])))]
async fn messages(
    who: Asker,
    Path(id): Path<Uuid>,
    Query(q): Query<MessagesQuery>,
) -> Answer<axum::Json<MessagesOut>> {
    let (before, after) = match (q.before, q.cursor) {
        (Some(_), Some(cursor)) => (Some(cursor), None),
        (before, cursor) => (before, cursor.or(q.after)),
    };
    let page = ops::messages(&who, id.into(), before, after, q.limit).await?;
    let items = page.rows.iter().filter_map(|m| shown(&who, m)).collect();
    Ok(axum::Json(MessagesOut {
        items,
        next_cursor: page.next,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SayBody {
    /// Made by the client before its first attempt
    client_id: Uuid,
    /// 1 to 10,000 characters
    body: String,
    /// `text`, or for staff `note`
    #[serde(default)]
    kind: Option<String>,
}

/// Say something. The first time 201, the same again 200 with the original.
#[utoipa::path(post, path = "/conversations/{id}/messages", tag = "conversations", params(("id" = Uuid, Path)), request_body = SayBody,
    responses((status = 201, body = MessageOut), (status = 200, body = MessageOut, description = "The same again"),
        (status = 400), (status = 401), (status = 403), (status = 404), (status = 409), (status = 413), (status = 415), (status = 422), (status = 429), (status = 503)),
    security(("bearer" = [])))]
async fn say(who: Asker, Path(id): Path<Uuid>, Json(b): Json<SayBody>) -> Answer<Response> {
    let kind = match b.kind.as_deref() {
        None | Some("text") => Kind::Text,
        Some("note") => Kind::Note,
        Some(_) => return Err(Error::field("kind", Refusal::one_of("text note")).into()),
    };
    let spoken = ops::speak(
        &who,
        Target::This(id.into()),
        kind,
        ClientId(b.client_id),
        b.body.parse()?,
        None,
    )
    .await?;
    let message = shown(&who, &spoken.message).ok_or(Error::NotFound)?;
    Ok(created(spoken.again, message))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadBody {
    #[schema(minimum = 0)]
    seq: i64,
}

/// Everything up to `seq` has been seen.
#[utoipa::path(post, path = "/conversations/{id}/read", tag = "conversations", params(("id" = Uuid, Path)), request_body = ReadBody,
    responses((status = 204), (status = 400), (status = 401), (status = 404), (status = 413), (status = 415), (status = 422)), security(("bearer" = [])))]
async fn read(who: Asker, Path(id): Path<Uuid>, Json(b): Json<ReadBody>) -> Answer<StatusCode> {
    ops::read(&who, id.into(), b.seq).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TypingBody {
    typing: bool,
}

/// I am typing, or I stopped.
#[utoipa::path(post, path = "/conversations/{id}/typing", tag = "conversations", params(("id" = Uuid, Path)), request_body = TypingBody,
    responses((status = 204), (status = 400), (status = 401), (status = 404), (status = 413), (status = 415), (status = 422)), security(("bearer" = [])))]
async fn typing(who: Asker, Path(id): Path<Uuid>, Json(b): Json<TypingBody>) -> Answer<StatusCode> {
    ops::typing(&who, id.into(), b.typing).await?;
    Ok(StatusCode::NO_CONTENT)
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
async fn assign(
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
async fn status(
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
async fn close(who: Asker, Path(id): Path<Uuid>) -> Answer<axum::Json<ConversationOut>> {
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
async fn link(staff: Staff, Path(id): Path<Uuid>) -> Answer<(StatusCode, axum::Json<LinkOut>)> {
    let link = ops::link(&staff, id.into()).await?;
    Ok((StatusCode::CREATED, axum::Json(LinkOut { link })))
}

// ---- Events

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// A cursor; without it and without `Last-Event-ID` it begins now
    after: Option<String>,
    /// Only this conversation
    conversation_id: Option<Uuid>,
    /// Our own frame: `visitor`, with `widget`
    #[serde(rename = "as")]
    #[param(rename = "as")]
    _as: Option<String>,
    #[serde(rename = "widget")]
    #[param(rename = "widget")]
    _widget: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
pub struct EventsOut {
    #[schema(value_type = Vec<Object>)]
    events: Vec<serde_json::Value>,
    cursor: String,
    /// The cursor was of no use: fetch again, and go on from this one.
    reset: bool,
}

/// Everything the asker may hear: `text/event-stream`, or with `Accept: application/json` what there is at once.
#[utoipa::path(get, path = "/events", tag = "events", params(EventsQuery),
    responses((status = 200, body = EventsOut, content_type = "application/json", description = "With Accept: application/json; otherwise text/event-stream"),
        (status = 401), (status = 404), (status = 422), (status = 429)), security(("bearer" = [])))]
async fn events(State(desk): State<Desk>, parts: Parts) -> Answer<Response> {
    let who = asking(&desk, &parts).await?;
    let Query(q) = Query::<EventsQuery>::strict(&parts.uri)?;
    let conversation = q.conversation_id.map(ConversationId);
    if let Some(id) = conversation {
        ops::one(&who, id).await?;
    }
    let after = cursor(&parts.headers, q.after.as_deref());
    let subscription = who.subscription(conversation);
    if wants_json(&parts.headers) {
        let caught = desk.bus().poll(&subscription, after?).await?;
        // A page of ours that polls has nothing else to be seen by.
        if let (Asker::Staff(staff), None) = (&who, bearer(&parts.headers)) {
            ops::came(staff).await;
        }
        let body = EventsOut {
            events: caught.events,
            cursor: caught.cursor.to_string(),
            reset: caught.reset,
        };
        let mut response = axum::Json(body).into_response();
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return Ok(response);
    }
    desk.limits()
        .check(Limit::Stream, Whose::Person(who.person()))?;
    let places = places(&desk, &who, ClientAddress::of(&parts.extensions))?;
    // A cursor that cannot be read is an unknown one: `reset`, not an error that a browser would give up on.
    let after = after.unwrap_or_else(|_| {
        Some(Cursor {
            epoch: "unknown".into(),
            seq: 0,
        })
    });
    let stream = desk
        .bus()
        .listen(subscription, after)
        .await?
        .holding(places);
    // What ends the session from here on is heard; what ended it before is seen.
    who.still(&mut *desk.db().snapshot().await.map_err(Error::from)?)
        .await?;
    if let Asker::Staff(staff) = &who {
        ops::came(staff).await;
    }
    let mut response = Response::new(Body::new(stream));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// A stream is one of the person's and one of the address's.
fn places(desk: &Desk, who: &Asker, from: ClientAddress) -> Result<Vec<Held>, Error> {
    let (limits, address) = (desk.limits(), Whose::Address(from.0));
    let together = match who {
        Asker::Staff(_) => Hold::Staff,
        Asker::Visitor(_) => Hold::Others,
    };
    let own = limits.hold(Hold::Person, Whose::Person(who.person()))?;
    let together = limits.hold(together, address)?;
    Ok(own.into_iter().chain(together).collect())
}

/// A bearer token; or, from our own pages alone, the session cookie.
async fn asking(desk: &Desk, parts: &Parts) -> Result<Asker, Error> {
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    // Read before the query is checked: nobody is always 401, whatever else is wrong.
    let value = |name: &str| {
        query
            .iter()
            .find(|(k, _)| k == name)
            .map(|(_, v)| v.as_str())
    };
    let widget = match (
        value("as"),
        value("widget").and_then(|w| w.parse::<Uuid>().ok()),
    ) {
        (Some("visitor"), Some(widget)) => Some(WidgetId(widget)),
        _ => None,
    };
    Asker::same_origin(desk, &parts.headers, widget).await
}

pub(crate) fn cursor(headers: &HeaderMap, after: Option<&str>) -> Result<Option<Cursor>, Error> {
    let last = headers
        .get("last-event-id")
        .and_then(|v| v.to_str().ok())
        .filter(|v| !v.is_empty());
    let text = last.or(after.filter(|a| !a.is_empty()));
    text.map(|t| {
        t.parse()
            .map_err(|_| Error::field("after", Refusal::not_a_cursor()))
    })
    .transpose()
}

fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    accept.contains("application/json") && !accept.contains("text/event-stream")
}
