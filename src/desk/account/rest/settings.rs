//! The workspace’s settings.

use super::super::ops::{
    self,
    who::{Asker, Staff},
};
use super::shapes::{ChangeSettings, SettingsOut};
use crate::base::{
    etag::if_match,
    problem::{Json, Problem},
};
use crate::model::{error::Error, workspace::Settings};
use axum::{
    Json as Answer,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};

/// The settings with their `ETag`.
pub(super) fn tagged(s: Settings) -> Response {
    let tag = HeaderValue::from_str(&format!("\"{}\"", s.revision)).ok();
    let body = SettingsOut {
        id: s.id.0,
        name: s.name,
        host: s.host,
        auto_assign: s.auto_assign,
        time_zone: s.time_zone,
        locale: s.locale,
        revision: s.revision,
    };
    let mut answer = Answer(body).into_response();
    answer.headers_mut().extend(tag.map(|t| (header::ETAG, t)));
    answer
}

/// The workspace's settings
#[utoipa::path(get, path = "/settings", tag = "settings", responses(
    (status = 200, body = SettingsOut, headers(("ETag" = String))), (status = 401, description = "unauthorized"),
    (status = 403, description = "forbidden"),
))]
pub(super) async fn settings(staff: Staff) -> Result<Response, Problem> {
    Ok(tagged(ops::settings(&staff).await?))
}

/// Change the workspace's settings
#[utoipa::path(patch, path = "/settings", tag = "settings", request_body = ChangeSettings, responses(
    (status = 200, body = SettingsOut, headers(("ETag" = String))), (status = 401, description = "unauthorized"),
    (status = 403, description = "forbidden"), (status = 409, description = "conflict: If-Match is stale"), (status = 422, description = "invalid"),
), params(("If-Match" = Option<String>, Header)))]
pub(super) async fn save_settings(
    asker: Asker,
    headers: HeaderMap,
    Json(body): Json<ChangeSettings>,
) -> Result<Response, Problem> {
    let admin = asker.staff()?.admin()?;
    let expected = if_match(&headers);
    // What is absent stays, so what was read for it must still be so; without a tag it is read again.
    let mut tries = if expected.is_some() { 1 } else { 5 };
    loop {
        let is = ops::settings(&admin).await?;
        tries -= 1;
        let revision = expected.unwrap_or(is.revision);
        let mut wanted = ops::SettingsForm::from(is);
        let said = body.clone();
        for (is, said) in [
            (&mut wanted.name, said.name),
            (&mut wanted.host, said.host),
            (&mut wanted.time_zone, said.time_zone),
            (&mut wanted.locale, said.locale),
        ] {
            *is = said.unwrap_or(std::mem::take(is));
        }
        wanted.auto_assign = said.auto_assign.unwrap_or(wanted.auto_assign);
        let saved = ops::save_settings(&admin, wanted, Some(revision)).await;
        match saved {
            Err(Error::Conflict { .. }) if tries > 0 => {}
            saved => return Ok(tagged(saved?)),
        }
    }
}
