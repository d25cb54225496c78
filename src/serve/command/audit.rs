//! `deskbell audit`: whether the trail holds.

use crate::base::{
    config::{Misused, Serve, Where},
    db::{self, Db},
};
use crate::desk::{
    account::ops as account,
    keeping::ops::{self as keeping, Anchor},
    state::Desk,
};
use crate::live::bus::log;
use anyhow::Result;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// Each workspace's trail, a line each.
pub(super) async fn verify(
    place: Where,
    anchors: &[Anchor],
    host: Option<&str>,
) -> Result<ExitCode> {
    let config = Serve {
        place,
        ..Serve::default()
    }
    .settle()?;
    if !db::pending(&config.place).await?.is_empty() {
        return Err(Misused("There is no database of this version.".to_owned()).into());
    }
    let db = Db::open(&config.place, None).await?;
    let stop = CancellationToken::new();
    let desk = Desk::new(config, db.clone(), stop.clone());
    let workspaces = match host {
        // Anchors are of one workspace.
        None if anchors.is_empty() => log::workspaces(&mut *db.snapshot().await?).await?,
        None => vec![account::workspace_for(&desk, "").await?],
        Some(host) => vec![super::workspace_at(&desk, host).await?],
    };
    let mut holds = true;
    for workspace in workspaces {
        let proof = keeping::prove(&mut *db.snapshot().await?, workspace, None, anchors).await?;
        let keeping::Proof {
            rows,
            head,
            broken_at,
        } = proof;
        match broken_at {
            None => println!(
                "ok    {workspace}  {rows} rows, head {}:{}",
                head.n, head.digest
            ),
            Some(n) => println!("FAIL  {workspace}  the chain does not hold at row {n}"),
        }
        holds &= broken_at.is_none();
    }
    stop.cancel();
    db.close().await;
    Ok(ExitCode::from(u8::from(!holds)))
}
