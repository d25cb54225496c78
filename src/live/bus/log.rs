//! The append-only log and how its entries look when they are read. An entry holds ids and small facts; the
//! message's text and the conversation's state are joined here, at reading, so that erasing a person leaves
//! nothing behind. What leaves for a customer is made as another type than what leaves for staff.

use crate::base::db::{Conn, Tx, args, sql};
use crate::model::{
    agent::{Availability, Face, Team},
    contact::{Contact, Myself, Reference},
    conversation::{Conversation, PublicConversation},
    error::{Error, Result},
    event::{
        AgentNews, Change, Cursor, CustomerEvent, Event, EventKind, Listener, News, Place, Reader,
        Sight, Snapshot, StaffEvent, Stamp,
    },
    id::{ClientId, ConversationId, MessageId, WorkspaceId},
    message::{Author, AuthorKind, Kind, LineEvent, Message, PublicKind, PublicMessage},
    time::Time,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

sql! {
    TAKE = "update workspace set seq = seq + $2 where id = $1 returning seq";
    HEAD = "select epoch, seq, low_water from workspace where id = $1";
    APPEND = "insert into event (workspace_id, seq, kind, at, conversation_id, contact_id, message_id, \
        team_before, assignee_before, team_after, assignee_after, facts) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    PAGE = "select seq, kind, at, conversation_id, contact_id, message_id, team_before, assignee_before, \
        team_after, assignee_after, facts from event where workspace_id = $1 and seq > $2 order by seq limit $3";
    /// What concerns one contact, or everybody: however much others said meanwhile, it costs nothing. The numbers
    /// are found in the index alone; without that step SQLite walks the log itself for what is everybody's.
    PAGE_OF_CONTACT = "select seq, kind, at, conversation_id, contact_id, message_id, team_before, assignee_before, \
        team_after, assignee_after, facts from event where workspace_id = $1 and seq in ( \
        select seq from (select seq from event where workspace_id = $1 and contact_id = $4 and seq > $2 order by seq limit $3) as own \
        union all \
        select seq from (select seq from event where workspace_id = $1 and contact_id is null and seq > $2 order by seq limit $3) as everybodys) \
        order by seq limit $3";
    KINDS = "select seq, kind from event where workspace_id = $1 and seq > $2 order by seq limit $3";
    HEARD = "select seq from hearer where name = $1 and workspace_id = $2";
    HEARD_FIRST = "insert into hearer (name, workspace_id, seq) values ($1, $2, $3) on conflict (name, workspace_id) do nothing";
    HEARD_UP_TO = "update hearer set seq = $4 where name = $1 and workspace_id = $2 and seq = $3";
    WORKSPACES = "select id from workspace";
    LOW_WATER = "update workspace set low_water = $2 where id = $1 and low_water < $2";
    OLDEST_KEPT = "select min(seq) from hearer where workspace_id = $1";
    TRIM_TO = "select max(seq) from (select seq from event where workspace_id = $1 and at < $2 order by seq limit $3) as old";
    TRIM = "delete from event where workspace_id = $1 and seq <= $2";
    HEADS = "select id, seq from workspace";
    NEW_EPOCH = "update workspace set epoch = $2 where id = $1";
}

const APPEND_MANY: &str = "insert into event (workspace_id, seq, kind, at, conversation_id, contact_id, message_id, \
    team_before, assignee_before, team_after, assignee_after, facts) values";

const MESSAGES: &str = "select m.id, m.seq, m.client_id, m.conversation_id, m.kind, m.author_kind, m.author_id, m.body, m.event, \
    m.created_at, m.edited_at, a.name as agent_name, a.display_name as agent_display, c.name as contact_name \
    from message m left join agent a on a.id = m.author_id left join contact c on c.id = m.author_id ";

const CONVERSATIONS: &str = "select c.id, c.status, c.widget_id, c.contact_id, c.assignee_id, c.team_id, c.reference, \
    c.last_message_id, c.last_at, c.waiting_since, c.snoozed_until, c.snoozed_from, c.contact_texts, c.staff_texts, c.contact_read_seq, \
    c.staff_read_seq, c.revision, c.created_at, c.closed_at, \
    p.name as contact_name, p.email as contact_email, p.verified_at as contact_verified_at, p.page_url as contact_page_url, \
    p.created_at as contact_created_at, p.last_seen_at as contact_last_seen_at, \
    a.name as agent_name, a.display_name as agent_display, t.name as team_name \
    from conversation c join contact p on p.id = c.contact_id \
    left join agent a on a.id = c.assignee_id left join team t on t.id = c.team_id ";

/// A message as it lies in the database, with the names of today.
#[derive(sqlx::FromRow, Clone, Debug)]
pub struct MessageRow {
    pub id: Uuid,
    pub seq: i64,
    pub client_id: Option<Uuid>,
    pub conversation_id: Uuid,
    pub kind: String,
    pub author_kind: String,
    pub author_id: Uuid,
    pub body: String,
    pub event: Option<Json<LineEvent>>,
    pub created_at: DateTime<Utc>,
    pub edited_at: Option<DateTime<Utc>>,
    pub agent_name: Option<String>,
    pub agent_display: Option<String>,
    pub contact_name: Option<String>,
}

/// What a person without a name is called.
pub const VISITOR: &str = "Visitor";

impl MessageRow {
    fn author(&self, public: bool) -> Author {
        let kind: AuthorKind = self.author_kind.parse().unwrap_or(AuthorKind::System);
        let name = match kind {
            AuthorKind::Contact => self.contact_name.clone().unwrap_or_else(|| VISITOR.into()),
            AuthorKind::Agent if public => self.agent_display.clone().unwrap_or_default(),
            AuthorKind::Agent => self.agent_name.clone().unwrap_or_default(),
            AuthorKind::Bot | AuthorKind::System => Author::system().name,
        };
        Author {
            kind,
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
            kind: self.kind.parse().unwrap_or(Kind::Note),
            body: self.body.clone(),
            author: self.author(false),
            event: self.event.clone().map(|e| e.0),
            attachments: vec![],
            created_at: Time(self.created_at),
            edited_at: self.edited_at.map(Time),
        }
    }

    /// `None`: not for customers.
    pub fn public(&self) -> Option<PublicMessage> {
        let kind = match self.kind.as_str() {
            "text" => PublicKind::Text,
            "event"
                if self
                    .event
                    .as_ref()
                    .is_some_and(|e| e.0.happened.shown_to_customers()) =>
            {
                PublicKind::Event
            }
            _ => return None,
        };
        // An event line's sentence names colleagues in full; customers get the display name.
        let author = self.author(true);
        let body = match (&self.event, kind) {
            (Some(e), PublicKind::Event) => public_sentence(e.0.happened, &author.name),
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

/// The plain sentence of an event line; `who` is the author.
pub fn sentence(happened: crate::model::message::Happened, who: &str) -> String {
    use crate::model::message::Happened::*;
    match happened {
        Joined => format!("{who} took the conversation."),
        Assigned => format!("{who} assigned the conversation."),
        Unassigned => format!("{who} put the conversation back into the queue."),
        Ended => format!("{who} ended the conversation."),
        Reopened => format!("{who} opened the conversation again."),
        Snoozed => format!("{who} put the conversation to sleep."),
        Woke => "The conversation woke up.".into(),
    }
}

/// The same for customers, who see only two of them.
fn public_sentence(happened: crate::model::message::Happened, who: &str) -> String {
    match happened {
        crate::model::message::Happened::Joined => format!("{who} joined the conversation."),
        other => sentence(other, who),
    }
}

/// A conversation as it lies in the database, with the names of today.
#[derive(sqlx::FromRow, Clone, Debug)]
pub struct ConversationRow {
    pub id: Uuid,
    pub status: String,
    pub widget_id: Uuid,
    pub contact_id: Uuid,
    pub assignee_id: Option<Uuid>,
    pub team_id: Option<Uuid>,
    pub reference: Option<Json<Reference>>,
    pub last_message_id: Option<Uuid>,
    pub last_at: DateTime<Utc>,
    pub waiting_since: Option<DateTime<Utc>>,
    pub snoozed_until: Option<DateTime<Utc>>,
    pub snoozed_from: Option<String>,
    pub contact_texts: i64,
    pub staff_texts: i64,
    pub contact_read_seq: i64,
    pub staff_read_seq: i64,
    pub revision: i64,
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
    pub team_name: Option<String>,
    #[sqlx(skip)]
    pub last: Option<MessageRow>,
}

impl ConversationRow {
    pub fn place(&self) -> Place {
        Place {
            team: self.team_id.map(Into::into),
            assignee: self.assignee_id.map(Into::into),
        }
    }

    pub fn staff(&self) -> Conversation {
        Conversation {
            id: self.id.into(),
            status: self
                .status
                .parse()
                .unwrap_or(crate::model::conversation::Status::Waiting),
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
            team: self.team_id.map(|id| Team {
                id: id.into(),
                name: self.team_name.clone().unwrap_or_default(),
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
        let status = self
            .status
            .parse()
            .unwrap_or(crate::model::conversation::Status::Waiting);
        PublicConversation {
            id: self.id.into(),
            // That an agent set it aside is nobody's business outside.
            status: if status == crate::model::conversation::Status::Snoozed {
                crate::model::conversation::Status::Active
            } else {
                status
            },
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
            revision: self.revision,
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

/// Small facts of an entry, by kind.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<Reader>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentNews>,
    /// Anybody online in the workspace after this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// Whose sessions, caches or rows an internal entry is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Uuid>,
}

/// What a verb tells.
pub struct Tell {
    pub kind: EventKind,
    pub at: Time,
    pub stamp: Option<Stamp>,
    pub message: Option<MessageId>,
    pub facts: Facts,
}

impl Tell {
    pub fn of(kind: EventKind, stamp: Stamp, at: Time) -> Tell {
        Tell {
            kind,
            at,
            stamp: Some(stamp),
            message: None,
            facts: Facts::default(),
        }
    }

    /// Told to nobody: heard by caches and streams.
    pub fn inside(kind: EventKind, subject: Uuid, at: Time) -> Tell {
        Tell {
            kind,
            at,
            stamp: None,
            message: None,
            facts: Facts {
                subject: Some(subject),
                ..Facts::default()
            },
        }
    }

    fn values(&self, workspace: WorkspaceId, seq: i64) -> Vec<crate::base::db::Val> {
        let s = self.stamp.as_ref();
        args![
            workspace,
            seq,
            self.kind.word(),
            self.at,
            s.map(|s| s.conversation.0),
            s.map(|s| s.contact.0),
            self.message.map(|m| m.0),
            s.and_then(|s| s.before.team).map(|t| t.0),
            s.and_then(|s| s.before.assignee).map(|a| a.0),
            s.and_then(|s| s.after.team).map(|t| t.0),
            s.and_then(|s| s.after.assignee).map(|a| a.0),
            serde_json::to_value(&self.facts).unwrap_or_default(),
        ]
    }
}

/// The next `n` seqs of the workspace: returns the first. Locks the counter until the commit, so it is taken
/// after every other row.
pub async fn take(tx: &mut Tx, workspace: WorkspaceId, n: i64) -> Result<i64> {
    let (last,): (i64,) = tx.one(TAKE, args![workspace, n]).await?;
    tx.ring(workspace);
    Ok(last - n + 1)
}

/// Append one entry; returns its seq.
pub async fn tell(tx: &mut Tx, workspace: WorkspaceId, entry: Tell) -> Result<i64> {
    let seq = take(tx, workspace, 1).await?;
    tell_at(tx, workspace, seq, entry).await?;
    Ok(seq)
}

/// Append one entry at a seq that was taken for it.
pub async fn tell_at(tx: &mut Tx, workspace: WorkspaceId, seq: i64, entry: Tell) -> Result<()> {
    tx.run(APPEND, entry.values(workspace, seq)).await?;
    Ok(())
}

/// Append many at once, at seqs that were taken for them.
pub async fn tell_many(tx: &mut Tx, workspace: WorkspaceId, entries: &[(i64, Tell)]) -> Result<()> {
    let rows = entries.iter().map(|(seq, e)| e.values(workspace, *seq));
    Ok(tx.run_rows([APPEND_MANY, ""], rows).await?)
}

/// Where the log stands: epoch, head, and the seq below which nothing is kept.
#[derive(Clone, Debug)]
pub struct Head {
    pub epoch: String,
    pub seq: i64,
    pub low_water: i64,
}

impl Head {
    pub fn cursor(&self) -> Cursor {
        Cursor {
            epoch: self.epoch.clone(),
            seq: self.seq,
        }
    }

    /// Whether reading on from `cursor` misses nothing.
    pub fn follows(&self, cursor: &Cursor) -> bool {
        cursor.epoch == self.epoch && cursor.seq <= self.seq && cursor.seq >= self.low_water
    }
}

pub async fn head(conn: &mut Conn, workspace: WorkspaceId) -> Result<Head> {
    let (epoch, seq, low_water) = conn.one(HEAD, args![workspace]).await?;
    Ok(Head {
        epoch,
        seq,
        low_water,
    })
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    seq: i64,
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
    message: Option<MessageRow>,
    conversation: Option<ConversationRow>,
}

/// Up to `limit` entries after `after`, oldest first.
pub async fn read(
    conn: &mut Conn,
    workspace: WorkspaceId,
    after: i64,
    limit: i64,
) -> Result<Vec<Entry>> {
    let rows = conn.all(PAGE, args![workspace, after, limit]).await?;
    joined(conn, workspace, rows).await
}

/// The same, without what can never concern this listener.
pub async fn read_for(
    conn: &mut Conn,
    workspace: WorkspaceId,
    listener: &Listener,
    after: i64,
    limit: i64,
) -> Result<Vec<Entry>> {
    let Listener::Contact { id } = listener else {
        return read(conn, workspace, after, limit).await;
    };
    let rows = conn
        .all(PAGE_OF_CONTACT, args![workspace, after, limit, *id])
        .await?;
    joined(conn, workspace, rows).await
}

async fn joined(
    conn: &mut Conn,
    workspace: WorkspaceId,
    rows: Vec<EntryRow>,
) -> Result<Vec<Entry>> {
    let ids = |pick: fn(&EntryRow) -> Option<Uuid>| -> Vec<Uuid> {
        rows.iter()
            .filter_map(pick)
            .collect::<HashSet<_>>()
            .into_iter()
            .collect()
    };
    let messages: HashMap<Uuid, MessageRow> = messages(conn, workspace, &ids(|r| r.message_id))
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
    let conversations: HashMap<Uuid, ConversationRow> = conversations(conn, workspace, &wanted)
        .await?
        .into_iter()
        .map(|c| (c.id, c))
        .collect();
    Ok(rows
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
                message: r.message_id.and_then(|id| messages.get(&id).cloned()),
                conversation: r
                    .conversation_id
                    .and_then(|id| conversations.get(&id).cloned()),
            })
        })
        .collect())
}

/// The kinds of up to `limit` entries after `after`, oldest first: enough for a hearer that then looks itself.
pub async fn kinds(
    conn: &mut Conn,
    workspace: WorkspaceId,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, EventKind)>> {
    let rows: Vec<(i64, String)> = conn.all(KINDS, args![workspace, after, limit]).await?;
    Ok(rows
        .into_iter()
        .filter_map(|(seq, kind)| Some((seq, kind.parse().ok()?)))
        .collect())
}

/// Where the conversations of these entries stand today: what decides on replay.
pub async fn places(
    conn: &mut Conn,
    workspace: WorkspaceId,
    entries: &[Entry],
) -> Result<HashMap<ConversationId, Place>> {
    let ids: HashSet<Uuid> = entries
        .iter()
        .filter_map(|e| e.stamp)
        .map(|s| s.conversation.0)
        .collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    const ASKED: [&str; 3] = [
        "select id, team_id, assignee_id from conversation",
        "where workspace_id = $1 and id",
        "",
    ];
    let found: Vec<(Uuid, Option<Uuid>, Option<Uuid>)> =
        conn.among(ASKED, args![workspace], &ids).await?;
    let place = |(id, team, assignee): (Uuid, Option<Uuid>, Option<Uuid>)| {
        let (team, assignee) = (team.map(Into::into), assignee.map(Into::into));
        (id.into(), Place { team, assignee })
    };
    Ok(found.into_iter().map(place).collect())
}

impl Entry {
    /// How much of it a listener hears live: the stamp decides.
    pub fn sight(&self, listener: &Listener) -> Sight {
        match (&self.stamp, listener) {
            _ if self.kind.is_internal() => Sight::Nothing,
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

/// The state of a durable hearer; made at the head when it is new.
pub async fn heard(conn: &mut Conn, name: &str, workspace: WorkspaceId) -> Result<Option<i64>> {
    Ok(conn
        .opt::<(i64,)>(HEARD, args![name, workspace])
        .await?
        .map(|r| r.0))
}

/// Start hearing after `seq`.
pub async fn hear_from(tx: &mut Tx, name: &str, workspace: WorkspaceId, seq: i64) -> Result<()> {
    tx.run(HEARD_FIRST, args![name, workspace, seq]).await?;
    Ok(())
}

/// Move a hearer on, in the transaction that does what it heard. `false`: another node was faster.
pub async fn heard_up_to(
    tx: &mut Tx,
    name: &str,
    workspace: WorkspaceId,
    from: i64,
    to: i64,
) -> Result<bool> {
    Ok(tx
        .run(HEARD_UP_TO, args![name, workspace, from, to])
        .await?
        == 1)
}

pub async fn workspaces(conn: &mut Conn) -> Result<Vec<WorkspaceId>> {
    Ok(conn
        .all::<(Uuid,)>(WORKSPACES, args![])
        .await?
        .into_iter()
        .map(|(id,)| id.into())
        .collect())
}

/// Cut what is older than `before`, at most `batch` entries and never past a live hearer.
/// Returns how far it cut, if it did.
pub async fn trim(
    tx: &mut Tx,
    workspace: WorkspaceId,
    before: Time,
    batch: i64,
) -> Result<Option<i64>> {
    let (old,): (Option<i64>,) = tx.one(TRIM_TO, args![workspace, before, batch]).await?;
    let (kept,): (Option<i64>,) = tx.one(OLDEST_KEPT, args![workspace]).await?;
    let Some(to) = old.map(|o| kept.map_or(o, |k| o.min(k))) else {
        return Ok(None);
    };
    if tx.run(TRIM, args![workspace, to]).await? == 0 {
        return Ok(None);
    }
    tx.run(LOW_WATER, args![workspace, to]).await?;
    Ok(Some(to))
}

/// Every workspace's head.
pub async fn heads(conn: &mut Conn) -> Result<crate::base::head::Heads> {
    Ok(conn
        .all::<(Uuid, i64)>(HEADS, args![])
        .await?
        .into_iter()
        .collect())
}

/// Every cursor handed out before is `reset` from now on.
pub async fn new_epoch(tx: &mut Tx, workspace: WorkspaceId) -> Result<()> {
    tx.run(NEW_EPOCH, args![workspace, fresh_epoch()]).await?;
    Ok(())
}

/// 8 hex digits.
pub fn fresh_epoch() -> String {
    hex::encode(&crate::base::secrets::random()[..4])
}

/// What an agent says of themselves, as an entry.
pub fn availability(
    agent: Uuid,
    availability: Availability,
    online: bool,
    anyone: bool,
    at: Time,
) -> Tell {
    Tell {
        kind: EventKind::AvailabilityChanged,
        at,
        stamp: None,
        message: None,
        facts: Facts {
            agent: Some(AgentNews {
                id: agent.into(),
                availability,
                online,
            }),
            online: Some(anyone),
            ..Facts::default()
        },
    }
}
