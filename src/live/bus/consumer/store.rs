//! The SQL of consumers: their cursors, and their dead letters.

use crate::base::db::{Conn, Tx, args, sql};
use crate::model::{error::Result, id::WorkspaceId, time::Time};
use uuid::Uuid;

sql! {
    CURSOR = "select seq from consumer where name = $1 and workspace_id = $2";
    START_AT = "insert into consumer (name, workspace_id, seq) values ($1, $2, $3) on conflict (name, workspace_id) do nothing";
    ADVANCE = "update consumer set seq = $4 where name = $1 and workspace_id = $2 and seq = $3";
    BEHIND = "select w.id, w.seq from workspace w left join consumer c on c.workspace_id = w.id and c.name = $1 \
        where c.seq is null or c.seq < w.seq";
    SET_ASIDE = "insert into dead_letter (id, name, workspace_id, seq, kind, error, tries, at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (name, workspace_id, seq) do nothing";
    ASKED_AGAIN = "select workspace_id, seq from dead_letter where name = $1 and again order by at limit 100";
    TAKE_UP = "delete from dead_letter where name = $1 and workspace_id = $2 and seq = $3 and again";
    STILL_DEAD = "update dead_letter set again = $4, error = $5, tries = tries + 1 where name = $1 and workspace_id = $2 and seq = $3";
    ASK_AGAIN = "update dead_letter set again = $2 where id = $1";
    DEAD = "select id, name, workspace_id, seq, kind, error, tries, at from dead_letter order by at limit 1000";
}

pub(super) async fn cursor(
    conn: &mut Conn,
    name: &str,
    workspace: WorkspaceId,
) -> Result<Option<i64>> {
    let row: Option<(i64,)> = conn.opt(CURSOR, args![name, workspace]).await?;
    Ok(row.map(|(seq,)| seq))
}

/// Move the cursor on, in the transaction that does what was heard. `false`: another node was faster.
pub(super) async fn advance(
    tx: &mut Tx,
    name: &str,
    workspace: WorkspaceId,
    from: i64,
    to: i64,
) -> Result<bool> {
    let moved = tx.run(ADVANCE, args![name, workspace, from, to]).await?;
    Ok(moved == 1)
}

/// An entry that a consumer could not deal with.
pub struct DeadLetter {
    pub id: Uuid,
    pub consumer: String,
    pub workspace: WorkspaceId,
    pub seq: i64,
    pub kind: String,
    pub error: String,
    pub tries: i64,
    pub at: Time,
}

/// What was set aside, the oldest first, a thousand at most.
pub async fn dead_letters(conn: &mut Conn) -> Result<Vec<DeadLetter>> {
    type Row = (
        Uuid,
        String,
        Uuid,
        i64,
        String,
        String,
        i64,
        chrono::DateTime<chrono::Utc>,
    );
    let rows: Vec<Row> = conn.all(DEAD, args![]).await?;
    let letter = |(id, consumer, workspace, seq, kind, error, tries, at): Row| DeadLetter {
        id,
        consumer,
        workspace: workspace.into(),
        seq,
        kind,
        error,
        tries,
        at: Time(at),
    };
    Ok(rows.into_iter().map(letter).collect())
}

/// Ask for another try of one that was set aside. `false`: there is none of this id.
pub async fn ask_again(tx: &mut Tx, id: Uuid) -> Result<bool> {
    Ok(tx.run(ASK_AGAIN, args![id, true]).await? == 1)
}
