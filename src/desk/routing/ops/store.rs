//! The SQL of routing: the queue, and who is there with how much.

use crate::base::db::{Conn, args, sql};
use crate::model::{error::Result, id::*, time::Time};
use uuid::Uuid;

sql! {
    AUTO_ASSIGN = "select auto_assign from workspace where id = $1";
    QUEUE = "select id, team_id from conversation where workspace_id = $1 and status = 'waiting' and assignee_id is null \
        order by waiting_since, id limit 100";
    LEAST_BUSY = "select a.id from agent a join presence p on p.agent_id = a.id \
        join team_member m on m.agent_id = a.id and m.team_id = $2 \
        left join tally t on t.workspace_id = a.workspace_id and t.assignee_id = a.id and t.status <> 'closed' \
        where a.workspace_id = $1 and a.state = 'active' and a.availability = 'online' and p.expires_at > $3 \
        group by a.id order by coalesce(sum(t.n), 0), a.id limit 1";
}

pub async fn is_on(conn: &mut Conn, workspace: WorkspaceId) -> Result<bool> {
    Ok(conn.one::<(bool,)>(AUTO_ASSIGN, args![workspace]).await?.0)
}

/// What waits for anybody, the longest first, with its team.
pub async fn queue(
    conn: &mut Conn,
    workspace: WorkspaceId,
) -> Result<Vec<(ConversationId, Option<TeamId>)>> {
    let rows: Vec<(Uuid, Option<Uuid>)> = conn.all(QUEUE, args![workspace]).await?;
    Ok(rows
        .into_iter()
        .map(|(id, team)| (id.into(), team.map(Into::into)))
        .collect())
}

/// Who of the team is online and has the fewest conversations that are not closed.
pub async fn least_busy(
    conn: &mut Conn,
    workspace: WorkspaceId,
    team: TeamId,
    now: Time,
) -> Result<Option<AgentId>> {
    Ok(conn
        .opt::<(Uuid,)>(LEAST_BUSY, args![workspace, team, now])
        .await?
        .map(|(id,)| id.into()))
}
