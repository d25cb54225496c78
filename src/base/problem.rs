//! Answers of the REST doors: RFC 9457 problem documents, and JSON bodies that are read strictly.

use crate::model::refusal::Refusal;
use crate::model::{
    error::{Error, Fields},
    limits,
};
use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

/// An error on its way out of a REST door.
#[derive(Debug)]
pub struct Problem(pub Error);

impl From<Error> for Problem {
    fn from(e: Error) -> Problem {
        Problem(e)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    code: &'static str,
    #[serde(skip_serializing_if = "Fields::is_empty")]
    errors: &'a Fields,
}

/// What the kind of problem is called, in two words.
fn title(e: &Error) -> &'static str {
    match e {
        Error::Unauthorized => "Not signed in",
        Error::Forbidden => "Not allowed",
        Error::NotFound => "Not found",
        Error::TooSlow => "Too slow",
        Error::Conflict { .. } => "Conflict",
        Error::PayloadTooLarge { .. } => "Too large",
        Error::UnsupportedMediaType => "Unsupported media type",
        Error::Invalid { .. } => "Not valid",
        Error::ClientIdReused => "Client id reused",
        Error::RateLimited { .. } => "Too many requests",
        Error::Malformed { .. } => "Malformed",
        Error::Unavailable | Error::Offline => "Unavailable",
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let e = self.0;
        let none = Fields::new();
        let errors = if let Error::Invalid { errors } = &e {
            errors
        } else {
            &none
        };
        let document = Document {
            r#type: "about:blank",
            title: title(&e),
            status: e.status(),
            detail: e.to_string(),
            code: e.code(),
            errors,
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() =
            StatusCode::from_u16(e.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match &e {
            Error::RateLimited { retry_after } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(*retry_after));
            }
            Error::Unauthorized => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}

/// A problem that no [`Error`] names, of the transport alone.
pub fn document(status: u16, title: &'static str, code: &'static str, detail: &str) -> Response {
    let document = Document {
        r#type: "about:blank",
        title,
        status,
        detail: detail.to_owned(),
        code,
        errors: &Fields::new(),
    };
    let mut response = Response::new(Body::from(
        serde_json::to_vec(&document).unwrap_or_default(),
    ));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A JSON body: at most 64 KiB, `application/json`, UTF-8. Malformed is 400, a wrong or unknown field 422.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(req: Request, _: &S) -> Result<Self, Problem> {
        let kind = req
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Problem(Error::UnsupportedMediaType));
        }
        let bytes = to_bytes(req.into_body(), limits::BODY)
            .await
            .map_err(|e| Problem(unread(&e)))?;
        parse(&bytes).map(Json).map_err(Problem)
    }
}

/// Why a body was not read to its end: it was too large, too slow, or broken off.
pub fn unread(e: &axum::Error) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(e);
    while let Some(e) = cause {
        if e.is::<http_body_util::LengthLimitError>() {
            return Error::PayloadTooLarge {
                limit: limits::BODY,
            };
        }
        if e.is::<tokio::time::error::Elapsed>() {
            return Error::TooSlow;
        }
        cause = e.source();
    }
    Error::Malformed {
        detail: "The body is incomplete.".into(),
    }
}

/// As [`Json`] reads it.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let malformed = |detail: &str| Error::Malformed {
        detail: detail.into(),
    };
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("The body is not UTF-8."))?;
    let mut read = serde_json::Deserializer::from_str(text);
    let told = serde_path_to_error::deserialize(&mut read)
        .map_err(|e| (field_of(&e), e.into_inner()))
        .and_then(|value| read.end().map(|()| value).map_err(|e| (None, e)));
    told.map_err(|(field, e)| match e.classify() {
        serde_json::error::Category::Data => {
            let said = e.to_string();
            let said = said.split(" at line ").next().unwrap_or_default();
            Error::field(
                field.as_deref().unwrap_or("body"),
                Refusal::unreadable(said),
            )
        }
        // Where a word is wanted, `{}` is told as a fault of the syntax.
        _ if serde_json::from_str::<IgnoredAny>(text).is_ok() => {
            Error::field("body", Refusal::not_accepted())
        }
        _ => malformed("The body is not JSON."),
    })
}

/// Where in the body something is wrong: `conditions[2].field`. One that is missing or unknown is named by the sentence
/// alone. `None`: the body as a whole, or a name that is too long to repeat.
fn field_of(e: &serde_path_to_error::Error<serde_json::Error>) -> Option<String> {
    let mut path = e.path().to_string();
    let said = e.inner().to_string();
    let named = said
        .strip_prefix("missing field `")
        .or_else(|| said.strip_prefix("unknown field `"));
    if let Some((name, _)) = named.and_then(|rest| rest.split_once('`'))
        && path.rsplit('.').next() != Some(name)
    {
        path = match path.as_str() {
            "." => name.to_owned(),
            path => format!("{path}.{name}"),
        };
    }
    (path != "." && path.len() <= 40).then_some(path)
}

/// The query string, read strictly: an unknown or wrong parameter is 422.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> Query<T> {
    /// For a door that reads its query itself.
    pub fn strict(uri: &axum::http::Uri) -> Result<Self, Problem> {
        axum::extract::Query::<T>::try_from_uri(uri)
            .map(|q| Query(q.0))
            .map_err(|e| Problem(Error::field("query", Refusal::unreadable(e.body_text()))))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Query::strict(&parts.uri)
    }
}

/// An id in the path: what is not an id does not exist.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Path::<T>::from_request_parts(parts, state)
            .await
            .map(|p| Path(p.0))
            .map_err(|_| Problem(Error::NotFound))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::agent::Role;

    #[derive(serde::Deserialize, Debug)]
    #[allow(dead_code)]
    struct Wanted {
        role: Role,
    }

    #[test]
    fn json_that_is_something_else_is_not_malformed() {
        let status = |text: &str| parse::<Wanted>(text.as_bytes()).unwrap_err().status();
        assert!(parse::<Wanted>(br#"{"role":"agent"}"#).is_ok());
        for wrong in [
            r#"{"role":{}}"#,
            r#"{"role":[]}"#,
            r#"{"role":"owner"}"#,
            r#"{"role":1}"#,
            "[]",
            "null",
            "{}",
        ] {
            assert_eq!(status(wrong), 422, "{wrong}");
        }
        for broken in [
            "",
            "{",
            r#"{"role":}"#,
            r#"{"role":"agent"}}"#,
            r#"{"role":{}"#,
        ] {
            assert_eq!(status(broken), 400, "{broken}");
        }
    }
}
