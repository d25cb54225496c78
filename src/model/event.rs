//! Everything that happens. One closed set of kinds; what somebody hears of one depends on the stamp it
//! carries and on who listens. Adding a kind makes the compiler ask who hears it and what changes on screen.

use super::{
    agent::{Availability, Face},
    conversation::{Conversation, PublicConversation, Side},
    id::{AgentId, ConversationId, WorkspaceId},
    message::{Author, AuthorKind},
    time::Time,
    wire::{self, Json, Malformed},
};
pub use super::{
    cursor::{Cursor, NotACursor},
    sight::{Audience, Listener, Place, Sight, Stamp},
};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

/// One table of everything that happens, a line a kind: the name on the wire, what is told of it, and what is joined to
/// its entry when it is read. Whatever spells the kinds is made from it.
macro_rules! events {
    (
        logged { $($kind:ident $name:literal = $(#[$doc:meta])* $news:ident $shape:tt, joins $joins:ident;)* }
        ephemeral { $($passing_name:literal = $(#[$passing_doc:meta])* $passing:ident $passing_shape:tt;)* }
        internal { $($internal:ident $internal_name:literal;)* }
    ) => {
        super::words! {
            /// The kinds that are stored. The last of them are internal: told to nobody, heard by caches and streams.
            pub enum EventKind { $($kind = $name,)* $($internal = $internal_name,)* }
        }

        impl EventKind {
            /// Told to nobody outside the process.
            pub fn is_internal(self) -> bool {
                matches!(self, $(EventKind::$internal)|*)
            }

            /// What belongs to an entry and is read with it.
            pub fn joins(self) -> Joins {
                match self {
                    $(EventKind::$kind => Joins::$joins,)*
                    $(EventKind::$internal)|* => Joins::Nothing,
                }
            }
        }

        /// Every name that a stream may carry; a browser subscribes to each.
        pub const NAMES: &[&str] = &[$($name,)* $($passing_name,)*];

        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(tag = "type", content = "data")]
        #[serde(bound = "C: Side + Serialize, C::Line: Serialize")]
        pub enum News<C: Side> {
            $($(#[$doc])* #[serde(rename = $name)] $news $shape,)*
            $($(#[$passing_doc])* #[serde(rename = $passing_name)] $passing $passing_shape,)*
        }

        impl<C: Side + DeserializeOwned> News<C>
        where
            C::Line: DeserializeOwned,
        {
            /// What the name and the data of an event say.
            fn read(name: &str, data: Json) -> Result<News<C>, Malformed> {
                let mut data = data.members()?;
                Ok(match name {
                    $($name => shape!(read data, $news $shape),)*
                    $($passing_name => shape!(read data, $passing $passing_shape),)*
                    _ => return Err(Malformed),
                })
            }
        }

        impl<C: Side> News<C> {
            /// What is told of an entry; `None` where nothing is.
            pub fn of(kind: EventKind, entry: &impl Joined<C>) -> Option<News<C>> {
                Some(match kind {
                    $(EventKind::$kind => shape!(of entry, $news $shape),)*
                    $(EventKind::$internal)|* => return None,
                })
            }

            /// The name in `event:` and `type`.
            pub fn name(&self) -> &'static str {
                match self {
                    $(News::$news { .. } => $name,)*
                    $(News::$passing { .. } => $passing_name,)*
                }
            }

            /// The conversation it is about.
            pub fn conversation(&self) -> Option<ConversationId> {
                $(shape!(conversation self, $news $shape);)*
                $(shape!(conversation self, $passing $passing_shape);)*
                None
            }

            /// The conversation as it stands now, where the event brings it.
            pub fn snapshot(&self) -> Option<&C> {
                $(shape!(snapshot self, $news $shape);)*
                None
            }
        }
    };
}

/// What is made of the shape of one kind: a type of its own, or fields.
macro_rules! shape {
    (read $data:ident, $news:ident ($type:ty)) => { News::$news($data.rest()?) };
    (read $data:ident, $news:ident { $($(#[$mark:meta])* $field:ident: $type:ty),* $(,)? }) => {
        News::$news { $($field: $data.take(stringify!($field))?),* }
    };
    (of $entry:ident, $news:ident ($type:ty)) => { News::$news(Shape::of($entry)?) };
    (of $entry:ident, $news:ident { $($(#[$mark:meta])* $field:ident: $type:ty),* $(,)? }) => {
        News::$news { $($field: $entry.$field()?),* }
    };
    (conversation $self:ident, $news:ident ($type:ty)) => {
        if let News::$news(shape) = $self {
            return Some(Shape::<C>::conversation(shape));
        }
    };
    (conversation $self:ident, $news:ident { conversation_id: $type:ty $(, $($rest:tt)*)? }) => {
        if let News::$news { conversation_id, .. } = $self {
            return Some(*conversation_id);
        }
    };
    (snapshot $self:ident, $news:ident ($type:ty)) => {
        if let News::$news(shape) = $self {
            return Shape::<C>::snapshot(shape);
        }
    };
    ($made:ident $self:ident, $news:ident { $($fields:tt)* }) => {};
}

events! {
    logged {
        ConversationCreated "conversation.created" = Created(Snapshot<C>), joins Conversation;
        ConversationUpdated "conversation.updated" = Updated(Change<C>), joins Conversation;
        ConversationAssigned "conversation.assigned" = Assigned(Snapshot<C>), joins Conversation;
        ConversationClosed "conversation.closed" = Closed(Snapshot<C>), joins Conversation;
        ConversationReopened "conversation.reopened" = Reopened(Snapshot<C>), joins Conversation;
        MessageCreated "message.created" =
            Said { conversation_id: ConversationId, message: C::Line }, joins Message;
        ReceiptRead "receipt.read" =
            Read { conversation_id: ConversationId, reader: Reader, seq: i64 }, joins Nothing;
        AvailabilityChanged "availability.changed" =
            /// `agent` is absent for customers, who learn only whether anybody is online.
            Availability {
                online: bool,
                #[serde(default, skip_serializing_if = "Option::is_none")]
                agent: Option<AgentNews>,
            }, joins Nothing;
    }
    ephemeral {
        "typing" = Typing { conversation_id: ConversationId, author: Author, typing: bool };
        "presence" =
            /// A colleague opened or left the conversation's screen; customers hear nothing of it.
            Presence { conversation_id: ConversationId, agent: Face, here: bool };
        "reset" =
            /// The cursor is of no use any more: fetch again, in place.
            Reset {};
        "ping" = Ping {};
    }
    internal {
        SessionRevoked "session.revoked";
        PersonChanged "person.changed";
        LinkMade "link.made";
        WidgetChanged "widget.changed";
        WidgetShut "widget.shut";
        WorkspaceChanged "workspace.changed";
    }
}

/// What is joined to an entry when it is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Joins {
    Nothing,
    /// The message, which says all there is to say.
    Message,
    /// The conversation as it stands at reading.
    Conversation,
}

/// An entry with what was joined to it, as one side may have it: a field of a shape each, `None` where there is nothing
/// to tell.
pub trait Joined<C: Side> {
    fn conversation_id(&self) -> Option<ConversationId>;
    fn conversation(&self) -> Option<C>;
    fn message(&self) -> Option<C::Line>;
    fn reader(&self) -> Option<Reader>;
    /// How far the reader has read.
    fn seq(&self) -> Option<i64>;
    fn online(&self) -> Option<bool>;
    fn agent(&self) -> Option<Option<AgentNews>>;
}

/// A shape that several kinds have.
trait Shape<C: Side>: Sized {
    fn of(entry: &impl Joined<C>) -> Option<Self>;
    fn conversation(&self) -> ConversationId;
    fn snapshot(&self) -> Option<&C>;
}

impl<C: Side> Shape<C> for Snapshot<C> {
    fn of(entry: &impl Joined<C>) -> Option<Self> {
        entry.conversation().map(|conversation| Snapshot {
            conversation_id: conversation.id(),
            conversation,
        })
    }
    fn conversation(&self) -> ConversationId {
        self.conversation_id
    }
    fn snapshot(&self) -> Option<&C> {
        Some(&self.conversation)
    }
}

impl<C: Side> Shape<C> for Change<C> {
    fn of(entry: &impl Joined<C>) -> Option<Self> {
        Shape::of(entry).map(Change::Now)
    }
    fn conversation(&self) -> ConversationId {
        match self {
            Change::Now(snapshot) => snapshot.conversation_id,
            Change::Gone { id, .. } => *id,
        }
    }
    fn snapshot(&self) -> Option<&C> {
        match self {
            Change::Now(snapshot) => Some(&snapshot.conversation),
            Change::Gone { .. } => None,
        }
    }
}

/// An event as somebody hears it. `cursor` is absent on what only passes by (typing, presence, ping).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(bound = "C: Side + Serialize, C::Line: Serialize")]
pub struct Event<C: Side> {
    #[serde(flatten)]
    pub news: News<C>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    pub at: Time,
    pub workspace_id: WorkspaceId,
}

impl<'de, C: Side + DeserializeOwned> Deserialize<'de> for Event<C>
where
    C::Line: DeserializeOwned,
{
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        wire::by_hand(from, |mut event| {
            Ok(Event {
                news: News::read(&event.take::<String>("type")?, event.cut("data"))?,
                cursor: event.take("cursor")?,
                at: event.take("at")?,
                workspace_id: event.take("workspace_id")?,
            })
        })
    }
}

pub type StaffEvent = Event<Conversation>;
pub type CustomerEvent = Event<PublicConversation>;

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
