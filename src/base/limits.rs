//! Rate limits: so many of a kind per person, address, widget and minute. Answers `rate_limited` with the
//! seconds to wait. Kept in memory, per node; the lock-out of accounts is in the database.

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
    /// Messages that come from one address without a session yet, and other writes of one person.
    Write,
    /// Streams opened by one person.
    Stream,
    /// Pages asked for from one address; files and the API are not counted.
    Page,
}

impl Kind {
    pub const ALL: &'static [Kind] = &[
        Kind::SignIn,
        Kind::Visitor,
        Kind::Send,
        Kind::Write,
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
            Kind::Stream => "streams opened per person",
            Kind::Page => "pages per address, files not counted",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Whose {
    Address(IpAddr),
    Person(Uuid),
}

pub struct Limits(Option<Vec<(Kind, DefaultKeyedRateLimiter<Whose>)>>);

impl Limits {
    /// `off` is for benchmarks on loopback; the configuration refuses it anywhere else.
    pub fn new(on: bool) -> Limits {
        Limits(on.then(|| {
            let quota = |k: &Kind| {
                Quota::per_minute(NonZeroU32::new(k.per_minute()).unwrap_or(NonZeroU32::MIN))
            };
            Kind::ALL
                .iter()
                .map(|k| (*k, RateLimiter::keyed(quota(k))))
                .collect()
        }))
    }

    pub fn check(&self, kind: Kind, whose: Whose) -> Result<()> {
        // One person behind one IPv6 network counts as one address.
        let whose = match whose {
            Whose::Address(IpAddr::V6(v6)) => {
                Whose::Address(IpAddr::V6((u128::from(v6) >> 64 << 64).into()))
            }
            other => other,
        };
        let Some(all) = &self.0 else { return Ok(()) };
        let Some((_, limiter)) = all.iter().find(|(k, _)| *k == kind) else {
            return Ok(());
        };
        limiter
            .check_key(&whose)
            .map_err(|not_until| Error::RateLimited {
                retry_after: not_until
                    .wait_time_from(DefaultClock::default().now())
                    .as_secs()
                    + 1,
            })
    }

    /// Forget whoever has been quiet; called by a timer.
    pub fn tidy(&self) {
        for (_, limiter) in self.0.iter().flatten() {
            limiter.retain_recent();
        }
    }
}
