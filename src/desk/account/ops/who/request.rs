//! How a door comes to a proof: what Leptos knows of the request, and what an extractor takes from it.

use super::{Admin, Asker, Customer, Facts, Staff, Supervisor, Visitor, known::bearing};
use crate::base::{
    limits::{Kind, Whose},
    net::ClientAddress,
};
use crate::desk::state::Desk;
use crate::model::error::{Error, Result};
use axum::{
    extract::{FromRef, FromRequestParts},
    http::request::Parts,
};
use std::{net::IpAddr, sync::Arc};

/// What Leptos knows of the request that is being answered.
pub fn context() -> Result<(Desk, Parts)> {
    match (
        leptos::prelude::use_context::<Desk>(),
        leptos::prelude::use_context::<Parts>(),
    ) {
        (Some(desk), Some(parts)) => Ok((desk, parts)),
        _ => Err(Error::Unavailable),
    }
}

/// The same for a door that is open to anybody: one more of what their address may ask for. What a page asks for while
/// it is rendered was counted with the page.
pub fn anybody() -> Result<(Desk, Parts)> {
    let (desk, parts) = context()?;
    if parts.uri.path().starts_with("/_fn/") {
        from_anywhere(&desk, &parts)?;
    }
    Ok((desk, parts))
}

/// Whether the address that this comes from may ask for one more of what takes no session.
pub fn from_anywhere(desk: &Desk, parts: &Parts) -> Result<()> {
    let address = ClientAddress::of(&parts.extensions).0;
    desk.limits().check(Kind::Page, Whose::Address(address))
}

/// What an extractor answers: the problem document is made where REST answers are made.
macro_rules! extracted {
    ($type:ty, $make:expr) => {
        impl<S> FromRequestParts<S> for $type
        where
            S: Send + Sync,
            Desk: FromRef<S>,
        {
            type Rejection = crate::base::problem::Problem;
            async fn from_request_parts(
                parts: &mut Parts,
                state: &S,
            ) -> std::result::Result<Self, Self::Rejection> {
                let (desk, facts) = bearing(parts, state).await?;
                let address = Some(ClientAddress::of(&parts.extensions).0);
                let make: fn(&Desk, Arc<Facts>, Option<IpAddr>) -> Result<$type> = $make;
                Ok(make(&desk, facts, address)?)
            }
        }
    };
}

// These doors are for staff and for visitors: a customer is known, and has no business there.
extracted!(Asker, |d, f, a| Asker::of(d, f, a).ok_or(Error::Forbidden));

extracted!(Staff, |d, f, a| Staff::of(d, f, a).ok_or(Error::Forbidden));

extracted!(Supervisor, |d, f, a| Staff::of(d, f, a)
    .ok_or(Error::Forbidden)?
    .supervisor());

extracted!(Admin, |d, f, a| Staff::of(d, f, a)
    .ok_or(Error::Forbidden)?
    .admin());

extracted!(Customer, |d, f, _| Customer::of(d, f)
    .ok_or(Error::Forbidden));

extracted!(Visitor, |d, f, _| Visitor::of(d, f).ok_or(Error::Forbidden));
