//! What is held open: so many streams and connections at once, of one person and from one address. A place is free
//! again when it is dropped, whatever the reason. Kept in memory, per node.

use super::limits::Whose;
use crate::model::error::{Error, Result};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

/// What is held.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Hold {
    /// Streams of one person.
    Person,
    /// Streams of those who are signed in, from one address: an office shares one.
    Staff,
    /// Streams of everybody else, from one address.
    Others,
    /// Connections from one address on which a request has begun and its head has not ended.
    Heads,
    /// Connections from one address, whatever is done on them: a browser has six.
    Connections,
}

/// When to try again, in seconds: nobody knows when a place is free.
const AGAIN: u64 = 10;

impl Hold {
    pub const ALL: &'static [Hold] = &[
        Hold::Person,
        Hold::Staff,
        Hold::Others,
        Hold::Heads,
        Hold::Connections,
    ];

    /// How many at once.
    pub fn most(self) -> usize {
        match self {
            Hold::Person => 20,
            Hold::Staff => 1_000,
            Hold::Others => 200,
            Hold::Heads => 200,
            Hold::Connections => 6_000,
        }
    }

    pub fn sentence(self) -> &'static str {
        match self {
            Hold::Person => "streams of one person",
            Hold::Staff => "streams of signed-in staff from one address",
            Hold::Others => "streams of everyone else from one address",
            Hold::Heads => "incomplete requests from one address",
            Hold::Connections => "connections from one address",
        }
    }
}

type Counts = Mutex<HashMap<(Hold, Whose), usize>>;

/// How much of each is held now.
#[derive(Default)]
pub(super) struct Holdings(Arc<Counts>);

/// One of those that may be held, until it is dropped.
pub struct Held {
    counts: Arc<Counts>,
    key: (Hold, Whose),
}

fn lock(counts: &Counts) -> MutexGuard<'_, HashMap<(Hold, Whose), usize>> {
    counts.lock().unwrap_or_else(|e| e.into_inner())
}

impl Holdings {
    pub(super) fn take(&self, what: Hold, whose: Whose) -> Result<Held> {
        let key = (what, whose);
        let mut counts = lock(&self.0);
        let held = counts.entry(key).or_default();
        if *held >= what.most() {
            return Err(Error::RateLimited { retry_after: AGAIN });
        }
        *held += 1;
        Ok(Held {
            counts: self.0.clone(),
            key,
        })
    }
}

#[cfg(test)]
impl Holdings {
    pub(super) fn count(&self, what: Hold, whose: Whose) -> usize {
        lock(&self.0).get(&(what, whose)).copied().unwrap_or(0)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        if let Some(held) = counts.get_mut(&self.key) {
            *held -= 1;
            if *held == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits::Limits;
    use std::net::IpAddr;

    #[test]
    fn what_is_dropped_makes_room_for_another_and_nobody_takes_anothers_place() {
        let limits = Limits::new(true);
        let here = Whose::Address(IpAddr::from([192, 0, 2, 1]));
        let there = Whose::Address(IpAddr::from([192, 0, 2, 2]));
        for what in Hold::ALL {
            let mut held: Vec<_> = (0..what.most())
                .map(|_| limits.hold(*what, here).expect("there is room"))
                .collect();
            let over = limits.hold(*what, here).err();
            assert_eq!(
                over,
                Some(Error::RateLimited { retry_after: AGAIN }),
                "{what:?}"
            );
            assert!(limits.hold(*what, there).is_ok(), "{what:?}");
            held.pop();
            held.push(limits.hold(*what, here).expect("the place of the last"));
            assert!(limits.hold(*what, here).is_err(), "{what:?}: and only that");
        }
        assert!(
            limits.hold(Hold::Staff, here).is_ok(),
            "all were given back"
        );
    }

    #[test]
    fn the_numbers_are_those_of_the_reference() {
        let most: Vec<usize> = Hold::ALL.iter().map(|h| h.most()).collect();
        assert_eq!(most, [20, 1_000, 200, 200, 6_000]);
    }

    #[test]
    fn who_is_gone_leaves_nothing_behind_and_nothing_is_held_where_limits_are_off() {
        let holdings = Holdings::default();
        let who = Whose::Person(uuid::Uuid::nil());
        drop(holdings.take(Hold::Person, who).unwrap());
        assert!(lock(&holdings.0).is_empty());
        let off = Limits::new(false);
        let held: Vec<_> = (0..10_000).map(|_| off.hold(Hold::Others, who)).collect();
        assert!(held.iter().all(|h| matches!(h, Ok(None))));
    }
}
