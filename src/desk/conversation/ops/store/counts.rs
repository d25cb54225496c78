//! How many there are, in rows that are kept.

use crate::base::db::{Conn, Tx, args, sql};
use crate::desk::account::ops::rules::sight;
use crate::model::{
    conversation::{Counts, Status},
    error::Result,
    event::{Listener, Place},
    id::*,
    time::Time,
};
use std::collections::BTreeMap;
use uuid::Uuid;

sql! {
    TALLY = "insert into tally (workspace_id, team_id, assignee_id, status, n) values ($1, $2, $3, $4, $5) \
        on conflict (workspace_id, team_id, assignee_id, status) do update set n = tally.n + excluded.n";
    TALLIES = "select team_id, assignee_id, status, n from tally where workspace_id = $1 and n <> 0";
    /// What was closed since `$2`, and how much of one's own is unread.
    CLOSED_AND_UNREAD = concat!("select (select cast(count(*) as bigint) from conversation where workspace_id = $1 and status = 'closed' \
        and last_at >= $2 and closed_at >= $2 and ($3 or ", sight!("", "$4"), ")), \
        (select cast(count(*) as bigint) from conversation c left join receipt r on r.conversation_id = c.id and r.person_id = $4 \
        where c.workspace_id = $1 and c.assignee_id = $4 and c.status in ('waiting', 'active') and c.contact_texts > coalesce(r.contact_texts, 0))");
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
    let asked = args![workspace, today, role.reads_all(), *me];
    (counts.closed_today, counts.mine_unread) = conn.one(CLOSED_AND_UNREAD, asked).await?;
    Ok(counts)
}
