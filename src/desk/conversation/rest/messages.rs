//! Messages, receipts and typing.

use super::super::ops::{self, Target};
use super::{
    Answer, created,
    shapes::{MessageOut, MessagesOut},
    shown,
};
use crate::base::problem::{Json, Path, Query};
use crate::desk::account::ops::who::Asker;
use crate::model::refusal::Refusal;
use crate::model::{error::Error, id::*, message::Kind};
use axum::{http::StatusCode, response::Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

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
pub(super) async fn messages(
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
pub(super) async fn say(
    who: Asker,
    Path(id): Path<Uuid>,
    Json(b): Json<SayBody>,
) -> Answer<Response> {
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
pub(super) async fn read(
    who: Asker,
    Path(id): Path<Uuid>,
    Json(b): Json<ReadBody>,
) -> Answer<StatusCode> {
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
pub(super) async fn typing(
    who: Asker,
    Path(id): Path<Uuid>,
    Json(b): Json<TypingBody>,
) -> Answer<StatusCode> {
    ops::typing(&who, id.into(), b.typing).await?;
    Ok(StatusCode::NO_CONTENT)
}
