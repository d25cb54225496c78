//! Who is online: set to online *and* heard from within two minutes. A row with an expiry, written at most
//! every half minute per person; conditional updates decide which node tells it.

use super::store;
use crate::base::db::{Conn, Db, Tx};
use crate::desk::state::Desk;
use crate::live::bus::log::{self, NewEntry};
use crate::model::{
    actor::{Actor, By},
    agent::{Availability, Face},
    error::Result,
    event::AgentNews,
    id::{AgentId, WorkspaceId},
    limits,
    time::{Time, now},
};
use chrono::Duration;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Mutex,
    time::Instant,
};

/// A person's row is written at most so often.
const SELDOM: std::time::Duration = std::time::Duration::from_secs(30);
const ROUND: std::time::Duration = std::time::Duration::from_secs(20);

/// When each was written last, on this node.
#[derive(Default)]
struct Written(Mutex<HashMap<AgentId, Instant>>);

/// Whether anybody who works in the workspace is online.
pub async fn online(db: &Db, workspace: WorkspaceId) -> Result<bool> {
    Ok(store::online_now(db, workspace, now()).await? > 0)
}

/// The same, within a transaction.
pub async fn online_in(conn: &mut Conn, workspace: WorkspaceId) -> Result<bool> {
    Ok(store::online(conn, workspace, now()).await? > 0)
}

/// A few of those who are online, as customers see them.
pub async fn faces(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<Face>> {
    store::online_faces(conn, workspace, now()).await
}

/// Somebody opened a stream, polled, or loaded a page.
pub async fn came(desk: &Desk, workspace: WorkspaceId, agent: AgentId) {
    if let Err(e) = renew(desk, &HashSet::from([(workspace, agent)])).await {
        tracing::warn!(error = %e, "that somebody came could not be noted");
    }
}

/// These were heard from just now.
pub async fn renew(desk: &Desk, agents: &HashSet<(WorkspaceId, AgentId)>) -> Result<()> {
    let written = desk.get_or_init(Written::default);
    let mut due: BTreeMap<WorkspaceId, Vec<AgentId>> = BTreeMap::new();
    {
        let mut last = written.0.lock().unwrap_or_else(|e| e.into_inner());
        last.retain(|_, at| at.elapsed() < SELDOM);
        for (workspace, agent) in agents.iter().filter(|(_, a)| !last.contains_key(a)) {
            due.entry(*workspace).or_default().push(*agent);
        }
        last.extend(due.values().flatten().map(|a| (*a, Instant::now())));
    }
    for (workspace, mut agents) in due {
        agents.sort_unstable();
        if let Err(e) = write(desk, workspace, &agents).await {
            let mut last = written.0.lock().unwrap_or_else(|e| e.into_inner());
            for agent in &agents {
                last.remove(agent);
            }
            return Err(e);
        }
    }
    Ok(())
}

async fn write(desk: &Desk, workspace: WorkspaceId, agents: &[AgentId]) -> Result<()> {
    let mut tx = desk.db().begin(workspace).await?;
    let at = now();
    store::renew(
        &mut tx,
        workspace,
        agents,
        at.plus(Duration::seconds(limits::ONLINE_SECONDS)),
    )
    .await?;
    for agent in store::unannounced(&mut tx, workspace, at).await? {
        if store::tell_came(&mut tx, agent, at).await? {
            let online = AgentNews {
                id: agent,
                availability: Availability::Online,
                online: true,
            };
            let entry = NewEntry::availability(Actor::agent(agent), online, true, at);
            log::append(&mut tx, workspace, entry).await?;
        }
    }
    tx.commit().await
}

/// Tell that those left who were told to be online and have not been heard from since.
pub async fn sweep(desk: &Desk) -> Result<()> {
    for (workspace, agent, said) in store::left(desk.db(), now()).await? {
        let mut tx = desk.db().begin(workspace).await?;
        let at = now();
        if store::tell_left(&mut tx, agent, at).await? {
            let gone = AgentNews {
                id: agent,
                availability: said,
                online: false,
            };
            tell(&mut tx, workspace, Actor::MACHINE, gone, at).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// What an agent's availability is from now on, with whether anybody is online after it.
pub(super) async fn tell(
    tx: &mut Tx,
    workspace: WorkspaceId,
    by: impl Into<By>,
    agent: AgentNews,
    at: Time,
) -> Result<()> {
    let anyone = agent.online || store::online(tx, workspace, at).await? > 0;
    let entry = NewEntry::availability(by, agent, anyone, at);
    log::append(tx, workspace, entry).await?;
    Ok(())
}

/// In the background until the process stops: whoever listens here is present; whoever left is told; old
/// counts of wrong passwords are forgotten.
pub async fn keep_presence(desk: Desk) {
    let mut every = tokio::time::interval(ROUND);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = desk.stop().cancelled() => return,
        }
        let listening = desk.bus().listening();
        for done in [
            renew(&desk, &listening).await,
            sweep(&desk).await,
            forget_tries(&desk).await,
        ] {
            if let Err(e) = done {
                tracing::warn!(error = %e, "presence could not be kept this time");
            }
        }
    }
}

async fn forget_tries(desk: &Desk) -> Result<()> {
    let before = now().minus(Duration::minutes(limits::TRIES_MINUTES));
    for workspace in store::workspaces_with_old_tries(desk.db(), before).await? {
        let mut tx = desk.db().begin(workspace).await?;
        store::forget_tries(&mut tx, workspace, before).await?;
        tx.commit().await?;
    }
    Ok(())
}
