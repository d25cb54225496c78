//! What the doors answer with.

use super::super::ops::Shown;
use crate::model::message::{Message, PublicMessage};
use crate::model::{
    contact::Reference,
    conversation::{Conversation, Counts, ForReader, PublicConversation},
    message::Author,
    time::Time,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, ToSchema)]
pub struct AuthorOut {
    /// `contact`, `agent`, `bot` or `system`
    #[schema(example = "contact")]
    pub(super) kind: &'static str,
    pub(super) id: Uuid,
    pub(super) name: String,
}

impl From<Author> for AuthorOut {
    fn from(a: Author) -> Self {
        AuthorOut {
            kind: a.kind.word(),
            id: a.id,
            name: a.name,
        }
    }
}

/// One item of a thread.
#[derive(Serialize, ToSchema)]
pub struct MessageOut {
    pub(super) id: Uuid,
    /// Orders the thread; has gaps.
    pub(super) seq: i64,
    pub(super) client_id: Option<Uuid>,
    pub(super) conversation_id: Uuid,
    /// `text`, `note` (staff only) or `event`
    #[schema(example = "text")]
    pub(super) kind: &'static str,
    pub(super) body: String,
    pub(super) author: AuthorOut,
    /// Facts of an event line: `{type, …}`
    #[schema(value_type = Option<Object>)]
    pub(super) event: Option<serde_json::Value>,
    #[schema(value_type = Vec<Object>)]
    pub(super) attachments: Vec<()>,
    #[schema(value_type = String, format = DateTime)]
    pub(super) created_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) edited_at: Option<Time>,
}

#[derive(Serialize, ToSchema)]
pub struct PersonOut {
    pub(super) id: Option<Uuid>,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    /// Staff only: the host site vouches for this person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verified: Option<bool>,
    /// Staff only: where they were last seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) page_url: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct NamedOut {
    pub(super) id: Uuid,
    pub(super) name: String,
}

/// A link to an outside object.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceBody {
    #[schema(example = "product")]
    r#type: String,
    pub(super) id: String,
    #[serde(default)]
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) label: Option<String>,
}

impl From<Reference> for ReferenceBody {
    fn from(r: Reference) -> Self {
        ReferenceBody {
            r#type: r.kind,
            id: r.id,
            url: r.url,
            label: r.label,
        }
    }
}

impl From<ReferenceBody> for Reference {
    fn from(r: ReferenceBody) -> Self {
        Reference {
            kind: r.r#type,
            id: r.id,
            url: r.url,
            label: r.label,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct ConversationOut {
    pub(super) id: Uuid,
    /// `waiting`, `active`, `snoozed` or `closed`
    #[schema(example = "waiting")]
    pub(super) status: &'static str,
    pub(super) widget_id: Uuid,
    pub(super) contact: PersonOut,
    pub(super) assignee: Option<NamedOut>,
    pub(super) team: Option<NamedOut>,
    pub(super) reference: Option<ReferenceBody>,
    pub(super) ticket_id: Option<Uuid>,
    pub(super) tags: Vec<String>,
    pub(super) last_message: Option<MessageOut>,
    /// Texts of the other side that the asker has not read.
    pub(super) unread_count: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) waiting_since: Option<Time>,
    /// 1 is next.
    pub(super) queue_position: Option<i64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) snoozed_until: Option<Time>,
    #[schema(value_type = String, format = DateTime)]
    pub(super) created_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) closed_at: Option<Time>,
}

impl From<ForReader<Conversation>> for ConversationOut {
    fn from(seen: ForReader<Conversation>) -> Self {
        let c = seen.conversation;
        ConversationOut {
            id: c.id.0,
            status: c.status.word(),
            widget_id: c.widget_id.0,
            contact: PersonOut {
                id: Some(c.contact.id.0),
                name: c.contact.name,
                email: c.contact.email,
                verified: Some(c.contact.verified),
                page_url: c.contact.page_url,
            },
            assignee: c.assignee.map(|a| NamedOut {
                id: a.id.0,
                name: a.name,
            }),
            team: c.team.map(|t| NamedOut {
                id: t.id.0,
                name: t.name,
            }),
            reference: c.reference.map(Into::into),
            ticket_id: None,
            tags: vec![],
            last_message: c.last_message.map(Into::into),
            unread_count: seen.unread_count,
            waiting_since: c.waiting_since,
            queue_position: seen.queue_position,
            snoozed_until: c.snoozed_until,
            created_at: c.created_at,
            closed_at: c.closed_at,
        }
    }
}

impl From<ForReader<PublicConversation>> for ConversationOut {
    fn from(seen: ForReader<PublicConversation>) -> Self {
        let c = seen.conversation;
        ConversationOut {
            id: c.id.0,
            status: c.status.word(),
            widget_id: c.widget_id.0,
            contact: PersonOut {
                id: c.contact.id.map(|i| i.0),
                name: c.contact.name,
                email: c.contact.email,
                verified: None,
                page_url: None,
            },
            assignee: c.assignee.map(|a| NamedOut {
                id: a.id.0,
                name: a.name,
            }),
            team: None,
            reference: c.reference.map(Into::into),
            ticket_id: None,
            tags: vec![],
            last_message: c.last_message.map(Into::into),
            unread_count: seen.unread_count,
            waiting_since: c.waiting_since,
            queue_position: seen.queue_position,
            snoozed_until: None,
            created_at: c.created_at,
            closed_at: c.closed_at,
        }
    }
}

impl From<Shown> for ConversationOut {
    fn from(s: Shown) -> Self {
        match s {
            Shown::Staff(c) => c.into(),
            Shown::Customer(c) => c.into(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct ConversationsOut {
    pub(super) items: Vec<ConversationOut>,
    pub(super) next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct MessagesOut {
    pub(super) items: Vec<MessageOut>,
    pub(super) next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct BegunOut {
    pub(super) conversation: ConversationOut,
    pub(super) message: MessageOut,
}

/// One conversation.
/// How many conversations each view holds for the asker
#[derive(Serialize, ToSchema)]
pub struct CountsOut {
    /// Assigned to the asker and not closed or snoozed
    pub(super) mine: i64,
    pub(super) unassigned: i64,
    pub(super) active: i64,
    pub(super) waiting: i64,
    pub(super) snoozed: i64,
    pub(super) closed: i64,
    pub(super) all: i64,
    /// Since midnight, UTC
    pub(super) closed_today: i64,
    /// Of `mine`, those with a text that the asker has not read
    pub(super) mine_unread: i64,
}

impl From<Counts> for CountsOut {
    fn from(c: Counts) -> CountsOut {
        CountsOut {
            mine: c.mine,
            unassigned: c.unassigned,
            active: c.active,
            waiting: c.waiting,
            snoozed: c.snoozed,
            closed: c.closed,
            all: c.all,
            closed_today: c.closed_today,
            mine_unread: c.mine_unread,
        }
    }
}

macro_rules! message_out {
    ($type:ty) => {
        impl From<$type> for MessageOut {
            fn from(m: $type) -> Self {
                MessageOut {
                    id: m.id.0,
                    seq: m.seq,
                    client_id: m.client_id.map(|c| c.0),
                    conversation_id: m.conversation_id.0,
                    kind: m.kind.word(),
                    body: m.body,
                    author: m.author.into(),
                    event: m.event.and_then(|e| serde_json::to_value(e).ok()),
                    attachments: m.attachments,
                    created_at: m.created_at,
                    edited_at: m.edited_at,
                }
            }
        }
    };
}

message_out!(Message);

message_out!(PublicMessage);
