//! The SQL of routing: the queue, and who is there with how much.

use crate::base::db::{Conn, args, sql};
use crate::desk::account::ops::rules::online;
use crate::model::{error::Result, id::*, time::Time};
use chrono::{DateTime, Utc};
use std::collections::HashSet;
use uuid::Uuid;

sql! {
    AUTO_ASSIGN = "select auto_assign from workspace where id = $1";
    /// Nothing that waits for anybody is without its time, see `Batch::write`.
    QUEUE = "select id, team_id, waiting_since from conversation where workspace_id = $1 and status = 'waiting' and assignee_id is null \
        and waiting_since is not null order by waiting_since, id limit $2";
    QUEUE_AFTER = "select id, team_id, waiting_since from conversation where workspace_id = $1 and status = 'waiting' and assignee_id is null \
        and (waiting_since, id) > ($3, $4) order by waiting_since, id limit $2";
    SERVED = concat!("select distinct m.team_id from agent a join presence p on p.agent_id = a.id \
        join team_member m on m.agent_id = a.id where a.workspace_id = $1 and ", online!("$2"));
    LEAST_BUSY = concat!("select a.id from agent a join presence p on p.agent_id = a.id \
        left join tally t on t.workspace_id = a.workspace_id and t.assignee_id = a.id and t.status in ('waiting', 'active') \
        where a.workspace_id = $1 and ", online!("$2"), " and a.id <> $3 \
        and a.id in (select m.agent_id from team_member m where m.team_id = $4) \
        group by a.id order by coalesce(sum(t.n), 0), a.id limit 1");
}

pub async fn is_on(conn: &mut Conn, workspace: WorkspaceId) -> Result<bool> {
    Ok(conn.one::<(bool,)>(AUTO_ASSIGN, args![workspace]).await?.0)
}

/// One that waits for anybody.
pub struct Queued {
    pub id: ConversationId,
    pub team: TeamId,
    pub since: Time,
}

/// What waits for anybody, the longest first, from a place on.
pub async fn queue(
    conn: &mut Conn,
    workspace: WorkspaceId,
    after: Option<(Time, ConversationId)>,
    most: i64,
) -> Result<Vec<Queued>> {
    let rows: Vec<(Uuid, Uuid, DateTime<Utc>)> = match after {
        None => conn.all(QUEUE, args![workspace, most]).await?,
        Some((since, id)) => {
            conn.all(QUEUE_AFTER, args![workspace, most, since, id])
                .await?
        }
    };
    let queued = |(id, team, since): (Uuid, Uuid, DateTime<Utc>)| Queued {
        id: id.into(),
        team: team.into(),
        since: Time(since),
    };
    Ok(rows.into_iter().map(queued).collect())
}

/// The teams of which somebody is online.
pub async fn served(conn: &mut Conn, workspace: WorkspaceId, now: Time) -> Result<HashSet<TeamId>> {
    let rows: Vec<(Uuid,)> = conn.all(SERVED, args![workspace, now]).await?;
    Ok(rows.into_iter().map(|(team,)| team.into()).collect())
}

/// Who of the team is online and has the fewest conversations that wait or are active: what sleeps or is closed is
/// no work. Never `not`.
pub async fn least_busy(
    conn: &mut Conn,
    workspace: WorkspaceId,
    team: TeamId,
    not: Option<AgentId>,
    now: Time,
) -> Result<Option<AgentId>> {
    let not = not.map_or(Uuid::nil(), |a| a.0);
    let found: Option<(Uuid,)> = conn
        .opt(LEAST_BUSY, args![workspace, now, not, team])
        .await?;
    Ok(found.map(|(id,)| id.into()))
}
