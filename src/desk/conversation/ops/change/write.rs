//! How the batch is written, once everything in it is decided.

use super::{Batch, Done, Held, Step};
use crate::base::{
    db::Tx,
    jobs::{self, NewJob},
};
use crate::desk::conversation::ops::{
    moves::WAKE,
    store::{self, Bucket},
};
use crate::live::bus::log::{self, NewEntry};
use crate::model::{
    actor::Actor,
    error::{Error, Result},
    event::{Audience, EventKind, Reader, Stamp},
    message::{AuthorKind, Kind},
    time::Time,
};
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

impl Batch {
    /// Who has it from now on, or answers, may have read it before: now that is the customer's tick.
    async fn tick(&mut self, tx: &mut Tx) -> Result<()> {
        let answers = self
            .messages
            .iter()
            .map(|m| &m.row)
            .filter(|row| row.kind == Kind::Text && row.author_kind == AuthorKind::Agent);
        let mut whose: HashSet<(Uuid, Uuid)> = answers
            .map(|row| (row.conversation_id, row.author_id))
            .collect();
        for held in self.held.values() {
            let before = held.was.as_ref().and_then(|was| was.assignee_id);
            let now = held.locked.assignee_id.filter(|now| Some(*now) != before);
            whose.extend(now.map(|agent| (held.locked.id, agent)));
        }
        let mut ids: Vec<Uuid> = whose.iter().map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        for (id, person, seq) in store::marks(tx, self.workspace, &ids).await? {
            if whose.contains(&(id, person)) && seq > self.get(id).locked.staff_read_seq {
                store::tick(tx, self.workspace, id, seq).await?;
                self.get(id).locked.staff_read_seq = seq;
                let reader = Reader {
                    kind: AuthorKind::Agent,
                    id: person,
                };
                self.steps.push(Step {
                    by: Actor::agent(person.into()).into(),
                    what: Done::Read(id, reader, seq),
                });
            }
        }
        Ok(())
    }

    /// What sleeps now has a job that wakes it, because of the last of its own entries.
    async fn set_alarms(&self, tx: &mut Tx, entries: &[(i64, NewEntry)]) -> Result<()> {
        for held in self.held.values() {
            let before = held.was.as_ref().and_then(|was| was.snoozed_until);
            let Some(until) = held.locked.snoozed_until.filter(|u| Some(*u) != before) else {
                continue;
            };
            let own = |(seq, entry): &(i64, NewEntry)| {
                let about = entry.audience.stamp()?.conversation;
                (about.0 == held.locked.id).then_some(*seq)
            };
            let alarm = NewJob {
                kind: WAKE,
                key: held.locked.id.to_string(),
                due: Time(until),
                payload: serde_json::Value::Null,
                cause: entries.iter().rev().find_map(own),
            };
            jobs::put(tx, self.workspace, alarm).await?;
        }
        Ok(())
    }

    /// Write everything: counts, then the seqs, then messages, conversations and the log.
    pub async fn write(&mut self, tx: &mut Tx) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let mut tally: BTreeMap<Bucket, i64> = BTreeMap::new();
        for held in self.held.values_mut() {
            held.queue(self.at);
            if let Some(was) = &held.was {
                *tally.entry(was.bucket()).or_default() -= 1;
            }
            *tally.entry(held.locked.bucket()).or_default() += 1;
        }
        store::tally(tx, self.workspace, &tally).await?;
        self.tick(tx).await?;
        let first = log::take(tx, self.workspace, self.steps.len() as i64).await?;
        let mut entries = Vec::with_capacity(self.steps.len());
        for (seq, step) in (first..).zip(&self.steps) {
            let (id, kind, shown) = match &step.what {
                Done::Message(at) => {
                    let row = &mut self.messages[*at].row;
                    row.seq = seq;
                    let shown = Some(row.is_shown());
                    (row.conversation_id, EventKind::MessageCreated, shown)
                }
                Done::Event(kind, id, _) => (*id, *kind, None),
                Done::Read(id, ..) => (*id, EventKind::ReceiptRead, Some(true)),
            };
            let held = self.held.get_mut(&id).ok_or(Error::Unavailable)?;
            let outside = shown.unwrap_or_else(|| held.is_news_outside(kind));
            let after = held.locked.place();
            let before = match &step.what {
                Done::Event(_, _, Some(from)) => *from,
                _ => after,
            };
            let audience = Audience::Conversation {
                stamp: Stamp {
                    conversation: id.into(),
                    contact: held.locked.contact_id.into(),
                    before,
                    after,
                },
                customer: outside,
            };
            let mut entry = NewEntry::new(kind, step.by, audience, self.at);
            match &step.what {
                Done::Read(_, reader, read) => {
                    (entry.facts.reader, entry.facts.read) = (Some(*reader), Some(*read));
                    entries.push((seq, entry));
                    continue; // a read mark is no change of the conversation
                }
                Done::Message(at) => entry.message = Some(self.messages[*at].row.id.into()),
                Done::Event(..) => {}
            }
            held.locked.revision = seq;
            if outside {
                held.locked.public_revision = seq;
            }
            held.changed = true;
            entries.push((seq, entry));
        }
        store::add_messages(tx, self.workspace, &self.messages).await?;
        let changed = self.order.iter().filter_map(|id| self.held.get(id));
        let (talked, moved): (Vec<&Held>, Vec<&Held>) = changed
            .filter(|h| h.changed)
            .partition(|h| h.was.as_ref().is_some_and(|was| h.locked.stays(was)));
        store::talk(tx, talked.iter().map(|h| &h.locked)).await?;
        store::change(tx, moved.iter().map(|h| &h.locked)).await?;
        log::append_many(tx, self.workspace, &entries).await?;
        self.set_alarms(tx, &entries).await
    }
}
