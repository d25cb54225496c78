//! Where a request carries its token: the header, and the cookies of pages.

use crate::desk::state::Desk;
use crate::model::id::*;
use axum::http::{HeaderMap, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

/// `Authorization: Bearer <token>`.
pub fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
        .filter(|t| !t.is_empty())
}

pub(super) fn staff_token(desk: &Desk, headers: &HeaderMap) -> Option<String> {
    bearer(headers).or_else(|| cookie(headers, &staff_cookie(desk)))
}

pub(super) fn visitor_token(desk: &Desk, widget: WidgetId, headers: &HeaderMap) -> Option<String> {
    bearer(headers).or_else(|| cookie(headers, &visitor_cookie(desk, widget)))
}

pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    CookieJar::from_headers(headers)
        .get(name)
        .map(|c| c.value().to_owned())
}

/// `__Host-` where cookies can be `Secure`; plain otherwise (an intranet without TLS), with a warning elsewhere.
pub(super) fn named(desk: &Desk, name: &str) -> String {
    if desk.config().has_secure_cookies() {
        format!("__Host-{name}")
    } else {
        name.to_owned()
    }
}

pub fn staff_cookie(desk: &Desk) -> String {
    named(desk, "deskbell")
}

/// One per widget, by the last eight digits of its id (the first are a clock).
pub fn visitor_cookie(desk: &Desk, widget: WidgetId) -> String {
    let id = widget.0.simple().to_string();
    named(desk, &format!("deskbell-w-{}", &id[24..]))
}

/// Known devices have their own allowance of wrong passwords.
pub fn device_cookie(desk: &Desk) -> String {
    named(desk, "deskbell-device")
}

/// Who signed out here a moment ago: the next page takes their texts out of the browser (`app::SIGNED_OUT`).
pub fn left_cookie(desk: &Desk) -> String {
    named(desk, "deskbell-left")
}

/// A session cookie: HttpOnly, for the whole site; `foreign` for the frame on other people's sites.
pub fn set_cookie(
    desk: &Desk,
    name: String,
    value: String,
    days: i64,
    foreign: bool,
) -> Cookie<'static> {
    let secure = desk.config().has_secure_cookies();
    let mut cookie = Cookie::new(name, value);
    cookie.set_http_only(true);
    cookie.set_path("/");
    cookie.set_secure(secure);
    cookie.set_max_age(time::Duration::days(days));
    cookie.set_same_site(if foreign && secure {
        SameSite::None
    } else {
        SameSite::Lax
    });
    cookie.set_partitioned(foreign && secure);
    cookie
}
