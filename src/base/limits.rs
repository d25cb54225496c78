//! Rate limits: so many of a kind per person, address, widget and minute. Answers `rate_limited` with the
//! seconds to wait. Kept in memory, per node; the lock-out of accounts is in the database. What may be held open at
//! the same time is in [`super::held`].

use super::held::{Held, Hold, Holdings};
use crate::model::error::{Error, Result};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use std::{net::IpAddr, num::NonZeroU32};
use uuid::Uuid;

/// What is limited; the numbers are per minute, with the same number as a burst.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Sign-ins from one address.
    SignIn,
    /// Visitors' sessions from one address.
    Visitor,
    /// Messages of one person.
    Send,
    /// Other changes that one person makes.
    Write,
    /// Whatever one person asks for.
    Ask,
    /// Streams opened by one person.
    Stream,
    /// Pages, and what else anybody may ask for without a session, from one address; files are not counted.
    Page,
}

impl Kind {
    pub const ALL: &'static [Kind] = &[
        Kind::SignIn,
        Kind::Visitor,
        Kind::Send,
        Kind::Write,
        Kind::Ask,
        Kind::Stream,
        Kind::Page,
    ];

    /// How many in a minute.
    pub fn per_minute(self) -> u32 {
        match self {
            Kind::SignIn => 30,
            Kind::Visitor => 60,
            Kind::Send => 120,
            Kind::Write => 600,
            Kind::Ask => 6_000,
            Kind::Stream => 120,
            Kind::Page => 600,
        }
    }

    pub fn sentence(self) -> &'static str {
        match self {
            Kind::SignIn => "sign-ins per address",
            Kind::Visitor => "new visitor sessions per address",
            Kind::Send => "messages per person",
            Kind::Write => "other changes per person",
            Kind::Ask => "requests of any kind per person",
            Kind::Stream => "streams opened per person",
            Kind::Page => "pages and requests without a token per address, not counting files",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Whose {
    Address(IpAddr),
    Person(Uuid),
}

impl Whose {
    /// One person behind one IPv6 network counts as one address.
    fn counted(self) -> Whose {
        match self {
            Whose::Address(IpAddr::V6(v6)) => {
                Whose::Address(IpAddr::V6((u128::from(v6) >> 64 << 64).into()))
            }
            other => other,
        }
    }
}

type Rates = Vec<(Kind, DefaultKeyedRateLimiter<Whose>)>;

/// `None` where there are none.
pub struct Limits(Option<(Rates, Holdings)>);

impl Limits {
    /// `off` is for benchmarks on loopback; the configuration refuses it anywhere else.
    pub fn new(on: bool) -> Limits {
        Limits(on.then(|| {
            let quota = |k: &Kind| {
                Quota::per_minute(NonZeroU32::new(k.per_minute()).unwrap_or(NonZeroU32::MIN))
            };
            let rates = Kind::ALL
                .iter()
                .map(|k| (*k, RateLimiter::keyed(quota(k))))
                .collect();
            (rates, Holdings::default())
        }))
    }

    pub fn check(&self, kind: Kind, whose: Whose) -> Result<()> {
        let Some((rates, _)) = &self.0 else {
            return Ok(());
        };
        let Some((_, limiter)) = rates.iter().find(|(k, _)| *k == kind) else {
            return Ok(());
        };
        limiter
            .check_key(&whose.counted())
            .map_err(|not_until| Error::RateLimited {
                retry_after: not_until
                    .wait_time_from(DefaultClock::default().now())
                    .as_secs()
                    + 1,
            })
    }

    /// One more of what may be held open, for as long as the place is kept; `None` where nothing is counted.
    pub fn hold(&self, what: Hold, whose: Whose) -> Result<Option<Held>> {
        let Some((_, held)) = &self.0 else {
            return Ok(None);
        };
        held.take(what, whose.counted()).map(Some)
    }

    /// How much of it is held now.
    #[cfg(test)]
    pub fn held(&self, what: Hold, whose: Whose) -> usize {
        let held = self.0.as_ref().map(|(_, held)| held);
        held.map_or(0, |held| held.count(what, whose.counted()))
    }

    /// Forget whoever has been quiet; called by a timer.
    pub fn tidy(&self) {
        for (_, limiter) in self.0.iter().flat_map(|(rates, _)| rates) {
            limiter.retain_recent();
        }
    }
}
