//! The browser that asks at a page’s door, and the cookies it is given.

use super::super::{store, who};
use super::{
    SignedIn,
    device::{Browser, device_label},
    sign_in,
};
use crate::base::{net::ClientAddress, secrets};
use crate::desk::state::Desk;
use crate::model::{
    error::Result,
    id::{AgentId, WorkspaceId},
    limits,
    time::now,
};
use axum::http::header;
use axum_extra::extract::cookie::{Cookie, CookieJar};
use std::net::IpAddr;

/// A request of a page where nobody needs to be signed in: which workspace it means, and from where it comes.
pub struct Caller {
    pub desk: Desk,
    pub workspace: WorkspaceId,
    /// What the browser calls itself.
    pub device: String,
    pub address: Option<IpAddr>,
    device_token: Option<String>,
}

impl Caller {
    /// The request that is being answered.
    pub async fn here() -> Result<Caller> {
        let (desk, parts) = who::anybody()?;
        Ok(Caller {
            workspace: super::super::workspace_of(&desk, &parts).await?,
            device: device_label(&parts.headers),
            address: Some(ClientAddress::of(&parts.extensions).0),
            device_token: CookieJar::from_headers(&parts.headers)
                .get(&who::device_cookie(&desk))
                .map(|c| c.value().to_owned()),
            desk,
        })
    }

    pub fn browser(&self) -> Browser<'_> {
        Browser {
            label: &self.device,
            address: self.address,
        }
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn> {
        sign_in(
            &self.desk,
            self.workspace,
            email,
            password,
            self.device_token.clone(),
            &self.device,
            self.address,
        )
        .await
    }

    /// Set the cookies of a fresh session, and lead to `to`.
    pub async fn set_session_cookie(&self, signed_in: &SignedIn, to: &str) -> Result<()> {
        set_session_cookie(&self.desk, signed_in, to).await
    }
}

/// An address of our own, or else `otherwise`: nobody is led to another site.
pub fn inner_address<'a>(to: &'a str, otherwise: &'a str) -> &'a str {
    let plain = |c: char| c.is_ascii_graphic() && c != '\\';
    if to.starts_with('/')
        && !to.starts_with("//")
        && to.len() <= limits::URL
        && to.chars().all(plain)
    {
        to
    } else {
        otherwise
    }
}

pub(super) fn session_cookie(desk: &Desk, signed_in: &SignedIn) -> Cookie<'static> {
    who::set_cookie(
        desk,
        who::staff_cookie(desk),
        signed_in.token.clone(),
        limits::STAFF_DAYS,
        false,
    )
}

/// The cookie of a session that goes on in place of the one that asked; the browser stays where it is.
pub fn keep_seat(desk: &Desk, signed_in: &SignedIn) {
    answer_with(vec![session_cookie(desk, signed_in)]);
}

pub(super) async fn set_session_cookie(desk: &Desk, signed_in: &SignedIn, to: &str) -> Result<()> {
    // What they write from now on stays.
    let mut cookies = vec![
        session_cookie(desk, signed_in),
        gone(desk, who::left_cookie(desk)),
    ];
    if !signed_in.known_device {
        let device = secrets::token();
        let mut tx = desk.db().begin(signed_in.workspace).await?;
        store::add_device(
            &mut tx,
            signed_in.workspace,
            signed_in.login,
            secrets::hash(&device),
            now(),
        )
        .await?;
        tx.commit().await?;
        cookies.push(who::set_cookie(
            desk,
            who::device_cookie(desk),
            device,
            limits::VISITOR_IDLE_DAYS,
            false,
        ));
    }
    answer_with(cookies);
    leptos_axum::redirect(to);
    Ok(())
}

/// Takes the session's cookie away and leads to the sign-in page, where what this person wrote and did not send is
/// taken out of the browser.
pub fn clear_session_cookie(desk: &Desk, left: AgentId) {
    let left = left.to_string();
    let mut left = who::set_cookie(desk, who::left_cookie(desk), left, 0, false);
    left.set_max_age(time::Duration::minutes(1));
    left.set_http_only(false);
    answer_with(vec![gone(desk, who::staff_cookie(desk)), left]);
    leptos_axum::redirect("/sign-in");
}

pub(super) fn gone(desk: &Desk, name: String) -> Cookie<'static> {
    let mut gone = who::set_cookie(desk, name, String::new(), 0, false);
    gone.make_removal();
    gone
}

pub(super) fn answer_with(cookies: Vec<Cookie<'static>>) {
    let Some(answer) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>() else {
        return;
    };
    for cookie in cookies {
        if let Ok(value) = cookie.to_string().parse() {
            answer.append_header(header::SET_COOKIE, value);
        }
    }
}
