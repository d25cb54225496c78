//! Hearing the log and handing out the queue. Each step is one transaction that gives conversations away and
//! moves the hearer on; a crash between the two loses nothing, and of two nodes one does it.

mod store;
#[cfg(test)]
pub use store::ALL as SQL;

use crate::base::db::Tx;
use crate::desk::account::ops::who::Machine;
use crate::desk::conversation;
use crate::desk::state::Desk;
use crate::live::bus::log;
use crate::model::{error::Result, event::EventKind, time::now};
use std::time::Duration;

const NAME: &str = "routing";
/// Entries heard in one step.
const STEP: i64 = 200;

/// Hear every workspace's log until the process stops.
pub async fn hear(desk: Desk) {
    let mut bell = desk.bus().bell();
    loop {
        if let Err(e) = hear_once(&desk).await {
            tracing::error!(error = %e, "routing stumbled and tries again");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        tokio::select! {
            _ = bell.changed() => {}
            // Somebody may have come online on a node whose bell was not heard.
            () = tokio::time::sleep(Duration::from_secs(5)) => {}
            () = desk.stop().cancelled() => return,
        }
        bell.mark_unchanged();
    }
}

/// Hear what has been told since the last time, everywhere.
pub async fn hear_once(desk: &Desk) -> Result<()> {
    let workspaces = log::workspaces(&mut *desk.db().look().await?).await?;
    for workspace in workspaces {
        let machine = Machine::running(desk, workspace);
        while step(&machine).await? {}
    }
    Ok(())
}

/// What makes the queue or those who serve it longer.
fn matters(kind: EventKind) -> bool {
    use EventKind::*;
    matches!(
        kind,
        ConversationCreated
            | ConversationReopened
            | ConversationAssigned
            | ConversationUpdated
            | AvailabilityChanged
            | PersonChanged
            | WorkspaceChanged
    )
}

/// One step; `true` if there may be more to hear.
async fn step(machine: &Machine) -> Result<bool> {
    let workspace = machine.workspace();
    let (heard, entries) = {
        let mut look = machine.db().look().await?;
        match log::heard(&mut look, NAME, workspace).await? {
            None => (None, vec![]),
            Some(after) => (
                Some(after),
                log::kinds(&mut look, workspace, after, STEP).await?,
            ),
        }
    };
    let Some(from) = heard else {
        // New here: what waits already is handed out, and the log is heard from the start of today's head on.
        let mut tx = machine.db().begin(workspace).await?;
        let head = log::head(&mut tx, workspace).await?;
        log::hear_from(&mut tx, NAME, workspace, head.seq).await?;
        hand_out(&mut tx, machine).await?;
        tx.commit().await?;
        return Ok(true);
    };
    let Some((to, _)) = entries.last().copied() else {
        return Ok(false);
    };
    let mut tx = machine.db().begin(workspace).await?;
    if !log::heard_up_to(&mut tx, NAME, workspace, from, to).await? {
        return Ok(true);
    }
    if entries.iter().any(|(_, kind)| matters(*kind)) {
        hand_out(&mut tx, machine).await?;
    }
    tx.commit().await?;
    Ok(entries.len() as i64 == STEP)
}

/// Give what waits, the longest first, to whoever is there and has the least to do.
async fn hand_out(tx: &mut Tx, machine: &Machine) -> Result<()> {
    let workspace = machine.workspace();
    if !store::is_on(tx, workspace).await? {
        return Ok(());
    }
    for (id, team) in store::queue(tx, workspace).await? {
        let Some(team) = team else { continue };
        if let Some(agent) = store::least_busy(tx, workspace, team, now()).await? {
            conversation::ops::give_from_queue(tx, machine, id, agent).await?;
        }
    }
    Ok(())
}
