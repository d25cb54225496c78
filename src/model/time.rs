//! Moments. UTC, to the millisecond, written `2026-11-20T20:00:00.000Z` (RFC 3339).

use chrono::{DateTime, Duration, SecondsFormat, SubsecRound, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Time(pub DateTime<Utc>);

/// The present moment, cut to the millisecond so that what is stored is what was answered.
pub fn now() -> Time {
    Time(Utc::now().trunc_subsecs(3))
}

impl Time {
    pub fn plus(self, span: Duration) -> Time {
        Time(self.0 + span)
    }
    pub fn minus(self, span: Duration) -> Time {
        Time(self.0 - span)
    }
    /// Whole seconds from `self` to `later`, never negative.
    pub fn seconds_until(self, later: Time) -> i64 {
        (later.0 - self.0).num_seconds().max(0)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for Time {
    type Err = chrono::ParseError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        DateTime::parse_from_rfc3339(s).map(|t| Time(t.with_timezone(&Utc).trunc_subsecs(3)))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(de::Error::custom)
    }
}
