//! Everything that happens. One closed set of kinds; what somebody hears of one depends on the stamp it
//! carries and on who listens. Adding a kind makes the compiler ask who hears it and what changes on screen.

use super::{
    agent::{Availability, Face},
    conversation::{Case, Conversation, PublicConversation},
    id::{AgentId, ContactId, ConversationId, TeamId, WorkspaceId},
    message::{Author, AuthorKind},
    time::Time,
    wire::{self, Json, Unread},
};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use std::{fmt, str::FromStr};

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

/// A place in the log: `<epoch>.<seq>`, as in `id:` of a stream.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    /// 8 hex digits; new after a restore, so that an old place is recognised as such.
    pub epoch: String,
    pub seq: i64,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;
    fn from_str(s: &str) -> Result<Self, NotACursor> {
        let (epoch, seq) = s.split_once('.').ok_or(NotACursor)?;
        let plain = |t: &str, most: usize| {
            !t.is_empty() && t.len() <= most && t.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if !plain(epoch, 16) || !plain(seq, 18) || !seq.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotACursor);
        }
        Ok(Cursor {
            epoch: epoch.to_owned(),
            seq: seq.parse().map_err(|_| NotACursor)?,
        })
    }
}
impl TryFrom<String> for Cursor {
    type Error = NotACursor;
    fn try_from(s: String) -> Result<Self, NotACursor> {
        s.parse()
    }
}
impl From<Cursor> for String {
    fn from(c: Cursor) -> String {
        c.to_string()
    }
}
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.seq)
    }
}

/// Whose business a conversation's event is: where it stood before and after.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stamp {
    pub conversation: ConversationId,
    pub contact: ContactId,
    pub before: Place,
    pub after: Place,
}

/// Where a conversation stands: whose, or whose team's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    pub team: Option<TeamId>,
    pub assignee: Option<AgentId>,
}

/// Somebody who hears, as far as it decides what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Listener {
    Staff {
        id: AgentId,
        reads_all: bool,
        teams: Vec<TeamId>,
    },
    Contact {
        id: ContactId,
    },
}

impl Listener {
    /// The rule of who sees a conversation, for staff: all, or what is theirs, or what is nobody's in a team of theirs.
    pub fn sees(&self, place: Place) -> bool {
        match self {
            Listener::Contact { .. } => false,
            Listener::Staff {
                reads_all: true, ..
            } => true,
            Listener::Staff { id, teams, .. } => match (place.assignee, place.team) {
                (Some(assignee), _) => assignee == *id,
                (None, Some(team)) => teams.contains(&team),
                (None, None) => true,
            },
        }
    }
}

/// How much of a conversation's event somebody hears.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sight {
    /// All of it, as staff.
    Staff,
    /// It came into sight just now: told as `conversation.assigned` with a snapshot.
    Gained,
    /// It went out of sight: `conversation.updated {id, gone: true}`.
    Lost,
    /// All that customers may hear of it.
    Customer,
    Nothing,
}

impl Stamp {
    /// A pure match of the stamp and the listener; no look-up.
    pub fn sight(&self, listener: &Listener) -> Sight {
        match listener {
            Listener::Contact { id } if *id == self.contact => Sight::Customer,
            Listener::Contact { .. } => Sight::Nothing,
            Listener::Staff { .. } => match (listener.sees(self.before), listener.sees(self.after))
            {
                (true, true) => Sight::Staff,
                (false, true) => Sight::Gained,
                (true, false) => Sight::Lost,
                (false, false) => Sight::Nothing,
            },
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_cursor_is_epoch_dot_seq_and_nothing_else() {
        let c: Cursor = "7f3a0b1c.1042".parse().unwrap();
        assert_eq!(
            (c.epoch.as_str(), c.seq, c.to_string().as_str()),
            ("7f3a0b1c", 1042, "7f3a0b1c.1042")
        );
        for bad in [
            "",
            ".",
            "a",
            "a.",
            ".1",
            "a.-1",
            "a.1\n",
            "a.1.2",
            "a b.1",
            "a.99999999999999999999",
            "a.1e3",
            "é.1",
        ] {
            assert_eq!(bad.parse::<Cursor>(), Err(NotACursor), "{bad:?}");
        }
    }

    #[test]
    fn who_hears_follows_from_the_stamp_alone() {
        let (sam, kim, team) = (
            AgentId(Uuid::from_u128(1)),
            AgentId(Uuid::from_u128(2)),
            TeamId(Uuid::from_u128(9)),
        );
        let agent = |id, teams: &[TeamId]| Listener::Staff {
            id,
            reads_all: false,
            teams: teams.to_vec(),
        };
        let ada = ContactId(Uuid::from_u128(3));
        let queue = Place {
            team: Some(team),
            assignee: None,
        };
        let sams = Place {
            team: Some(team),
            assignee: Some(sam),
        };
        let stamp = |before, after| Stamp {
            conversation: ConversationId(Uuid::nil()),
            contact: ada,
            before,
            after,
        };

        assert_eq!(stamp(queue, sams).sight(&agent(sam, &[team])), Sight::Staff);
        assert_eq!(stamp(queue, sams).sight(&agent(kim, &[team])), Sight::Lost);
        assert_eq!(
            stamp(sams, queue).sight(&agent(kim, &[team])),
            Sight::Gained
        );
        assert_eq!(
            stamp(sams, sams).sight(&agent(kim, &[team])),
            Sight::Nothing
        );
        assert_eq!(
            stamp(queue, queue).sight(&agent(kim, &[])),
            Sight::Nothing,
            "not a team of Kim's"
        );
        assert_eq!(
            stamp(queue, sams).sight(&Listener::Contact { id: ada }),
            Sight::Customer
        );
        assert_eq!(
            stamp(queue, sams).sight(&Listener::Contact {
                id: ContactId(Uuid::nil())
            }),
            Sight::Nothing
        );
        let noor = Listener::Staff {
            id: kim,
            reads_all: true,
            teams: vec![],
        };
        assert_eq!(stamp(sams, sams).sight(&noor), Sight::Staff);
    }
}
