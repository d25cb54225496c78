//! Forms that are posted as plain HTML, before WASM arrives or without it. A server function answers such a
//! post by leading back to the page it came from. When it fails, the page is rendered in answer to the post,
//! with the error's status, what was typed and the sentence at its field ([`Refused`]). The forms on that page
//! say which page they stand on, because its address is now that of the post.
//!
//! For our own scripts the same layer gives a failed call the status of its error.

use crate::base::{net::ClientAddress, problem::unread};
use crate::kit::form::{PAGE, Refused};
use crate::model::{error::Error, limits};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    middleware::Next,
    response::Response,
};
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;
use std::net::SocketAddr;
use tower::ServiceExt;
use url::{Position, Url, form_urlencoded};

/// Where the pages are, for rendering one anew.
#[derive(Clone)]
pub struct Pages {
    pub inner: Router,
    /// `https://desk.example.com`
    pub public: Url,
}

pub async fn posts(State(pages): State<Pages>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/_fn/") || request.method() != Method::POST {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let page = is_plain(&parts.headers).then(|| return_page(&parts, &pages.public));
    if let Some(page) = &page {
        // A door that succeeded leads there: to a page of ours, whatever the browser said.
        let back = page.as_deref().unwrap_or("/");
        let back = HeaderValue::from_str(back).unwrap_or(HeaderValue::from_static("/"));
        parts.headers.insert(header::REFERER, back);
    }
    let body = match to_bytes(body, limits::BODY).await {
        Ok(body) => body,
        Err(e) => {
            let e = unread(&e);
            return match page {
                Some(page) => again(&pages, &parts, page, e, &[]).await,
                None => failed(&e),
            };
        }
    };
    let kept = parts.clone();
    let answer = next
        .run(Request::from_parts(parts, Body::from(body.clone())))
        .await;
    if !answer.headers().contains_key(SERVER_FN_ERROR_HEADER) {
        return if page.is_some() {
            see_other(answer)
        } else {
            answer
        };
    }
    let (mut said, words) = answer.into_parts();
    let words = to_bytes(words, limits::BODY).await.unwrap_or_default();
    let e: Error = serde_json::from_slice(&words).unwrap_or(Error::Unavailable);
    match page {
        Some(page) => {
            let mut answer = again(&pages, &kept, page, e, &body).await;
            for cookie in said.headers.get_all(header::SET_COOKIE) {
                answer
                    .headers_mut()
                    .append(header::SET_COOKIE, cookie.clone());
            }
            answer
        }
        None => {
            said.headers.remove(header::CONTENT_LENGTH);
            let mut answer = failed(&e);
            for (name, value) in said
                .headers
                .iter()
                .filter(|(n, _)| **n != header::CONTENT_TYPE)
            {
                answer.headers_mut().append(name, value.clone());
            }
            answer
        }
    }
}

/// A form of a page, not a call by our own script.
fn is_plain(headers: &HeaderMap) -> bool {
    let says = |name, what| {
        headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v: &str| v.contains(what))
    };
    says(header::ACCEPT, "text/html")
        && says(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

/// Path and query of the page that the form stands on: as the form says, or as the browser does.
fn return_page(parts: &Parts, public: &Url) -> Option<String> {
    let query = parts.uri.query().unwrap_or_default();
    let said = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == PAGE);
    let page = match said {
        Some((_, page)) => page.into_owned(),
        None => referred(parts, public)?,
    };
    is_ours(&page, public).then_some(page)
}

/// The same as the browser says: under the desk's address, or under the name by which this post came.
fn referred(parts: &Parts, public: &Url) -> Option<String> {
    let said = |name| parts.headers.get(name).and_then(|v| v.to_str().ok());
    let from = Url::parse(said(header::REFERER)?).ok()?;
    let asked = said(header::HOST).map(|host| format!("{}://{host}", public.scheme()));
    let asked = asked.and_then(|asked| Url::parse(&asked).ok());
    let mut ours = [Some(public), asked.as_ref()].into_iter().flatten();
    let same = ours.any(|own| own.origin() == from.origin());
    let bare = from.username().is_empty() && from.password().is_none();
    (same && bare).then(|| from[Position::BeforePath..Position::AfterQuery].to_owned())
}

/// A page of ours, written as a browser writes its address: there is nothing in it that one could read in another way.
fn is_ours(page: &str, public: &Url) -> bool {
    let plain = |b: u8| b.is_ascii_graphic() && b != b'\\' && b != b'#';
    page.len() <= limits::ADDRESS
        && page.starts_with('/')
        && page.bytes().all(plain)
        && page.parse::<Uri>().is_ok()
        && public.join(page).is_ok_and(|whole| {
            whole.origin() == public.origin()
                && whole[Position::BeforePath..] == *page
                && super::pages::has(whole.path())
        })
}

/// The page, in answer to the post that it refused.
async fn again(
    pages: &Pages,
    asked: &Parts,
    page: Option<String>,
    error: Error,
    body: &[u8],
) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let Some(page) = page else {
        return words(status, &error);
    };
    let typed = form_urlencoded::parse(body)
        .filter(|(name, _)| !name.contains("password") && !name.contains("token"))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let wait = if let Error::RateLimited { retry_after } = error {
        Some(retry_after)
    } else {
        None
    };
    let refused = Refused {
        action: asked.uri.path().to_owned(),
        error: error.clone(),
        typed,
        return_page: form_urlencoded::Serializer::new(String::new())
            .append_pair(PAGE, &page)
            .finish(),
    };
    let mut request = Request::new(Body::empty());
    let Ok(uri) = page.parse() else {
        return words(status, &error);
    };
    *request.uri_mut() = uri;
    for name in [
        header::HOST,
        header::COOKIE,
        header::ACCEPT,
        header::ACCEPT_LANGUAGE,
        header::USER_AGENT,
    ] {
        if let Some(value) = asked.headers.get(&name) {
            request.headers_mut().insert(name, value.clone());
        }
    }
    request.extensions_mut().insert(refused);
    request
        .extensions_mut()
        .insert(ClientAddress::of(&asked.extensions));
    if let Some(peer) = asked.extensions.get::<ConnectInfo<SocketAddr>>() {
        request.extensions_mut().insert(*peer);
    }
    let Ok(answer) = pages.inner.clone().oneshot(request).await;
    let (mut parts, html) = answer.into_parts();
    if parts.status.is_redirection() {
        return see_other(Response::from_parts(parts, html));
    }
    parts.status = status;
    parts
        .headers
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = wait {
        parts
            .headers
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Response::from_parts(parts, html)
}

/// Where no page is known: the sentence alone.
fn words(status: StatusCode, error: &Error) -> Response {
    let mut answer = Response::new(Body::from(format!(
        "{}\nGo back; nothing of what you typed is lost there.\n",
        error.sentence()
    )));
    *answer.status_mut() = status;
    answer.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    answer
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// The answer to our own script's call.
fn failed(error: &Error) -> Response {
    let mut answer = Response::new(Body::from(serde_json::to_vec(error).unwrap_or_default()));
    *answer.status_mut() =
        StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Error::RateLimited { retry_after } = error {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(*retry_after));
    }
    answer
}

/// After a post the next request is a GET (RFC 9110, 15.4.4).
fn see_other(mut answer: Response) -> Response {
    if answer.status() == StatusCode::FOUND {
        *answer.status_mut() = StatusCode::SEE_OTHER;
        *answer.body_mut() = Body::empty();
        answer.headers_mut().remove(header::CONTENT_TYPE);
        answer.headers_mut().remove(header::CONTENT_LENGTH);
    }
    answer
}

#[cfg(test)]
#[path = "plain_tests.rs"]
mod tests;
