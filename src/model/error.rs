//! What can go wrong, in words that both sides and every program share.
//! `code()` and `status()` are part of the contract (RFC 9457 problem documents carry both).

use super::wire::{self, Unread};
use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

pub type Result<T, E = Error> = std::result::Result<T, E>;
/// Field name to sentences about it.
pub type Fields = BTreeMap<String, Vec<String>>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Error {
    #[error("Sign in first.")]
    Unauthorized,
    /// Only where existence is no secret; otherwise [`Error::NotFound`].
    #[error("You don’t have permission to do this.")]
    Forbidden,
    /// Also "not yours": the same bytes.
    #[error("It doesn’t exist, or you don’t have access to it.")]
    NotFound,
    #[error("The request took too long to arrive. Nothing was changed; try again.")]
    TooSlow,
    #[error("{detail}")]
    Conflict { detail: String },
    #[error("That is larger than the limit of {limit} bytes.")]
    PayloadTooLarge { limit: usize },
    #[error("Send JSON with Content-Type: application/json.")]
    UnsupportedMediaType,
    #[error("Some of this is not valid.")]
    Invalid { errors: Fields },
    #[error("This client id was already used for a different request.")]
    ClientIdReused,
    #[error("Too many requests. Try again in {retry_after} seconds.")]
    RateLimited { retry_after: u64 },
    #[error("{detail}")]
    Malformed { detail: String },
    #[error("The desk can’t do this right now. Nothing was changed; try again in a moment.")]
    Unavailable,
    /// The browser could not reach the server at all. Never sent by the server.
    #[error("Can’t reach the desk. Check your connection; nothing is lost.")]
    Offline,
}

impl<'de> Deserialize<'de> for Error {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        wire::by_hand(from, |mut error| {
            Ok(match error.take::<String>("code")?.as_str() {
                "unauthorized" => Error::Unauthorized,
                "forbidden" => Error::Forbidden,
                "not_found" => Error::NotFound,
                "too_slow" => Error::TooSlow,
                "conflict" => Error::Conflict {
                    detail: error.take("detail")?,
                },
                "payload_too_large" => Error::PayloadTooLarge {
                    limit: error.take("limit")?,
                },
                "unsupported_media_type" => Error::UnsupportedMediaType,
                "invalid" => Error::Invalid {
                    errors: error.take("errors")?,
                },
                "client_id_reused" => Error::ClientIdReused,
                "rate_limited" => Error::RateLimited {
                    retry_after: error.take("retry_after")?,
                },
                "malformed" => Error::Malformed {
                    detail: error.take("detail")?,
                },
                "unavailable" => Error::Unavailable,
                "offline" => Error::Offline,
                _ => return Err(Unread),
            })
        })
    }
}

const LOST_RACE: &str =
    "Someone else did the same a moment earlier. Reload it to see what it is now.";

impl Error {
    /// One sentence about one field.
    pub fn field(name: &str, sentence: impl Into<String>) -> Error {
        Error::Invalid {
            errors: Fields::from([(name.to_owned(), vec![sentence.into()])]),
        }
    }

    /// Two did the same at once, and the other one was first.
    pub fn lost_race() -> Error {
        Error::conflict(LOST_RACE)
    }

    /// Whether we may try the same once more by ourselves.
    pub fn is_worth_another_try(&self) -> bool {
        match self {
            Error::Unavailable => true,
            Error::Conflict { detail } => detail == LOST_RACE,
            _ => false,
        }
    }

    pub fn conflict(detail: impl Into<String>) -> Error {
        Error::Conflict {
            detail: detail.into(),
        }
    }

    /// The stable word, `snake_case`.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Unauthorized => "unauthorized",
            Error::Forbidden => "forbidden",
            Error::NotFound => "not_found",
            Error::TooSlow => "too_slow",
            Error::Conflict { .. } => "conflict",
            Error::PayloadTooLarge { .. } => "payload_too_large",
            Error::UnsupportedMediaType => "unsupported_media_type",
            Error::Invalid { .. } => "invalid",
            Error::ClientIdReused => "client_id_reused",
            Error::RateLimited { .. } => "rate_limited",
            Error::Malformed { .. } => "malformed",
            Error::Unavailable | Error::Offline => "unavailable",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Error::Malformed { .. } => 400,
            Error::Unauthorized => 401,
            Error::Forbidden => 403,
            Error::NotFound => 404,
            Error::TooSlow => 408,
            Error::Conflict { .. } => 409,
            Error::PayloadTooLarge { .. } => 413,
            Error::UnsupportedMediaType => 415,
            Error::Invalid { .. } | Error::ClientIdReused => 422,
            Error::RateLimited { .. } => 429,
            Error::Unavailable | Error::Offline => 503,
        }
    }

    /// Whether trying the same thing again later can help; otherwise the person must decide.
    pub fn passes(&self) -> bool {
        matches!(
            self,
            Error::TooSlow | Error::RateLimited { .. } | Error::Unavailable | Error::Offline
        )
    }

    /// The sentences about `field`, for the form that shows it.
    pub fn about(&self, field: &str) -> Option<String> {
        match self {
            Error::Invalid { errors } => errors.get(field).map(|s| s.join(" ")),
            _ => None,
        }
    }

    /// What to tell a person who is not looking at a single field.
    pub fn sentence(&self) -> String {
        match self {
            Error::Invalid { errors } => errors
                .values()
                .flatten()
                .cloned()
                .collect::<Vec<_>>()
                .join(" "),
            other => other.to_string(),
        }
    }
}

impl FromServerFnError for Error {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(e: ServerFnErrorErr) -> Self {
        match e {
            ServerFnErrorErr::Request(_) => Error::Offline,
            ServerFnErrorErr::Args(detail) | ServerFnErrorErr::MissingArg(detail) => {
                Error::Malformed { detail }
            }
            // What a browser cannot read came from something between, and is asked for again.
            ServerFnErrorErr::Deserialization(detail) if cfg!(not(target_arch = "wasm32")) => {
                Error::Malformed { detail }
            }
            _ => Error::Unavailable,
        }
    }
}
