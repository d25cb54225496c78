//! Doors for programs: sessions, agents, availability, settings. The wire types are made from the model here.

use super::ops::{
    self, Changes,
    who::{Asker, Staff},
};
use crate::base::{
    etag::if_match,
    net::ClientAddress,
    problem::{Json, Path, Problem},
};
use crate::desk::state::Desk;
use crate::model::{
    agent::{Agent, Login, Role},
    error::Error,
    id::{AgentId, SessionId},
    link::Purpose,
    workspace::Settings,
};
use axum::{
    Json as Answer,
    extract::{FromRef, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

pub fn doors<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Desk: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(sign_in, sessions))
        .routes(routes!(sign_out))
        .routes(routes!(revoke))
        .routes(routes!(availability))
        .routes(routes!(agents, invite))
        .routes(routes!(change))
        .routes(routes!(suspend))
        .routes(routes!(restore))
        .routes(routes!(invitation))
        .routes(routes!(password_reset))
        .routes(routes!(settings, save_settings))
}

/// A list, whole: `next_cursor` is null.
#[derive(Serialize, ToSchema)]
pub struct Items<T: ToSchema> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

impl<T: ToSchema> Items<T> {
    pub fn whole(items: Vec<T>) -> Self {
        Items {
            items,
            next_cursor: None,
        }
    }
}

/// A colleague, as staff see them.
#[derive(Serialize, ToSchema)]
#[schema(as = Agent)]
pub struct AgentOut {
    pub id: Uuid,
    pub name: String,
    /// What customers see.
    pub display_name: String,
    pub email: String,
    #[schema(example = "agent")]
    pub role: &'static str,
    #[schema(example = "active")]
    pub state: &'static str,
    #[schema(example = "online")]
    pub availability: &'static str,
    /// Set to online and heard from within two minutes.
    pub online: bool,
    pub reason: Option<String>,
    pub team_ids: Vec<Uuid>,
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl From<Agent> for AgentOut {
    fn from(a: Agent) -> Self {
        AgentOut {
            id: a.id.0,
            name: a.name,
            display_name: a.display_name,
            email: a.email,
            role: a.role.word(),
            state: a.state.word(),
            availability: a.availability.word(),
            online: a.online,
            reason: a.reason,
            team_ids: a.team_ids.into_iter().map(|t| t.0).collect(),
            created_at: a.created_at.to_string(),
        }
    }
}

/// Somebody who was invited, with the link to pass on; it is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = Invited)]
pub struct InvitedOut {
    #[serde(flatten)]
    pub agent: AgentOut,
    pub link: String,
}

/// A colleague as they are now.
#[derive(Serialize, ToSchema)]
#[schema(as = ChangedAgent)]
pub struct ChangedOut {
    #[serde(flatten)]
    pub agent: AgentOut,
    /// Only for whoever changed their own role: the token that goes on in place of the one that asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// A link to pass on, shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = Link)]
pub struct LinkOut {
    pub link: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    email: String,
    password: String,
    /// `agent` is all there is so far.
    #[serde(default, rename = "as")]
    #[schema(value_type = Option<String>, example = "agent")]
    of: Option<Kind>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Agent,
    Customer,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SignedIn)]
struct SignedInOut {
    /// For `Authorization: Bearer`; shown this once.
    token: String,
    #[schema(format = DateTime)]
    expires_at: String,
    agent: AgentOut,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
struct SessionOut {
    id: Uuid,
    /// What the browser or program called itself; never trusted.
    device: String,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_seen_at: String,
    /// The session that asks.
    current: bool,
}

impl From<Login> for SessionOut {
    fn from(l: Login) -> Self {
        SessionOut {
            id: l.id.0,
            device: l.device,
            created_at: l.created_at.to_string(),
            last_seen_at: l.last_seen_at.to_string(),
            current: l.current,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Availability)]
struct AvailabilityOut {
    online: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invite {
    email: String,
    /// Whoever joins may say it otherwise.
    #[serde(default)]
    name: String,
    #[schema(value_type = String, example = "agent")]
    role: Role,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeAgent {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "supervisor")]
    role: Option<Role>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Settings)]
struct SettingsOut {
    id: Uuid,
    name: String,
    /// Chooses this workspace where neither a token nor a widget does.
    host: Option<String>,
    /// New conversations go to the online agent with the fewest open ones.
    auto_assign: bool,
    /// IANA name: whose midnight a day begins at.
    #[schema(example = "Europe/Copenhagen")]
    time_zone: String,
    /// The language that is written where nobody has chosen theirs.
    #[schema(example = "en")]
    locale: String,
    /// Counts the changes; the same as the `ETag`.
    revision: i64,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeSettings {
    #[serde(default)]
    name: Option<String>,
    /// An empty one takes it away.
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    auto_assign: Option<bool>,
    #[serde(default)]
    time_zone: Option<String>,
    #[serde(default)]
    locale: Option<String>,
}

/// The settings with their `ETag`.
fn tagged(s: Settings) -> Response {
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

/// Is anybody online?
#[utoipa::path(get, path = "/availability", tag = "availability", security(()), responses((status = 200, body = AvailabilityOut)))]
async fn availability(
    State(desk): State<Desk>,
    parts: Parts,
) -> Result<Answer<AvailabilityOut>, Problem> {
    ops::who::from_anywhere(&desk, &parts)?;
    let workspace = ops::workspace_of(&desk, &parts).await?;
    Ok(Answer(AvailabilityOut {
        online: ops::online(desk.db(), workspace).await?,
    }))
}

/// Everybody who works here
#[utoipa::path(get, path = "/agents", tag = "agents", responses(
    (status = 200, body = Items<AgentOut>), (status = 401, description = "unauthorized"), (status = 403, description = "forbidden"),
))]
async fn agents(staff: Staff) -> Result<Answer<Items<AgentOut>>, Problem> {
    let all = ops::agents(&staff).await?;
    Ok(Answer(Items::whole(
        all.into_iter().map(Into::into).collect(),
    )))
}

/// Invite somebody
#[utoipa::path(post, path = "/agents", tag = "agents", request_body = Invite, responses(
    (status = 201, body = InvitedOut), (status = 401, description = "unauthorized"), (status = 403, description = "forbidden"),
    (status = 422, description = "invalid, also when the email address is already in use"),
))]
async fn invite(asker: Asker, Json(body): Json<Invite>) -> Result<Response, Problem> {
    let admin = asker.staff()?.admin()?;
    let (agent, token) = ops::invite(&admin, &body.email, &body.name, body.role).await?;
    let link = ops::url(admin.desk(), Purpose::Invitation, &token);
    Ok((
        StatusCode::CREATED,
        Answer(InvitedOut {
            agent: agent.into(),
            link,
        }),
    )
        .into_response())
}

/// Change a colleague's name or role. A new role ends their sessions
#[utoipa::path(patch, path = "/agents/{id}", tag = "agents", params(("id" = Uuid, Path)), request_body = ChangeAgent, responses(
    (status = 200, body = ChangedOut), (status = 401, description = "unauthorized"), (status = 403, description = "forbidden"),
    (status = 404, description = "not_found"), (status = 409, description = "conflict: the last admin"), (status = 422, description = "invalid"),
))]
async fn change(
    asker: Asker,
    Path(id): Path<AgentId>,
    headers: HeaderMap,
    Json(body): Json<ChangeAgent>,
) -> Result<Answer<ChangedOut>, Problem> {
    let admin = asker.staff()?.admin()?;
    let changes = Changes {
        name: body.name,
        role: body.role,
    };
    let changed = ops::change(&admin, id, changes, &ops::device_label(&headers)).await?;
    Ok(Answer(ChangedOut {
        agent: changed.agent.into(),
        token: changed.session.map(|s| s.token),
    }))
}

/// Suspend a colleague
#[utoipa::path(post, path = "/agents/{id}/suspend", tag = "agents", params(("id" = Uuid, Path)), responses(
    (status = 200, body = AgentOut), (status = 401, description = "unauthorized"), (status = 403, description = "forbidden"),
    (status = 404, description = "not_found"), (status = 409, description = "conflict: not active, or the last admin"),
))]
async fn suspend(asker: Asker, Path(id): Path<AgentId>) -> Result<Answer<AgentOut>, Problem> {
    Ok(Answer(
        ops::suspend(&asker.staff()?.admin()?, id).await?.into(),
    ))
}

/// Restore a suspended colleague
#[utoipa::path(post, path = "/agents/{id}/restore", tag = "agents", params(("id" = Uuid, Path)), responses(
    (status = 200, body = AgentOut), (status = 401, description = "unauthorized"), (status = 403, description = "forbidden"),
    (status = 404, description = "not_found"), (status = 409, description = "conflict: not suspended"),
))]
async fn restore(asker: Asker, Path(id): Path<AgentId>) -> Result<Answer<AgentOut>, Problem> {
    Ok(Answer(
        ops::restore(&asker.staff()?.admin()?, id).await?.into(),
    ))
}

/// A new invitation link; the older one stops working
#[utoipa::path(post, path = "/agents/{id}/invitation", tag = "agents", params(("id" = Uuid, Path)), responses(
    (status = 201, body = LinkOut), (status = 401, description = "unauthorized"), (status = 403, description = "forbidden"),
    (status = 404, description = "not_found"), (status = 409, description = "conflict: no longer invited"),
))]
async fn invitation(asker: Asker, Path(id): Path<AgentId>) -> Result<Response, Problem> {
    let admin = asker.staff()?.admin()?;
    let (_, token) = ops::new_invitation(&admin, id).await?;
    let link = ops::url(admin.desk(), Purpose::Invitation, &token);
    Ok((StatusCode::CREATED, Answer(LinkOut { link })).into_response())
}

/// A link by which a colleague chooses a new password
#[utoipa::path(post, path = "/agents/{id}/password-reset", tag = "agents", params(("id" = Uuid, Path)), responses(
    (status = 201, body = LinkOut), (status = 401, description = "unauthorized"), (status = 403, description = "forbidden"),
    (status = 404, description = "not_found"), (status = 409, description = "conflict: not active"),
))]
async fn password_reset(asker: Asker, Path(id): Path<AgentId>) -> Result<Response, Problem> {
    let admin = asker.staff()?.admin()?;
    let (_, token) = ops::reset_link(&admin, id).await?;
    let link = ops::url(admin.desk(), Purpose::Reset, &token);
    Ok((StatusCode::CREATED, Answer(LinkOut { link })).into_response())
}

/// The workspace's settings
#[utoipa::path(get, path = "/settings", tag = "settings", responses(
    (status = 200, body = SettingsOut, headers(("ETag" = String))), (status = 401, description = "unauthorized"),
    (status = 403, description = "forbidden"),
))]
async fn settings(staff: Staff) -> Result<Response, Problem> {
    Ok(tagged(ops::settings(&staff).await?))
}

/// Change the workspace's settings
#[utoipa::path(patch, path = "/settings", tag = "settings", request_body = ChangeSettings, responses(
    (status = 200, body = SettingsOut, headers(("ETag" = String))), (status = 401, description = "unauthorized"),
    (status = 403, description = "forbidden"), (status = 409, description = "conflict: If-Match is stale"), (status = 422, description = "invalid"),
), params(("If-Match" = Option<String>, Header)))]
async fn save_settings(
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
