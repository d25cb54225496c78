//! What the database refused, as an error of ours.

use crate::model::error::Error;

/// What the database could not do is `unavailable`. What it would not do is the asker's: a row that is there already is
/// a race that somebody else won, one that points to nothing is not found, and a value that a column cannot hold is
/// invalid. The cause goes to the log, never to the asker.
impl From<sqlx::Error> for Error {
    fn from(e: sqlx::Error) -> Error {
        let refused = match e.as_database_error() {
            _ if matches!(e, sqlx::Error::RowNotFound) => return Error::NotFound,
            Some(d) if d.is_unique_violation() => Error::lost_race(),
            Some(d) if d.is_foreign_key_violation() => Error::NotFound,
            Some(d) if d.code().is_some_and(|c| is_data_exception(&c)) => Error::Invalid {
                errors: Default::default(),
            },
            _ => {
                tracing::error!(error = %e, "the database refused");
                return Error::Unavailable;
            }
        };
        tracing::warn!(error = %e, "the database refused what somebody asked for");
        refused
    }
}

/// Class 22 (PostgreSQL, appendix A): a NUL in a text, a number out of range. SQLite's codes are shorter.
fn is_data_exception(code: &str) -> bool {
    code.len() == 5 && code.starts_with("22")
}

/// Two rows that may not both exist: a constraint spoke.
pub fn is_unique(e: &sqlx::Error) -> bool {
    e.as_database_error()
        .is_some_and(|d| d.is_unique_violation())
}
