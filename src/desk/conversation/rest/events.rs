//! What happens, as a stream or a page.

use super::super::ops::{self};
use super::Answer;
use crate::base::{
    held::{Held, Hold},
    limits::{Kind as Limit, Whose},
    net::ClientAddress,
    problem::Query,
};
use crate::desk::account::ops::who::{Asker, bearer};
use crate::desk::state::Desk;
use crate::model::refusal::Refusal;
use crate::model::{error::Error, event::Cursor, id::*};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

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
pub(super) async fn events(State(desk): State<Desk>, parts: Parts) -> Answer<Response> {
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
pub(super) fn places(desk: &Desk, who: &Asker, from: ClientAddress) -> Result<Vec<Held>, Error> {
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
pub(super) async fn asking(desk: &Desk, parts: &Parts) -> Result<Asker, Error> {
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

pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    accept.contains("application/json") && !accept.contains("text/event-stream")
}
