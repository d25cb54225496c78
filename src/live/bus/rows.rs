//! A message and a conversation as they lie in the database, with the names of today, and as each side sees them.
//! What leaves for a customer is made as another type than what leaves for staff.

use crate::base::db::{Conn, args};
use crate::model::{
    agent::{Face, Team},
    contact::{Contact, Myself, Reference, called},
    conversation::{Conversation, PublicConversation, Status},
    error::{Error, Result},
    event::Place,
    id::{ClientId, ConversationId, WorkspaceId},
    message::{Author, AuthorKind, Kind, LineEvent, Message, PublicKind, PublicMessage},
    time::Time,
};
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use std::collections::HashMap;
use uuid::Uuid;

const MESSAGES: &str = "select m.id, m.seq, m.client_id, m.conversation_id, m.kind, m.author_kind, m.author_id, m.body, m.event, \
    m.created_at, m.edited_at, a.name as agent_name, a.display_name as agent_display, c.name as contact_name, c.email as contact_email \
    from message m left join agent a on a.id = m.author_id left join contact c on c.id = m.author_id ";

const CONVERSATIONS: &str = "select c.id, c.status, c.widget_id, c.contact_id, c.person_id, c.assignee_id, c.team_id, c.reference, \
    c.last_message_id, c.last_at, c.waiting_since, c.snoozed_until, c.snoozed_from, c.contact_texts, c.staff_texts, c.contact_read_seq, \
    c.staff_read_seq, c.revision, c.public_revision, c.created_at, c.closed_at, \
    p.name as contact_name, p.email as contact_email, p.verified_at as contact_verified_at, p.page_url as contact_page_url, \
    p.created_at as contact_created_at, p.last_seen_at as contact_last_seen_at, \
    a.name as agent_name, a.display_name as agent_display, t.name as team_name \
    from conversation c join contact p on p.id = c.contact_id \
    join team t on t.id = c.team_id left join agent a on a.id = c.assignee_id ";

/// A message as it lies in the database, with the names of today.
#[derive(sqlx::FromRow, Clone, Debug)]
pub struct MessageRow {
    pub id: Uuid,
    pub seq: i64,
    pub client_id: Option<Uuid>,
    pub conversation_id: Uuid,
    pub kind: Kind,
    pub author_kind: AuthorKind,
    pub author_id: Uuid,
    pub body: String,
    pub event: Option<Json<LineEvent>>,
    pub created_at: DateTime<Utc>,
    pub edited_at: Option<DateTime<Utc>>,
    pub agent_name: Option<String>,
    pub agent_display: Option<String>,
    pub contact_name: Option<String>,
    pub contact_email: Option<String>,
}

/// What a person without a name is called, to themselves; staff tell them apart, see `model::contact::called`.
pub const VISITOR: &str = "Visitor";

impl MessageRow {
    fn author(&self, public: bool) -> Author {
        let name = match self.author_kind {
            AuthorKind::Contact if !public => {
                let email = self.contact_email.as_deref();
                called(self.contact_name.as_deref(), email, self.author_id)
            }
            AuthorKind::Contact => self.contact_name.clone().unwrap_or_else(|| VISITOR.into()),
            AuthorKind::Agent if public => self.agent_display.clone().unwrap_or_default(),
            AuthorKind::Agent => self.agent_name.clone().unwrap_or_default(),
            AuthorKind::Bot | AuthorKind::System => Author::system().name,
        };
        Author {
            kind: self.author_kind,
            id: self.author_id,
            name,
        }
    }

    pub fn staff(&self) -> Message {
        Message {
            id: self.id.into(),
            seq: self.seq,
            client_id: self.client_id.map(ClientId),
            conversation_id: self.conversation_id.into(),
            kind: self.kind,
            body: self.body.clone(),
            author: self.author(false),
            event: self.event.clone().map(|e| e.0),
            attachments: vec![],
            created_at: Time(self.created_at),
            edited_at: self.edited_at.map(Time),
        }
    }

    /// Whether customers see it.
    pub fn is_shown(&self) -> bool {
        match (self.kind, &self.event) {
            (Kind::Text, _) => true,
            (Kind::Event, Some(line)) => line.0.happened.shown_to_customers(),
            _ => false,
        }
    }

    /// `None`: not for customers.
    pub fn public(&self) -> Option<PublicMessage> {
        let kind = match self.kind {
            _ if !self.is_shown() => return None,
            Kind::Text => PublicKind::Text,
            _ => PublicKind::Event,
        };
        // An event line's sentence names colleagues in full; customers get the display name.
        let author = self.author(true);
        let body = match (&self.event, kind) {
            (Some(e), PublicKind::Event) => e.0.happened.outside(&author)?.plain(),
            _ => self.body.clone(),
        };
        Some(PublicMessage {
            id: self.id.into(),
            seq: self.seq,
            client_id: self.client_id.map(ClientId),
            conversation_id: self.conversation_id.into(),
            kind,
            body,
            author,
            event: self.event.clone().map(|e| LineEvent {
                agent_id: None,
                ..e.0
            }),
            attachments: vec![],
            created_at: Time(self.created_at),
            edited_at: self.edited_at.map(Time),
        })
    }
}

/// A conversation as it lies in the database, with the names of today.
#[derive(sqlx::FromRow, Clone, Debug)]
pub struct ConversationRow {
    pub id: Uuid,
    pub status: Status,
    pub widget_id: Uuid,
    pub contact_id: Uuid,
    /// Whose it is now, see `threads::adopt`.
    pub person_id: Uuid,
    pub assignee_id: Option<Uuid>,
    pub team_id: Uuid,
    pub reference: Option<Json<Reference>>,
    pub last_message_id: Option<Uuid>,
    pub last_at: DateTime<Utc>,
    pub waiting_since: Option<DateTime<Utc>>,
    pub snoozed_until: Option<DateTime<Utc>>,
    pub snoozed_from: Option<Status>,
    pub contact_texts: i64,
    pub staff_texts: i64,
    pub contact_read_seq: i64,
    pub staff_read_seq: i64,
    pub revision: i64,
    /// The same, of what its customer sees of it.
    pub public_revision: i64,
    pub created_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    pub contact_name: Option<String>,
    pub contact_email: Option<String>,
    pub contact_verified_at: Option<DateTime<Utc>>,
    pub contact_page_url: Option<String>,
    pub contact_created_at: DateTime<Utc>,
    pub contact_last_seen_at: DateTime<Utc>,
    pub agent_name: Option<String>,
    pub agent_display: Option<String>,
    pub team_name: String,
    #[sqlx(skip)]
    pub last: Option<MessageRow>,
}

impl ConversationRow {
    pub fn place(&self) -> Place {
        Place {
            team: self.team_id.into(),
            assignee: self.assignee_id.map(Into::into),
        }
    }

    pub fn staff(&self) -> Conversation {
        Conversation {
            id: self.id.into(),
            status: self.status,
            widget_id: self.widget_id.into(),
            contact: Contact {
                id: self.contact_id.into(),
                name: self.contact_name.clone(),
                email: self.contact_email.clone(),
                verified: self.contact_verified_at.is_some(),
                page_url: self.contact_page_url.clone(),
                created_at: Time(self.contact_created_at),
                last_seen_at: Time(self.contact_last_seen_at),
            },
            assignee: self.assignee_id.map(|id| Face {
                id: id.into(),
                name: self.agent_name.clone().unwrap_or_default(),
            }),
            team: Some(Team {
                id: self.team_id.into(),
                name: self.team_name.clone(),
            }),
            reference: self.reference.clone().map(|r| r.0),
            last_message: self.last.as_ref().map(MessageRow::staff),
            waiting_since: self.waiting_since.map(Time),
            snoozed_until: self.snoozed_until.map(Time),
            contact_texts: self.contact_texts,
            staff_texts: self.staff_texts,
            contact_read_seq: self.contact_read_seq,
            revision: self.revision,
            created_at: Time(self.created_at),
            closed_at: self.closed_at.map(Time),
        }
    }

    pub fn public(&self) -> PublicConversation {
        PublicConversation {
            id: self.id.into(),
            status: self.status.outside(self.snoozed_from),
            widget_id: self.widget_id.into(),
            contact: Myself {
                id: Some(self.contact_id.into()),
                name: self.contact_name.clone(),
                email: self.contact_email.clone(),
            },
            assignee: self.assignee_id.map(|id| Face {
                id: id.into(),
                name: self.agent_display.clone().unwrap_or_default(),
            }),
            reference: self.reference.clone().map(|r| r.0),
            last_message: self.last.as_ref().and_then(MessageRow::public),
            waiting_since: self.waiting_since.map(Time),
            contact_texts: self.contact_texts,
            staff_texts: self.staff_texts,
            staff_read_seq: self.staff_read_seq,
            revision: self.public_revision,
            created_at: Time(self.created_at),
            closed_at: self.closed_at.map(Time),
        }
    }
}

/// Messages by id, in no order.
pub async fn messages(
    conn: &mut Conn,
    workspace: WorkspaceId,
    ids: &[Uuid],
) -> Result<Vec<MessageRow>> {
    const ASKED: [&str; 3] = [MESSAGES, "where m.workspace_id = $1 and m.id", ""];
    Ok(conn.among(ASKED, args![workspace], ids).await?)
}

/// Conversations by id with their last messages, in no order.
pub async fn conversations(
    conn: &mut Conn,
    workspace: WorkspaceId,
    ids: &[Uuid],
) -> Result<Vec<ConversationRow>> {
    const ASKED: [&str; 3] = [CONVERSATIONS, "where c.workspace_id = $1 and c.id", ""];
    let mut found: Vec<ConversationRow> = conn.among(ASKED, args![workspace], ids).await?;
    let last: Vec<Uuid> = found.iter().filter_map(|c| c.last_message_id).collect();
    let mut last: HashMap<Uuid, MessageRow> = messages(conn, workspace, &last)
        .await?
        .into_iter()
        .map(|m| (m.id, m))
        .collect();
    for c in &mut found {
        c.last = c.last_message_id.and_then(|id| last.remove(&id));
    }
    Ok(found)
}

/// One conversation, wherever it stands: whoever calls has decided that it may be seen.
pub async fn conversation(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: ConversationId,
) -> Result<ConversationRow> {
    conversations(conn, workspace, &[id.0])
        .await?
        .pop()
        .ok_or(Error::NotFound)
}
