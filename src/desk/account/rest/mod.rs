//! Doors for programs: sessions, agents, availability, settings. The wire types are made from the model here.

mod agents;
mod settings;
mod shapes;

use super::ops::{self, who::Asker};
use crate::base::{
    net::ClientAddress,
    problem::{Json, Path, Problem},
};
use crate::desk::state::Desk;
use crate::model::id::SessionId;
use axum::{
    Json as Answer,
    extract::{FromRef, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
pub(crate) use shapes::SignIn;
pub use shapes::{AgentOut, Items, LinkOut};
#[cfg(any(test, fuzzing))]
pub(crate) use shapes::{ChangeAgent, ChangeSettings, Invite};
use shapes::{Kind, SessionOut, SignedInOut};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn doors<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Desk: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(sign_in, sessions))
        .routes(routes!(sign_out))
        .routes(routes!(revoke))
        .routes(routes!(agents::availability))
        .routes(routes!(agents::agents, agents::invite))
        .routes(routes!(agents::change))
        .routes(routes!(agents::suspend))
        .routes(routes!(agents::restore))
        .routes(routes!(agents::invitation))
        .routes(routes!(agents::password_reset))
        .routes(routes!(settings::settings, settings::save_settings))
}

impl<T: ToSchema> Items<T> {
    pub fn whole(items: Vec<T>) -> Self {
        Items {
            items,
            next_cursor: None,
        }
    }
}

/// Sign in
#[utoipa::path(post, path = "/sessions", tag = "sessions", request_body = SignIn, security(()), responses(
    (status = 201, body = SignedInOut),
    (status = 401, description = "unauthorized: wrong email or password"),
    (status = 422, description = "invalid"),
    (status = 429, description = "rate_limited: too many attempts for this account or from this address"),
))]
async fn sign_in(
    State(desk): State<Desk>,
    ClientAddress(address): ClientAddress,
    parts: Parts,
    Json(body): Json<SignIn>,
) -> Result<Response, Problem> {
    let workspace = ops::workspace_of(&desk, &parts).await?;
    // Customers have no passwords yet, so none of them is right.
    let email = if body.of == Some(Kind::Customer) {
        ""
    } else {
        &body.email
    };
    let device = ops::device_label(&parts.headers);
    let s = ops::sign_in(
        &desk,
        workspace,
        email,
        &body.password,
        None,
        &device,
        Some(address),
    )
    .await?;
    let out = SignedInOut {
        token: s.token,
        expires_at: s.expires_at.to_string(),
        agent: s.agent.into(),
    };
    Ok((StatusCode::CREATED, Answer(out)).into_response())
}

/// My sessions
#[utoipa::path(get, path = "/sessions", tag = "sessions", responses(
    (status = 200, body = Items<SessionOut>), (status = 401, description = "unauthorized"),
))]
async fn sessions(asker: Asker) -> Result<Answer<Items<SessionOut>>, Problem> {
    let all = ops::sessions(&asker).await?;
    Ok(Answer(Items::whole(
        all.into_iter().map(Into::into).collect(),
    )))
}

/// Sign out
#[utoipa::path(delete, path = "/sessions/current", tag = "sessions", responses(
    (status = 204), (status = 401, description = "unauthorized"),
))]
async fn sign_out(asker: Asker) -> Result<StatusCode, Problem> {
    ops::sign_out(&asker).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revoke one of my sessions
#[utoipa::path(delete, path = "/sessions/{id}", tag = "sessions", params(("id" = Uuid, Path)), responses(
    (status = 204), (status = 401, description = "unauthorized"), (status = 404, description = "not_found"),
))]
async fn revoke(asker: Asker, Path(id): Path<SessionId>) -> Result<StatusCode, Problem> {
    ops::revoke(&asker, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
