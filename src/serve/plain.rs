//! Forms that are posted as plain HTML, before WASM arrives or without it. A server function answers such a
//! post by leading back to the page it came from. When it fails, the page is rendered in answer to the post,
//! with the error's status, what was typed and the sentence at its field ([`Refused`]). The forms on that page
//! remember which page they stand on, because its address is now that of the post.
//!
//! For our own scripts the same layer gives a failed call the status of its error.

use crate::base::{net::ClientAddress, problem::unread};
use crate::kit::form::Refused;
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
use url::{Url, form_urlencoded};

/// Where the pages are, for rendering one anew.
#[derive(Clone)]
pub struct Pages {
    pub inner: Router,
    /// `https://desk.example.com`
    pub origin: String,
}

/// A page is at most this large when it is rendered in answer to a post.
const PAGE: usize = 8 * 1024 * 1024;
/// The name under which a form says which page it stands on.
const STANDS_ON: &str = "page";

pub async fn posts(State(pages): State<Pages>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/_fn/") || request.method() != Method::POST {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let page = is_plain(&parts.headers).then(|| stands_on(&parts, &pages.origin));
    if let Some(Some(page)) = &page
        && let Ok(back) = HeaderValue::from_str(&format!("{}{page}", pages.origin))
    {
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
    let words = to_bytes(words, PAGE).await.unwrap_or_default();
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
fn stands_on(parts: &Parts, origin: &str) -> Option<String> {
    let said = parts.uri.query().and_then(|q| {
        form_urlencoded::parse(q.as_bytes())
            .find(|(name, _)| name == STANDS_ON)
            .map(|(_, page)| page.into_owned())
    });
    let page = said.or_else(|| {
        let from = Url::parse(parts.headers.get(header::REFERER)?.to_str().ok()?).ok()?;
        let ours = Url::parse(origin).ok()?;
        let host = parts
            .headers
            .get(header::HOST)
            .and_then(|h| h.to_str().ok());
        let asked = from
            .host_str()
            .map(|h| from.port().map_or(h.to_owned(), |p| format!("{h}:{p}")));
        let same = from.origin() == ours.origin() || (host.is_some() && asked.as_deref() == host);
        same.then(|| from[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
    })?;
    let uri: Uri = page.parse().ok()?;
    (page.len() <= limits::ADDRESS
        && page.starts_with('/')
        && !page.starts_with("//")
        && uri.authority().is_none()
        && super::answers::is_page(&uri))
    .then_some(page)
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
    let Ok(html) = to_bytes(html, PAGE).await else {
        return words(status, &error);
    };
    let nonce = parts
        .headers
        .get(header::CONTENT_SECURITY_POLICY)
        .and_then(|p| p.to_str().ok())
        .and_then(nonce_of);
    let html = at_home(&String::from_utf8_lossy(&html), &page, nonce);
    parts.status = status;
    parts.headers.remove(header::CONTENT_LENGTH);
    parts
        .headers
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = wait {
        parts
            .headers
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Response::from_parts(parts, Body::from(html))
}

fn nonce_of(policy: &str) -> Option<&str> {
    policy
        .split_once("'nonce-")?
        .1
        .split_once('\'')
        .map(|(nonce, _)| nonce)
}

/// Tell the page's forms, and its script if there will be one, which page this is.
fn at_home(html: &str, page: &str, nonce: Option<&str>) -> String {
    let mut out = String::with_capacity(html.len() + 512);
    let mut rest = html;
    if let (Some(nonce), Some((before, after))) = (nonce, rest.split_once("<head>")) {
        let address = serde_json::to_string(page)
            .unwrap_or_default()
            .replace('<', "\\u003c");
        out += &format!(
            "{before}<head><script nonce=\"{nonce}\">history.replaceState(null,\"\",{address})</script>"
        );
        rest = after;
    }
    let stands_on: String = form_urlencoded::Serializer::new(String::new())
        .append_pair(STANDS_ON, page)
        .finish();
    const ACTION: &str = " action=\"/_fn/";
    while let Some((before, after)) = rest.split_once(ACTION) {
        let (path, behind) = after.split_once('"').unwrap_or((after, ""));
        let path = path.split(['?', '&']).next().unwrap_or(path);
        out += &format!("{before}{ACTION}{path}?{stands_on}\"");
        rest = behind;
    }
    out + rest
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
mod tests {
    use super::*;

    fn parts(uri: &str, referer: &str) -> Parts {
        let request = Request::builder()
            .uri(uri)
            .header("host", "localhost:3000")
            .header("referer", referer);
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_form_goes_back_to_its_own_page_and_to_no_other_site() {
        let page =
            |uri: &str, referer: &str| stands_on(&parts(uri, referer), "http://localhost:3000");
        assert_eq!(
            page("/_fn/x", "http://localhost:3000/desk/c/1?a=b#c").as_deref(),
            Some("/desk/c/1?a=b")
        );
        assert_eq!(
            page(
                "/_fn/x?page=%2Fdesk%3Fview%3Dall",
                "http://localhost:3000/_fn/x"
            )
            .as_deref(),
            Some("/desk?view=all")
        );
        assert_eq!(
            page("/_fn/x", "http://localhost:3000/_fn/x"),
            None,
            "the post itself is no page"
        );
        assert_eq!(page("/_fn/x", "https://evil.example/desk"), None);
        assert_eq!(page("/_fn/x?page=%2F%2Fevil.example", ""), None);
        assert_eq!(page("/_fn/x?page=https%3A%2F%2Fevil.example", ""), None);
        // It is written into every form of the page.
        let long = format!("/desk?{}", "a".repeat(limits::ADDRESS));
        assert_eq!(page(&format!("/_fn/x?page={long}"), ""), None);
    }

    #[test]
    fn the_forms_of_a_refused_page_remember_it() {
        let html = at_home(
            "<html><head><title>x</title></head><form method=\"post\" action=\"/_fn/a/b\"></form>",
            "/desk?</script>",
            Some("N"),
        );
        assert!(html.contains("<head><script nonce=\"N\">history.replaceState(null,\"\",\"/desk?\\u003c/script>\")</script><title>"), "{html}");
        assert!(
            html.contains("action=\"/_fn/a/b?page=%2Fdesk%3F%3C%2Fscript%3E\""),
            "{html}"
        );
    }
}
