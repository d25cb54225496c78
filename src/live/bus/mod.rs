//! The bus: wakes on a commit (the bell only says "look"), reads the log once per workspace, and hands each
//! entry to the streams that may hear it. An entry is serialised at most once per audience and the bytes are
//! shared. The database is the truth: whoever falls behind drops what was queued and reads on from there.

mod audience;
mod changes;
pub mod consumer;
#[cfg(test)]
mod consumer_tests;
mod entry;
mod facts;
pub mod log;
pub mod rows;
pub mod stream;
#[cfg(test)]
mod tests;
pub mod threads;

use crate::base::db::Db;
use crate::model::{
    error::Result,
    event::{Audience, Cursor, CustomerEvent, EventKind, Listener, Sight, StaffEvent, Stamp},
    id::{AgentId, ContactId, ConversationId, SessionId, WorkspaceId},
    limits,
    time::{Time, now},
};
use bytes::Bytes;
use changes::Followers;
use log::Entry;
use serde::Serialize;
use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    task::Waker,
    time::{Duration, Instant},
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// A stream's queue holds at most this much before it is read from the database again.
const MOST_FRAMES: usize = 64;
const MOST_BYTES: usize = 48 * 1024;
/// A stream that had no room for so long, while there was something to tell, belongs to a client that does not read.
const STALLED: Duration = Duration::from_secs(20);

/// Cheap to clone.
#[derive(Clone)]
pub struct Bus(Arc<Inner>);

struct Inner {
    db: Db,
    topics: Mutex<HashMap<WorkspaceId, Topic>>,
    /// `None`: look everywhere (another node, or another process, wrote).
    dirty: Mutex<BTreeSet<Option<WorkspaceId>>>,
    wake: Notify,
    /// Who follows the log by themselves.
    followers: Followers,
    /// Changes of people, sessions, widgets: for caches.
    inside: tokio::sync::broadcast::Sender<Inside>,
    streams: AtomicU64,
    stop: CancellationToken,
}

/// An internal entry, for caches.
#[derive(Clone, Debug)]
pub struct Inside {
    pub workspace: WorkspaceId,
    pub kind: EventKind,
    pub subject: Option<uuid::Uuid>,
}

#[derive(Default)]
struct Topic {
    epoch: String,
    /// Handed out up to here; `None` until somebody listens.
    seq: Option<i64>,
    staff: Vec<Arc<Mailbox>>,
    contacts: HashMap<ContactId, Vec<Arc<Mailbox>>>,
    /// One task reads a topic at a time.
    reading: Arc<tokio::sync::Mutex<()>>,
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
    fn person(&self) -> uuid::Uuid {
        match &self.listener {
            Listener::Staff { id, .. } => id.0,
            Listener::Contact { id, .. } => id.0,
        }
    }

    fn wants(&self, conversation: Option<ConversationId>) -> bool {
        match (self.conversation, conversation) {
            (Some(only), Some(this)) => only == this,
            _ => true,
        }
    }
}

/// What the bus pushes into and a stream pulls out of.
struct Mailbox {
    subscription: Subscription,
    slot: u64,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<(i64, Bytes)>,
    bytes: usize,
    /// Too much came: forget the queue and read from the database.
    lagged: bool,
    closed: bool,
    /// When there was room last; `None` while there is nothing to tell.
    since: Option<Instant>,
    waker: Option<Waker>,
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

impl Mailbox {
    fn push(&self, seq: i64, frame: Bytes) {
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

    fn close(&self) {
        let mut q = lock(&self.queue);
        q.closed = true;
        q.frames = VecDeque::new();
        if let Some(w) = q.waker.take() {
            drop(q);
            w.wake();
        }
    }
}

/// The bytes of one event on the wire (HTML Living Standard, 9.2 "Server-sent events"): the id and the name
/// are ours, the data is one line of JSON, so nothing in it can end the field.
fn frame<E: Serialize>(name: &str, cursor: Option<&Cursor>, event: &E) -> Bytes {
    let mut out = Vec::with_capacity(512);
    if let Some(c) = cursor {
        out.extend_from_slice(format!("id: {c}\n").as_bytes());
    }
    out.extend_from_slice(format!("event: {name}\ndata: ").as_bytes());
    serde_json::to_writer(&mut out, event).unwrap_or_default();
    out.extend_from_slice(b"\n\n");
    out.into()
}

fn staff_frame(e: &StaffEvent) -> Bytes {
    frame(e.news.name(), e.cursor.as_ref(), e)
}

fn customer_frame(e: &CustomerEvent) -> Bytes {
    frame(e.news.name(), e.cursor.as_ref(), e)
}

/// An entry with its bytes, made at most once per audience.
struct Encoded<'a> {
    entry: &'a Entry,
    epoch: &'a str,
    made: [OnceLock<Option<Bytes>>; 4],
}

type Make = fn(&Entry, &str) -> Option<Bytes>;

impl<'a> Encoded<'a> {
    fn new(entry: &'a Entry, epoch: &'a str) -> Self {
        Encoded {
            entry,
            epoch,
            made: Default::default(),
        }
    }

    fn bytes(&self, sight: Sight) -> Option<Bytes> {
        let (at, make): (usize, Make) = match sight {
            Sight::Nothing => return None,
            Sight::Staff => (0, |e, epoch| e.staff(epoch).as_ref().map(staff_frame)),
            Sight::Gained => (1, |e, epoch| e.gained(epoch).as_ref().map(staff_frame)),
            Sight::Lost => (2, |e, epoch| e.lost(epoch).as_ref().map(staff_frame)),
            Sight::Customer => (3, |e, epoch| e.customer(epoch).as_ref().map(customer_frame)),
        };
        self.made[at]
            .get_or_init(|| make(self.entry, self.epoch))
            .clone()
    }
}

impl Bus {
    /// Start the bus over a database: rings on its commits, on other nodes' notifications (PostgreSQL) and on
    /// other processes' writes (SQLite).
    pub fn start(db: Db, stop: CancellationToken) -> Bus {
        let bus = Bus(Arc::new(Inner {
            db: db.clone(),
            topics: Mutex::default(),
            dirty: Mutex::default(),
            wake: Notify::new(),
            followers: Followers::default(),
            inside: tokio::sync::broadcast::Sender::new(1024),
            streams: AtomicU64::new(0),
            stop,
        }));
        let weak = Arc::downgrade(&bus.0);
        db.on_commit(move |told| {
            if let Some(inner) = weak.upgrade() {
                Bus(inner).ring(told.iter().copied().map(Some));
            }
        });
        tokio::spawn(bus.clone().deliver());
        tokio::spawn(bus.clone().tick());
        if db.postgres().is_some() {
            tokio::spawn(bus.clone().hear_other_nodes());
        } else {
            tokio::spawn(bus.clone().notice_other_processes());
        }
        bus
    }

    fn ring(&self, whose: impl IntoIterator<Item = Option<WorkspaceId>>) {
        let whose: Vec<_> = whose.into_iter().collect();
        lock(&self.0.dirty).extend(&whose);
        self.0.wake.notify_one();
        self.0.followers.ring(&whose);
    }

    pub fn inside(&self) -> tokio::sync::broadcast::Receiver<Inside> {
        self.0.inside.subscribe()
    }

    /// How many streams are open here.
    pub fn streams(&self) -> u64 {
        self.0.streams.load(Ordering::Relaxed)
    }

    /// The agents who listen here.
    pub fn listening(&self) -> HashSet<(WorkspaceId, AgentId)> {
        let topics = lock(&self.0.topics);
        let agents = topics.iter().flat_map(|(w, topic)| {
            topic
                .staff
                .iter()
                .filter_map(|p| match &p.subscription.listener {
                    Listener::Staff { id, .. } => Some((*w, *id)),
                    Listener::Contact { .. } => None,
                })
        });
        agents.collect()
    }

    /// The loop: wait for the bell, read on wherever it rang.
    async fn deliver(self) {
        loop {
            tokio::select! {
                () = self.0.wake.notified() => {}
                () = self.0.stop.cancelled() => return self.end_all(),
            }
            let dirty = std::mem::take(&mut *lock(&self.0.dirty));
            let whose: Vec<WorkspaceId> = if dirty.contains(&None) {
                lock(&self.0.topics).keys().copied().collect()
            } else {
                dirty.into_iter().flatten().collect()
            };
            for workspace in whose {
                if let Err(e) = self.read_on(workspace).await {
                    tracing::error!(error = %e, "the bus cannot read the log");
                    let bus = self.clone();
                    tokio::spawn(async move {
                        tokio::time::sleep(Duration::from_millis(250)).await;
                        bus.ring([Some(workspace)]);
                    });
                }
            }
        }
    }

    /// Watch a workspace from its head on; does nothing if it is watched already.
    pub async fn watch(&self, workspace: WorkspaceId) -> Result<()> {
        let reading = {
            let mut topics = lock(&self.0.topics);
            let topic = topics.entry(workspace).or_default();
            if topic.seq.is_some() {
                return Ok(());
            }
            topic.reading.clone()
        };
        let _one = reading.lock().await;
        let head = log::head(&mut *self.0.db.snapshot().await?, workspace).await?;
        let mut topics = lock(&self.0.topics);
        let topic = topics.entry(workspace).or_default();
        if topic.seq.is_none() {
            topic.seq = Some(head.seq);
            topic.epoch = head.epoch;
        }
        Ok(())
    }

    async fn read_on(&self, workspace: WorkspaceId) -> Result<()> {
        let reading = match lock(&self.0.topics).get(&workspace) {
            Some(topic) => topic.reading.clone(),
            None => return Ok(()),
        };
        let _one = reading.lock().await;
        loop {
            let Some((epoch, Some(after))) = lock(&self.0.topics)
                .get(&workspace)
                .map(|r| (r.epoch.clone(), r.seq))
            else {
                return Ok(());
            };
            let read = log::read(&mut *self.0.db.snapshot().await?, workspace, after, 256).await?;
            if read.to == after {
                return Ok(());
            }
            let mut topics = lock(&self.0.topics);
            let Some(topic) = topics.get_mut(&workspace) else {
                return Ok(());
            };
            topic.seq = Some(read.to);
            // What ends a stream comes first: what is told of a conversation is joined as it stands now, and may be newer
            // than that end. And before the streams the caches: whoever sees one end finds that what was known of its
            // session is gone.
            let (internal, told): (Vec<_>, Vec<_>) =
                read.entries.iter().partition(|e| e.kind.is_internal());
            for entry in internal {
                let _ = self.0.inside.send(Inside {
                    workspace,
                    kind: entry.kind,
                    subject: entry.facts.subject,
                });
                topic.end_what_it_ends(entry);
            }
            for entry in told {
                let told = Encoded::new(entry, &epoch);
                let conversation = entry.stamp().map(|s| s.conversation);
                let outside = topic.contacts_of(&entry.audience);
                let mailboxes = topic.staff.iter().chain(outside);
                for mailbox in mailboxes.filter(|p| p.subscription.wants(conversation)) {
                    if let Some(bytes) = told.bytes(entry.sight(&mailbox.subscription.listener)) {
                        mailbox.push(entry.seq, bytes);
                    }
                }
            }
        }
    }

    /// Something that only passes by: no id, not stored, lost if nobody listens. `customer` is what the
    /// contact hears of it; whoever did it does not hear it.
    pub fn pass(
        &self,
        workspace: WorkspaceId,
        stamp: Stamp,
        by: uuid::Uuid,
        staff: &StaffEvent,
        customer: Option<&CustomerEvent>,
    ) {
        let topics = lock(&self.0.topics);
        let Some(topic) = topics.get(&workspace) else {
            return;
        };
        let bytes = staff_frame(staff);
        let others = topic.staff.iter().filter(|p| {
            p.subscription.person() != by && p.subscription.wants(Some(stamp.conversation))
        });
        for mailbox in others.filter(|p| p.subscription.listener.sees(stamp.after)) {
            mailbox.push(0, bytes.clone());
        }
        if let Some(bytes) = customer.map(customer_frame) {
            for mailbox in topic
                .contacts
                .get(&stamp.contact)
                .into_iter()
                .flatten()
                .filter(|p| p.subscription.person() != by)
                .filter(|p| {
                    p.subscription
                        .listener
                        .is_with(stamp.contact, stamp.conversation)
                })
            {
                mailbox.push(0, bytes.clone());
            }
        }
    }

    /// Every second: a fifteenth of the streams hears a ping, and what stalled or ran out is ended.
    async fn tick(self) {
        let mut every = tokio::time::interval(Duration::from_secs(1));
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for turn in 0u64.. {
            tokio::select! {
                _ = every.tick() => {}
                () = self.0.stop.cancelled() => return,
            }
            let topics = lock(&self.0.topics);
            let at = now();
            for (workspace, topic) in topics.iter() {
                let ping = StaffEvent {
                    news: crate::model::event::News::Ping {},
                    cursor: None,
                    at: now(),
                    workspace_id: *workspace,
                };
                let bytes = staff_frame(&ping);
                for mailbox in topic.staff.iter().chain(topic.contacts.values().flatten()) {
                    let stalled = lock(&mailbox.queue)
                        .since
                        .is_some_and(|s| s.elapsed() > STALLED);
                    if stalled || mailbox.subscription.until <= at {
                        mailbox.close();
                    } else if mailbox.slot % limits::PING_SECONDS == turn % limits::PING_SECONDS {
                        mailbox.push(0, bytes.clone());
                    }
                }
            }
        }
    }

    /// PostgreSQL: `deskbell` says "look"; what a reconnect missed is found by looking anyway.
    async fn hear_other_nodes(self) {
        let Some(pool) = self.0.db.postgres().cloned() else {
            return;
        };
        loop {
            let heard = async {
                let mut listener = sqlx::postgres::PgListener::connect_with(&pool).await?;
                listener.listen("deskbell").await?;
                self.ring([None]);
                loop {
                    match tokio::time::timeout(Duration::from_secs(5), listener.try_recv()).await {
                        Ok(Ok(_)) | Err(_) => self.ring([None]),
                        Ok(Err(e)) => return Err::<(), sqlx::Error>(e),
                    }
                }
            };
            tokio::select! {
                r = heard => if let Err(e) = r { tracing::warn!(error = %e, "listening for other nodes is interrupted") },
                () = self.0.stop.cancelled() => return,
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// SQLite: another process (the command line) wrote; `data_version` changes then, once a second is enough.
    async fn notice_other_processes(self) {
        let Some(pool) = self.0.db.sqlite().cloned() else {
            return;
        };
        let Ok(mut conn) = pool.acquire().await else {
            return;
        };
        let mut last = 0i64;
        loop {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                () = self.0.stop.cancelled() => return,
            }
            if let Ok(version) = sqlx::query_scalar::<_, i64>("pragma data_version")
                .fetch_one(&mut *conn)
                .await
                && std::mem::replace(&mut last, version) != version
            {
                self.ring([None]);
            }
        }
    }

    /// End every stream: the process stops.
    pub fn end_all(&self) {
        for topic in lock(&self.0.topics).values() {
            topic
                .staff
                .iter()
                .chain(topic.contacts.values().flatten())
                .for_each(|p| p.close());
        }
    }
}

impl Topic {
    /// Whoever listens from outside and may belong to this audience.
    fn contacts_of(&self, audience: &Audience) -> impl Iterator<Item = &Arc<Mailbox>> {
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
    fn end_what_it_ends(&self, entry: &Entry) {
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
