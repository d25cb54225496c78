//! Doors for programs: the audit trail, for admins.

use super::ops;
use crate::base::problem::{Problem, Query};
use crate::desk::account::{
    ops::who::{Admin, Staff},
    rest::Items,
};
use crate::desk::state::Desk;
use crate::model::refusal::Refusal;
use crate::model::{
    audit::{Action, AuditFilter, AuditHead, AuditRow},
    error::{Error, Result},
    limits,
    text::Check,
    time::Time,
};
use axum::{
    body::Body,
    extract::{FromRef, State},
    http::{Method, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

pub fn doors<S>() -> OpenApiRouter<S>
where
    Desk: FromRef<S>,
    S: Clone + Send + Sync + 'static,
{
    OpenApiRouter::new()
        .routes(routes!(trail))
        .routes(routes!(head))
        .routes(routes!(csv))
}

/// Who or what.
#[derive(Serialize, ToSchema)]
struct AuditParty {
    #[schema(example = "agent")]
    kind: &'static str,
    /// The machine and its operator have none.
    id: Option<Uuid>,
}

/// One row of the audit trail.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditRow)]
struct RowOut {
    /// From 1 on, without a gap.
    n: i64,
    #[schema(format = DateTime)]
    at: String,
    #[schema(example = "agent.role_changed")]
    action: &'static str,
    actor: AuditParty,
    /// The session through which it was done.
    session_id: Option<Uuid>,
    subject: Option<AuditParty>,
    /// Numbers, ids, words of closed sets, names of fields.
    facts: BTreeMap<String, String>,
    /// What is personal: `name`, `email`, `address`, `device`. Null where there was nobody, or it is erased.
    person: Option<BTreeMap<String, String>>,
    /// SHA-256 that holds the row before, as 64 hex digits.
    digest: String,
}

impl From<AuditRow> for RowOut {
    fn from(row: AuditRow) -> Self {
        RowOut {
            n: row.n,
            at: row.at.to_string(),
            action: row.action.word(),
            actor: AuditParty {
                kind: row.actor.kind.word(),
                id: row.actor.id,
            },
            session_id: row.through,
            subject: row.subject.map(|subject| AuditParty {
                kind: subject.kind.word(),
                id: Some(subject.id),
            }),
            facts: row.facts,
            person: row.person,
            digest: row.digest,
        }
    }
}

/// Where the chain ends.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditHead)]
struct HeadOut {
    n: i64,
    /// 64 hex digits; zeros before the first row.
    digest: String,
}

impl From<AuditHead> for HeadOut {
    fn from(AuditHead { n, digest }: AuditHead) -> Self {
        HeadOut { n, digest }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FilterQuery {
    /// Who did it
    actor_id: Option<Uuid>,
    /// `agent.role_changed`, or `agent` for all that begins so
    action: Option<String>,
    /// What it was done to
    subject_id: Option<Uuid>,
    /// Not before this moment (RFC 3339)
    from: Option<String>,
    /// Before this moment
    to: Option<String>,
    /// 1 to 100, by default 50
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// `next_cursor` of the page before
    cursor: Option<String>,
    /// For a file: begin with the mark by which spreadsheets know UTF-8
    bom: Option<bool>,
}

impl FilterQuery {
    fn filter(&self) -> Result<AuditFilter> {
        let mut check = Check::default();
        let mut time = |name: &str, text: &Option<String>| {
            let read = text.as_deref().map(str::parse::<Time>).transpose();
            read.unwrap_or_else(|_| {
                check.fail(name, Refusal::choose_a_time());
                None
            })
        };
        let (from, to) = (time("from", &self.from), time("to", &self.to));
        if self
            .action
            .as_deref()
            .is_some_and(|word| !Action::is_asked_for(word))
        {
            let all: Vec<_> = Action::ALL.iter().map(|action| action.word()).collect();
            check.fail("action", Refusal::one_of(all.join(" ")));
        }
        check.done()?;
        Ok(AuditFilter {
            actor: self.actor_id,
            action: self.action.clone(),
            subject: self.subject_id,
            from,
            to,
        })
    }
}

/// The audit trail, newest first.
#[utoipa::path(get, path = "/audit-log", tag = "audit", params(FilterQuery), responses(
    (status = 200, body = Items<RowOut>), (status = 401, description = "unauthorized"),
    (status = 403, description = "forbidden"), (status = 422, description = "invalid")))]
async fn trail(
    admin: Admin,
    Query(q): Query<FilterQuery>,
) -> Result<axum::Json<Items<RowOut>>, Problem> {
    let filter = q.filter()?;
    if q.bom.is_some() {
        return Err(Problem(Error::field("bom", Refusal::unknown_field())));
    }
    let limit = limits::page(q.limit)?;
    let (rows, next_cursor) = ops::listed(&admin, &filter, q.cursor, limit as i64).await?;
    Ok(axum::Json(Items {
        items: rows.into_iter().map(Into::into).collect(),
        next_cursor,
    }))
}

/// Where the chain ends: kept elsewhere, it proves later that nothing was cut off or rewritten.
#[utoipa::path(get, path = "/audit-log/head", tag = "audit", responses(
    (status = 200, body = HeadOut), (status = 401, description = "unauthorized"), (status = 403, description = "forbidden")))]
async fn head(admin: Admin) -> Result<axum::Json<HeadOut>, Problem> {
    Ok(axum::Json(ops::head(&admin).await?.into()))
}

/// The rows of the same filter as CSV. That it was taken is a row itself.
#[utoipa::path(get, path = "/audit-log.csv", tag = "audit", params(FilterQuery), responses(
    (status = 200, content_type = "text/csv", body = String), (status = 401, description = "unauthorized"),
    (status = 403, description = "forbidden"), (status = 422, description = "invalid")))]
async fn csv(
    admin: Admin,
    method: Method,
    Query(q): Query<FilterQuery>,
) -> Result<Response, Problem> {
    let filter = q.filter()?;
    if let (Some(_), _) | (_, Some(_)) = (q.limit, &q.cursor) {
        return Err(Problem(Error::field("limit", Refusal::unknown_field())));
    }
    file(&admin, &method, filter, q.bom.unwrap_or(false)).await
}

/// Whoever asks for its head alone takes nothing.
async fn file(
    admin: &Admin,
    method: &Method,
    filter: AuditFilter,
    bom: bool,
) -> Result<Response, Problem> {
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"audit-log.csv\"",
        ),
    ];
    if method == Method::HEAD {
        return Ok(head.into_response());
    }
    let rows = ops::csv(admin, filter, bom).await?;
    Ok((head, Body::from_stream(rows)).into_response())
}

/// What is chosen on the screen.
#[derive(Deserialize)]
pub struct Chosen {
    actor: Option<Uuid>,
    subject: Option<Uuid>,
    #[serde(default)]
    action: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

/// Beside the screen, for whoever is signed in at it. No other site may have it fetched: each download is a row.
pub async fn download(
    State(desk): State<Desk>,
    parts: Parts,
    Query(Chosen {
        actor,
        subject,
        action,
        from,
        to,
    }): Query<Chosen>,
) -> Result<Response, Problem> {
    let site = parts.headers.get("sec-fetch-site");
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(Problem(Error::Forbidden));
    }
    let admin = Staff::at_page(&desk, &parts).await?.admin()?;
    let filter = ops::filter_of_days(&admin, actor, subject, action, &from, &to).await?;
    // Who downloads it from the screen opens it in a spreadsheet.
    file(&admin, &parts.method, filter, true).await
}
