//! Words of a closed set (`model::words!`) as they lie in text columns. The tables have no lists of them, since SQLite
//! cannot change such a list: the program is strict instead, at writing by the type and at reading here. A list leaves
//! out the row and says so in the log.

use std::{fmt, str::FromStr};

/// A column held what is no word of its set. A newer version wrote it, or a hand that should not have.
#[derive(Debug)]
pub struct UnknownWord {
    set: &'static str,
    word: String,
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" is no {}", self.word, self.set)
    }
}

impl std::error::Error for UnknownWord {}

/// The word of this set, or an error that names both. Never a default.
pub fn read<T: FromStr>(set: &'static str, word: &str) -> Result<T, UnknownWord> {
    word.parse().map_err(|_| UnknownWord {
        set,
        word: word.to_owned(),
    })
}

/// Lets these be read from a text column of either database, and written to one.
macro_rules! stored_words {
    ($($word:ty),* $(,)?) => {$(
        impl<DB: sqlx::Database> sqlx::Type<DB> for $word where String: sqlx::Type<DB> {
            fn type_info() -> DB::TypeInfo {
                <String as sqlx::Type<DB>>::type_info()
            }
            fn compatible(of: &DB::TypeInfo) -> bool {
                <String as sqlx::Type<DB>>::compatible(of)
            }
        }
        impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for $word where &'r str: sqlx::Decode<'r, DB> {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                let word = <&str as sqlx::Decode<DB>>::decode(value)?;
                Ok($crate::base::db::words::read(stringify!($word), word)?)
            }
        }
        impl From<$word> for $crate::base::db::Val {
            fn from(word: $word) -> Self {
                word.word().into()
            }
        }
        impl From<Option<$word>> for $crate::base::db::Val {
            fn from(word: Option<$word>) -> Self {
                word.map(<$word>::word).into()
            }
        }
    )*};
}
pub(crate) use stored_words;

use crate::model::{
    actor::ActorKind,
    agent::{AgentState, Availability, Role},
    audit::{Action, SubjectKind},
    conversation::{Channel, Status},
    message::{AuthorKind, Kind},
    widget::Policy,
};

stored_words!(
    Action,
    ActorKind,
    AgentState,
    AuthorKind,
    Availability,
    Channel,
    Kind,
    Policy,
    Role,
    Status,
    SubjectKind,
);
