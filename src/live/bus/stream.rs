//! One listener's stream: a response body without a task or a channel of its own. It first reads the log
//! from the listener's cursor to the head, then hands on what the bus pushes; when it fell behind it reads
//! again. `poll` answers the same question at once, on the same cursor.

use super::{Bus, Ear, Pipe, Queue, customer_frame, frame, lock, log, staff_frame};
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
};

/// Entries read from the database at a time.
const PAGE: i64 = 200;

/// What was read from the database at once.
struct Page {
    /// Up to here.
    seq: i64,
    /// The frames of what the listener may hear of it, one after another.
    frames: Vec<u8>,
    more: bool,
}

type Reading = Pin<Box<dyn Future<Output = Result<Page>> + Send>>;

pub struct Stream {
    bus: Bus,
    pipe: Arc<Pipe>,
    epoch: String,
    /// Heard up to here.
    seq: i64,
    ready: VecDeque<Bytes>,
    reading: Option<Reading>,
    ended: bool,
}

/// The answer to a poll, and what a stream begins with.
pub struct Caught {
    pub events: Vec<serde_json::Value>,
    pub cursor: Cursor,
    pub reset: bool,
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
    pub async fn listen(&self, ear: Ear, after: Option<Cursor>) -> Result<Stream> {
        self.watch(ear.workspace).await?;
        let slot = self.0.streams.fetch_add(1, Ordering::Relaxed);
        let pipe = Arc::new(Pipe {
            ear: ear.clone(),
            slot,
            queue: Default::default(),
        });
        if let Some(room) = lock(&self.0.rooms).get_mut(&ear.workspace) {
            match &ear.listener {
                Listener::Staff { .. } => room.staff.push(pipe.clone()),
                Listener::Contact { id } => {
                    room.contacts.entry(*id).or_default().push(pipe.clone())
                }
            }
        }
        let mut stream = Stream {
            bus: self.clone(),
            pipe,
            epoch: String::new(),
            seq: 0,
            ready: VecDeque::from([Bytes::from_static(b":\n\n")]),
            reading: None,
            ended: false,
        };
        let head = log::head(&mut *self.0.db.look().await?, ear.workspace).await?;
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
                let event = reset_event(ear.workspace, head.cursor());
                stream
                    .ready
                    .push_back(frame("reset", event.cursor.as_ref(), &event));
            }
            None => stream.seq = head.seq,
        }
        Ok(stream)
    }

    /// What was told after `after`, at once; without it only the cursor.
    pub async fn poll(&self, ear: &Ear, after: Option<Cursor>) -> Result<Caught> {
        let mut look = self.0.db.look().await?;
        let head = log::head(&mut look, ear.workspace).await?;
        match after {
            Some(cursor) if head.follows(&cursor) => {
                let entries =
                    log::read_for(&mut look, ear.workspace, &ear.listener, cursor.seq, PAGE)
                        .await?;
                let last = entries.last().map_or(head.seq, |e| {
                    if entries.len() < PAGE as usize {
                        head.seq.max(e.seq)
                    } else {
                        e.seq
                    }
                });
                let places = log::places(&mut look, ear.workspace, &ear.listener, &entries).await?;
                let told = |e: &log::Entry| {
                    ear.wants(e.stamp.map(|s| s.conversation)).then_some(())?;
                    let json = match e.sight_now(&ear.listener, &places) {
                        Sight::Nothing => return None,
                        Sight::Staff => serde_json::to_value(e.staff(&head.epoch)?),
                        Sight::Gained => serde_json::to_value(e.gained(&head.epoch)?),
                        Sight::Lost => serde_json::to_value(e.lost(&head.epoch)?),
                        Sight::Customer => serde_json::to_value(e.customer(&head.epoch)?),
                    };
                    json.ok()
                };
                let cursor = Cursor {
                    epoch: head.epoch.clone(),
                    seq: last,
                };
                Ok(Caught {
                    events: entries.iter().filter_map(told).collect(),
                    cursor,
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

impl Stream {
    /// Read on from the database.
    fn read(&mut self) {
        let (bus, ear, epoch, after) = (
            self.bus.clone(),
            self.pipe.ear.clone(),
            self.epoch.clone(),
            self.seq,
        );
        self.reading = Some(Box::pin(async move {
            let mut look = bus.0.db.look().await?;
            let entries =
                log::read_for(&mut look, ear.workspace, &ear.listener, after, PAGE).await?;
            let places = log::places(&mut look, ear.workspace, &ear.listener, &entries).await?;
            let mut page = Page {
                seq: entries.last().map_or(after, |e| e.seq),
                frames: vec![],
                more: entries.len() as i64 == PAGE,
            };
            for e in &entries {
                if !ear.wants(e.stamp.map(|s| s.conversation)) {
                    continue;
                }
                let bytes = match e.sight_now(&ear.listener, &places) {
                    Sight::Nothing => None,
                    Sight::Staff => e.staff(&epoch).as_ref().map(staff_frame),
                    Sight::Gained => e.gained(&epoch).as_ref().map(staff_frame),
                    Sight::Lost => e.lost(&epoch).as_ref().map(staff_frame),
                    Sight::Customer => e.customer(&epoch).as_ref().map(customer_frame),
                };
                page.frames.extend_from_slice(&bytes.unwrap_or_default());
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
            // Also in the middle of what was missed: who is out hears no more of it.
            if !this.ended && lock(&this.pipe.queue).closed {
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
                        this.seq = page.seq;
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
            let mut queue = lock(&this.pipe.queue);
            if queue.closed {
                continue; // since it was looked at above
            }
            if queue.lagged {
                *queue = Queue::default();
                drop(queue);
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
        let ear = &self.pipe.ear;
        if let Some(room) = lock(&self.bus.0.rooms).get_mut(&ear.workspace) {
            match &ear.listener {
                Listener::Staff { .. } => room.staff.retain(|p| !Arc::ptr_eq(p, &self.pipe)),
                Listener::Contact { id } => {
                    if let Some(pipes) = room.contacts.get_mut(id) {
                        pipes.retain(|p| !Arc::ptr_eq(p, &self.pipe));
                        if pipes.is_empty() {
                            room.contacts.remove(id);
                        }
                    }
                }
            }
        }
        self.bus.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}
