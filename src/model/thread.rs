//! What a screen holds of one conversation, and the one fold that keeps it current. Compiled into the browser
//! *and* into the story that says: the old screen with the events applied equals a fresh fetch.

use super::{
    conversation::{Conversation, ForReader, PublicConversation, Side},
    event::{Event, News},
    id::{ClientId, ContactId},
    message::{Author, AuthorKind, Line},
};
use super::{event::Cursor, time::Time, wire};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// A conversation with (the newest part of) its messages, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(bound = "C: Side + Serialize, C::Line: Serialize")]
pub struct Thread<C: Side> {
    #[serde(flatten)]
    pub seen: ForReader<C>,
    pub messages: Vec<C::Line>,
    /// Older messages exist before the first of these.
    pub more: bool,
    /// Who reads: an agent's or a contact's id.
    pub me: Uuid,
    /// The place in the log that this is true at; the stream starts after it.
    pub cursor: Cursor,
}

impl<'de, C: Side + DeserializeOwned> Deserialize<'de> for Thread<C>
where
    C::Line: DeserializeOwned,
{
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        wire::by_hand(from, |mut thread| {
            Ok(Thread {
                messages: thread.take("messages")?,
                more: thread.take("more")?,
                me: thread.take("me")?,
                cursor: thread.take("cursor")?,
                seen: thread.rest()?,
            })
        })
    }
}

pub type StaffThread = Thread<Conversation>;
pub type CustomerThread = Thread<PublicConversation>;

impl<C: Side> ForReader<C> {
    /// A message of this conversation, as its row in a list hears it. `true` if anything changed.
    fn hear(&mut self, message: &C::Line) -> bool {
        let new = message.seq() > self.conversation.revision();
        if message.is_text() {
            if message.author().kind == C::OTHER_SIDE {
                self.unread_count += 1;
            }
            if new {
                self.conversation.said(message);
            }
        }
        self.conversation.revised(message.seq());
        new
    }

    /// An event about this conversation, as its row in a list hears it (`me` is the reader).
    /// `true` if anything changed. Who deals with what came or went is the list itself.
    pub fn apply(&mut self, event: &Event<C>, me: Uuid) -> bool {
        if event.news.conversation() != Some(self.conversation.id()) {
            return false;
        }
        if let Some(now) = event.news.snapshot() {
            let newer = now.revision() >= self.conversation.revision();
            if newer {
                self.conversation = now.clone();
            }
            return newer;
        }
        match &event.news {
            News::Said { message, .. } => self.hear(message),
            News::Read { reader, seq, .. } => {
                if reader.id == me {
                    let all = self
                        .conversation
                        .last_message()
                        .is_none_or(|m| m.seq() <= *seq);
                    self.unread_count = if all { 0 } else { self.unread_count };
                    all
                } else if reader.kind == C::OTHER_SIDE && *seq > *self.conversation.read_seq_mut() {
                    *self.conversation.read_seq_mut() = *seq;
                    true
                } else {
                    false
                }
            }
            _ => false,
        }
    }
}

impl<C: Side> Thread<C> {
    /// Fold one event in. `true` if the screen changes. Idempotent: an event heard twice changes nothing.
    pub fn apply(&mut self, event: &Event<C>) -> bool {
        if event
            .cursor
            .as_ref()
            .is_some_and(|c| c.epoch == self.cursor.epoch && c.seq <= self.cursor.seq)
        {
            return false;
        }
        let changed = match &event.news {
            News::Said { message, .. }
                if event.news.conversation() == Some(self.seen.conversation.id()) =>
            {
                if !self.insert(message.clone()) {
                    return false;
                }
                self.seen.hear(message);
                true
            }
            News::Read {
                reader,
                seq,
                conversation_id,
            } if reader.id == self.me && *conversation_id == self.seen.conversation.id() => {
                let unread = self
                    .messages
                    .iter()
                    .filter(|m| m.is_text() && m.seq() > *seq && m.author().kind == C::OTHER_SIDE)
                    .count() as i64;
                let changed = self.seen.unread_count != unread;
                self.seen.unread_count = unread;
                changed
            }
            _ => self.seen.apply(event, self.me),
        };
        if let Some(cursor) = &event.cursor {
            self.cursor = cursor.clone();
        }
        changed
    }

    /// Put a message in its place by seq; the answer to one's own send comes in here too.
    /// `false` if it was there already.
    pub fn insert(&mut self, message: C::Line) -> bool {
        match self
            .messages
            .binary_search_by_key(&message.seq(), Line::seq)
        {
            Ok(_) => false,
            Err(at) => {
                self.messages.insert(at, message);
                true
            }
        }
    }

    /// Older messages, fetched on scroll-up.
    pub fn prepend(&mut self, older: Vec<C::Line>, more: bool) {
        self.more = more;
        // One by one, each would move all that are here already.
        let here = self.messages.first().map_or(i64::MAX, Line::seq);
        let (mut before, known): (Vec<_>, Vec<_>) = older.into_iter().partition(|m| m.seq() < here);
        before.sort_by_key(Line::seq);
        before.dedup_by_key(|m| m.seq());
        self.messages.splice(0..0, before);
        for message in known {
            self.insert(message);
        }
    }

    /// Whether what was sent under this client id has come back.
    pub fn has(&self, client: ClientId) -> bool {
        self.messages
            .iter()
            .rev()
            .any(|m| m.client_id() == Some(client))
    }

    /// Is the message mine?
    pub fn mine(&self, author: &Author) -> bool {
        author.id == self.me && author.kind != AuthorKind::System
    }
}

impl CustomerThread {
    /// Before the first message there is nothing but a name.
    pub fn contact(&self) -> Option<ContactId> {
        self.seen.conversation.contact.id
    }
}

/// A run of messages to be drawn as one block: one author, at most five minutes from the one before.
pub fn continues<L: Line>(before: &L, this: &L) -> bool {
    before.is_text() == this.is_text()
        && before.author() == this.author()
        && before.created_at().seconds_until(this.created_at()) < 300
}

/// Whether a new day begins between two moments, in a zone `offset` minutes east of UTC.
pub fn new_day(before: Time, this: Time, offset: i32) -> bool {
    let day = |t: Time| (t.0 + chrono::Duration::minutes(offset.into())).date_naive();
    day(before) != day(this)
}
