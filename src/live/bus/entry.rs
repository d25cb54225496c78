//! How an entry of the log looks when it is read. The message's text and the conversation's state are joined here, at
//! reading, so that erasing a person leaves nothing behind. What leaves for a customer is made as another type than
//! what leaves for staff.

use super::{
    audience,
    facts::Facts,
    rows::{self, ConversationRow, MessageRow},
};
use crate::base::db::Conn;
use crate::model::{
    actor::{Actor, By},
    conversation::{Conversation, PublicConversation, Side},
    error::{Error, Result},
    event::{
        AgentNews, Audience, Change, Cursor, CustomerEvent, Event, EventKind, Joined, Joins,
        Listener, News, Place, Reader, Sight, Snapshot, StaffEvent, Stamp,
    },
    id::{ConversationId, MessageId, WorkspaceId},
    time::Time,
};
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use std::{
    collections::{HashMap, HashSet},
    ops::Deref,
};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub(super) struct EntryRow {
    pub(super) seq: i64,
    kind: String,
    at: DateTime<Utc>,
    actor: String,
    actor_id: Option<Uuid>,
    cause: Option<i64>,
    staff: Option<Uuid>,
    outside: Option<Uuid>,
    conversation_id: Option<Uuid>,
    contact_id: Option<Uuid>,
    message_id: Option<Uuid>,
    team_before: Option<Uuid>,
    assignee_before: Option<Uuid>,
    team_after: Option<Uuid>,
    assignee_after: Option<Uuid>,
    facts: Json<Facts>,
}

impl EntryRow {
    fn stamp(&self) -> Option<Stamp> {
        Some(Stamp {
            conversation: self.conversation_id?.into(),
            contact: self.contact_id?.into(),
            before: Place {
                team: self.team_before?.into(),
                assignee: self.assignee_before.map(Into::into),
            },
            after: Place {
                team: self.team_after?.into(),
                assignee: self.assignee_after.map(Into::into),
            },
        })
    }

    /// `None`: its words are of a newer version.
    fn record(self, workspace: WorkspaceId) -> Option<Record> {
        Some(Record {
            workspace,
            seq: self.seq,
            kind: self.kind.parse().ok()?,
            at: Time(self.at),
            by: By {
                actor: Actor {
                    kind: self.actor.parse().ok()?,
                    id: self.actor_id,
                },
                cause: self.cause,
                through: None,
                address: None,
            },
            audience: audience::of_row(self.staff, self.outside, self.stamp(), self.contact_id),
            message_id: self.message_id.map(Into::into),
            facts: self.facts.0,
        })
    }
}

/// One entry as it was written.
#[derive(Clone, Debug)]
pub struct Record {
    pub workspace: WorkspaceId,
    pub seq: i64,
    pub kind: EventKind,
    pub at: Time,
    pub by: By,
    pub audience: Audience,
    pub message_id: Option<MessageId>,
    pub facts: Facts,
}

impl Record {
    /// Where the conversation stood that it is about.
    pub fn stamp(&self) -> Option<&Stamp> {
        self.audience.stamp()
    }
}

/// One entry with what was joined to it.
#[derive(Clone, Debug)]
pub struct Entry {
    record: Record,
    message: Option<MessageRow>,
    conversation: Option<ConversationRow>,
}

impl Deref for Entry {
    type Target = Record;
    fn deref(&self) -> &Record {
        &self.record
    }
}

/// What was written, up to the first entry that only a newer version can read.
pub(super) fn records(workspace: WorkspaceId, rows: Vec<EntryRow>) -> Result<Vec<Record>> {
    let any = !rows.is_empty();
    let known: Vec<Record> = rows
        .into_iter()
        .map_while(|row| row.record(workspace))
        .collect();
    if any && known.is_empty() {
        return Err(Error::Unavailable);
    }
    Ok(known)
}

/// What is joined to each. A stream passes over what only a newer version knows: so do those who listen to it.
pub(super) async fn joined(
    conn: &mut Conn,
    workspace: WorkspaceId,
    rows: Vec<EntryRow>,
) -> Result<Vec<Entry>> {
    let records: Vec<Record> = rows
        .into_iter()
        .filter_map(|row| row.record(workspace))
        .collect();
    let joining = |what: Joins, id: fn(&Record) -> Option<Uuid>| -> Vec<Uuid> {
        let ids: HashSet<Uuid> = records
            .iter()
            .filter(|r| r.kind.joins() == what)
            .filter_map(id)
            .collect();
        ids.into_iter().collect()
    };
    let wanted = joining(Joins::Message, |r| r.message_id.map(|m| m.0));
    let messages: HashMap<Uuid, MessageRow> = rows::messages(conn, workspace, &wanted)
        .await?
        .into_iter()
        .map(|m| (m.id, m))
        .collect();
    let wanted = joining(Joins::Conversation, |r| r.stamp().map(|s| s.conversation.0));
    let conversations: HashMap<Uuid, ConversationRow> =
        rows::conversations(conn, workspace, &wanted)
            .await?
            .into_iter()
            .map(|c| (c.id, c))
            .collect();
    let entry = |record: Record| Entry {
        message: record
            .message_id
            .and_then(|id| messages.get(&id.0).cloned()),
        conversation: record
            .stamp()
            .and_then(|s| conversations.get(&s.conversation.0).cloned()),
        record,
    };
    Ok(records.into_iter().map(entry).collect())
}

impl Entry {
    /// Bytes of what somebody wrote in it.
    pub fn written(&self) -> usize {
        self.message.as_ref().map_or(0, |m| m.body.len())
    }

    /// How much of it a listener hears live: the audience decides.
    pub fn sight(&self, listener: &Listener) -> Sight {
        self.audience.sight(listener)
    }

    /// How much of it a listener hears on replay: where the conversation stands now decides, and what was
    /// visible then but is not any more is told as gone.
    pub fn sight_now(&self, listener: &Listener, places: &HashMap<ConversationId, Place>) -> Sight {
        let Some(stamp) = self.stamp() else {
            return self.sight(listener);
        };
        match listener {
            Listener::Contact { .. } => self.sight(listener),
            Listener::Staff { .. } => match places.get(&stamp.conversation) {
                Some(now) if listener.sees(*now) => {
                    if listener.sees(stamp.before) {
                        Sight::Staff
                    } else {
                        Sight::Gained
                    }
                }
                _ if listener.sees(stamp.before) || listener.sees(stamp.after) => Sight::Lost,
                _ => Sight::Nothing,
            },
        }
    }

    fn event<C: Side>(&self, epoch: &str, news: News<C>) -> Event<C> {
        let cursor = Some(Cursor {
            epoch: epoch.to_owned(),
            seq: self.seq,
        });
        Event {
            news,
            cursor,
            at: self.at,
            workspace_id: self.workspace,
        }
    }

    /// As staff hear it. `None` where there is nothing to tell (the row is gone, or it is internal).
    pub fn staff(&self, epoch: &str) -> Option<StaffEvent> {
        News::of(self.kind, self).map(|news| self.event(epoch, news))
    }

    /// As the customer hears it; `None` where it is not for customers.
    pub fn customer(&self, epoch: &str) -> Option<CustomerEvent> {
        News::of(self.kind, self).map(|news| self.event(epoch, news))
    }

    /// As staff hear it whose sight it left.
    pub fn lost(&self, epoch: &str) -> Option<StaffEvent> {
        Some(self.event(
            epoch,
            News::Updated(Change::Gone {
                id: self.stamp()?.conversation,
                gone: true,
                assignee: self.conversation.as_ref().and_then(|c| c.staff().assignee),
            }),
        ))
    }

    /// As staff hear it into whose sight it came: always with the whole conversation.
    pub fn gained(&self, epoch: &str) -> Option<StaffEvent> {
        match (self.staff(epoch)?, &self.conversation) {
            (event, Some(c))
                if event.news.snapshot().is_some()
                    && self.kind != EventKind::ConversationCreated =>
            {
                Some(Event {
                    news: News::Assigned(Snapshot {
                        conversation_id: c.id.into(),
                        conversation: c.staff(),
                    }),
                    ..event
                })
            }
            (event, _) => Some(event),
        }
    }
}

/// What staff, or customers, may have of it.
macro_rules! side {
    ($side:ty, $row:ident, $agent:expr) => {
        impl Joined<$side> for Entry {
            fn conversation_id(&self) -> Option<ConversationId> {
                self.stamp().map(|s| s.conversation)
            }
            fn conversation(&self) -> Option<$side> {
                self.conversation.as_ref().map(ConversationRow::$row)
            }
            fn message(&self) -> Option<<$side as Side>::Line> {
                self.message.as_ref().and_then(|m| m.$row().into())
            }
            fn reader(&self) -> Option<Reader> {
                self.facts.reader
            }
            fn seq(&self) -> Option<i64> {
                self.facts.read
            }
            fn online(&self) -> Option<bool> {
                self.facts.online
            }
            fn agent(&self) -> Option<Option<AgentNews>> {
                let agent: fn(&Entry) -> Option<AgentNews> = $agent;
                Some(agent(self))
            }
        }
    };
}
side!(Conversation, staff, |e| e.facts.agent.clone());
side!(PublicConversation, public, |_| None);
