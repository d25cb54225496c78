//! Who listens to what, and what waits for each.

use super::log::Entry;
use crate::model::{
    event::{Audience, EventKind, Listener},
    id::{ContactId, ConversationId, SessionId, WorkspaceId},
    time::Time,
};
use bytes::Bytes;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    task::Waker,
    time::{Duration, Instant},
};

/// A stream's queue holds at most this much before it is read from the database again.
pub(super) const MOST_FRAMES: usize = 64;

pub(super) const MOST_BYTES: usize = 48 * 1024;

/// A stream that had no room for so long, while there was something to tell, belongs to a client that does not read.
pub(super) const STALLED: Duration = Duration::from_secs(20);

#[derive(Default)]
pub(super) struct Topic {
    pub(super) epoch: String,
    /// Handed out up to here; `None` until somebody listens.
    pub(super) seq: Option<i64>,
    pub(super) staff: Vec<Arc<Mailbox>>,
    pub(super) contacts: HashMap<ContactId, Vec<Arc<Mailbox>>>,
    /// One task reads a topic at a time.
    pub(super) reading: Arc<tokio::sync::Mutex<()>>,
}

/// Who listens, and what to end the stream for.
#[derive(Clone, Debug)]
pub struct Subscription {
    pub workspace: WorkspaceId,
    pub listener: Listener,
    pub session: SessionId,
    /// When the session runs out.
    pub until: Time,
    /// Only this conversation.
    pub conversation: Option<ConversationId>,
}

impl Subscription {
    pub(super) fn person(&self) -> uuid::Uuid {
        match &self.listener {
            Listener::Staff { id, .. } => id.0,
            Listener::Contact { id, .. } => id.0,
        }
    }

    pub(super) fn wants(&self, conversation: Option<ConversationId>) -> bool {
        match (self.conversation, conversation) {
            (Some(only), Some(this)) => only == this,
            _ => true,
        }
    }
}

/// What the bus pushes into and a stream pulls out of.
pub(super) struct Mailbox {
    pub(super) subscription: Subscription,
    pub(super) slot: u64,
    pub(super) queue: Mutex<Queue>,
}

#[derive(Default)]
pub(super) struct Queue {
    pub(super) frames: VecDeque<(i64, Bytes)>,
    pub(super) bytes: usize,
    /// Too much came: forget the queue and read from the database.
    pub(super) lagged: bool,
    pub(super) closed: bool,
    /// When there was room last; `None` while there is nothing to tell.
    pub(super) since: Option<Instant>,
    pub(super) waker: Option<Waker>,
}

pub(super) fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

impl Mailbox {
    pub(super) fn push(&self, seq: i64, frame: Bytes) {
        let mut q = lock(&self.queue);
        if q.closed || q.lagged {
            return;
        }
        if q.frames.len() >= MOST_FRAMES || q.bytes + frame.len() > MOST_BYTES {
            q.frames.clear();
            q.bytes = 0;
            q.lagged = true;
        } else {
            q.bytes += frame.len();
            q.frames.push_back((seq, frame));
        }
        q.since.get_or_insert_with(Instant::now);
        if let Some(w) = q.waker.take() {
            drop(q);
            w.wake();
        }
    }

    pub(super) fn close(&self) {
        let mut q = lock(&self.queue);
        q.closed = true;
        q.frames = VecDeque::new();
        if let Some(w) = q.waker.take() {
            drop(q);
            w.wake();
        }
    }
}

impl Topic {
    /// Whoever listens from outside and may belong to this audience.
    pub(super) fn contacts_of(&self, audience: &Audience) -> impl Iterator<Item = &Arc<Mailbox>> {
        let one = match audience {
            Audience::Conversation { stamp, customer } => Some(customer.then_some(stamp.contact)),
            Audience::Contact(id) => Some(Some(*id)),
            Audience::Agent(_) | Audience::Staff(_) | Audience::Nobody => Some(None),
            Audience::Visitors(_) | Audience::Everyone => None,
        };
        let all = one.is_none().then(|| self.contacts.values().flatten());
        let theirs = one.flatten().and_then(|id| self.contacts.get(&id));
        theirs
            .into_iter()
            .flatten()
            .chain(all.into_iter().flatten())
    }

    /// A session was revoked, a person's rights changed, a widget is no more: their streams end and ask again.
    pub(super) fn end_what_it_ends(&self, entry: &Entry) {
        let Some(subject) = entry.facts.subject else {
            return;
        };
        let ends = |subscription: &Subscription| match entry.kind {
            EventKind::SessionRevoked => subscription.session.0 == subject,
            EventKind::PersonChanged => subscription.person() == subject,
            EventKind::WidgetShut => matches!(
                subscription.listener,
                Listener::Contact { widget: Some(w), .. } if w.0 == subject
            ),
            _ => false,
        };
        self.staff
            .iter()
            .chain(self.contacts.values().flatten())
            .filter(|p| ends(&p.subscription))
            .for_each(|p| p.close());
    }
}
