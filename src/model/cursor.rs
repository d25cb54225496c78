//! A place in the log, as a stream names it.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A place in the log: `<epoch>.<seq>`, as in `id:` of a stream.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    /// 8 hex digits; new after a restore, so that an old place is recognised as such.
    pub epoch: String,
    pub seq: i64,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;
    fn from_str(s: &str) -> Result<Self, NotACursor> {
        let (epoch, seq) = s.split_once('.').ok_or(NotACursor)?;
        let plain = |t: &str, most: usize| {
            !t.is_empty() && t.len() <= most && t.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if !plain(epoch, 16) || !plain(seq, 18) || !seq.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotACursor);
        }
        Ok(Cursor {
            epoch: epoch.to_owned(),
            seq: seq.parse().map_err(|_| NotACursor)?,
        })
    }
}
impl TryFrom<String> for Cursor {
    type Error = NotACursor;
    fn try_from(s: String) -> Result<Self, NotACursor> {
        s.parse()
    }
}
impl From<Cursor> for String {
    fn from(c: Cursor) -> String {
        c.to_string()
    }
}
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_epoch_dot_seq_and_nothing_else() {
        let c: Cursor = "7f3a0b1c.1042".parse().unwrap();
        assert_eq!(
            (c.epoch.as_str(), c.seq, c.to_string().as_str()),
            ("7f3a0b1c", 1042, "7f3a0b1c.1042")
        );
        for bad in [
            "",
            ".",
            "a",
            "a.",
            ".1",
            "a.-1",
            "a.1\n",
            "a.1.2",
            "a b.1",
            "a.99999999999999999999",
            "a.1e3",
            "é.1",
        ] {
            assert_eq!(bad.parse::<Cursor>(), Err(NotACursor), "{bad:?}");
        }
    }
}
