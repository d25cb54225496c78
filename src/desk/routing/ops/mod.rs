//! Hearing the log and handing out the queue. Each step is one transaction that gives conversations away and
//! moves the hearer on; a crash between the two loses nothing, and of two nodes one does it.

mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub use store::ALL as SQL;

use crate::base::db::Tx;
use crate::desk::account::ops::who::Machine;
use crate::desk::conversation;
use crate::desk::state::Desk;
use crate::live::bus::log;
use crate::model::{error::Result, event::EventKind, id::TeamId, time::now};
use std::{collections::HashSet, time::Duration};

const NAME: &str = "routing";
/// Entries heard in one step.
const STEP: i64 = 200;
/// Conversations that one step moves.
const MOVES: usize = 100;
/// Of the queue, looked at in one go.
const LOOK: i64 = 1000;
/// Whoever put something back is not given it again for so long.
const REST: chrono::Duration = chrono::Duration::minutes(10);

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
            | ConversationClosed
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
        act(&mut tx, machine).await?;
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
    let mut more = entries.len() as i64 == STEP;
    if entries.iter().any(|(_, kind)| matters(*kind)) {
        more |= act(&mut tx, machine).await?;
    }
    tx.commit().await?;
    Ok(more)
}

/// What was left behind goes back, and the queue is handed out. `true` if there may be more to do: what is moved
/// here is told, so the next step hears of it.
async fn act(tx: &mut Tx, machine: &Machine) -> Result<bool> {
    let back = conversation::ops::give_back(tx, machine, MOVES as i64).await?;
    let given = hand_out(tx, machine).await?;
    Ok(back == MOVES || given == MOVES)
}

/// Give what waits, the longest first, to whoever is there and has the least to do. What nobody who is there may
/// have holds up nobody behind it. Returns how many were given.
async fn hand_out(tx: &mut Tx, machine: &Machine) -> Result<usize> {
    let (workspace, at) = (machine.workspace(), now());
    if !store::is_on(tx, workspace).await? {
        return Ok(0);
    }
    let there = store::there(tx, workspace, at).await?;
    let served: HashSet<TeamId> = there.iter().filter_map(|(_, team)| *team).collect();
    let (mut given, mut after) = (0, None);
    while !there.is_empty() {
        let queue = store::queue(tx, workspace, after, LOOK).await?;
        after = queue.last().map(|q| (q.since, q.id));
        let whole = queue.len() as i64 == LOOK;
        let ours: Vec<_> = queue
            .into_iter()
            .filter(|q| q.team.is_none_or(|team| served.contains(&team)))
            .collect();
        for part in ours.chunks(MOVES) {
            let ids: Vec<_> = part.iter().map(|q| q.id.0).collect();
            let rests = conversation::ops::put_back(tx, machine, &ids, at.plus(-REST)).await?;
            for q in part {
                let not = rests.get(&q.id).copied();
                let agent = store::least_busy(tx, workspace, q.team, not, at).await?;
                if let Some(agent) = agent
                    && conversation::ops::give_from_queue(tx, machine, q.id, q.team, agent).await?
                {
                    given += 1;
                }
                if given == MOVES {
                    return Ok(given);
                }
            }
        }
        if !whole {
            break;
        }
    }
    Ok(given)
}
