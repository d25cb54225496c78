//! One batch of changes to conversations: what verbs decide is collected here and written with as few
//! statements as there are kinds of rows, however many conversations and messages it is about. The seqs
//! are taken after every other row is held, so on PostgreSQL the counter is locked last.

use super::{
    moves::WAKE,
    store::{self, Bucket, Locked, NewConversation, NewMessage},
};
use crate::base::{
    db::{Tx, fresh},
    jobs::{self, NewJob},
};
use crate::live::bus::{
    log::{self, NewEntry},
    rows::MessageRow,
};
use crate::model::{
    actor::{Actor, By},
    conversation::{Move, Status},
    error::{Error, Result},
    event::{Audience, EventKind, Place, Reader, Stamp},
    id::*,
    message::{Author, AuthorKind, Happened, Kind, LineEvent},
    time::Time,
};
use sqlx::types::Json;
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// A conversation while it is being changed.
pub struct Held {
    pub locked: Locked,
    /// As it stood when it was held.
    was: Option<Locked>,
    changed: bool,
}

impl Held {
    /// What waits for anybody has a place in the queue: since the customer's first text that nobody answered, or
    /// since it came back where the last word was ours.
    fn queue(&mut self, at: Time) {
        if self.locked.assignee_id.is_none() && self.locked.status == Status::Waiting {
            self.locked.waiting_since.get_or_insert(at.0);
        }
    }

    /// Whether its customer sees that anything happened.
    fn is_news_outside(&self, kind: EventKind) -> bool {
        let moved = matches!(
            kind,
            EventKind::ConversationUpdated | EventKind::ConversationAssigned
        );
        let was = self.was.as_ref().map(Locked::outside);
        !moved || was != Some(self.locked.outside())
    }
}

/// Something that becomes an entry, and who did it.
struct Step {
    by: By,
    what: Done,
}

enum Done {
    Message(usize),
    Event(EventKind, Uuid, Option<Place>),
    Read(Uuid, Reader, i64),
}

pub struct Batch {
    workspace: WorkspaceId,
    by: By,
    at: Time,
    held: HashMap<Uuid, Held>,
    order: Vec<Uuid>,
    messages: Vec<NewMessage>,
    steps: Vec<Step>,
}

/// A text or a note to be written.
pub struct Text {
    pub kind: Kind,
    pub author: Author,
    pub display_name: String,
    pub client: ClientId,
    pub request_hash: [u8; 32],
    pub body: String,
}

impl Batch {
    /// `by` is who does what follows.
    pub fn new(workspace: WorkspaceId, by: impl Into<By>, at: Time) -> Batch {
        Batch {
            workspace,
            by: by.into(),
            at,
            held: HashMap::new(),
            order: vec![],
            messages: vec![],
            steps: vec![],
        }
    }

    /// The moment of what follows; for what happened earlier.
    pub fn at(&mut self, at: Time) {
        self.at = at;
    }

    /// Somebody else does what follows.
    pub fn by(&mut self, by: impl Into<By>) {
        self.by = by.into();
    }

    fn step(&mut self, what: Done) {
        let by = self.by;
        self.steps.push(Step { by, what });
    }

    /// Put a conversation that is held in the database into the batch.
    pub fn hold(&mut self, locked: Locked) -> &mut Held {
        let id = locked.id;
        if !self.held.contains_key(&id) {
            self.order.push(id);
            let was = Some(locked.clone());
            self.held.insert(
                id,
                Held {
                    locked,
                    was,
                    changed: false,
                },
            );
        }
        self.get(id)
    }

    pub fn get(&mut self, id: Uuid) -> &mut Held {
        self.held
            .get_mut(&id)
            .expect("a verb asks for what it put in")
    }

    /// This one as it stands now, if the batch holds it.
    pub fn holds(&self, id: ConversationId) -> Option<&Locked> {
        self.held.get(&id.0).map(|h| &h.locked)
    }

    /// The open conversation of a contact at a widget, if the batch holds it.
    pub fn open_one(&self, widget: WidgetId, contact: ContactId) -> Option<Uuid> {
        let found = self.held.values().find(|h| {
            h.locked.widget_id == widget.0
                && h.locked.contact_id == contact.0
                && h.locked.status.is_open()
        });
        found.map(|h| h.locked.id)
    }

    /// A new conversation. `None`: somebody else made one at the same moment; hold that one instead.
    pub async fn open(
        &mut self,
        tx: &mut Tx,
        new: NewConversation,
        contact_name: Option<String>,
    ) -> Result<Option<Uuid>> {
        if !store::add(tx, self.workspace, &new).await? {
            return Ok(None);
        }
        let id = new.id.0;
        let locked = Locked {
            id,
            contact_id: new.contact.0,
            widget_id: new.widget.0,
            status: new.status,
            snoozed_from: None,
            snoozed_until: None,
            assignee_id: new.assignee.map(|a| a.0),
            team_id: new.team.0,
            contact_texts: 0,
            staff_texts: 0,
            waiting_since: new.waiting_since.map(|t| t.0),
            last_message_id: None,
            last_at: new.at.0,
            revision: 0,
            public_revision: 0,
            staff_read_seq: 0,
            closed_at: None,
            contact_name,
        };
        self.order.push(id);
        self.held.insert(
            id,
            Held {
                locked,
                was: None,
                changed: true,
            },
        );
        self.step(Done::Event(EventKind::ConversationCreated, id, None));
        Ok(Some(id))
    }

    /// Move the status, if the move is legal. Returns whether it changed.
    pub fn shift(&mut self, id: Uuid, by: Move) -> Result<bool> {
        let at = self.at;
        let held = self.get(id);
        let (from, former) = (held.locked.status, held.locked.snoozed_from);
        let owned = held.locked.assignee_id.is_some();
        let to = from.after(by, former).map(|s| s.owned(owned));
        let to = to.ok_or_else(|| from.refused())?;
        if to == from {
            return Ok(false);
        }
        held.locked.status = to;
        held.locked.closed_at = (to == Status::Closed).then_some(at.0);
        held.locked.snoozed_from = (to == Status::Snoozed).then_some(from);
        if to != Status::Snoozed {
            held.locked.snoozed_until = None;
        }
        if to == Status::Closed {
            held.locked.waiting_since = None;
        }
        held.changed = true;
        Ok(true)
    }

    /// Give it to somebody, or to nobody: then it waits, or sleeps on and wakes waiting.
    pub fn place(&mut self, id: Uuid, place: Place) {
        let held = self.get(id);
        held.locked.assignee_id = place.assignee.map(|a| a.0);
        held.locked.team_id = place.team.0;
        let from = held.locked.status;
        if place.assignee.is_none()
            && let Some(to) = from.after(Move::Return, held.locked.snoozed_from)
        {
            held.locked.status = to;
            if to == Status::Snoozed {
                held.locked.snoozed_from = Some(Status::Waiting);
            }
        }
        held.changed = true;
    }

    /// An event line.
    pub fn line(&mut self, id: Uuid, happened: Happened, author: &Author, agent: Option<AgentId>) {
        let body = happened.inside(author).plain();
        let event = Some(Json(LineEvent {
            happened,
            agent_id: agent.map(|a| a.0),
        }));
        self.push(id, Kind::Event, author, &author.name, body, None, event);
    }

    /// A text or note. Returns its place among [`Batch::written`].
    pub fn text(&mut self, id: Uuid, text: Text) -> usize {
        let at = self.at;
        let Text {
            kind,
            author,
            display_name,
            client,
            request_hash,
            body,
        } = text;
        let message = self.push(
            id,
            kind,
            &author,
            &display_name,
            body,
            Some((client, request_hash)),
            None,
        );
        let row = self.messages[message].row.id;
        let held = self.get(id);
        held.changed = true;
        if kind == Kind::Text {
            held.locked.last_message_id = Some(row);
            held.locked.last_at = at.0.max(held.locked.last_at);
            match author.kind {
                AuthorKind::Contact => {
                    held.locked.contact_texts += 1;
                    held.locked.waiting_since.get_or_insert(at.0);
                }
                _ => {
                    held.locked.staff_texts += 1;
                    held.locked.waiting_since = None;
                }
            }
        }
        message
    }

    #[allow(clippy::too_many_arguments)]
    fn push(
        &mut self,
        id: Uuid,
        kind: Kind,
        author: &Author,
        display_name: &str,
        body: String,
        client: Option<(ClientId, [u8; 32])>,
        event: Option<Json<LineEvent>>,
    ) -> usize {
        let agent = author.kind == AuthorKind::Agent;
        let row = MessageRow {
            id: fresh(),
            seq: 0,
            client_id: client.map(|(c, _)| c.0),
            conversation_id: id,
            kind,
            author_kind: author.kind,
            author_id: author.id,
            body,
            event,
            created_at: self.at.0,
            edited_at: None,
            agent_name: agent.then(|| author.name.clone()),
            agent_display: agent.then(|| display_name.to_owned()),
            contact_name: self.get(id).locked.contact_name.clone(),
            contact_email: None,
        };
        self.messages.push(NewMessage {
            row,
            request_hash: client.map(|(_, hash)| hash),
        });
        self.get(id).changed = true;
        let at = self.messages.len() - 1;
        self.step(Done::Message(at));
        at
    }

    /// Tell that the conversation changed. `from`: where it stood before this step, if it moved.
    pub fn tell(&mut self, id: Uuid, kind: EventKind, from: Option<Place>) {
        self.step(Done::Event(kind, id, from));
    }

    /// Whether there is anything to write.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The messages with their seqs, once written.
    pub fn written(&self) -> &[NewMessage] {
        &self.messages
    }

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
