//! What happened since a cursor, answered at once: for those who ask every few seconds instead of listening.

use crate::live::bus::{Bus, Subscription, log};
use crate::model::{
    error::Result,
    event::{Cursor, Place, Sight},
    id::ConversationId,
};
use std::collections::HashMap;

/// Events that a poll tells, entries that it reads at a time and how often, and after how many bytes of messages it
/// leaves the rest to the next.
const POLL: i64 = 200;
const STRETCHES: usize = 10;
const POLL_BYTES: usize = 256 * 1024;

/// The answer to a poll, and what a stream begins with.
pub struct Caught {
    pub events: Vec<serde_json::Value>,
    pub cursor: Cursor,
    pub reset: bool,
}

/// An entry as it is told to these ears, if it is.
fn shown_to(
    subscription: &Subscription,
    epoch: &str,
    places: &HashMap<ConversationId, Place>,
    e: &log::Entry,
) -> Option<serde_json::Value> {
    subscription
        .wants(e.stamp().map(|s| s.conversation))
        .then_some(())?;
    let json = match e.sight_now(&subscription.listener, places) {
        Sight::Nothing => return None,
        Sight::Staff => serde_json::to_value(e.staff(epoch)?),
        Sight::Gained => serde_json::to_value(e.gained(epoch)?),
        Sight::Lost => serde_json::to_value(e.lost(epoch)?),
        Sight::Customer => serde_json::to_value(e.customer(epoch)?),
    };
    json.ok()
}

impl Bus {
    /// What was told after `after`, at once; without it only the cursor.
    pub async fn poll(&self, subscription: &Subscription, after: Option<Cursor>) -> Result<Caught> {
        let mut snapshot = self.0.db.snapshot().await?;
        let head = log::head(&mut snapshot, subscription.workspace).await?;
        match after {
            Some(cursor) if head.follows(&cursor) => {
                // What is not for these ears takes no place in the page: it is read on until it is full.
                let (mut events, mut seq, mut written) = (vec![], cursor.seq, 0);
                for _ in 0..STRETCHES {
                    let read = log::read_for(
                        &mut snapshot,
                        subscription.workspace,
                        &subscription.listener,
                        seq,
                        POLL,
                    )
                    .await?;
                    let places = log::places(
                        &mut snapshot,
                        subscription.workspace,
                        &subscription.listener,
                        &read.entries,
                    )
                    .await?;
                    let mut entries = read.entries.iter();
                    let fits = |events: &Vec<_>| events.len() < POLL as usize;
                    while written < POLL_BYTES
                        && fits(&events)
                        && let Some(e) = entries.next()
                    {
                        seq = e.seq;
                        if let Some(told) = shown_to(subscription, &head.epoch, &places, e) {
                            written += e.written();
                            events.push(told);
                        }
                    }
                    if entries.len() > 0 {
                        break;
                    }
                    seq = read.to;
                    if !read.more {
                        seq = seq.max(head.seq);
                        break;
                    }
                }
                Ok(Caught {
                    events,
                    cursor: Cursor {
                        epoch: head.epoch.clone(),
                        seq,
                    },
                    reset: false,
                })
            }
            Some(_) => Ok(Caught {
                events: vec![],
                cursor: head.cursor(),
                reset: true,
            }),
            None => Ok(Caught {
                events: vec![],
                cursor: head.cursor(),
                reset: false,
            }),
        }
    }
}
