//! The trail as rows for others. It is read in short steps, so no transaction is held while somebody downloads.

use super::store;
use crate::base::{
    csv::{BOM, Cell, line},
    db::Db,
};
use crate::desk::account::ops::who::Admin;
use crate::live::audit::{self, NewAudit, Stored};
use crate::model::{
    audit::{Action, AuditFacts, AuditFilter, SubjectKind},
    error::Result,
    id::WorkspaceId,
    time::{Time, now},
};
use bytes::Bytes;
use futures::{Stream, stream};
use uuid::Uuid;

/// Rows read in one go.
const STEP: i64 = 500;

/// New ones come at the end.
const COLUMNS: [&str; 11] = [
    "n",
    "at",
    "action",
    "actor_kind",
    "actor_id",
    "session_id",
    "subject_kind",
    "subject_id",
    "facts",
    "person",
    "digest",
];

/// Every row that the filter lets through, newest first, as parts of one file. That it was taken is a row itself, the
/// newest. An error in the middle ends it as broken, never as whole.
pub async fn csv(
    admin: &Admin,
    filter: AuditFilter,
    bom: bool,
) -> Result<impl Stream<Item = Result<Bytes>> + use<>> {
    let workspace = admin.workspace();
    let mut tx = admin.begin().await?;
    let subject = (SubjectKind::Workspace, workspace.0);
    let exported = NewAudit::new(Action::AuditExported, admin.by(), subject, now());
    audit::append(&mut tx, workspace, exported).await?;
    tx.commit().await?;
    let mut head = if bom { BOM.to_vec() } else { vec![] };
    head.extend(line(COLUMNS.map(Cell::from)));
    let from = Some((admin.db().clone(), i64::MAX, head));
    Ok(stream::try_unfold(from, move |from| {
        let filter = filter.clone();
        async move {
            let Some((db, before, mut part)) = from else {
                return Ok(None);
            };
            let last = append(&db, workspace, &filter, before, &mut part).await?;
            Ok(Some((Bytes::from(part), last.map(|n| (db, n, vec![])))))
        }
    }))
}

/// One step behind `part`; the `n` that the next one goes on from. It ends where nothing is left: a short step may only
/// have left out a row that cannot be read.
async fn append(
    db: &Db,
    workspace: WorkspaceId,
    filter: &AuditFilter,
    before: i64,
    part: &mut Vec<u8>,
) -> Result<Option<i64>> {
    let mut snapshot = db.snapshot().await?;
    let rows = store::rows(&mut snapshot, workspace, filter, before, STEP).await?;
    let last = rows.last().map(|row| row.n);
    part.extend(rows.into_iter().flat_map(|row| line(cells(row))));
    Ok(last)
}

/// The words as they lie there, a newer version's too.
fn cells(row: Stored) -> [Cell; COLUMNS.len()] {
    let id = |id: Option<Uuid>| id.map(|id| id.to_string());
    let json = |all: &AuditFacts| serde_json::to_string(all).unwrap_or_default();
    [
        row.n.into(),
        Time(row.at).to_string().into(),
        row.action.into(),
        row.actor.into(),
        id(row.actor_id).into(),
        id(row.through).into(),
        row.subject.into(),
        id(row.subject_id).into(),
        json(&row.facts.0).into(),
        row.person.as_ref().map(|person| json(&person.0)).into(),
        hex::encode(&row.digest).into(),
    ]
}
