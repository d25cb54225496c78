//! The bus: wakes on a commit (the bell only says "look"), reads the log once per workspace, and hands each
//! entry to the streams that may hear it. An entry is serialised at most once per audience and the bytes are
//! shared. The database is the truth: whoever falls behind drops what was queued and reads on from there.

mod audience;
mod changes;
pub mod consumer;
#[cfg(test)]
mod consumer_tests;
mod encode;
mod entry;
#[cfg(test)]
mod entry_tests;
mod facts;
pub mod log;
pub mod rows;
pub mod stream;
#[cfg(test)]
mod tests;
pub mod threads;
mod topic;

use crate::base::db::Db;
use crate::model::{
    error::Result,
    event::{CustomerEvent, EventKind, Listener, Sight, StaffEvent, Stamp},
    id::{AgentId, WorkspaceId},
    limits,
    time::now,
};
use bytes::Bytes;
use changes::Followers;
use encode::{Encoded, Make, customer_frame, staff_frame};
use log::Entry;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
pub use topic::Subscription;
use topic::{STALLED, Topic, lock};

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
