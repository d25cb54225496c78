//! The SQL of conversations and messages.

use crate::base::db::{Conn, Tx, Val, args, sql, statement};
use crate::desk::account::ops::rules::sight;
use crate::live::bus::rows::{self, ConversationRow, MessageRow};
use crate::model::{
    conversation::{Channel, Counts, Order, Status, View},
    error::{Error, Result},
    event::{Listener, Place},
    id::*,
    message::{AuthorKind, LineEvent},
    time::Time,
};
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// The columns that a verb decides on and may change. Taken with `update … returning`, which locks the
/// rows on PostgreSQL and is portable.
macro_rules! locked {
    () => {
        "id, contact_id, widget_id, status, snoozed_from, snoozed_until, assignee_id, team_id, contact_texts, staff_texts, \
         waiting_since, last_message_id, last_at, revision, public_revision, staff_read_seq, closed_at, \
         (select p.name from contact p where p.id = contact_id) as contact_name"
    };
}

sql! {
    LOCK = concat!("update conversation set revision = revision where workspace_id = $1 and id = $2 returning ", locked!());
    LOCK_NEWEST = concat!("update conversation set revision = revision where id = (select c.id from conversation c \
        where c.workspace_id = $1 and c.widget_id = $2 and c.contact_id = $3 order by c.created_at desc, c.id desc limit 1) returning ", locked!());
    ADD = "insert into conversation (id, workspace_id, widget_id, contact_id, status, assignee_id, team_id, reference, last_at, \
        waiting_since, created_at, channel, person_id) values ($1, $2, $3, $4, $5, $6, $7, \
        coalesce($8, (select p.reference from contact p where p.id = $4)), $9, $10, $11, $12, \
        (select coalesce(p.merged_into, p.id) from contact p where p.id = $4)) on conflict do nothing";
    BY_CLIENT = "select id, author_id, client_id, request_hash from message where workspace_id = $1 and client_id = $2 and author_id = $3";
    TALLY = "insert into tally (workspace_id, team_id, assignee_id, status, n) values ($1, $2, $3, $4, $5) \
        on conflict (workspace_id, team_id, assignee_id, status) do update set n = tally.n + excluded.n";
    TALLIES = "select team_id, assignee_id, status, n from tally where workspace_id = $1 and n <> 0";
    CLOSED_SINCE = concat!("select cast(count(*) as bigint) from conversation where workspace_id = $1 and status = 'closed' \
        and last_at >= $2 and closed_at >= $2 and ($3 or ", sight!("", "$4"), ")");
    MINE_UNREAD = "select cast(count(*) as bigint) from conversation c left join receipt r on r.conversation_id = c.id and r.person_id = $2 \
        where c.workspace_id = $1 and c.assignee_id = $2 and c.status in ('waiting', 'active') and c.contact_texts > coalesce(r.contact_texts, 0)";
    THREAD = "select id from message where conversation_id = $1 and workspace_id = $2 and seq < $3 order by seq desc limit $4";
    THREAD_AFTER = "select id from message where conversation_id = $1 and workspace_id = $2 and seq > $3 order by seq limit $4";
    THREAD_OUTSIDE = "select id from message where conversation_id = $1 and workspace_id = $2 and seq < $3 and shown order by seq desc limit $4";
    THREAD_AFTER_OUTSIDE = "select id from message where conversation_id = $1 and workspace_id = $2 and seq > $3 and shown order by seq limit $4";
    RECEIPT = "select read_seq, contact_texts, staff_texts from receipt where conversation_id = $1 and person_id = $2";
    TEXTS_BETWEEN = "select author_kind, cast(count(*) as bigint) from message where conversation_id = $1 and kind = 'text' \
        and seq > $2 and seq <= $3 group by author_kind";
    SHOWN_UP_TO = "select coalesce(max(seq), 0) from message where conversation_id = $1 and shown and seq <= $2";
    ANSWERED = "select id from message where conversation_id = $1 and kind = 'text' and author_id = $2 limit 1";
    READ = "insert into receipt (conversation_id, person_id, workspace_id, read_seq, contact_texts, staff_texts) values ($1, $2, $3, $4, $5, $6) \
        on conflict (conversation_id, person_id) do update set read_seq = excluded.read_seq, contact_texts = excluded.contact_texts, staff_texts = excluded.staff_texts";
    READ_BY_CONTACT = "update conversation set contact_read_seq = $3 where workspace_id = $1 and id = $2 and contact_read_seq < $3";
    READ_BY_STAFF = "update conversation set staff_read_seq = $3 where workspace_id = $1 and id = $2 and staff_read_seq < $3";
    OF_PERSON = "select id from conversation where workspace_id = $1 and person_id = $2 order by last_at desc, id desc limit 20";
    NEWEST = "select id from conversation where workspace_id = $1 and widget_id = $2 and contact_id = $3 order by created_at desc, id desc limit 1";
    LEFT_BEHIND = "select id from conversation where workspace_id = $1 and status in ('waiting', 'active', 'snoozed') \
        and assignee_id in (select a.id from agent a where a.workspace_id = $1 and a.state = 'suspended') order by id limit $2";
}

const ADD_MESSAGES: &str = "insert into message (id, workspace_id, conversation_id, seq, client_id, request_hash, kind, \
    author_kind, author_id, body, event, created_at, shown) values";
const CHANGE_HEAD: &str = "update conversation set status = v.column2, assignee_id = v.column3, team_id = v.column4, \
    last_message_id = v.column5, last_at = v.column6, waiting_since = v.column7, snoozed_until = v.column8, snoozed_from = v.column9, \
    contact_texts = v.column10, staff_texts = v.column11, revision = v.column12, closed_at = v.column13, public_revision = v.column14 from (values";
/// Of columns that no rule reads and only the order of lists needs: half the indexes are left alone.
const TALK_HEAD: &str = "update conversation set last_message_id = v.column2, last_at = v.column3, contact_texts = v.column4, \
    staff_texts = v.column5, revision = v.column6, public_revision = v.column7 from (values";
const CHANGE_TAIL: &str = ") as v where conversation.id = v.column1";

/// How far a queue is counted.
const QUEUE: i64 = 1000;

/// A conversation in the hands of a verb.
#[derive(sqlx::FromRow, Clone, Debug)]
pub struct Locked {
    pub id: Uuid,
    pub contact_id: Uuid,
    pub widget_id: Uuid,
    pub status: Status,
    pub snoozed_from: Option<Status>,
    pub snoozed_until: Option<DateTime<Utc>>,
    pub assignee_id: Option<Uuid>,
    pub team_id: Uuid,
    pub contact_texts: i64,
    pub staff_texts: i64,
    pub waiting_since: Option<DateTime<Utc>>,
    pub last_message_id: Option<Uuid>,
    pub last_at: DateTime<Utc>,
    pub revision: i64,
    pub public_revision: i64,
    pub staff_read_seq: i64,
    pub closed_at: Option<DateTime<Utc>>,
    pub contact_name: Option<String>,
}

impl Locked {
    pub fn place(&self) -> Place {
        Place {
            team: self.team_id.into(),
            assignee: self.assignee_id.map(Into::into),
        }
    }
    pub fn bucket(&self) -> Bucket {
        let place = self.place();
        (place.team, place.assignee, self.status)
    }
    /// What its customer sees of where it stands.
    pub fn outside(&self) -> (Status, Option<Uuid>, Option<DateTime<Utc>>) {
        let status = self.status.outside(self.snoozed_from);
        (status, self.assignee_id, self.closed_at)
    }
    /// Whether nothing but what was said is different.
    pub fn stays(&self, was: &Locked) -> bool {
        self.bucket() == was.bucket()
            && self.waiting_since == was.waiting_since
            && self.snoozed_until == was.snoozed_until
            && self.snoozed_from == was.snoozed_from
            && self.closed_at == was.closed_at
    }
}

/// Hold one conversation: nobody else changes it until the transaction ends.
pub async fn lock(tx: &mut Tx, workspace: WorkspaceId, id: ConversationId) -> Result<Locked> {
    tx.opt(LOCK, args![workspace, id])
        .await?
        .ok_or(Error::NotFound)
}

/// Hold the newest conversation of a contact at a widget, open or closed.
pub async fn lock_newest(
    tx: &mut Tx,
    workspace: WorkspaceId,
    widget: WidgetId,
    contact: ContactId,
) -> Result<Option<Locked>> {
    Ok(tx
        .opt(LOCK_NEWEST, args![workspace, widget, contact])
        .await?)
}

/// Hold those named.
pub async fn lock_these(tx: &mut Tx, workspace: WorkspaceId, ids: &[Uuid]) -> Result<Vec<Locked>> {
    lock_where(tx, "where workspace_id = $1 and id", workspace, ids).await
}

/// Hold the open ones of these contacts.
pub async fn lock_open_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    contacts: &[Uuid],
) -> Result<Vec<Locked>> {
    const OPEN: &str = "where workspace_id = $1 and status <> 'closed' and contact_id";
    lock_where(tx, OPEN, workspace, contacts).await
}

async fn lock_where(
    tx: &mut Tx,
    condition: &'static str,
    workspace: WorkspaceId,
    list: &[Uuid],
) -> Result<Vec<Locked>> {
    const HEAD: &str = concat!("select ", locked!(), " from conversation");
    // In SQLite whoever writes is alone; elsewhere all lock in one order.
    let lock = if tx.is_postgres() {
        "order by id for update"
    } else {
        ""
    };
    let asked = [HEAD, condition, lock];
    Ok(tx.among(asked, args![workspace], list).await?)
}

pub struct NewConversation {
    pub id: ConversationId,
    pub widget: WidgetId,
    pub contact: ContactId,
    pub status: Status,
    pub assignee: Option<AgentId>,
    pub team: TeamId,
    pub reference: Option<serde_json::Value>,
    pub at: Time,
    pub waiting_since: Option<Time>,
}

/// `false`: an open one exists already for this widget and contact.
pub async fn add(tx: &mut Tx, workspace: WorkspaceId, c: &NewConversation) -> Result<bool> {
    let values = args![
        c.id,
        workspace,
        c.widget,
        c.contact,
        c.status,
        c.assignee.map(|a| a.0),
        c.team,
        c.reference.clone(),
        c.at,
        c.waiting_since.map(|t| t.0),
        c.at,
        Channel::Chat
    ];
    Ok(tx.run(ADD, values).await? == 1)
}

/// A message that was sent under this client id by this person: its id and what was asked then.
#[derive(sqlx::FromRow, Clone, Debug)]
pub struct Sent {
    pub id: Uuid,
    pub author_id: Uuid,
    pub client_id: Uuid,
    pub request_hash: Vec<u8>,
}

pub async fn sent(
    conn: &mut Conn,
    workspace: WorkspaceId,
    client: ClientId,
    author: Uuid,
) -> Result<Option<Sent>> {
    Ok(conn
        .opt(BY_CLIENT, args![workspace, client, author])
        .await?)
}

pub async fn sent_many(
    conn: &mut Conn,
    workspace: WorkspaceId,
    clients: &[Uuid],
) -> Result<Vec<Sent>> {
    const ASKED: [&str; 3] = [
        "select id, author_id, client_id, request_hash from message",
        "where workspace_id = $1 and client_id",
        "",
    ];
    Ok(conn.among(ASKED, args![workspace], clients).await?)
}

/// A message about to be written, with what its answer needs.
#[derive(Clone, Debug)]
pub struct NewMessage {
    pub row: MessageRow,
    pub request_hash: Option<[u8; 32]>,
}

pub async fn add_messages(
    tx: &mut Tx,
    workspace: WorkspaceId,
    messages: &[NewMessage],
) -> Result<()> {
    let rows = messages.iter().map(|NewMessage { row, request_hash }| {
        let event = row.event.as_ref();
        args![
            row.id,
            workspace,
            row.conversation_id,
            row.seq,
            row.client_id,
            request_hash.map(|h| h.to_vec()),
            row.kind,
            row.author_kind,
            row.author_id,
            row.body.clone(),
            event.map(|e| serde_json::to_value(&e.0).unwrap_or_default()),
            row.created_at,
            row.is_shown()
        ]
    });
    Ok(tx.run_rows([ADD_MESSAGES, ""], rows).await?)
}

/// Write what verbs may have changed.
pub async fn change<'a>(tx: &mut Tx, changed: impl Iterator<Item = &'a Locked>) -> Result<()> {
    let rows = changed.map(|c| {
        args![
            c.id,
            c.status,
            c.assignee_id,
            c.team_id,
            c.last_message_id,
            c.last_at,
            c.waiting_since,
            c.snoozed_until,
            c.snoozed_from,
            c.contact_texts,
            c.staff_texts,
            c.revision,
            c.closed_at,
            c.public_revision
        ]
    });
    Ok(tx.run_rows([CHANGE_HEAD, CHANGE_TAIL], rows).await?)
}

/// Write what was said where nothing else changed (see [`Locked::stays`]).
pub async fn talk<'a>(tx: &mut Tx, changed: impl Iterator<Item = &'a Locked>) -> Result<()> {
    let rows = changed.map(|c| {
        args![
            c.id,
            c.last_message_id,
            c.last_at,
            c.contact_texts,
            c.staff_texts,
            c.revision,
            c.public_revision
        ]
    });
    Ok(tx.run_rows([TALK_HEAD, CHANGE_TAIL], rows).await?)
}

/// Which count a conversation is part of.
pub type Bucket = (TeamId, Option<AgentId>, Status);

pub async fn tally(
    tx: &mut Tx,
    workspace: WorkspaceId,
    changes: &BTreeMap<Bucket, i64>,
) -> Result<()> {
    for ((team, assignee, status), n) in changes.iter().filter(|(_, n)| **n != 0) {
        let assignee = assignee.map_or(Uuid::nil(), |a| a.0);
        tx.run(TALLY, args![workspace, *team, assignee, *status, *n])
            .await?;
    }
    Ok(())
}

/// What the listener may count, from the rows that are kept.
pub async fn counts(
    conn: &mut Conn,
    workspace: WorkspaceId,
    who: &Listener,
    today: Time,
) -> Result<Counts> {
    let Listener::Staff { id: me, role, .. } = who else {
        return Ok(Counts::default());
    };
    let mut counts = Counts::default();
    for (team, assignee, status, n) in conn
        .all::<(Uuid, Uuid, Status, i64)>(TALLIES, args![workspace])
        .await?
    {
        let place = Place {
            team: team.into(),
            assignee: (!assignee.is_nil()).then_some(assignee.into()),
        };
        if !who.sees(place) {
            continue;
        }
        counts.all += n;
        match status {
            Status::Active => counts.active += n,
            Status::Waiting => counts.waiting += n,
            Status::Snoozed => counts.snoozed += n,
            Status::Closed => counts.closed += n,
        }
        if status.is_due() {
            counts.mine += if place.assignee == Some(*me) { n } else { 0 };
            counts.unassigned += if place.assignee.is_none() { n } else { 0 };
        }
    }
    let (closed,): (i64,) = conn
        .one(CLOSED_SINCE, args![workspace, today, role.reads_all(), *me])
        .await?;
    counts.closed_today = closed;
    (counts.mine_unread,) = conn.one(MINE_UNREAD, args![workspace, *me]).await?;
    Ok(counts)
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub view: Option<View>,
    pub status: Option<Status>,
    pub assignee: Option<AgentId>,
    pub unassigned: bool,
    pub team: Option<TeamId>,
    pub order: Order,
}

/// A page of conversations that the listener may see, in the filter's order, from a place on. Each comes with the
/// time that it is placed by.
pub async fn list(
    conn: &mut Conn,
    workspace: WorkspaceId,
    who: &Listener,
    filter: &Filter,
    after: Option<(Time, Uuid)>,
    limit: i64,
) -> Result<Vec<(Time, ConversationRow)>> {
    // Named one by one, each is found in the index behind its assignee; what is "not closed" would be looked for.
    const DUE: &str = " and c.status in ('waiting', 'active')";
    // Those who wait are few and are sorted; everything else is in the order of its index.
    let (placed, before, order) = match filter.order {
        Order::Newest => ("c.last_at", "<", "desc"),
        Order::Longest => ("coalesce(c.waiting_since, c.last_at)", ">", "asc"),
    };
    let mut sql = format!("select c.id, {placed} from conversation c where c.workspace_id = $1");
    let mut values = args![workspace];
    let mut also = |text: &str, value: Option<Val>| {
        if let Some(v) = value {
            values.push(v);
            sql.push_str(&text.replace('?', &format!("${}", values.len())));
        } else {
            sql.push_str(text);
        }
    };
    match who {
        Listener::Contact { id, only, .. } => {
            also(" and c.contact_id = ?", Some(Val::from(*id)));
            if let Some(only) = only {
                also(" and c.id = ?", Some(Val::from(*only)));
            }
        }
        Listener::Staff { role, .. } if role.reads_all() => {}
        Listener::Staff { id, .. } => {
            also(concat!(" and ", sight!("c.", "?")), Some(Val::from(*id)))
        }
    }
    if let (Some(view), Listener::Staff { id, .. }) = (filter.view, who) {
        match view {
            View::Mine => {
                also(DUE, None);
                also(" and c.assignee_id = ?", Some(Val::from(*id)));
            }
            View::Unassigned => {
                also(DUE, None);
                also(" and c.assignee_id is null", None);
            }
            View::Active => also(" and c.status = 'active'", None),
            View::Waiting => also(" and c.status = 'waiting'", None),
            View::Snoozed => also(" and c.status = 'snoozed'", None),
            View::Closed => also(" and c.status = 'closed'", None),
            View::All => {}
        }
    }
    if let Some(status) = filter.status {
        also(" and c.status = ?", Some(Val::from(status)));
    }
    if let Some(agent) = filter.assignee {
        also(" and c.assignee_id = ?", Some(Val::from(agent)));
    }
    if filter.unassigned {
        also(" and c.assignee_id is null", None);
    }
    if let Some(team) = filter.team {
        also(" and c.team_id = ?", Some(Val::from(team)));
    }
    if let Some((at, id)) = after {
        also(
            &format!(" and ({placed}, c.id) {before} (?, "),
            Some(Val::from(at)),
        );
        also("?)", Some(Val::from(id)));
    }
    also(
        &format!(" order by {placed} {order}, c.id {order} limit ?"),
        Some(Val::from(limit)),
    );
    let found: Vec<(Uuid, DateTime<Utc>)> = conn.all(statement(sql), values).await?;
    let at: HashMap<Uuid, DateTime<Utc>> = found.iter().copied().collect();
    let ids = found.into_iter().map(|(id, _)| id).collect();
    let rows = in_order(conn, workspace, ids).await?;
    let placed = |row: ConversationRow| (Time(at[&row.id]), row);
    Ok(rows.into_iter().map(placed).collect())
}

async fn in_order(
    conn: &mut Conn,
    workspace: WorkspaceId,
    order: Vec<Uuid>,
) -> Result<Vec<ConversationRow>> {
    let mut found: HashMap<Uuid, ConversationRow> = rows::conversations(conn, workspace, &order)
        .await?
        .into_iter()
        .map(|c| (c.id, c))
        .collect();
    Ok(order
        .into_iter()
        .filter_map(|id| found.remove(&id))
        .collect())
}

/// The person's conversations, the latest first, at most 20.
pub async fn of_person(
    conn: &mut Conn,
    workspace: WorkspaceId,
    person: ContactId,
) -> Result<Vec<ConversationRow>> {
    let order: Vec<Uuid> = conn
        .all::<(Uuid,)>(OF_PERSON, args![workspace, person])
        .await?
        .into_iter()
        .map(|(id,)| id)
        .collect();
    in_order(conn, workspace, order).await
}

pub async fn newest(
    conn: &mut Conn,
    workspace: WorkspaceId,
    widget: WidgetId,
    contact: ContactId,
) -> Result<Option<ConversationId>> {
    Ok(conn
        .opt::<(Uuid,)>(NEWEST, args![workspace, widget, contact])
        .await?
        .map(|(id,)| id.into()))
}

/// Which messages of a thread: what is hidden from somebody takes no place in their pages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Staffs,
    Customers,
}

/// Up to `limit` messages before `before` (or, with `after`, behind it), oldest first, and whether there are more.
pub async fn thread(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: ConversationId,
    whose: Whose,
    before: Option<i64>,
    after: Option<i64>,
    limit: usize,
) -> Result<(Vec<MessageRow>, bool)> {
    let (back, on) = match whose {
        Whose::Staffs => (THREAD, THREAD_AFTER),
        Whose::Customers => (THREAD_OUTSIDE, THREAD_AFTER_OUTSIDE),
    };
    let most = limit as i64 + 1;
    let mut order: Vec<Uuid> = match after {
        Some(after) => {
            conn.all::<(Uuid,)>(on, args![id, workspace, after, most])
                .await?
        }
        None => {
            conn.all::<(Uuid,)>(back, args![id, workspace, before.unwrap_or(i64::MAX), most])
                .await?
        }
    }
    .into_iter()
    .map(|(id,)| id)
    .collect();
    let more = order.len() > limit;
    order.truncate(limit);
    let mut messages = rows::messages(conn, workspace, &order).await?;
    messages.sort_by_key(|m| m.seq);
    Ok((messages, more))
}

/// How far a person has read: seq, the contact's texts up to there, and staff's.
pub async fn receipt(conn: &mut Conn, id: ConversationId, person: Uuid) -> Result<(i64, i64, i64)> {
    Ok(conn
        .opt(RECEIPT, args![id, person])
        .await?
        .unwrap_or_default())
}

/// Texts read by a person, by conversation: the contact's and staff's.
pub async fn receipts(
    conn: &mut Conn,
    workspace: WorkspaceId,
    person: Uuid,
    list: &[ConversationRow],
) -> Result<HashMap<Uuid, (i64, i64)>> {
    const ASKED: [&str; 3] = [
        "select conversation_id, contact_texts, staff_texts from receipt",
        "where workspace_id = $1 and person_id = $2 and conversation_id",
        "",
    ];
    let ids: Vec<Uuid> = list.iter().map(|c| c.id).collect();
    let found: Vec<(Uuid, i64, i64)> = conn.among(ASKED, args![workspace, person], &ids).await?;
    Ok(found
        .into_iter()
        .map(|(id, contact, staff)| (id, (contact, staff)))
        .collect())
}

/// Texts of each side in `(from, to]`: the contact's and staff's.
pub async fn texts_between(
    conn: &mut Conn,
    id: ConversationId,
    from: i64,
    to: i64,
) -> Result<(i64, i64)> {
    let found: Vec<(AuthorKind, i64)> = conn.all(TEXTS_BETWEEN, args![id, from, to]).await?;
    let by = |kinds: &[AuthorKind]| {
        let theirs = found.iter().filter(|(kind, _)| kinds.contains(kind));
        theirs.map(|(_, n)| n).sum()
    };
    Ok((
        by(&[AuthorKind::Contact]),
        by(&[AuthorKind::Agent, AuthorKind::Bot]),
    ))
}

/// The last seq up to this one that the customer sees: what staff have among themselves is nobody's read mark.
pub async fn shown_up_to(conn: &mut Conn, id: ConversationId, seq: i64) -> Result<i64> {
    Ok(conn.one::<(i64,)>(SHOWN_UP_TO, args![id, seq]).await?.0)
}

/// Whether they have written to the customer in it.
pub async fn answered(conn: &mut Conn, id: ConversationId, person: Uuid) -> Result<bool> {
    let found: Option<(Uuid,)> = conn.opt(ANSWERED, args![id, person]).await?;
    Ok(found.is_some())
}

/// How far whom has read these, in no order: conversation, person, seq.
pub async fn marks(
    conn: &mut Conn,
    workspace: WorkspaceId,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Uuid, i64)>> {
    const ASKED: [&str; 3] = [
        "select conversation_id, person_id, read_seq from receipt",
        "where workspace_id = $1 and conversation_id",
        "",
    ];
    Ok(conn.among(ASKED, args![workspace], ids).await?)
}

/// The customer's texts up to there are ticked as read.
pub async fn tick(tx: &mut Tx, workspace: WorkspaceId, id: Uuid, seq: i64) -> Result<()> {
    tx.run(READ_BY_STAFF, args![workspace, id, seq]).await?;
    Ok(())
}

pub async fn save_receipt(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ConversationId,
    person: Uuid,
    at: (i64, i64, i64),
) -> Result<()> {
    tx.run(READ, args![id, person, workspace, at.0, at.1, at.2])
        .await?;
    Ok(())
}

/// The customer has read so far.
pub async fn read_by_contact(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ConversationId,
    seq: i64,
) -> Result<()> {
    tx.run(READ_BY_CONTACT, args![workspace, id, seq]).await?;
    Ok(())
}

/// Who comes when, from 1, of those of `list` that wait for somebody; beyond the first [`QUEUE`] all are the same.
pub async fn queued(
    conn: &mut Conn,
    workspace: WorkspaceId,
    list: &[ConversationRow],
) -> Result<HashMap<Uuid, i64>> {
    const ASKED: [&str; 3] = [
        "select id, place from (select id, row_number() over (order by waiting_since, id) as place from conversation \
         where workspace_id = $1 and status = 'waiting' and assignee_id is null and waiting_since is not null \
         order by waiting_since, id limit $2) as queue",
        "where id",
        "",
    ];
    let waits = |c: &&ConversationRow| {
        c.status == Status::Waiting && c.assignee_id.is_none() && c.waiting_since.is_some()
    };
    let ids: Vec<Uuid> = list.iter().filter(waits).map(|c| c.id).collect();
    let mut places: HashMap<Uuid, i64> = ids.iter().map(|id| (*id, QUEUE + 1)).collect();
    places.extend(
        conn.among::<(Uuid, i64)>(ASKED, args![workspace, QUEUE], &ids)
            .await?,
    );
    Ok(places)
}

/// PostgreSQL alone: tell the other nodes what passes by.
pub async fn notify(pool: &sqlx::PgPool, payload: &str) -> Result<()> {
    sqlx::query("select pg_notify('deskbell_passing', $1)")
        .bind(payload)
        .execute(pool)
        .await?;
    Ok(())
}

/// An event line of a thread.
#[derive(sqlx::FromRow)]
pub struct Line {
    pub conversation_id: Uuid,
    pub author_id: Uuid,
    pub seq: i64,
    pub event: Json<LineEvent>,
}

/// The event lines of these since then, in no order.
pub async fn lines_since(
    conn: &mut Conn,
    workspace: WorkspaceId,
    ids: &[Uuid],
    since: Time,
) -> Result<Vec<Line>> {
    const ASKED: [&str; 3] = [
        "select conversation_id, author_id, seq, event from message",
        "where workspace_id = $1 and kind = 'event' and event is not null and created_at >= $2 and conversation_id",
        "",
    ];
    Ok(conn.among(ASKED, args![workspace, since], ids).await?)
}

/// Open ones that belong to somebody who is suspended.
pub async fn left_behind(conn: &mut Conn, workspace: WorkspaceId, most: i64) -> Result<Vec<Uuid>> {
    let found: Vec<(Uuid,)> = conn.all(LEFT_BEHIND, args![workspace, most]).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}
