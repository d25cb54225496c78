//! The append-only log. An entry holds ids and small facts, and never what somebody wrote. It says who did it, what set
//! it off, and whom it is for.

use super::{
    audience,
    entry::{EntryRow, joined, records},
};
pub use super::{
    entry::{Entry, Record},
    facts::{Facts, What},
};
use crate::base::db::{Conn, Tx, Val, args, sql};
use crate::live::audit;
use crate::model::{
    actor::By,
    error::Result,
    event::{AgentNews, Audience, Cursor, EventKind, Listener, Place},
    id::{ConversationId, MessageId, WorkspaceId},
    time::Time,
};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The columns of an entry, as they are written and read.
macro_rules! columns {
    () => {
        "seq, kind, at, actor, actor_id, cause, staff, outside, conversation_id, contact_id, message_id, \
        team_before, assignee_before, team_after, assignee_after, facts"
    };
}

/// What is under any of four keys of one side: however much others said meanwhile, it costs nothing and takes no place.
/// The numbers are found in the index alone; without that step SQLite walks the log itself.
macro_rules! page_for {
    ($side:literal) => {
        concat!(
            "select ",
            columns!(),
            " from event where workspace_id = $1 and seq in (",
            page_for!(@ $side, "$4"), " union all ", page_for!(@ $side, "$5"), " union all ",
            page_for!(@ $side, "$6"), " union all ", page_for!(@ $side, "$7"),
            ") order by seq limit $3"
        )
    };
    (@ $side:literal, $key:literal) => {
        concat!(
            "select seq from (select seq from event where workspace_id = $1 and ", $side, " = ", $key,
            " and seq > $2 order by seq limit $3) as own"
        )
    };
}

sql! {
    TAKE = "update workspace set seq = seq + $2 where id = $1 returning seq";
    HEAD = "select epoch, seq, low_water from workspace where id = $1";
    APPEND = concat!("insert into event (workspace_id, ", columns!(), ") \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)");
    PAGE = concat!("select ", columns!(), " from event where workspace_id = $1 and seq > $2 order by seq limit $3");
    PAGE_FOR_STAFF = page_for!("staff");
    PAGE_FOR_OUTSIDE = page_for!("outside");
    WORKSPACES = "select id from workspace";
    LOW_WATER = "update workspace set low_water = $2 where id = $1 and low_water < $2";
    OLDEST_KEPT = "select min(seq) from consumer where workspace_id = $1";
    TRIM_TO = "select max(seq) from (select seq from event where workspace_id = $1 and at < $2 order by seq limit $3) as old";
    TRIM = "delete from event where workspace_id = $1 and seq <= $2";
    HEADS = "select id, seq from workspace";
    NEW_EPOCH = "update workspace set epoch = $2 where id = $1";
}

const APPEND_MANY: &str = concat!("insert into event (workspace_id, ", columns!(), ") values");

/// An entry to be appended.
pub struct NewEntry {
    pub kind: EventKind,
    pub by: By,
    pub audience: Audience,
    pub at: Time,
    pub message: Option<MessageId>,
    pub facts: Facts,
}

impl NewEntry {
    pub fn new(kind: EventKind, by: impl Into<By>, audience: Audience, at: Time) -> NewEntry {
        NewEntry {
            kind,
            by: by.into(),
            audience,
            at,
            message: None,
            facts: Facts::default(),
        }
    }

    /// Heard by caches, consumers and the audit trail: whose rows or sessions it is about, and what became of them.
    pub fn internal(
        kind: EventKind,
        by: impl Into<By>,
        subject: Uuid,
        what: What,
        at: Time,
    ) -> NewEntry {
        NewEntry {
            facts: Facts {
                subject: Some(subject),
                what: Some(what),
                ..Facts::default()
            },
            ..NewEntry::new(kind, by, Audience::Nobody, at)
        }
    }

    /// What an agent says of themselves; outside it says only whether anybody is online.
    pub fn availability(by: impl Into<By>, agent: AgentNews, anyone: bool, at: Time) -> NewEntry {
        NewEntry {
            facts: Facts {
                agent: Some(agent),
                online: Some(anyone),
                ..Facts::default()
            },
            ..NewEntry::new(EventKind::AvailabilityChanged, by, Audience::Everyone, at)
        }
    }

    fn values(&self, workspace: WorkspaceId, seq: i64) -> Vec<Val> {
        let s = self.audience.stamp();
        let (staff, outside) = audience::columns(&self.audience);
        let contact = match &self.audience {
            Audience::Contact(id) => Some(id.0),
            _ => s.map(|s| s.contact.0),
        };
        args![
            workspace,
            seq,
            self.kind.word(),
            self.at,
            self.by.actor.kind.word(),
            self.by.actor.id,
            self.by.cause,
            staff,
            outside,
            s.map(|s| s.conversation.0),
            contact,
            self.message.map(|m| m.0),
            s.map(|s| s.before.team.0),
            s.and_then(|s| s.before.assignee).map(|a| a.0),
            s.map(|s| s.after.team.0),
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

/// Append one entry, and its row of the audit trail where it has one; returns its seq.
pub async fn append(tx: &mut Tx, workspace: WorkspaceId, entry: NewEntry) -> Result<i64> {
    let seq = take(tx, workspace, 1).await?;
    tx.run(APPEND, entry.values(workspace, seq)).await?;
    audit::beside_log(tx, workspace, &entry).await?;
    Ok(seq)
}

/// Append one entry at a seq that was taken for it.
pub async fn append_at(
    tx: &mut Tx,
    workspace: WorkspaceId,
    seq: i64,
    entry: NewEntry,
) -> Result<()> {
    tx.run(APPEND, entry.values(workspace, seq)).await?;
    Ok(())
}

/// Append many at once, at seqs that were taken for them.
pub async fn append_many(
    tx: &mut Tx,
    workspace: WorkspaceId,
    entries: &[(i64, NewEntry)],
) -> Result<()> {
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
pub struct LogPage {
    pub entries: Vec<Entry>,
    /// Read up to here, also where what comes last is of a kind that only a newer version knows.
    pub to: i64,
    /// Whether there may be more of it.
    pub more: bool,
}

/// Up to `limit` entries after `after`, whomever they are for.
pub async fn read(
    conn: &mut Conn,
    workspace: WorkspaceId,
    after: i64,
    limit: i64,
) -> Result<LogPage> {
    let rows = conn.all(PAGE, args![workspace, after, limit]).await?;
    stretch(conn, workspace, after, limit, rows).await
}

/// Up to `limit` entries after `after` whose audience this listener belongs to. Which conversations they see is not
/// asked here, see [`places`].
pub async fn read_for(
    conn: &mut Conn,
    workspace: WorkspaceId,
    listener: &Listener,
    after: i64,
    limit: i64,
) -> Result<LogPage> {
    let page = match listener {
        Listener::Staff { .. } => PAGE_FOR_STAFF,
        Listener::Contact { .. } => PAGE_FOR_OUTSIDE,
    };
    let [a, b, c, d] = audience::keys(listener);
    let rows = conn
        .all(page, args![workspace, after, limit, a, b, c, d])
        .await?;
    stretch(conn, workspace, after, limit, rows).await
}

async fn stretch(
    conn: &mut Conn,
    workspace: WorkspaceId,
    after: i64,
    limit: i64,
    rows: Vec<EntryRow>,
) -> Result<LogPage> {
    Ok(LogPage {
        to: rows.last().map_or(after, |r| r.seq),
        more: rows.len() as i64 == limit,
        entries: joined(conn, workspace, rows).await?,
    })
}

/// Up to `limit` entries after `after`, oldest first, with nothing joined to them: what a consumer hears.
///
/// Errors: [`Error::Unavailable`](crate::model::error::Error) where one is of a kind that only a newer version knows
/// and nothing stands before it, so that nobody passes over what was meant for them.
pub(super) async fn page(
    conn: &mut Conn,
    workspace: WorkspaceId,
    after: i64,
    limit: i64,
) -> Result<Vec<Record>> {
    let rows = conn.all(PAGE, args![workspace, after, limit]).await?;
    records(workspace, rows)
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
        .filter_map(|e| e.stamp())
        .map(|s| s.conversation.0)
        .collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    const ASKED: [&str; 3] = [
        "select id, team_id, assignee_id from conversation",
        "where workspace_id = $1 and id",
        "",
    ];
    let found: Vec<(Uuid, Uuid, Option<Uuid>)> = conn.among(ASKED, args![workspace], &ids).await?;
    let place = |(id, team, assignee): (Uuid, Uuid, Option<Uuid>)| {
        let (team, assignee) = (team.into(), assignee.map(Into::into));
        (id.into(), Place { team, assignee })
    };
    Ok(found.into_iter().map(place).collect())
}

pub async fn workspaces(conn: &mut Conn) -> Result<Vec<WorkspaceId>> {
    Ok(conn
        .all::<(Uuid,)>(WORKSPACES, args![])
        .await?
        .into_iter()
        .map(|(id,)| id.into())
        .collect())
}

/// Cut what is older than `before`, at most `batch` entries and never past a consumer.
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
