//! Hearing the log and handing out the queue. Each step is one transaction that gives conversations away and moves the
//! consumer's cursor on; a crash between the two loses nothing, and of two nodes one does it.

mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub use store::ALL as SQL;

use crate::base::db::Tx;
use crate::desk::account::ops::who::Machine;
use crate::desk::conversation;
use crate::desk::state::Desk;
use crate::live::bus::{
    consumer::{Consumer, Following},
    log::Record,
};
use crate::model::{error::Result, event::EventKind, id::WorkspaceId, time::now};

/// Conversations that one step moves.
const MOVES: usize = 100;
/// Of the queue, looked at in one go.
const LOOK: i64 = 1000;
/// Whoever put something back is not given it again for so long.
const REST: chrono::Duration = chrono::Duration::minutes(10);

/// Hears what makes the queue, or those who serve it, longer.
struct Routing {
    desk: Desk,
}

impl Consumer for Routing {
    const NAME: &'static str = "routing";

    fn wants(kind: EventKind) -> bool {
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

    /// What waits already is handed out.
    async fn start(&self, tx: &mut Tx, workspace: WorkspaceId) -> Result<()> {
        act(tx, &Machine::running(&self.desk, workspace)).await?;
        Ok(())
    }

    async fn hear(&self, tx: &mut Tx, workspace: WorkspaceId, entries: &[Record]) -> Result<bool> {
        let cause = entries.last().map(|entry| entry.seq);
        act(tx, &Machine::running(&self.desk, workspace).because(cause)).await
    }
}

/// Hear every workspace's log until the process stops.
pub async fn hear(desk: Desk) {
    let (bus, stop) = (desk.bus().clone(), desk.stop().clone());
    following(&desk).run(bus, stop).await;
}

/// Hear what has been told since the last time, everywhere.
#[cfg(test)]
pub async fn hear_once(desk: &Desk) {
    let mut following = following(desk);
    following.look_everywhere().await;
    assert!(!following.is_failing(), "something could not be done");
}

fn following(desk: &Desk) -> Following<Routing> {
    let routing = Routing { desk: desk.clone() };
    Following::new(routing, desk.db().clone())
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
    let served = store::served(tx, workspace, at).await?;
    let (mut given, mut after) = (0, None);
    while !served.is_empty() {
        let queue = store::queue(tx, workspace, after, LOOK).await?;
        after = queue.last().map(|q| (q.since, q.id));
        let whole = queue.len() as i64 == LOOK;
        let ours: Vec<_> = queue
            .into_iter()
            .filter(|q| served.contains(&q.team))
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
