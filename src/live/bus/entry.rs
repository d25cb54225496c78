//! How an entry of the log looks when it is read. The message's text and the conversation's state are joined here, at
//! reading, so that erasing a person leaves nothing behind. What leaves for a customer is made as another type than
//! what leaves for staff.

use super::{
    log::Facts,
    rows::{self, ConversationRow, MessageRow},
};
use crate::base::db::Conn;
use crate::model::{
    conversation::{Case, Conversation, PublicConversation},
    error::Result,
    event::{
        AgentNews, Change, Cursor, CustomerEvent, Event, EventKind, Joined, Joins, Listener, News,
        Place, Reader, Sight, Snapshot, StaffEvent, Stamp,
    },
    id::{ConversationId, WorkspaceId},
    time::Time,
};
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub(super) struct EntryRow {
    pub(super) seq: i64,
    kind: String,
    at: DateTime<Utc>,
    conversation_id: Option<Uuid>,
    contact_id: Option<Uuid>,
    message_id: Option<Uuid>,
    team_before: Option<Uuid>,
    assignee_before: Option<Uuid>,
    team_after: Option<Uuid>,
    assignee_after: Option<Uuid>,
    facts: Json<Facts>,
    inside: bool,
}

/// One entry with what was joined to it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub workspace: WorkspaceId,
    pub seq: i64,
    pub kind: EventKind,
    pub at: Time,
    pub stamp: Option<Stamp>,
    pub facts: Facts,
    inside: bool,
    message: Option<MessageRow>,
    conversation: Option<ConversationRow>,
}

pub(super) async fn joined(
    conn: &mut Conn,
    workspace: WorkspaceId,
    entries: Vec<EntryRow>,
) -> Result<Vec<Entry>> {
    let joining = |what: Joins, id: fn(&EntryRow) -> Option<Uuid>| -> Vec<Uuid> {
        let joins = |r: &&EntryRow| r.kind.parse().is_ok_and(|k: EventKind| k.joins() == what);
        let ids: HashSet<Uuid> = entries.iter().filter(joins).filter_map(id).collect();
        ids.into_iter().collect()
    };
    let wanted = joining(Joins::Message, |r| r.message_id);
    let messages: HashMap<Uuid, MessageRow> = rows::messages(conn, workspace, &wanted)
        .await?
        .into_iter()
        .map(|m| (m.id, m))
        .collect();
    let wanted = joining(Joins::Conversation, |r| r.conversation_id);
    let conversations: HashMap<Uuid, ConversationRow> =
        rows::conversations(conn, workspace, &wanted)
            .await?
            .into_iter()
            .map(|c| (c.id, c))
            .collect();
    Ok(entries
        .into_iter()
        .filter_map(|r| {
            let stamp = match (r.conversation_id, r.contact_id) {
                (Some(conversation), Some(contact)) => Some(Stamp {
                    conversation: conversation.into(),
                    contact: contact.into(),
                    before: Place {
                        team: r.team_before.map(Into::into),
                        assignee: r.assignee_before.map(Into::into),
                    },
                    after: Place {
                        team: r.team_after.map(Into::into),
                        assignee: r.assignee_after.map(Into::into),
                    },
                }),
                _ => None,
            };
            Some(Entry {
                workspace,
                seq: r.seq,
                kind: r.kind.parse().ok()?,
                at: Time(r.at),
                stamp,
                facts: r.facts.0,
                inside: r.inside,
                message: r.message_id.and_then(|id| messages.get(&id).cloned()),
                conversation: r
                    .conversation_id
                    .and_then(|id| conversations.get(&id).cloned()),
            })
        })
        .collect())
}

impl Entry {
    /// Bytes of what somebody wrote in it.
    pub fn written(&self) -> usize {
        self.message.as_ref().map_or(0, |m| m.body.len())
    }

    /// How much of it a listener hears live: the stamp decides.
    pub fn sight(&self, listener: &Listener) -> Sight {
        match (&self.stamp, listener) {
            _ if self.kind.is_internal() => Sight::Nothing,
            (_, Listener::Contact { .. }) if self.inside => Sight::Nothing,
            (Some(stamp), listener) => stamp.sight(listener),
            (None, Listener::Staff { .. }) => Sight::Staff,
            (None, Listener::Contact { .. }) => Sight::Customer,
        }
    }

    /// How much of it a listener hears on replay: where the conversation stands now decides, and what was
    /// visible then but is not any more is told as gone.
    pub fn sight_now(&self, listener: &Listener, places: &HashMap<ConversationId, Place>) -> Sight {
        let Some(stamp) = &self.stamp else {
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

    fn event<C: Case>(&self, epoch: &str, news: News<C>) -> Event<C> {
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
                id: self.stamp?.conversation,
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
                self.stamp.map(|s| s.conversation)
            }
            fn conversation(&self) -> Option<$side> {
                self.conversation.as_ref().map(ConversationRow::$row)
            }
            fn message(&self) -> Option<<$side as Case>::Line> {
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
