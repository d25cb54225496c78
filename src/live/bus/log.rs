//! The append-only log. An entry holds ids and small facts, and never what somebody wrote.

pub use super::entry::Entry;
use super::entry::{EntryRow, joined};
use crate::base::db::{Conn, Tx, args, sql};
use crate::model::{
    agent::Availability,
    error::Result,
    event::{AgentNews, Cursor, EventKind, Listener, Place, Reader, Stamp},
    id::{ConversationId, MessageId, WorkspaceId},
    time::Time,
};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

sql! {
    TAKE = "update workspace set seq = seq + $2 where id = $1 returning seq";
    HEAD = "select epoch, seq, low_water from workspace where id = $1";
    APPEND = "insert into event (workspace_id, seq, kind, at, conversation_id, contact_id, message_id, \
        team_before, assignee_before, team_after, assignee_after, facts, inside) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    PAGE = "select seq, kind, at, conversation_id, contact_id, message_id, team_before, assignee_before, \
        team_after, assignee_after, facts, inside from event where workspace_id = $1 and seq > $2 order by seq limit $3";
    /// What one contact may hear, or everybody: however much others said meanwhile, or staff among themselves, it
    /// costs nothing and takes no place. The numbers
    /// are found in the index alone; without that step SQLite walks the log itself for what is everybody's.
    PAGE_OF_CONTACT = "select seq, kind, at, conversation_id, contact_id, message_id, team_before, assignee_before, \
        team_after, assignee_after, facts, inside from event where workspace_id = $1 and seq in ( \
        select seq from (select seq from event where workspace_id = $1 and contact_id = $4 and seq > $2 and not inside order by seq limit $3) as own \
        union all \
        select seq from (select seq from event where workspace_id = $1 and contact_id is null and seq > $2 and not inside order by seq limit $3) as everybodys) \
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
    team_before, assignee_before, team_after, assignee_after, facts, inside) values";

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
    /// Staff hear of it, and nobody outside does.
    pub inside: bool,
}

impl Tell {
    pub fn of(kind: EventKind, stamp: Stamp, at: Time) -> Tell {
        Tell {
            kind,
            at,
            stamp: Some(stamp),
            message: None,
            facts: Facts::default(),
            inside: false,
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
            inside: true,
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
            self.inside || self.kind.is_internal(),
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

/// Entries that follow one another, oldest first.
pub struct Stretch {
    pub entries: Vec<Entry>,
    /// Read up to here, also where what comes last is of a kind that only a newer version knows.
    pub to: i64,
    /// Whether there may be more of it.
    pub more: bool,
}

/// Up to `limit` entries after `after`.
pub async fn read(
    conn: &mut Conn,
    workspace: WorkspaceId,
    after: i64,
    limit: i64,
) -> Result<Stretch> {
    let rows = conn.all(PAGE, args![workspace, after, limit]).await?;
    stretch(conn, workspace, after, limit, rows).await
}

/// The same, without what can never concern this listener.
pub async fn read_for(
    conn: &mut Conn,
    workspace: WorkspaceId,
    listener: &Listener,
    after: i64,
    limit: i64,
) -> Result<Stretch> {
    let Listener::Contact { id } = listener else {
        return read(conn, workspace, after, limit).await;
    };
    let rows = conn
        .all(PAGE_OF_CONTACT, args![workspace, after, limit, *id])
        .await?;
    stretch(conn, workspace, after, limit, rows).await
}

async fn stretch(
    conn: &mut Conn,
    workspace: WorkspaceId,
    after: i64,
    limit: i64,
    rows: Vec<EntryRow>,
) -> Result<Stretch> {
    Ok(Stretch {
        to: rows.last().map_or(after, |r| r.seq),
        more: rows.len() as i64 == limit,
        entries: joined(conn, workspace, rows).await?,
    })
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

/// Where the conversations of these entries stand today: what decides what staff hear on replay. A contact hears of
/// their own, wherever they stand.
pub async fn places(
    conn: &mut Conn,
    workspace: WorkspaceId,
    listener: &Listener,
    entries: &[Entry],
) -> Result<HashMap<ConversationId, Place>> {
    if let Listener::Contact { .. } = listener {
        return Ok(HashMap::new());
    }
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
        inside: false,
    }
}
