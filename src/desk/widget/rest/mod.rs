//! Doors for programs: widgets for staff, and what a launcher and a visitor ask without a token.

mod shapes;

use super::ops::{self, visit::BeginForm};
use crate::base::{
    etag::if_match,
    net::ClientAddress,
    problem::{Json, Path, Problem},
};
use crate::desk::account::ops::{
    device_label,
    who::{Admin, Staff, from_anywhere},
};
use crate::desk::state::Desk;
use crate::model::refusal::Refusal;
use crate::model::{
    error::Result,
    id::WidgetId,
    text::{Check, OutsideUrl},
    widget::Widget,
};
use axum::{
    extract::{FromRef, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use shapes::{ConfigOut, VisitorOut, WidgetOut, WidgetsOut};
pub(crate) use shapes::{VisitorIn, WidgetIn};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn doors<S>() -> OpenApiRouter<S>
where
    Desk: FromRef<S>,
    S: Clone + Send + Sync + 'static,
{
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(one, change, delete))
        .routes(routes!(config))
        .routes(routes!(begin))
}

fn tagged(status: StatusCode, desk: &Desk, widget: Widget) -> Response {
    let tag = format!("\"{}\"", widget.revision);
    (
        status,
        [(header::ETAG, tag)],
        axum::Json(WidgetOut::of(desk, widget)),
    )
        .into_response()
}

/// Every widget.
#[utoipa::path(get, path = "/widgets", tag = "widgets", responses(
    (status = 200, body = WidgetsOut),
    (status = 401, description = "unauthorized"), (status = 403, description = "forbidden: visitors")))]
async fn list(staff: Staff) -> Result<axum::Json<WidgetsOut>, Problem> {
    let all = ops::widgets(&staff).await?;
    let items = all
        .into_iter()
        .map(|w| WidgetOut::of(staff.desk(), w))
        .collect();
    Ok(axum::Json(WidgetsOut {
        items,
        next_cursor: None,
    }))
}

/// A new widget.
#[utoipa::path(post, path = "/widgets", tag = "widgets", request_body = WidgetIn, responses(
    (status = 201, body = WidgetOut), (status = 400, description = "malformed"),
    (status = 401, description = "unauthorized"), (status = 403, description = "forbidden"), (status = 422, description = "invalid")))]
async fn create(admin: Admin, Json(said): Json<WidgetIn>) -> Result<Response, Problem> {
    let mut check = Check::default();
    if said.name.is_none() {
        check.fail("name", Refusal::widget_needs_name());
    }
    if said.domains.is_none() {
        check.fail("domains", Refusal::widget_needs_domains());
    }
    check.done()?;
    let made = ops::create(&admin, said.form()?).await?;
    Ok(tagged(StatusCode::CREATED, admin.desk(), made))
}

/// One widget, with its revision as `ETag`.
#[utoipa::path(get, path = "/widgets/{id}", tag = "widgets", params(("id" = Uuid, Path)), responses(
    (status = 200, body = WidgetOut), (status = 401, description = "unauthorized"),
    (status = 403, description = "forbidden"), (status = 404, description = "not_found")))]
async fn one(staff: Staff, Path(id): Path<WidgetId>) -> Result<Response, Problem> {
    let found = ops::widget(&staff, id).await?;
    Ok(tagged(StatusCode::OK, staff.desk(), found))
}

/// Change some of a widget; with `If-Match` only if nobody else did meanwhile.
#[utoipa::path(patch, path = "/widgets/{id}", tag = "widgets", request_body = WidgetIn,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), responses(
    (status = 200, body = WidgetOut), (status = 400, description = "malformed"), (status = 401, description = "unauthorized"),
    (status = 403, description = "forbidden"), (status = 404, description = "not_found"),
    (status = 409, description = "conflict: changed in the meantime"), (status = 422, description = "invalid")))]
async fn change(
    admin: Admin,
    Path(id): Path<WidgetId>,
    headers: HeaderMap,
    Json(said): Json<WidgetIn>,
) -> Result<Response, Problem> {
    let edit = said.checked()?;
    let saved = ops::change(&admin, id, if_match(&headers), |now| edit.apply(now)).await?;
    Ok(tagged(StatusCode::OK, admin.desk(), saved))
}

/// Delete a widget that nobody ever wrote to; others can be disabled.
#[utoipa::path(delete, path = "/widgets/{id}", tag = "widgets", params(("id" = Uuid, Path)), responses(
    (status = 204), (status = 401, description = "unauthorized"), (status = 403, description = "forbidden"),
    (status = 404, description = "not_found"), (status = 409, description = "conflict: it has conversations, or is the desk's own")))]
async fn delete(admin: Admin, Path(id): Path<WidgetId>) -> Result<StatusCode, Problem> {
    ops::delete(&admin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the launcher needs. Any page may read it, without credentials.
#[utoipa::path(get, path = "/widgets/{id}/config", tag = "widgets", params(("id" = Uuid, Path)), security(()), responses(
    (status = 200, body = ConfigOut), (status = 404, description = "not_found: unknown or disabled")))]
async fn config(
    State(desk): State<Desk>,
    parts: Parts,
    id: Result<Path<WidgetId>, Problem>,
) -> Response {
    let origin = parts.headers.get(header::ORIGIN);
    let origin = origin.and_then(|o| o.to_str().ok());
    let found = async {
        from_anywhere(&desk, &parts)?;
        Ok::<_, Problem>(ops::config(&desk, id?.0, origin).await?)
    };
    let mut answer = match found.await {
        Ok(config) => axum::Json(ConfigOut::from(config)).into_response(),
        Err(problem) => problem.into_response(),
    };
    let headers = answer.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Begin as a visitor of a widget.
#[utoipa::path(post, path = "/widgets/{id}/visitors", tag = "widgets", params(("id" = Uuid, Path)), security(()),
    request_body = VisitorIn, responses(
    (status = 201, body = VisitorOut), (status = 400, description = "malformed"), (status = 404, description = "not_found: unknown or disabled"),
    (status = 422, description = "invalid: the widget's policy requires more, or the hash is wrong"), (status = 429, description = "rate_limited")))]
async fn begin(
    State(desk): State<Desk>,
    Path(id): Path<WidgetId>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Json(said): Json<VisitorIn>,
) -> Result<Response, Problem> {
    let mut check = Check::default();
    let page_url = said
        .page_url
        .filter(|u| !u.is_empty())
        .and_then(|u| check.take::<OutsideUrl>("page_url", &u));
    check.done()?;
    let reference = said.reference.map(|r| r.checked()).transpose()?;
    let form = BeginForm {
        name: said.name,
        email: said.email,
        page_url,
        reference,
        user_id: said.user_id,
        user_hash: said.user_hash,
    };
    let begun = ops::visit::begin(&desk, id, form, address, &device_label(&headers)).await?;
    Ok((
        StatusCode::CREATED,
        axum::Json(VisitorOut {
            token: begun.token,
            contact: begun.contact.into(),
        }),
    )
        .into_response())
}
