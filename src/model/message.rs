//! One item of a thread. What leaves for a customer is another type ([`PublicMessage`]) than what leaves
//! for staff ([`Message`]): a note cannot be written in it.

use super::{
    id::{ClientId, ConversationId, MessageId},
    time::Time,
};
use crate::{tr, words::Slotted};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

super::words! {
    pub enum Kind { Text = "text", Note = "note", Event = "event" }
    pub enum AuthorKind { Contact = "contact", Agent = "agent", Bot = "bot", System = "system" }
    /// What an event line tells. Customers see `joined` and `ended` only.
    pub enum Happened {
        Joined = "joined", Assigned = "assigned", Unassigned = "unassigned", Ended = "ended",
        Reopened = "reopened", Snoozed = "snoozed", Woke = "woke",
    }
}

impl Happened {
    pub fn shown_to_customers(self) -> bool {
        matches!(self, Happened::Joined | Happened::Ended)
    }

    /// What it tells staff; `by` did it.
    pub fn inside(self, by: &Author) -> Slotted {
        let name = &by.name;
        match self {
            Happened::Joined => tr!(event.joined, name = name),
            Happened::Assigned => tr!(event.assigned, name = name),
            Happened::Unassigned => tr!(event.unassigned, name = name),
            Happened::Ended => tr!(event.ended, name = name),
            Happened::Reopened => tr!(event.reopened, name = name),
            Happened::Snoozed => tr!(event.snoozed, name = name),
            Happened::Woke => tr!(event.woke),
        }
    }

    /// What it tells the customer, in whose own chat a customer is "you"; `None`: it is not for customers.
    pub fn outside(self, by: &Author) -> Option<Slotted> {
        match self {
            Happened::Joined => Some(tr!(thread.joined, name = by.name)),
            Happened::Ended if by.kind == AuthorKind::Contact => Some(tr!(thread.you_ended)),
            Happened::Ended => Some(tr!(thread.ended, name = by.name)),
            _ => None,
        }
    }
}

/// Who wrote it. `id` is nil for the system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    pub kind: AuthorKind,
    pub id: Uuid,
    pub name: String,
}

impl Author {
    pub fn system() -> Author {
        Author {
            kind: AuthorKind::System,
            id: Uuid::nil(),
            name: "Deskbell".into(),
        }
    }
}

/// The facts behind an event line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineEvent {
    #[serde(rename = "type")]
    pub happened: Happened,
    /// The agent it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<Uuid>,
}

/// A message as staff see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    /// The seq of its `message.created`; orders the thread, has gaps.
    pub seq: i64,
    pub client_id: Option<ClientId>,
    pub conversation_id: ConversationId,
    pub kind: Kind,
    pub body: String,
    pub author: Author,
    pub event: Option<LineEvent>,
    /// Always empty until files can be sent.
    pub attachments: Vec<()>,
    pub created_at: Time,
    pub edited_at: Option<Time>,
}

super::words! {
    pub enum PublicKind { Text = "text", Event = "event" }
}

/// A message as customers see it: no notes, no colleague's full name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicMessage {
    pub id: MessageId,
    pub seq: i64,
    pub client_id: Option<ClientId>,
    pub conversation_id: ConversationId,
    pub kind: PublicKind,
    pub body: String,
    pub author: Author,
    pub event: Option<LineEvent>,
    pub attachments: Vec<()>,
    pub created_at: Time,
    pub edited_at: Option<Time>,
}

/// What a thread needs to know of a message, whoever reads it.
pub trait Line: Clone + PartialEq + std::fmt::Debug + Send + Sync + 'static {
    fn id(&self) -> MessageId;
    fn seq(&self) -> i64;
    fn client_id(&self) -> Option<ClientId>;
    fn author(&self) -> &Author;
    /// A text of a person on either side; notes and event lines are not.
    fn is_text(&self) -> bool;
    /// Written for colleagues alone; never so for customers.
    fn is_note(&self) -> bool;
    fn body(&self) -> &str;
    /// What an event line tells.
    fn happened(&self) -> Option<Happened>;
    /// The sentence of an event line, as this reader is told it.
    fn told(&self) -> Option<Slotted>;
    fn created_at(&self) -> Time;
}

macro_rules! line {
    ($type:ty, $text:path, $note:expr, $told:expr) => {
        impl Line for $type {
            fn id(&self) -> MessageId {
                self.id
            }
            fn seq(&self) -> i64 {
                self.seq
            }
            fn client_id(&self) -> Option<ClientId> {
                self.client_id
            }
            fn author(&self) -> &Author {
                &self.author
            }
            fn is_text(&self) -> bool {
                self.kind == $text
            }
            fn is_note(&self) -> bool {
                let note: fn(&$type) -> bool = $note;
                note(self)
            }
            fn body(&self) -> &str {
                &self.body
            }
            fn happened(&self) -> Option<Happened> {
                self.event.as_ref().map(|e| e.happened)
            }
            fn told(&self) -> Option<Slotted> {
                let told: fn(Happened, &Author) -> Option<Slotted> = $told;
                told(self.happened()?, &self.author)
            }
            fn created_at(&self) -> Time {
                self.created_at
            }
        }
    };
}
line!(Message, Kind::Text, |m| m.kind == Kind::Note, |what, by| {
    Some(what.inside(by))
});
line!(
    PublicMessage,
    PublicKind::Text,
    |_| false,
    Happened::outside
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_customers_see_has_a_sentence_for_them_and_the_rest_has_none() {
        for happened in Happened::ALL {
            let said = happened.outside(&Author::system());
            assert_eq!(said.is_some(), happened.shown_to_customers(), "{happened}");
        }
    }
}
