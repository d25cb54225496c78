//! What the frame's doors need of the request: where it came from, and the cookie of the answer.

use super::visit::{self, BeginForm, Identity};
use crate::base::net::ClientAddress;
use crate::desk::account::ops::{
    device_label,
    who::{self, Visitor},
};
use crate::desk::state::Desk;
use crate::model::{
    contact::{Begun, Reference},
    error::{Error, Result},
    id::WidgetId,
    limits,
    text::OutsideUrl,
};
use axum::http::{HeaderMap, HeaderValue, header};
use leptos_axum::ResponseOptions;

/// The page's address as the host page says it; one that is no http address, or too long, is left out: nobody is
/// kept from writing by it.
pub fn page(said: Option<String>) -> Option<OutsideUrl> {
    said.and_then(|url| url.parse().ok())
}

/// Likewise what they look at.
pub fn reference(said: Option<Reference>) -> Option<Reference> {
    said.and_then(|r| r.checked().ok())
}

/// Begin, and keep the session in this widget's cookie.
pub async fn begin(widget: WidgetId, form: BeginForm, keep: bool) -> Result<Begun> {
    let (desk, parts) = who::context()?;
    let begun = visit::begin(
        &desk,
        widget,
        form,
        ClientAddress::of(&parts.extensions).0,
        &device_label(&parts.headers),
    )
    .await?;
    set_session_cookie(&desk, widget, &begun.token)?;
    Ok(Begun {
        me: begun.contact.into(),
        token: keep.then_some(begun.token),
    })
}

/// The host page says who this is. A new session comes as the one before came: as a cookie, or as a token.
pub async fn identify(widget: WidgetId, said: Identity) -> Result<Begun> {
    let (desk, parts) = who::context()?;
    let visitor = Visitor::at(&desk, widget, &parts.headers).await?;
    let now = visit::identify(&visitor, said, &device_label(&parts.headers)).await?;
    if let Some(token) = &now.token {
        set_session_cookie(&desk, widget, token)?;
    }
    let by_token = who::bearer(&parts.headers).is_some();
    Ok(Begun {
        me: now.me,
        token: now.token.filter(|_| by_token),
    })
}

/// The session is in this widget's cookie from the answer on.
pub fn set_session_cookie(desk: &Desk, widget: WidgetId, token: &str) -> Result<()> {
    let name = who::visitor_cookie(desk, widget);
    let cookie = who::set_cookie(
        desk,
        name,
        token.to_owned(),
        limits::VISITOR_IDLE_DAYS,
        true,
    );
    let value = HeaderValue::from_str(&cookie.to_string()).map_err(|_| Error::Unavailable)?;
    let answer = leptos::prelude::use_context::<ResponseOptions>().ok_or(Error::Unavailable)?;
    answer.append_header(header::SET_COOKIE, value);
    Ok(())
}

/// Whoever has a session here; anybody else begins now. For a plain form, whose first message is one post: the
/// cookie of a new session reaches the browser with the answer, and the proof is made from its token at once.
pub async fn visiting(
    widget: WidgetId,
    name: Option<String>,
    email: Option<String>,
) -> Result<Visitor> {
    match Visitor::asking(widget).await {
        Err(Error::Unauthorized) => {}
        known => return known,
    }
    let begun = begin(
        widget,
        BeginForm {
            name,
            email,
            ..BeginForm::default()
        },
        true,
    )
    .await?;
    let token = begun.token.ok_or(Error::Unavailable)?;
    let value =
        HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| Error::Unavailable)?;
    Visitor::at(
        &who::context()?.0,
        widget,
        &HeaderMap::from_iter([(header::AUTHORIZATION, value)]),
    )
    .await
}
