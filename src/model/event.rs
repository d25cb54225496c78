//! Everything that happens. One closed set of kinds; what somebody hears of one depends on the stamp it
//! carries and on who listens. Adding a kind makes the compiler ask who hears it and what changes on screen.

use super::{
    agent::{Availability, Face},
    conversation::{Case, Conversation, PublicConversation},
    id::{AgentId, ConversationId, WorkspaceId},
    message::{Author, AuthorKind},
    time::Time,
    wire::{self, Json, Unread},
};
pub use super::{
    cursor::{Cursor, NotACursor},
    sight::{Listener, Place, Sight, Stamp},
};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

super::words! {
    /// The kinds that are stored. The last group is internal: told to nobody, heard by caches and streams.
    pub enum EventKind {
        ConversationCreated = "conversation.created",
        ConversationUpdated = "conversation.updated",
        ConversationAssigned = "conversation.assigned",
        ConversationClosed = "conversation.closed",
        ConversationReopened = "conversation.reopened",
        MessageCreated = "message.created",
        ReceiptRead = "receipt.read",
        AvailabilityChanged = "availability.changed",
        SessionRevoked = "session.revoked",
        PersonChanged = "person.changed",
        WidgetChanged = "widget.changed",
        WidgetShut = "widget.shut",
        WorkspaceChanged = "workspace.changed",
    }
}

impl EventKind {
    /// Told to nobody outside the process.
    pub fn is_internal(self) -> bool {
        use EventKind::*;
        matches!(
            self,
            SessionRevoked | PersonChanged | WidgetChanged | WidgetShut | WorkspaceChanged
        )
    }

    /// About one conversation, so that its stamp decides.
    pub fn is_of_conversation(self) -> bool {
        !self.is_internal() && self != EventKind::AvailabilityChanged
    }
}

/// Every name that a stream may carry; a browser subscribes to each.
pub const NAMES: &[&str] = &[
    "conversation.created",
    "conversation.updated",
    "conversation.assigned",
    "conversation.closed",
    "conversation.reopened",
    "message.created",
    "receipt.read",
    "availability.changed",
    "typing",
    "presence",
    "reset",
    "ping",
];

/// An event as somebody hears it. `cursor` is absent on what only passes by (typing, presence, ping).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(bound = "C: Case + Serialize, C::Line: Serialize")]
pub struct Event<C: Case> {
    #[serde(flatten)]
    pub news: News<C>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    pub at: Time,
    pub workspace_id: WorkspaceId,
}

impl<'de, C: Case + DeserializeOwned> Deserialize<'de> for Event<C>
where
    C::Line: DeserializeOwned,
{
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        wire::by_hand(from, |mut event| {
            Ok(Event {
                news: News::told(&event.take::<String>("type")?, event.cut("data"))?,
                cursor: event.take("cursor")?,
                at: event.take("at")?,
                workspace_id: event.take("workspace_id")?,
            })
        })
    }
}

pub type StaffEvent = Event<Conversation>;
pub type CustomerEvent = Event<PublicConversation>;

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", content = "data")]
#[serde(bound = "C: Case + Serialize, C::Line: Serialize")]
pub enum News<C: Case> {
    #[serde(rename = "conversation.created")]
    Created(Snapshot<C>),
    #[serde(rename = "conversation.updated")]
    Updated(Change<C>),
    #[serde(rename = "conversation.assigned")]
    Assigned(Snapshot<C>),
    #[serde(rename = "conversation.closed")]
    Closed(Snapshot<C>),
    #[serde(rename = "conversation.reopened")]
    Reopened(Snapshot<C>),
    #[serde(rename = "message.created")]
    Said {
        conversation_id: ConversationId,
        message: C::Line,
    },
    #[serde(rename = "receipt.read")]
    Read {
        conversation_id: ConversationId,
        reader: Reader,
        seq: i64,
    },
    /// `agent` is absent for customers, who learn only whether anybody is online.
    #[serde(rename = "availability.changed")]
    Availability {
        online: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<AgentNews>,
    },
    #[serde(rename = "typing")]
    Typing {
        conversation_id: ConversationId,
        author: Author,
        typing: bool,
    },
    /// A colleague opened or left the conversation's screen; customers hear nothing of it.
    #[serde(rename = "presence")]
    Presence {
        conversation_id: ConversationId,
        agent: Face,
        here: bool,
    },
    /// The cursor is of no use any more: fetch again, in place.
    #[serde(rename = "reset")]
    Reset {},
    #[serde(rename = "ping")]
    Ping {},
}

impl<C: Case + DeserializeOwned> News<C>
where
    C::Line: DeserializeOwned,
{
    /// What the kind and the data of an event say.
    fn told(kind: &str, data: Json) -> Result<News<C>, Unread> {
        let mut data = data.members()?;
        Ok(match kind {
            "conversation.created" => News::Created(data.rest()?),
            "conversation.updated" => News::Updated(data.rest()?),
            "conversation.assigned" => News::Assigned(data.rest()?),
            "conversation.closed" => News::Closed(data.rest()?),
            "conversation.reopened" => News::Reopened(data.rest()?),
            "message.created" => News::Said {
                conversation_id: data.take("conversation_id")?,
                message: data.take("message")?,
            },
            "receipt.read" => News::Read {
                conversation_id: data.take("conversation_id")?,
                reader: data.take("reader")?,
                seq: data.take("seq")?,
            },
            "availability.changed" => News::Availability {
                online: data.take("online")?,
                agent: data.take("agent")?,
            },
            "typing" => News::Typing {
                conversation_id: data.take("conversation_id")?,
                author: data.take("author")?,
                typing: data.take("typing")?,
            },
            "presence" => News::Presence {
                conversation_id: data.take("conversation_id")?,
                agent: data.take("agent")?,
                here: data.take("here")?,
            },
            "reset" => News::Reset {},
            "ping" => News::Ping {},
            _ => return Err(Unread),
        })
    }
}

/// Who has read; a name is not needed for a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    pub kind: AuthorKind,
    pub id: uuid::Uuid,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentNews {
    pub id: AgentId,
    pub availability: Availability,
    pub online: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot<C> {
    pub conversation_id: ConversationId,
    pub conversation: C,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Change<C> {
    Now(Snapshot<C>),
    /// Out of the listener's sight; `assignee` is who has it now.
    Gone {
        id: ConversationId,
        gone: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        assignee: Option<Face>,
    },
}

impl<'de, C: DeserializeOwned> Deserialize<'de> for Change<C> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        wire::by_hand(from, |mut change| {
            Ok(if change.get("gone").is_some() {
                Change::Gone {
                    id: change.take("id")?,
                    gone: change.take("gone")?,
                    assignee: change.take("assignee")?,
                }
            } else {
                Change::Now(change.rest()?)
            })
        })
    }
}

impl<C: Case> News<C> {
    /// The name in `event:` and `type`.
    pub fn name(&self) -> &'static str {
        match self {
            News::Created(_) => "conversation.created",
            News::Updated(_) => "conversation.updated",
            News::Assigned(_) => "conversation.assigned",
            News::Closed(_) => "conversation.closed",
            News::Reopened(_) => "conversation.reopened",
            News::Said { .. } => "message.created",
            News::Read { .. } => "receipt.read",
            News::Availability { .. } => "availability.changed",
            News::Typing { .. } => "typing",
            News::Presence { .. } => "presence",
            News::Reset {} => "reset",
            News::Ping {} => "ping",
        }
    }

    /// The conversation it is about.
    pub fn conversation(&self) -> Option<ConversationId> {
        match self {
            News::Created(s) | News::Assigned(s) | News::Closed(s) | News::Reopened(s) => {
                Some(s.conversation_id)
            }
            News::Updated(Change::Now(s)) => Some(s.conversation_id),
            News::Updated(Change::Gone { id, .. }) => Some(*id),
            News::Said {
                conversation_id, ..
            }
            | News::Read {
                conversation_id, ..
            }
            | News::Typing {
                conversation_id, ..
            }
            | News::Presence {
                conversation_id, ..
            } => Some(*conversation_id),
            News::Availability { .. } | News::Reset {} | News::Ping {} => None,
        }
    }

    /// The conversation as it stands now, where the event brings it.
    pub fn snapshot(&self) -> Option<&C> {
        match self {
            News::Created(s) | News::Assigned(s) | News::Closed(s) | News::Reopened(s) => {
                Some(&s.conversation)
            }
            News::Updated(Change::Now(s)) => Some(&s.conversation),
            _ => None,
        }
    }
}
