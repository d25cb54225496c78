//! The pages: Leptos' routes and server functions with what they find in their context, the widget's document,
//! the loader.

use super::{AppState, answers};
use crate::app::{
    App,
    module::Module,
    shell,
    widget_page::{widget_absent, widget_document},
};
use crate::base::problem::Problem;
use crate::desk::{state::Desk, widget};
use crate::kit::form::Refused;
use crate::model::{
    error::Result,
    id::{ConversationId, WidgetId},
};
use axum::{
    Router,
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, Uri, header, request::Parts},
    middleware::from_fn_with_state,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use leptos::prelude::*;
use leptos_axum::{AxumRouteListing, LeptosRoutes, ResponseOptions, generate_route_list};
use std::sync::LazyLock;

/// Found once: while Leptos looks for them, no resource of any page in this process loads, and a page that asked for
/// one in that moment waits for ever.
static ROUTES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));

/// Who may frame the document that is being rendered; absent: nobody.
#[derive(Clone)]
struct FrameAncestors(String);

/// Addresses of desks that people come from, and where that is here. A browser remembers none of it: what stands there
/// may move again.
const MOVED: [(&str, &str); 8] = [
    ("/support/conversations/", "/support/conversations"),
    ("/support/agent/dashboard", "/desk"),
    ("/support/agent/dashboard/", "/desk"),
    ("/custom-admin/chat", "/desk"),
    ("/custom-admin/chat/", "/desk"),
    ("/agent/dashboard", "/desk"),
    ("/admin/support", "/desk"),
    ("/support/faq", "/"),
];

pub fn routes(state: &AppState) -> Router<AppState> {
    let options = (*state.options).clone();
    let moved = MOVED.into_iter().fold(Router::new(), |router, (from, to)| {
        router.route(from, get(Redirect::temporary(to)))
    });
    moved
        .route("/custom-admin/chat/{id}", get(chat))
        .route("/custom-admin/chat/{id}/", get(chat))
        .route("/widget/{id}", get(frame))
        .leptos_routes_with_context(
            state,
            ROUTES.clone(),
            context(state.desk.clone()),
            move || shell(options.clone()),
        )
        .layer(from_fn_with_state(state.clone(), answers::pages))
        .route("/widget.js", get(loader))
}

/// Whether one of our pages has an address like this.
pub fn has(path: &str) -> bool {
    let known = ROUTES.iter().map(AxumRouteListing::path);
    known.chain(["/widget/{id}"]).any(|page| fits(page, path))
}

/// What stands in braces is an id, or what was typed for one.
fn fits(page: &str, path: &str) -> bool {
    let mut path = path.strip_suffix('/').unwrap_or(path).split('/');
    let page = page.strip_suffix('/').unwrap_or(page).split('/');
    let mut fits = page.map(|part| {
        path.next().is_some_and(|word| match part.starts_with('{') {
            true => {
                !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            }
            false => word == part,
        })
    });
    fits.all(|fits| fits) && path.next().is_none()
}

/// What every page and every server function finds besides the request.
fn context(desk: Desk) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        provide_context(desk.clone());
        let parts = use_context::<Parts>();
        if let Some(refused) = parts.as_ref().and_then(|p| p.extensions.get::<Refused>()) {
            provide_context(refused.clone());
        }
        let module = parts.as_ref().and_then(|p| Module::of(p.uri.path()));
        // What nothing in the browser reads is not sent there.
        if let (None, Some(shared)) = (module, Owner::current_shared_context()) {
            shared.set_is_hydrating(false);
        }
        let ancestors = parts
            .as_ref()
            .and_then(|p| p.extensions.get::<FrameAncestors>());
        let ancestors = ancestors.map_or("'none'", |a| a.0.as_str());
        if let (Some(nonce), Some(answer)) =
            (leptos::nonce::use_nonce(), use_context::<ResponseOptions>())
            && let Ok(policy) =
                HeaderValue::from_str(&answers::page_policy(&nonce, ancestors, module))
        {
            answer.insert_header(header::CONTENT_SECURITY_POLICY, policy);
            // What a person sees is theirs: no cache keeps it.
            answer.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
    }
}

/// What no route answers: a problem under `/api`, otherwise the page that says so.
pub async fn missing(State(state): State<AppState>, request: Request) -> Response {
    if !answers::is_page(request.uri()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    if let Some(refused) = answers::too_much(&state, &request) {
        return refused;
    }
    if let Some(moved) = without_slash(request.uri()) {
        return Redirect::temporary(&moved).into_response();
    }
    let (options, desk) = ((*state.options).clone(), state.desk.clone());
    let render =
        leptos_axum::render_app_to_stream_with_context(with_state(state, desk), move || {
            shell(options.clone())
        });
    let mut answer = render(request).await;
    if answer.status() == StatusCode::OK {
        *answer.status_mut() = StatusCode::NOT_FOUND;
    }
    answer
}

/// `/support/conversations/` is `/support/conversations`. Only for plain names, so that it leads nowhere else.
fn without_slash(uri: &Uri) -> Option<String> {
    let path = uri
        .path()
        .strip_suffix('/')
        .filter(|p| p.starts_with('/') && !p.starts_with("//"))?;
    let plain = path
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-'));
    let query = uri.query().map(|q| format!("?{q}")).unwrap_or_default();
    plain.then(|| format!("{path}{query}"))
}

/// A chat of a desk that people come from. Only what may be one of ours has a page here.
async fn chat(Path(id): Path<String>) -> Redirect {
    match id.parse::<ConversationId>() {
        Ok(id) => Redirect::temporary(&format!("/desk/c/{id}")),
        Err(_) => Redirect::temporary("/desk"),
    }
}

fn with_state(state: AppState, desk: Desk) -> impl Fn() + Clone + Send + Sync + 'static {
    let rest = context(desk);
    move || {
        provide_context(state.clone());
        rest();
    }
}

/// What host pages load.
async fn loader() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=300"),
        // For `<script crossorigin>`, which tells a site what went wrong in it.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, widget::LOADER)
}

/// The widget's document: its own root, framed by the sites that its settings name. One that is disabled and
/// one that never was are the same answer.
async fn frame(
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut request: Request,
) -> Response {
    let id: WidgetId = id.parse().unwrap_or(WidgetId(uuid::Uuid::nil()));
    let found = async {
        Ok((
            widget::ops::public(&state.desk, id).await?,
            widget::ops::frame_ancestors(&state.desk, id).await?,
        ))
    };
    let found: Result<_> = found.await;
    let (options, desk) = ((*state.options).clone(), state.desk.clone());
    match found {
        Ok((Some((widget, _)), ancestors)) => {
            request.extensions_mut().insert(FrameAncestors(ancestors));
            let document = move || widget_document(options.clone(), id, widget.appearance.clone());
            leptos_axum::render_app_async_with_context(with_state(state, desk), document)(request)
                .await
        }
        Ok((None, _)) => absent(&options),
        Err(e) => Problem(e).into_response(),
    }
}

/// The same bytes for a widget that is disabled and for one that never was: without scripts, so without a nonce.
fn absent(options: &LeptosOptions) -> Response {
    let html = Owner::new().with(|| widget_absent(options.clone()).into_view().to_html());
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (header::CONTENT_SECURITY_POLICY, answers::NO_SCRIPTS),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::NOT_FOUND, headers, html).into_response()
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod tests;
