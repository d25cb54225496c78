//! What can go wrong, in words that both sides and every program share.
//! `code()` and `status()` are part of the contract (RFC 9457 problem documents carry both).

use super::{
    refusal::Refusal,
    wire::{self, Malformed},
};
use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Deserializer, Serialize};
use std::{collections::BTreeMap, fmt};

pub type Result<T, E = Error> = std::result::Result<T, E>;
/// Field name to what is wrong with it.
pub type Fields = BTreeMap<String, Vec<Refusal>>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Error {
    Unauthorized,
    /// Only where existence is no secret; otherwise [`Error::NotFound`].
    Forbidden,
    /// Also "not yours": the same bytes.
    NotFound,
    TooSlow,
    Conflict {
        refusal: Refusal,
    },
    PayloadTooLarge {
        limit: usize,
    },
    UnsupportedMediaType,
    Invalid {
        errors: Fields,
    },
    ClientIdReused,
    RateLimited {
        retry_after: u64,
    },
    Malformed {
        detail: String,
    },
    Unavailable,
    /// The browser could not reach the server at all. Never sent by the server.
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
                    refusal: error.take("refusal")?,
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
                _ => return Err(Malformed),
            })
        })
    }
}

impl Error {
    /// One field is wrong.
    pub fn field(name: &str, refusal: Refusal) -> Error {
        Error::Invalid {
            errors: Fields::from([(name.to_owned(), vec![refusal])]),
        }
    }

    /// Two did the same at once, and the other one was first.
    pub fn lost_race() -> Error {
        Error::conflict(Refusal::lost_race())
    }

    /// Whether we may try the same once more by ourselves.
    pub fn is_worth_another_try(&self) -> bool {
        match self {
            Error::Unavailable => true,
            Error::Conflict { refusal } => *refusal == Refusal::lost_race(),
            _ => false,
        }
    }

    pub fn conflict(refusal: Refusal) -> Error {
        Error::Conflict { refusal }
    }

    /// Why, in one refusal.
    fn refusal(&self) -> Refusal {
        match self {
            Error::Unauthorized => Refusal::unauthorized(),
            Error::Forbidden => Refusal::forbidden(),
            Error::NotFound => Refusal::not_found(),
            Error::TooSlow => Refusal::too_slow(),
            Error::Conflict { refusal } => refusal.clone(),
            Error::PayloadTooLarge { limit } => Refusal::too_large(limit),
            Error::UnsupportedMediaType => Refusal::unsupported_media_type(),
            Error::Invalid { .. } => Refusal::invalid(),
            Error::ClientIdReused => Refusal::client_id_reused(),
            Error::RateLimited { retry_after } => Refusal::rate_limited(retry_after),
            Error::Malformed { .. } => Refusal::malformed(),
            Error::Unavailable => Refusal::unavailable(),
            Error::Offline => Refusal::offline(),
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
            Error::Invalid { errors } => errors.get(field).map(sentences),
            _ => None,
        }
    }

    /// What to tell a person who is not looking at a single field.
    pub fn sentence(&self) -> String {
        match self {
            Error::Invalid { errors } if !errors.is_empty() => sentences(errors.values().flatten()),
            other => other.refusal().sentence(),
        }
    }

    /// What is wrong with a value that is a field of something larger.
    pub fn into_refusals(self) -> Vec<Refusal> {
        match self {
            Error::Invalid { errors } => errors.into_values().flatten().collect(),
            other => vec![other.refusal()],
        }
    }
}

fn sentences<'a>(all: impl IntoIterator<Item = &'a Refusal>) -> String {
    let all: Vec<_> = all.into_iter().map(Refusal::sentence).collect();
    all.join(" ")
}

/// For programs and logs.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Malformed { detail } => f.write_str(detail),
            other => other.refusal().fmt(f),
        }
    }
}

impl std::error::Error for Error {}

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
