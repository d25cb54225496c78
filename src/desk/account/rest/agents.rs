//! Agents: inviting, changing, suspending.

use super::super::ops::{
    self, Changes,
    who::{Asker, Staff},
};
use super::shapes::{
    AgentOut, AvailabilityOut, ChangeAgent, ChangedOut, Invite, InvitedOut, Items, LinkOut,
};
use crate::base::problem::{Json, Path, Problem};
use crate::desk::state::Desk;
use crate::model::{id::AgentId, link::Purpose};
use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};

/// Is anybody online?
#[utoipa::path(get, path = "/availability", tag = "availability", security(()), responses((status = 200, body = AvailabilityOut)))]
pub(super) async fn availability(
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
pub(super) async fn agents(staff: Staff) -> Result<Answer<Items<AgentOut>>, Problem> {
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
pub(super) async fn invite(asker: Asker, Json(body): Json<Invite>) -> Result<Response, Problem> {
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
pub(super) async fn change(
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
pub(super) async fn suspend(
    asker: Asker,
    Path(id): Path<AgentId>,
) -> Result<Answer<AgentOut>, Problem> {
    Ok(Answer(
        ops::suspend(&asker.staff()?.admin()?, id).await?.into(),
    ))
}

/// Restore a suspended colleague
#[utoipa::path(post, path = "/agents/{id}/restore", tag = "agents", params(("id" = Uuid, Path)), responses(
    (status = 200, body = AgentOut), (status = 401, description = "unauthorized"), (status = 403, description = "forbidden"),
    (status = 404, description = "not_found"), (status = 409, description = "conflict: not suspended"),
))]
pub(super) async fn restore(
    asker: Asker,
    Path(id): Path<AgentId>,
) -> Result<Answer<AgentOut>, Problem> {
    Ok(Answer(
        ops::restore(&asker.staff()?.admin()?, id).await?.into(),
    ))
}

/// A new invitation link; the older one stops working
#[utoipa::path(post, path = "/agents/{id}/invitation", tag = "agents", params(("id" = Uuid, Path)), responses(
    (status = 201, body = LinkOut), (status = 401, description = "unauthorized"), (status = 403, description = "forbidden"),
    (status = 404, description = "not_found"), (status = 409, description = "conflict: no longer invited"),
))]
pub(super) async fn invitation(asker: Asker, Path(id): Path<AgentId>) -> Result<Response, Problem> {
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
pub(super) async fn password_reset(
    asker: Asker,
    Path(id): Path<AgentId>,
) -> Result<Response, Problem> {
    let admin = asker.staff()?.admin()?;
    let (_, token) = ops::reset_link(&admin, id).await?;
    let link = ops::url(admin.desk(), Purpose::Reset, &token);
    Ok((StatusCode::CREATED, Answer(LinkOut { link })).into_response())
}
