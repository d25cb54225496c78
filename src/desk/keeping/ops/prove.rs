//! Whether the chain holds.

use crate::base::db::{Conn, Db};
use crate::live::{audit, bus::log};
use crate::model::{audit::AuditHead, error::Result, id::WorkspaceId};
use std::cmp::Ordering;

/// Rows read in one go.
const STEP: i64 = 500;

/// A row's digest as it was kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    pub n: i64,
    pub digest: String,
}

impl std::str::FromStr for Anchor {
    type Err = String;
    fn from_str(text: &str) -> Result<Anchor, String> {
        let parts = text
            .split_once(':')
            .and_then(|(n, digest)| Some((n.parse().ok()?, digest)));
        let hex =
            |digest: &&str| digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit());
        match parts.filter(|(n, digest)| *n > 0 && hex(digest)) {
            Some((n, digest)) => Ok(Anchor {
                n,
                digest: digest.to_lowercase(),
            }),
            None => Err("expected N:DIGEST, a number and 64 hex digits".to_owned()),
        }
    }
}

/// What came of reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub rows: i64,
    pub head: AuditHead,
    /// The first row that does not follow from the one before it, is not there, or is not what the head or an anchor
    /// says.
    pub broken_at: Option<i64>,
}

/// Read the last `last` rows, or all of them, and follow the chain.
pub async fn prove(
    conn: &mut Conn,
    workspace: WorkspaceId,
    last: Option<i64>,
    anchors: &[Anchor],
) -> Result<Proof> {
    let ends = audit::ends(conn, workspace).await?;
    let skipped = last.map_or(ends.start.n, |last| (ends.head.n - last).max(ends.start.n));
    let mut chain = audit::follow(conn, workspace, skipped, &ends.start).await?;
    let (mut rows, mut broken_at) = (0, None);
    'all: while let Some(follows) = &mut chain {
        let page = audit::stored(conn, workspace, follows.n, STEP).await?;
        if page.is_empty() {
            break;
        }
        for row in page {
            if !follows.next(&row) {
                broken_at = Some(follows.n + 1);
                break 'all;
            }
            rows += 1;
            let met = |anchor: &&Anchor| {
                anchor.n == follows.n && anchor.digest != hex::encode(follows.digest)
            };
            if let Some(anchor) = anchors.iter().find(met) {
                broken_at = Some(anchor.n);
                break 'all;
            }
        }
    }
    let reached = chain.as_ref().map_or(skipped, |follows| follows.n);
    // The head names the last row there is, and its digest.
    let unmet = match (&chain, reached.cmp(&ends.head.n)) {
        (None, _) => Some(skipped),
        (_, Ordering::Less) => Some(reached + 1),
        (_, Ordering::Greater) => Some(ends.head.n + 1),
        (Some(last), Ordering::Equal) => {
            (hex::encode(last.digest) != ends.head.digest).then_some(reached)
        }
    };
    // What is kept elsewhere of a row that is not here proves nothing any more.
    let is_gone = |n: &i64| *n > reached || *n <= ends.start.n;
    let cut = anchors.iter().map(|anchor| anchor.n).find(is_gone);
    Ok(Proof {
        rows,
        head: ends.head,
        broken_at: broken_at.or(unmet).or(cut),
    })
}

/// One line of the program's own log for each workspace, which leaves the house with it: whoever has an older line can
/// prove that nothing was cut off since.
pub async fn tell_heads(db: &Db) -> Result<()> {
    let mut snapshot = db.snapshot().await?;
    for workspace in log::workspaces(&mut snapshot).await? {
        let AuditHead { n, digest } = audit::head(&mut snapshot, workspace).await?;
        tracing::info!(%workspace, n, digest, "audit head");
    }
    Ok(())
}
