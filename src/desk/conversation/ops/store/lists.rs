//! Conversations a page at a time.

use crate::base::db::{Conn, Val, args, sql, statement};
use crate::desk::account::ops::rules::sight;
use crate::live::bus::rows::{self, ConversationRow};
use crate::model::{
    conversation::{Order, Status, View},
    error::Result,
    event::Listener,
    id::*,
    time::Time,
};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use uuid::Uuid;

sql! {
    OF_PERSON = "select id from conversation where workspace_id = $1 and person_id = $2 order by last_at desc, id desc limit 20";
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

pub(super) async fn in_order(
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
