//! The SQL of looking at the trail. Its rows are written by `live::audit` alone.

use crate::base::db::{Conn, args, sql};
use crate::live::audit::{Stored, columns};
use crate::model::{audit::AuditFilter, error::Result, id::WorkspaceId};

/// Newest first. The first condition is the one with an index; each other narrows if it is said.
macro_rules! page {
    ($first:literal) => {
        concat!(
            "select ",
            columns!(),
            " from audit where workspace_id = $1 and n < $2 and ", $first, " and (actor_id = $3 or $3 is null) \
            and (subject_id = $4 or $4 is null) and (action = $5 or action like $5 || '.%' or $5 is null) and (at >= $6 or $6 is null) \
            and (at < $7 or $7 is null) order by n desc limit $8"
        )
    };
}

sql! {
    OF_ALL = page!("1 = 1");
    OF_ACTOR = page!("actor_id = $3");
    OF_SUBJECT = page!("subject_id = $4");
}

/// Rows before `before` (an `n`), newest first.
pub async fn rows(
    conn: &mut Conn,
    workspace: WorkspaceId,
    filter: &AuditFilter,
    before: i64,
    limit: i64,
) -> Result<Vec<Stored>> {
    let page = match filter {
        AuditFilter {
            subject: Some(_), ..
        } => OF_SUBJECT,
        AuditFilter { actor: Some(_), .. } => OF_ACTOR,
        _ => OF_ALL,
    };
    let asked = args![
        workspace,
        before,
        filter.actor,
        filter.subject,
        filter.action.as_deref(),
        filter.from,
        filter.to,
        limit
    ];
    Ok(conn.all(page, asked).await?)
}
