//! The doors for programs: every slice's under `/api/v1`, the health checks, and the OpenAPI document that is
//! made from them.

use super::{AppState, docs};
use crate::app::built::Built;
use crate::base::{health, problem::Problem};
use crate::desk::{account, contact, conversation, keeping, state::Desk, widget};
use crate::model::error::Error;
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, header},
    response::IntoResponse,
    routing::get,
};
use leptos::config::LeptosOptions;
use serde::Serialize;
use utoipa::{
    Modify, OpenApi, ToSchema,
    openapi::{
        RefOr, Response,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Deskbell",
        version = "1",
        description = "What programs may rely on. JSON in and out; ids are UUIDs, times RFC 3339 in UTC; errors are RFC 9457 problem documents. \
            `Authorization: Bearer <token>` says who is asking; the API takes no cookie. The manners and the limits are at /api/docs.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    security(("bearer" = [])),
    modifiers(&Bearer)
)]
struct Document;

struct Bearer;
impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some(
            "A session's token, from POST /api/v1/sessions or POST /api/v1/widgets/{id}/visitors."
                .into(),
        );
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// Every door, with its description.
pub fn doors() -> (Router<AppState>, utoipa::openapi::OpenApi) {
    let v1 = OpenApiRouter::new()
        .routes(routes!(alive))
        .routes(routes!(ready))
        .merge(account::rest::doors())
        .merge(widget::rest::doors())
        .merge(contact::rest::doors())
        .merge(conversation::rest::doors())
        .merge(keeping::rest::doors());
    let (router, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .nest("/api/v1", v1)
        .split_for_parts();
    with_refusals(&mut document);
    (router, document)
}

/// What every door answers to whoever asks too much, and one that takes a body to what it cannot read.
fn with_refusals(document: &mut utoipa::openapi::OpenApi) {
    const REFUSED: [(&str, &str); 5] = [
        ("400", "malformed: the body is not JSON"),
        ("408", "too_slow: the body did not arrive within 10 s"),
        ("413", "payload_too_large"),
        ("415", "unsupported_media_type"),
        ("422", "invalid"),
    ];
    for (path, item) in &mut document.paths.paths {
        let doors = [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ];
        for door in doors.into_iter().flatten() {
            let asked = (!path.contains("/health")).then_some(("429", "rate_limited"));
            let read = door.request_body.is_some().then_some(REFUSED);
            for (status, says) in asked.into_iter().chain(read.into_iter().flatten()) {
                let known = door.responses.responses.entry(status.into());
                known.or_insert_with(|| RefOr::T(Response::new(says)));
            }
        }
    }
}

/// The doors, the document, the readable reference.
pub fn routes(options: &LeptosOptions) -> Router<AppState> {
    let (doors, document) = doors();
    let json: bytes::Bytes = serde_json::to_vec(&document).unwrap_or_default().into();
    let reference: bytes::Bytes = docs::page(
        &serde_json::to_value(&document).unwrap_or_default(),
        &Built::of(options).still,
    )
    .into();
    doors
        .route(
            "/api/v1/openapi.json",
            get(move || answer(json.clone(), "application/json")),
        )
        .route("/admin/audit.csv", get(keeping::rest::download))
        .route(
            "/api/docs",
            get(move || async move {
                let mut page = answer(reference.clone(), "text/html; charset=utf-8")
                    .await
                    .into_response();
                page.headers_mut()
                    .insert(header::CONTENT_SECURITY_POLICY, super::answers::NO_SCRIPTS);
                page
            }),
        )
}

async fn answer(bytes: bytes::Bytes, kind: &'static str) -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ],
        bytes,
    )
}

#[derive(Serialize, ToSchema)]
struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process lives and its database answers
#[utoipa::path(
    get, path = "/health", operation_id = "health", tag = "health", security(()),
    responses((status = 200, body = Health), (status = 503, description = "`unavailable`"))
)]
async fn alive(State(desk): State<Desk>) -> Result<Json<Health>, Problem> {
    health::answers(desk.db()).await?;
    Ok(Json(Health { status: "ok" }))
}

/// Whether requests should be sent here: not while it starts or stops
#[utoipa::path(
    get, path = "/health/ready", operation_id = "ready", tag = "health", security(()),
    responses((status = 200, body = Health), (status = 503, description = "`unavailable`"))
)]
async fn ready(State(desk): State<Desk>) -> Result<Json<Health>, Problem> {
    if desk.stop().is_cancelled() {
        return Err(Problem(Error::Unavailable));
    }
    alive(State(desk)).await
}
