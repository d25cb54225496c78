//! One batch of changes to conversations: what verbs decide is collected here and written with as few
//! statements as there are kinds of rows, however many conversations and messages it is about. The seqs
//! are taken after every other row is held, so on PostgreSQL the counter is locked last.

mod steps;
mod write;

use super::store::{self, Locked, NewConversation, NewMessage};
use crate::base::db::Tx;
use crate::model::{
    actor::By,
    conversation::Status,
    error::Result,
    event::{EventKind, Place, Reader},
    id::*,
    message::{Author, Kind},
    time::Time,
};
use std::collections::HashMap;
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

    fn step(&mut self, what: Done) {
        let by = self.by;
        self.steps.push(Step { by, what });
    }

    /// Whether there is anything to write.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The messages with their seqs, once written.
    pub fn written(&self) -> &[NewMessage] {
        &self.messages
    }
}
