//! How an entry of the log looks when it is read. The message's text and the conversation's state are joined here, at
//! reading, so that erasing a person leaves nothing behind. What leaves for a customer is made as another type than
//! what leaves for staff.

use super::{
    log::Facts,
    rows::{self, ConversationRow, MessageRow},
};
use crate::base::db::Conn;
use crate::model::{
    error::Result,
    event::{
        Change, Cursor, CustomerEvent, Event, EventKind, Listener, News, Place, Sight, Snapshot,
        StaffEvent, Stamp,
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
    let ids = |pick: fn(&EntryRow) -> Option<Uuid>| -> Vec<Uuid> {
        entries
            .iter()
            .filter_map(pick)
            .collect::<HashSet<_>>()
            .into_iter()
            .collect()
    };
    let messages: HashMap<Uuid, MessageRow> =
        rows::messages(conn, workspace, &ids(|r| r.message_id))
            .await?
            .into_iter()
            .map(|m| (m.id, m))
            .collect();
    // A message says all there is to say; everything else about a conversation brings it as it stands.
    let wanted = ids(|r| {
        if r.message_id.is_none() && r.kind != "receipt.read" {
            r.conversation_id
        } else {
            None
        }
    });
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

    fn event<C: crate::model::conversation::Case>(&self, epoch: &str, news: News<C>) -> Event<C> {
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

    fn snapshot(&self) -> Option<&ConversationRow> {
        self.conversation.as_ref()
    }

    /// As staff hear it. `None` where there is nothing to tell (the row is gone, or it is internal).
    pub fn staff(&self, epoch: &str) -> Option<StaffEvent> {
        let snapshot = || {
            self.snapshot().map(|c| Snapshot {
                conversation_id: c.id.into(),
                conversation: c.staff(),
            })
        };
        let news = match self.kind {
            EventKind::ConversationCreated => News::Created(snapshot()?),
            EventKind::ConversationUpdated => News::Updated(Change::Now(snapshot()?)),
            EventKind::ConversationAssigned => News::Assigned(snapshot()?),
            EventKind::ConversationClosed => News::Closed(snapshot()?),
            EventKind::ConversationReopened => News::Reopened(snapshot()?),
            EventKind::MessageCreated => News::Said {
                conversation_id: self.stamp?.conversation,
                message: self.message.as_ref()?.staff(),
            },
            EventKind::ReceiptRead => News::Read {
                conversation_id: self.stamp?.conversation,
                reader: self.facts.reader?,
                seq: self.facts.read?,
            },
            EventKind::AvailabilityChanged => News::Availability {
                online: self.facts.online?,
                agent: self.facts.agent.clone(),
            },
            EventKind::SessionRevoked
            | EventKind::PersonChanged
            | EventKind::WidgetChanged
            | EventKind::WidgetShut
            | EventKind::WorkspaceChanged => return None,
        };
        Some(self.event(epoch, news))
    }

    /// As the customer hears it; `None` where it is not for customers.
    pub fn customer(&self, epoch: &str) -> Option<CustomerEvent> {
        let snapshot = || {
            self.snapshot().map(|c| Snapshot {
                conversation_id: c.id.into(),
                conversation: c.public(),
            })
        };
        let news = match self.kind {
            EventKind::ConversationCreated => News::Created(snapshot()?),
            EventKind::ConversationUpdated => News::Updated(Change::Now(snapshot()?)),
            EventKind::ConversationAssigned => News::Assigned(snapshot()?),
            EventKind::ConversationClosed => News::Closed(snapshot()?),
            EventKind::ConversationReopened => News::Reopened(snapshot()?),
            EventKind::MessageCreated => News::Said {
                conversation_id: self.stamp?.conversation,
                message: self.message.as_ref()?.public()?,
            },
            EventKind::ReceiptRead => News::Read {
                conversation_id: self.stamp?.conversation,
                reader: self.facts.reader?,
                seq: self.facts.read?,
            },
            EventKind::AvailabilityChanged => News::Availability {
                online: self.facts.online?,
                agent: None,
            },
            EventKind::SessionRevoked
            | EventKind::PersonChanged
            | EventKind::WidgetChanged
            | EventKind::WidgetShut
            | EventKind::WorkspaceChanged => return None,
        };
        Some(self.event(epoch, news))
    }

    /// As staff hear it whose sight it left.
    pub fn lost(&self, epoch: &str) -> Option<StaffEvent> {
        Some(self.event(
            epoch,
            News::Updated(Change::Gone {
                id: self.stamp?.conversation,
                gone: true,
                assignee: self.snapshot().and_then(|c| c.staff().assignee),
            }),
        ))
    }

    /// As staff hear it into whose sight it came: always with the whole conversation.
    pub fn gained(&self, epoch: &str) -> Option<StaffEvent> {
        match (self.staff(epoch)?, self.snapshot()) {
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
