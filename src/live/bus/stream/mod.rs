//! One listener's stream: a response body without a task or a channel of its own. It first reads the log
//! from the listener's cursor to the head, then hands on what the bus pushes; when it fell behind it reads
//! again. `poll` answers the same question at once, on the same cursor.

mod poll;

pub use poll::Caught;

use super::{
    Bus,
    encode::{customer_frame, frame, staff_frame},
    log,
    topic::{Mailbox, Queue, Subscription, lock},
};
use crate::base::held::Held;
use crate::model::{
    error::Result,
    event::{Cursor, Event, Listener, News, Sight, StaffEvent},
    id::WorkspaceId,
    time::now,
};
use bytes::Bytes;
use http_body::{Body, Frame};
use std::{
    collections::VecDeque,
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::Instant,
};

/// Entries that a stream reads from the database at a time: at first, and at most.
const FIRST: i64 = 50;
const MOST: i64 = 150;
/// What is read is this stream's alone, unlike what is queued, and who does not read holds a page of it: so many
/// bytes for who comes back, and for who fell behind, which everybody does who does not read. One entry always fits.
pub(super) const MISSED: usize = 96 * 1024;
const BEHIND: usize = 48 * 1024;

/// What was read from the database at once.
struct Page {
    /// Up to here.
    seq: i64,
    /// The frames of what the listener may hear of it, one after another.
    frames: Vec<u8>,
    more: bool,
    /// Entries to read next: as many as are likely to fit.
    next: i64,
}

type Reading = Pin<Box<dyn Future<Output = Result<Page>> + Send>>;

pub struct Stream {
    bus: Bus,
    mailbox: Arc<Mailbox>,
    epoch: String,
    /// Heard up to here.
    seq: i64,
    ready: VecDeque<Bytes>,
    reading: Option<Reading>,
    /// How much to read at a time.
    entries: i64,
    bytes: usize,
    ended: bool,
    /// Given back with the stream.
    _held: Vec<Held>,
}

fn reset_event(workspace: WorkspaceId, cursor: Cursor) -> StaffEvent {
    Event {
        news: News::Reset {},
        cursor: Some(cursor),
        at: now(),
        workspace_id: workspace,
    }
}

impl Bus {
    /// Listen from `after` on, or from now. Subscribes first and reads the database second, so nothing falls between.
    pub async fn listen(
        &self,
        subscription: Subscription,
        after: Option<Cursor>,
    ) -> Result<Stream> {
        self.watch(subscription.workspace).await?;
        let slot = self.0.streams.fetch_add(1, Ordering::Relaxed);
        let mailbox = Arc::new(Mailbox {
            subscription: subscription.clone(),
            slot,
            queue: Default::default(),
        });
        if let Some(topic) = lock(&self.0.topics).get_mut(&subscription.workspace) {
            match &subscription.listener {
                Listener::Staff { .. } => topic.staff.push(mailbox.clone()),
                Listener::Contact { id, .. } => {
                    topic.contacts.entry(*id).or_default().push(mailbox.clone())
                }
            }
        }
        let mut stream = Stream {
            bus: self.clone(),
            mailbox,
            epoch: String::new(),
            seq: 0,
            ready: VecDeque::from([Bytes::from_static(b":\n\n")]),
            reading: None,
            entries: FIRST,
            bytes: MISSED,
            ended: false,
            _held: vec![],
        };
        let head = log::head(&mut *self.0.db.snapshot().await?, subscription.workspace).await?;
        stream.epoch = head.epoch.clone();
        match after {
            Some(cursor) if head.follows(&cursor) => {
                stream.seq = cursor.seq;
                if cursor.seq < head.seq {
                    stream.read();
                }
            }
            Some(_) => {
                stream.seq = head.seq;
                let event = reset_event(subscription.workspace, head.cursor());
                stream
                    .ready
                    .push_back(frame("reset", event.cursor.as_ref(), &event));
            }
            None => stream.seq = head.seq,
        }
        Ok(stream)
    }
}

impl Stream {
    /// What counts as held for as long as the stream is there.
    pub fn holding(mut self, places: Vec<Held>) -> Stream {
        self._held = places;
        self
    }

    /// Read on from the database.
    fn read(&mut self) {
        let (bus, subscription, epoch, after, (most, bytes)) = (
            self.bus.clone(),
            self.mailbox.subscription.clone(),
            self.epoch.clone(),
            self.seq,
            (self.entries, self.bytes),
        );
        self.reading = Some(Box::pin(async move {
            let mut snapshot = bus.0.db.snapshot().await?;
            let read = log::read_for(
                &mut snapshot,
                subscription.workspace,
                &subscription.listener,
                after,
                most,
            )
            .await?;
            let places = log::places(
                &mut snapshot,
                subscription.workspace,
                &subscription.listener,
                &read.entries,
            )
            .await?;
            let mut page = Page {
                seq: read.to,
                frames: vec![],
                more: read.more,
                next: MOST.min(most * 2),
            };
            let mut told = after;
            for (n, e) in (0i64..).zip(&read.entries) {
                if !subscription.wants(e.stamp().map(|s| s.conversation)) {
                    continue;
                }
                let frame = match e.sight_now(&subscription.listener, &places) {
                    Sight::Nothing => None,
                    Sight::Staff => e.staff(&epoch).as_ref().map(staff_frame),
                    Sight::Gained => e.gained(&epoch).as_ref().map(staff_frame),
                    Sight::Lost => e.lost(&epoch).as_ref().map(staff_frame),
                    Sight::Customer => e.customer(&epoch).as_ref().map(customer_frame),
                };
                let frame = frame.unwrap_or_default();
                if !page.frames.is_empty() && page.frames.len() + frame.len() > bytes {
                    (page.seq, page.more, page.next) = (told, true, n);
                    break;
                }
                page.frames.extend_from_slice(&frame);
                told = e.seq;
            }
            Ok(page)
        }));
    }

    /// A jittered `retry:` spreads the clients of a server that stops.
    fn farewell(&self) -> Bytes {
        let jitter = u16::from_le_bytes([
            crate::base::secrets::random()[0],
            crate::base::secrets::random()[1],
        ]) % 2000;
        Bytes::from(format!("retry: {}\n\n", 500 + jitter))
    }
}

impl Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        loop {
            let mut queue = lock(&this.mailbox.queue);
            // There is room for more, so it is being read, perhaps slowly and still what was missed.
            if queue.since.is_some() {
                queue.since = Some(Instant::now());
            }
            let closed = queue.closed;
            drop(queue);
            // Also in the middle of what was missed: who is out hears no more of it.
            if !this.ended && closed {
                this.ended = true;
                this.reading = None;
                this.ready = VecDeque::from([this.farewell()]);
            }
            if let Some(bytes) = this.ready.pop_front() {
                if this.ready.is_empty() && this.ready.capacity() > 16 {
                    this.ready = VecDeque::new(); // a silent stream holds no buffer
                }
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            if this.ended {
                return Poll::Ready(None);
            }
            if let Some(reading) = &mut this.reading {
                match reading.as_mut().poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(page)) => {
                        this.reading = None;
                        (this.seq, this.entries) = (page.seq, page.next);
                        if !page.frames.is_empty() {
                            this.ready.push_back(page.frames.into_boxed_slice().into());
                        }
                        if page.more {
                            this.read();
                        }
                        continue;
                    }
                    Poll::Ready(Err(_)) => {
                        // The client comes back with its own cursor.
                        this.reading = None;
                        this.ended = true;
                        continue;
                    }
                }
            }
            let mut queue = lock(&this.mailbox.queue);
            if queue.closed {
                continue; // since it was looked at above
            }
            if queue.lagged {
                *queue = Queue::default();
                drop(queue);
                this.bytes = BEHIND;
                this.read();
                continue;
            }
            if queue.frames.is_empty() {
                queue.since = None;
                queue.waker = Some(cx.waker().clone());
                return Poll::Pending;
            }
            let frames = std::mem::take(&mut queue.frames);
            (queue.bytes, queue.since) = (0, None);
            drop(queue);
            for (seq, bytes) in frames {
                // 0 only passes by; what was read from the database already is not told again.
                if seq == 0 || seq > this.seq {
                    this.seq = this.seq.max(seq);
                    this.ready.push_back(bytes);
                }
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let subscription = &self.mailbox.subscription;
        if let Some(topic) = lock(&self.bus.0.topics).get_mut(&subscription.workspace) {
            match &subscription.listener {
                Listener::Staff { .. } => topic.staff.retain(|p| !Arc::ptr_eq(p, &self.mailbox)),
                Listener::Contact { id, .. } => {
                    if let Some(mailboxes) = topic.contacts.get_mut(id) {
                        mailboxes.retain(|p| !Arc::ptr_eq(p, &self.mailbox));
                        if mailboxes.is_empty() {
                            topic.contacts.remove(id);
                        }
                    }
                }
            }
        }
        self.bus.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}
