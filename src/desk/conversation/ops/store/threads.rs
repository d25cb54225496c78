//! A conversation that is locked, changed and written.

use super::counts::Bucket;
use crate::base::db::{Conn, Tx, args, sql};
use crate::live::bus::rows::ConversationRow;
use crate::model::{
    conversation::{Channel, Status},
    error::{Error, Result},
    event::Place,
    id::*,
    time::Time,
};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
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
}

pub(super) const CHANGE_HEAD: &str = "update conversation set status = v.column2, assignee_id = v.column3, team_id = v.column4, \
    last_message_id = v.column5, last_at = v.column6, waiting_since = v.column7, snoozed_until = v.column8, snoozed_from = v.column9, \
    contact_texts = v.column10, staff_texts = v.column11, revision = v.column12, closed_at = v.column13, public_revision = v.column14 from (values";

/// Of columns that no rule reads and only the order of lists needs: half the indexes are left alone.
pub(super) const TALK_HEAD: &str = "update conversation set last_message_id = v.column2, last_at = v.column3, contact_texts = v.column4, \
    staff_texts = v.column5, revision = v.column6, public_revision = v.column7 from (values";

pub(super) const CHANGE_TAIL: &str = ") as v where conversation.id = v.column1";

/// How far a queue is counted.
pub(super) const QUEUE: i64 = 1000;

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

pub(super) async fn lock_where(
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
