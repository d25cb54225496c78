//! What is true of every answer: an id, the security headers, exactly one Content-Security-Policy, and under
//! `/api` nothing but problem documents for what went wrong. Also what happens to every unsafe request: it is
//! refused if another site sent it, and otherwise runs to its end whether or not its client waits.

use super::AppState;
use crate::app::module::Module;
use crate::base::{
    limits::{Kind, Whose},
    net::{ClientAddress, peer},
    problem::{Problem, document},
};
use crate::model::{error::Error, limits};
use axum::{
    body::{Body, BodyDataStream},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use futures::{Stream, StreamExt};
use std::{any::Any, time::Duration};
use tower_http::csrf::ProtectionError;
use tracing::Instrument;
use uuid::Uuid;

/// How long the body of this door may take to arrive, so that a client that dribbles holds nothing for long. JSON and
/// forms are 64 KiB at most, which comes in time at 52 kbit/s; a door for more says its own time here.
fn body_within(path: &str) -> Duration {
    match path {
        p if is_api(p) || p.starts_with("/_fn/") => Duration::from_secs(10),
        _ => Duration::from_secs(1), // takes none
    }
}

const NO_SCRIPT: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// A drawing opened by itself may use its own styles.
const DRAWING: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
);

/// The policy of a page whose scripts carry `nonce`. `frame_ancestors` is `'none'` but for the widget's documents. Only
/// a page that has a module may run one.
pub fn page_policy(nonce: &str, frame_ancestors: &str, module: Option<Module>) -> String {
    let wasm = module.map_or("", |_| " 'wasm-unsafe-eval'");
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'{wasm}; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors {frame_ancestors}"
    )
}

/// Of a page without any script.
pub const NO_SCRIPTS: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

pub fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// Documents and files that other sites embed.
fn is_for_others(path: &str) -> bool {
    path == "/widget.js" || path.starts_with("/widget/")
}

/// The outermost layer.
pub async fn every(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().to_string();
    let config = state.desk.config();
    let address = ClientAddress::from_peer(
        peer(request.extensions()),
        request.headers(),
        &config.trusted_proxies,
    );
    request.extensions_mut().insert(address);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    // Never the query: links carry their token there.
    let span = tracing::info_span!("request", id, %method, path);
    let mut answer = match canonical_redirect(&state, &request) {
        Some(redirect) => redirect,
        None if path.is_empty() => no_proxy(),
        None => next.run(request).instrument(span.clone()).await,
    };
    if is_api(&path) {
        answer = as_problem(answer);
    }
    span.in_scope(|| {
        if answer.status().is_server_error() {
            tracing::warn!(status = answer.status().as_u16(), "answered");
        } else {
            tracing::debug!(status = answer.status().as_u16(), "answered");
        }
    });
    security_headers(answer.headers_mut(), &path, config.is_https());
    if let Ok(id) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert("x-request-id", id);
    }
    answer
}

fn security_headers(headers: &mut HeaderMap, path: &str, https: bool) {
    let foreign = is_for_others(path);
    let mut unless_set = |name: HeaderName, value: HeaderValue| {
        headers.entry(name).or_insert(value);
    };
    unless_set(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    unless_set(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    unless_set(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    );
    unless_set(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    unless_set(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static(if foreign {
            "cross-origin"
        } else {
            "same-origin"
        }),
    );
    if https {
        unless_set(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    if is_api(path) {
        unless_set(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let drawing = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|t| t == "image/svg+xml");
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(if drawing { DRAWING } else { NO_SCRIPT });
}

/// A page asked under another loopback name goes to the public one, whose cookies it needs.
fn canonical_redirect(state: &AppState, request: &Request) -> Option<Response> {
    let path = request.uri().path();
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if !safe || is_api(path) || is_for_others(path) || path.starts_with("/pkg/") {
        return None;
    }
    let public = &state.desk.config().public_url;
    let asked = request.headers().get(header::HOST)?.to_str().ok()?;
    let is_loopback = |host: &str| {
        let host = host.trim_matches(['[', ']']);
        host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback())
    };
    let name = asked
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(asked, |(n, _)| n);
    let ours = public.host_str()?;
    if !is_loopback(name) || !is_loopback(ours) || name.eq_ignore_ascii_case(ours) {
        return None;
    }
    let rest = request.uri().path_and_query().map_or("/", |p| p.as_str());
    let rest = if rest.starts_with("//") { "/" } else { rest };
    Some(Redirect::temporary(&format!("{}{rest}", state.desk.config().origin())).into_response())
}

/// What a layer or the router refused without words, in ours.
fn as_problem(answer: Response) -> Response {
    let status = answer.status();
    let told = answer.headers().get(header::CONTENT_TYPE).is_some_and(|t| {
        t == "application/problem+json" || t.to_str().is_ok_and(|t| t.starts_with("text/html"))
    });
    if told || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let mut problem = match status {
        StatusCode::METHOD_NOT_ALLOWED => document(
            405,
            "Method not allowed",
            "method_not_allowed",
            "This address does not take that method; see Allow.",
        ),
        StatusCode::NOT_FOUND => Problem(Error::NotFound).into_response(),
        StatusCode::FORBIDDEN => Problem(Error::Forbidden).into_response(),
        StatusCode::PAYLOAD_TOO_LARGE => Problem(Error::PayloadTooLarge {
            limit: limits::BODY,
        })
        .into_response(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem(Error::UnsupportedMediaType).into_response(),
        s if s.is_client_error() => Problem(Error::Malformed {
            detail: "The request cannot be read.".into(),
        })
        .into_response(),
        _ => Problem(Error::Unavailable).into_response(),
    };
    for name in [
        header::ALLOW,
        header::RETRY_AFTER,
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
    ] {
        if let Some(value) = answer.headers().get(&name) {
            problem.headers_mut().insert(name, value.clone());
        }
    }
    problem
}

/// A request that another site's page made a browser send.
pub fn forged(error: ProtectionError) -> Response {
    tracing::warn!(%error, "refused a request from another site");
    document(
        403,
        "Not allowed",
        "forbidden",
        "This request came from another site.",
    )
}

/// CONNECT names a host and no path, which no door can be found by.
fn no_proxy() -> Response {
    let detail = "This server passes nothing on to others.".into();
    Problem(Error::Malformed { detail }).into_response()
}

/// A door that panicked: everything else goes on.
pub fn on_panic(what: Box<dyn Any + Send + 'static>) -> Response {
    let said = what
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| what.downcast_ref::<&str>().copied());
    tracing::error!(panic = said.unwrap_or("without words"), "a door fell");
    Problem(Error::Unavailable).into_response()
}

/// Unsafe requests run to their end: the whole call is a tracked task, so that a client that goes away cancels
/// nothing and the process waits for it before it ends.
pub async fn to_the_end(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let span = body_within(request.uri().path());
    let request = request.map(|body| Body::from_stream(within(span, body.into_data_stream())));
    let running = state
        .desk
        .tasks()
        .spawn(next.run(request).in_current_span());
    running
        .await
        .unwrap_or_else(|_| Problem(Error::Unavailable).into_response())
}

fn within(
    span: Duration,
    body: BodyDataStream,
) -> impl Stream<Item = Result<bytes::Bytes, axum::BoxError>> {
    let until = tokio::time::Instant::now() + span;
    futures::stream::unfold(Some(body), move |body| async move {
        let mut body = body?;
        match tokio::time::timeout_at(until, body.next()).await {
            Ok(Some(part)) => Some((part.map_err(Into::into), Some(body))),
            Ok(None) => None,
            Err(late) => Some((Err(late.into()), None)),
        }
    })
}

/// A page is made anew for whoever asks, and anybody may ask.
pub async fn pages(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match too_much(&state, &request) {
        Some(refused) => refused,
        None => next.run(request).await,
    }
}

/// What a page's request is answered if its address is longer than any of ours (each of the parameters in it is
/// compared with all the others), or if the client has asked for too many.
pub fn too_much(state: &AppState, request: &Request) -> Option<Response> {
    if !request.method().is_safe() {
        return None;
    }
    let address = request
        .uri()
        .path_and_query()
        .map_or(0, |p| p.as_str().len());
    if address > limits::ADDRESS {
        return Some(plain(
            StatusCode::URI_TOO_LONG,
            "This address is too long.\n",
        ));
    }
    let whose = Whose::Address(ClientAddress::of(request.extensions()).0);
    let error = state.desk.limits().check(Kind::Page, whose).err()?;
    let mut answer = plain(
        StatusCode::TOO_MANY_REQUESTS,
        format!("{}\n", error.sentence()),
    );
    if let Error::RateLimited { retry_after } = error {
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
    }
    Some(answer)
}

fn plain(status: StatusCode, words: impl Into<Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, words.into()).into_response()
}

/// Whatever no route answers.
pub fn is_page(uri: &Uri) -> bool {
    !is_api(uri.path()) && !uri.path().starts_with("/pkg/") && !uri.path().starts_with("/_fn/")
}

/// How long files may be kept: what carries its hash in its name for ever, the others a while.
pub async fn cache_headers(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let named_by_hash = path.starts_with("/pkg/") && path.split('.').count() > 2;
    let is_file = path.starts_with("/pkg/")
        || [".svg", ".png", ".ico", ".txt", ".webmanifest"]
            .iter()
            .any(|e| path.ends_with(e));
    let mut answer = next.run(request).await;
    if is_file && (answer.status().is_success() || answer.status() == StatusCode::NOT_MODIFIED) {
        let how = if named_by_hash {
            "public, max-age=31536000, immutable"
        } else {
            "public, max-age=3600"
        };
        answer
            .headers_mut()
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static(how));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::problem::Json;
    use axum::{Router, routing::post};
    use tower::ServiceExt;

    #[tokio::test]
    async fn a_body_that_does_not_come_in_time_is_told_apart_from_one_that_is_too_large() {
        let asked = async |body: Body| {
            let small = async |Json(said): Json<String>| said;
            let body =
                Body::from_stream(within(Duration::from_millis(50), body.into_data_stream()));
            let request = Request::post("/")
                .header(header::CONTENT_TYPE, "application/json")
                .body(body)
                .unwrap();
            let door = Router::new().route("/", post(small));
            door.oneshot(request).await.unwrap().status().as_u16()
        };
        let half = || futures::stream::iter([Ok::<_, axum::BoxError>(bytes::Bytes::from("\"He"))]);
        let broken = half().chain(futures::stream::iter([Err("gone".into())]));
        assert_eq!(asked("\"Hello\"".into()).await, 200);
        let never = half().chain(futures::stream::pending());
        assert_eq!(asked(Body::from_stream(never)).await, 408);
        assert_eq!(asked(Body::from_stream(broken)).await, 400);
        assert_eq!(asked(vec![b' '; limits::BODY + 1].into()).await, 413);
    }

    #[test]
    fn every_door_has_its_time() {
        for (path, seconds) in [("/api/v1/me", 10), ("/_fn/deskbell/x", 10), ("/desk", 1)] {
            assert_eq!(body_within(path).as_secs(), seconds, "{path}");
        }
    }
}
