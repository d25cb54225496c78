//! Who has it and where it stands: take, assign, close, reopen, snooze, wake.

use super::{change::Batch, store};
use crate::base::db::Tx;
use crate::desk::account::ops::who::{Machine, Staff, Visitor};
use crate::desk::state::Desk;
use crate::live::bus::rows;
use crate::model::{
    contact::called,
    conversation::{Conversation, Move, Seen, Status},
    error::{Error, Result},
    event::{EventKind, Place},
    id::*,
    message::{Author, AuthorKind, Happened},
    time::{Time, now},
};

/// Hold it as this agent may see it, or there is no such thing.
async fn held(tx: &mut Tx, staff: &Staff, id: ConversationId) -> Result<Batch> {
    let core = store::hold(tx, staff.workspace(), id).await?;
    if !staff.listener().sees(core.place()) {
        return Err(Error::NotFound);
    }
    let mut batch = Batch::new(staff.workspace(), now());
    batch.hold(core);
    Ok(batch)
}

/// Write, commit, and answer with the conversation as it is now.
async fn done(
    mut tx: Tx,
    mut batch: Batch,
    staff: &Staff,
    id: ConversationId,
) -> Result<Seen<Conversation>> {
    batch.write(&mut tx).await?;
    let row = rows::conversation(&mut tx, staff.workspace(), id).await?;
    let (_, contact, _) = store::receipt(&mut tx, id, staff.id().0).await?;
    let seen = super::seen_by_staff(&mut tx, staff.workspace(), &row, contact).await?;
    tx.commit().await?;
    Ok(seen)
}

/// Take one that is nobody's; one's own stays one's own.
pub async fn take(staff: &Staff, id: ConversationId) -> Result<Seen<Conversation>> {
    let mut tx = staff.db().begin(staff.workspace()).await?;
    let mut batch = held(&mut tx, staff, id).await?;
    let place = batch.get(id.0).core.place();
    match place.assignee {
        Some(me) if me == staff.id() => {}
        Some(other) => {
            let name = store::active_agent(&mut tx, staff.workspace(), other)
                .await?
                .unwrap_or_default();
            return Err(Error::conflict(format!("{name} has it already.")));
        }
        None => give(
            &mut batch,
            id,
            Place {
                assignee: Some(staff.id()),
                ..place
            },
            &staff.author(),
        ),
    }
    done(tx, batch, staff, id).await
}

/// Give it to a colleague (`None`: back to the queue), perhaps to another team.
pub async fn assign(
    staff: &Staff,
    id: ConversationId,
    agent: Option<AgentId>,
    team: Option<TeamId>,
) -> Result<Seen<Conversation>> {
    let mut tx = staff.db().begin(staff.workspace()).await?;
    let mut batch = held(&mut tx, staff, id).await?;
    let place = batch.get(id.0).core.place();
    if let Some(team) = team
        && (!store::team_exists(&mut tx, staff.workspace(), team).await?
            || (!staff.reads_all() && !staff.teams().contains(&team)))
    {
        return Err(Error::field("team_id", "There is no such team."));
    }
    let wanted = Place {
        assignee: agent,
        team: team.or(place.team),
    };
    if let Some(agent) = agent {
        store::active_agent(&mut tx, staff.workspace(), agent)
            .await?
            .ok_or_else(|| Error::field("agent_id", "There is no such agent."))?;
        if !staff.reads_all() && agent != staff.id() {
            let mut within = false;
            for team in staff.teams() {
                within |= store::in_team(&mut tx, staff.workspace(), *team, agent).await?;
            }
            if !within {
                return Err(Error::field(
                    "agent_id",
                    "This agent is in none of your teams.",
                ));
            }
        }
    }
    if wanted != place {
        give(&mut batch, id, wanted, &staff.author());
    }
    done(tx, batch, staff, id).await
}

fn give(batch: &mut Batch, id: ConversationId, wanted: Place, by: &Author) {
    let place = batch.get(id.0).core.place();
    let happened = match wanted.assignee {
        None => Happened::Unassigned,
        Some(agent) if agent.0 == by.id => Happened::Joined,
        Some(_) => Happened::Assigned,
    };
    batch.place(id.0, wanted);
    batch.line(id.0, happened, by, wanted.assignee);
    batch.tell(id.0, EventKind::ConversationAssigned, Some(place));
}

/// The queue gives it to somebody; what is somebody's meanwhile stays theirs. `false`: nothing was done.
pub async fn give_from_queue(
    tx: &mut Tx,
    machine: &Machine,
    id: ConversationId,
    agent: AgentId,
) -> Result<bool> {
    let core = store::hold(tx, machine.workspace(), id).await?;
    let place = core.place();
    if place.assignee.is_some() || core.status() != Status::Waiting {
        return Ok(false);
    }
    let Some(name) = store::active_agent(tx, machine.workspace(), agent).await? else {
        return Ok(false);
    };
    let mut batch = Batch::new(machine.workspace(), now());
    batch.hold(core);
    let theirs = Author {
        kind: AuthorKind::Agent,
        id: agent.0,
        name,
    };
    give(
        &mut batch,
        id,
        Place {
            assignee: Some(agent),
            ..place
        },
        &theirs,
    );
    batch.write(tx).await?;
    Ok(true)
}

async fn shifted(
    staff: &Staff,
    id: ConversationId,
    by: Move,
    happened: Happened,
    kind: EventKind,
    until: Option<Time>,
) -> Result<Seen<Conversation>> {
    let mut tx = staff.db().begin(staff.workspace()).await?;
    let mut batch = held(&mut tx, staff, id).await?;
    if by == Move::Reopen {
        let core = &batch.get(id.0).core;
        let open = store::hold_open_of(&mut tx, staff.workspace(), &[core.contact_id]).await?;
        if open
            .iter()
            .any(|c| c.widget_id == core.widget_id && c.id != core.id)
        {
            return Err(super::another_is_open());
        }
    }
    if batch.shift(id.0, by)? {
        batch.get(id.0).core.snoozed_until = until.map(|t| t.0);
        batch.line(id.0, happened, &staff.author(), None);
        batch.tell(id.0, kind, None);
    }
    done(tx, batch, staff, id).await
}

/// End it. A message of the customer's opens it again.
pub async fn close(staff: &Staff, id: ConversationId) -> Result<Seen<Conversation>> {
    shifted(
        staff,
        id,
        Move::Close,
        Happened::Ended,
        EventKind::ConversationClosed,
        None,
    )
    .await
}

/// Open a closed one again.
pub async fn reopen(staff: &Staff, id: ConversationId) -> Result<Seen<Conversation>> {
    shifted(
        staff,
        id,
        Move::Reopen,
        Happened::Reopened,
        EventKind::ConversationReopened,
        None,
    )
    .await
}

/// Set it aside until a time, or until the customer writes.
pub async fn snooze(staff: &Staff, id: ConversationId, until: Time) -> Result<Seen<Conversation>> {
    if until <= now() || until > now().plus(chrono::Duration::days(366)) {
        return Err(Error::field(
            "until",
            "A time in the future, within a year.",
        ));
    }
    shifted(
        staff,
        id,
        Move::Snooze,
        Happened::Snoozed,
        EventKind::ConversationUpdated,
        Some(until),
    )
    .await
}

/// The status that is wanted, by whichever legal move leads there.
pub async fn set_status(
    staff: &Staff,
    id: ConversationId,
    wanted: Status,
    until: Option<Time>,
) -> Result<Seen<Conversation>> {
    let row = super::readable(staff, id).await?;
    let status: Status = row.status.parse()?;
    let former = row.snoozed_from.as_deref().and_then(|s| s.parse().ok());
    match status.towards(wanted, former)? {
        Move::Close => close(staff, id).await,
        Move::Reopen => reopen(staff, id).await,
        Move::Snooze => {
            snooze(
                staff,
                id,
                until.ok_or_else(|| Error::field("until", "Until when?"))?,
            )
            .await
        }
        by => {
            shifted(
                staff,
                id,
                by,
                Happened::Woke,
                EventKind::ConversationUpdated,
                None,
            )
            .await
        }
    }
}

/// The visitor ends the chat.
pub async fn end(visitor: &Visitor, id: ConversationId) -> Result<()> {
    let mut tx = visitor.db().begin(visitor.workspace()).await?;
    let core = store::hold(&mut tx, visitor.workspace(), id).await?;
    if core.contact_id != visitor.id().0 {
        return Err(Error::NotFound);
    }
    let name = called(core.contact_name.as_deref(), None, core.contact_id);
    let mut batch = Batch::new(visitor.workspace(), now());
    batch.hold(core);
    if batch.shift(id.0, Move::Close)? {
        let author = Author {
            kind: AuthorKind::Contact,
            id: visitor.id().0,
            name,
        };
        batch.line(id.0, Happened::Ended, &author, None);
        batch.tell(id.0, EventKind::ConversationClosed, None);
    }
    batch.write(&mut tx).await?;
    tx.commit().await
}

/// Wake what was set aside until now. Safe on every node at once: whoever holds the row first wakes it.
pub async fn wake(desk: &Desk) -> Result<()> {
    let due = store::to_wake(&mut *desk.db().look().await?, now()).await?;
    for (workspace, id) in due {
        let mut tx = desk.db().begin(workspace).await?;
        let core = store::hold(&mut tx, workspace, id).await?;
        if core.status() != Status::Snoozed || core.snoozed_until.is_none_or(|t| t > now().0) {
            continue;
        }
        let mut batch = Batch::new(workspace, now());
        batch.hold(core);
        batch.shift(id.0, Move::Wake)?;
        batch.line(id.0, Happened::Woke, &Author::system(), None);
        batch.tell(id.0, EventKind::ConversationUpdated, None);
        batch.write(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}
