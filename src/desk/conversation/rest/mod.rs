//! Doors for programs: conversations with everything under them, and the events. The same verbs as the pages'.
//! Wire types are made from the model here, so the contract changes only when this file does.

mod conversations;
mod events;
mod messages;
mod shapes;

use crate::base::problem::Problem;
use crate::desk::account::ops::who::Asker;
use crate::desk::state::Desk;
use crate::live::bus::rows::MessageRow;
use axum::{
    extract::FromRef,
    http::StatusCode,
    response::{IntoResponse, Response},
};
#[cfg(any(test, fuzzing))]
pub(crate) use conversations::{AssignBody, CreateBody, StatusBody};
#[cfg(any(test, fuzzing))]
pub(crate) use events::cursor;
#[cfg(any(test, fuzzing))]
pub(crate) use messages::{ReadBody, SayBody, TypingBody};
use serde::Serialize;
use shapes::MessageOut;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn doors<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Desk: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(conversations::list, conversations::create))
        .routes(routes!(conversations::counts))
        .routes(routes!(conversations::one))
        .routes(routes!(messages::messages, messages::say))
        .routes(routes!(messages::read))
        .routes(routes!(messages::typing))
        .routes(routes!(conversations::assign))
        .routes(routes!(conversations::status))
        .routes(routes!(conversations::close))
        .routes(routes!(conversations::link))
        .routes(routes!(events::events))
}

type Answer<T> = Result<T, Problem>;

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
