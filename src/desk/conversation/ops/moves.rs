//! Who has it and where it stands: take, assign, close, reopen, snooze, wake.

use super::{change::Batch, store};
use crate::base::{db::Tx, jobs::Job};
use crate::desk::account;
use crate::desk::account::ops::who::{Machine, Staff, Visitor};
use crate::desk::state::Desk;
use crate::live::bus::rows;
use crate::model::refusal::Refusal;
use crate::model::{
    contact::called,
    conversation::{Conversation, ForReader, Move, Status},
    error::{Error, Result},
    event::{EventKind, Place},
    id::*,
    message::{Author, AuthorKind, Happened},
    time::{Time, now},
};
use std::collections::HashMap;
use uuid::Uuid;

/// Hold it as this agent may see it, or there is no such thing.
async fn held(tx: &mut Tx, staff: &Staff, id: ConversationId) -> Result<Batch> {
    let locked = store::lock(tx, staff.workspace(), id).await?;
    if !staff.listener().sees(locked.place()) {
        return Err(Error::NotFound);
    }
    let mut batch = Batch::new(staff.workspace(), staff.actor(), now());
    batch.hold(locked);
    Ok(batch)
}

/// Write, commit, and answer with the conversation as it is now.
async fn done(
    mut tx: Tx,
    mut batch: Batch,
    staff: &Staff,
    id: ConversationId,
) -> Result<ForReader<Conversation>> {
    batch.write(&mut tx).await?;
    let row = rows::conversation(&mut tx, staff.workspace(), id).await?;
    let (_, contact, _) = store::receipt(&mut tx, id, staff.id().0).await?;
    let seen = super::sight::seen_by_staff(&mut tx, staff.workspace(), &row, contact).await?;
    tx.commit().await?;
    Ok(seen)
}

/// Take one that is nobody's; one's own stays one's own.
pub async fn take(staff: &Staff, id: ConversationId) -> Result<ForReader<Conversation>> {
    let mut tx = staff.begin().await?;
    let mut batch = held(&mut tx, staff, id).await?;
    let place = batch.get(id.0).locked.place();
    match place.assignee {
        Some(me) if me == staff.id() => {}
        Some(other) => {
            let name = account::ops::active_agent(&mut tx, staff.workspace(), other)
                .await?
                .unwrap_or_default();
            return Err(Error::conflict(Refusal::already_yours(name)));
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

/// Give it to a colleague (`None`: back to the queue, where it waits for the next), perhaps to another team.
pub async fn assign(
    staff: &Staff,
    id: ConversationId,
    agent: Option<AgentId>,
    team: Option<TeamId>,
) -> Result<ForReader<Conversation>> {
    let mut tx = staff.begin().await?;
    let mut batch = held(&mut tx, staff, id).await?;
    let place = batch.get(id.0).locked.place();
    if let Some(team) = team
        && (!account::ops::team_exists(&mut tx, staff.workspace(), team).await?
            || (!staff.reads_all() && !staff.teams().contains(&team)))
    {
        return Err(Error::field("team_id", Refusal::no_team()));
    }
    let wanted = Place {
        assignee: agent,
        team: team.unwrap_or(place.team),
    };
    if let Some(agent) = agent {
        account::ops::active_agent(&mut tx, staff.workspace(), agent)
            .await?
            .ok_or_else(|| Error::field("agent_id", Refusal::no_agent()))?;
        if !staff.reads_all() && agent != staff.id() {
            let mut within = false;
            for team in staff.teams() {
                within |= account::ops::in_team(&mut tx, staff.workspace(), *team, agent).await?;
            }
            if !within {
                return Err(Error::field("agent_id", Refusal::agent_in_another_team()));
            }
        }
    }
    if wanted != place {
        give(&mut batch, id, wanted, &staff.author());
    }
    done(tx, batch, staff, id).await
}

fn give(batch: &mut Batch, id: ConversationId, wanted: Place, by: &Author) {
    let place = batch.get(id.0).locked.place();
    let happened = match wanted.assignee {
        None => Happened::Unassigned,
        Some(agent) if agent.0 == by.id => Happened::Joined,
        Some(_) => Happened::Assigned,
    };
    batch.place(id.0, wanted);
    batch.line(id.0, happened, by, wanted.assignee);
    batch.tell(id.0, EventKind::ConversationAssigned, Some(place));
}

/// The queue gives it to somebody of its team; what is somebody's, or another team's, meanwhile stays there.
/// `false`: nothing was done.
pub async fn give_from_queue(
    tx: &mut Tx,
    machine: &Machine,
    id: ConversationId,
    team: TeamId,
    agent: AgentId,
) -> Result<bool> {
    let locked = store::lock(tx, machine.workspace(), id).await?;
    let place = locked.place();
    if place.assignee.is_some() || place.team != team || locked.status != Status::Waiting {
        return Ok(false);
    }
    let Some(name) = account::ops::active_agent(tx, machine.workspace(), agent).await? else {
        return Ok(false);
    };
    let mut batch = Batch::new(machine.workspace(), machine.by(), now());
    batch.hold(locked);
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

/// Who put which of these back into the queue last, since then.
pub async fn put_back(
    tx: &mut Tx,
    machine: &Machine,
    ids: &[Uuid],
    since: Time,
) -> Result<HashMap<ConversationId, AgentId>> {
    let mut lines = store::lines_since(tx, machine.workspace(), ids, since).await?;
    lines.sort_by_key(|line| line.seq);
    let back = lines
        .into_iter()
        .filter(|line| line.event.0.happened == Happened::Unassigned);
    Ok(back
        .map(|line| (line.conversation_id.into(), AgentId(line.author_id)))
        .collect())
}

/// What those held who do not work here any more goes back, up to `most` at a time. Returns how many that were.
pub async fn give_back(tx: &mut Tx, machine: &Machine, most: i64) -> Result<usize> {
    let workspace = machine.workspace();
    let left = store::left_behind(tx, workspace, most).await?;
    if left.is_empty() {
        return Ok(0);
    }
    let mut batch = Batch::new(workspace, machine.by(), now());
    for locked in store::lock_these(tx, workspace, &left).await? {
        // Ended or given on since it was looked at.
        let (id, place) = (ConversationId(locked.id), locked.place());
        let Some(agent) = place.assignee.filter(|_| locked.status.is_open()) else {
            continue;
        };
        if account::ops::active_agent(tx, workspace, agent)
            .await?
            .is_some()
        {
            continue;
        }
        let nobodys = Place {
            assignee: None,
            ..place
        };
        batch.hold(locked);
        give(&mut batch, id, nobodys, &Author::system());
    }
    batch.write(tx).await?;
    Ok(left.len())
}

/// Whichever move leads to `wanted` from the status that is held: its move, line, event, and until when.
struct Shift {
    by: Move,
    happened: Happened,
    kind: EventKind,
    until: Option<Time>,
}

impl Shift {
    fn to(by: Move, until: Option<Time>) -> Result<Shift> {
        let (happened, kind) = match by {
            Move::Close => (Happened::Ended, EventKind::ConversationClosed),
            Move::Reopen => (Happened::Reopened, EventKind::ConversationReopened),
            Move::Snooze => (Happened::Snoozed, EventKind::ConversationUpdated),
            _ => (Happened::Woke, EventKind::ConversationUpdated),
        };
        let until = match by {
            Move::Snooze => Some(alarm(until)?),
            _ => None,
        };
        Ok(Shift {
            by,
            happened,
            kind,
            until,
        })
    }
}

/// A time until which something can be set aside.
fn alarm(until: Option<Time>) -> Result<Time> {
    let until = until.ok_or_else(|| Error::field("until", Refusal::choose_a_time()))?;
    if until <= now() || until > now().plus(chrono::Duration::days(366)) {
        return Err(Error::field("until", Refusal::not_within_a_year()));
    }
    Ok(until)
}

/// Hold it, choose the move by how it stands now, and make it.
async fn shifted(
    staff: &Staff,
    id: ConversationId,
    choose: impl FnOnce(&store::Locked) -> Result<Shift>,
) -> Result<ForReader<Conversation>> {
    let mut tx = staff.begin().await?;
    let mut batch = held(&mut tx, staff, id).await?;
    let Shift {
        by,
        happened,
        kind,
        until,
    } = choose(&batch.get(id.0).locked)?;
    let mut from = None;
    if by == Move::Reopen {
        let locked = &batch.get(id.0).locked;
        let open = store::lock_open_of(&mut tx, staff.workspace(), &[locked.contact_id]).await?;
        if open
            .iter()
            .any(|c| c.widget_id == locked.widget_id && c.id != locked.id)
        {
            return Err(super::another_is_open());
        }
        // Who had it may work here no more; then it is nobody's, and waits.
        let place = locked.place();
        if let Some(agent) = place.assignee
            && account::ops::active_agent(&mut tx, staff.workspace(), agent)
                .await?
                .is_none()
        {
            from = Some(place);
        }
    }
    if batch.shift(id.0, by)? {
        if let Some(place) = from {
            let nobodys = Place {
                assignee: None,
                ..place
            };
            batch.place(id.0, nobodys);
        }
        batch.get(id.0).locked.snoozed_until = until.map(|t| t.0);
        batch.line(id.0, happened, &staff.author(), None);
        batch.tell(id.0, kind, from);
    }
    done(tx, batch, staff, id).await
}

/// End it. A message of the customer's opens it again.
pub async fn close(staff: &Staff, id: ConversationId) -> Result<ForReader<Conversation>> {
    shifted(staff, id, |_| Shift::to(Move::Close, None)).await
}

/// Open a closed one again; what is nobody's waits.
pub async fn reopen(staff: &Staff, id: ConversationId) -> Result<ForReader<Conversation>> {
    shifted(staff, id, |_| Shift::to(Move::Reopen, None)).await
}

/// Set it aside until a time, or until the customer writes.
pub async fn snooze(
    staff: &Staff,
    id: ConversationId,
    until: Time,
) -> Result<ForReader<Conversation>> {
    shifted(staff, id, |_| Shift::to(Move::Snooze, Some(until))).await
}

/// The status that is wanted, by whichever legal move leads there.
pub async fn set_status(
    staff: &Staff,
    id: ConversationId,
    wanted: Status,
    until: Option<Time>,
) -> Result<ForReader<Conversation>> {
    shifted(staff, id, |locked| {
        Shift::to(locked.status.towards(wanted, locked.snoozed_from)?, until)
    })
    .await
}

/// The visitor ends the chat.
pub async fn end(visitor: &Visitor, id: ConversationId) -> Result<()> {
    let mut tx = visitor.begin().await?;
    let locked = store::lock(&mut tx, visitor.workspace(), id).await?;
    if !visitor.listener().is_with(locked.contact_id.into(), id) {
        return Err(Error::NotFound);
    }
    let name = called(locked.contact_name.as_deref(), None, locked.contact_id);
    let mut batch = Batch::new(visitor.workspace(), visitor.actor(), now());
    batch.hold(locked);
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

/// The job that ends a snooze; its key is the conversation.
pub const WAKE: &str = "wake";

/// Wake what was set aside, if it still is and its time has come: whatever else became of it is left alone.
pub async fn wake(desk: Desk, job: Job) -> Result<()> {
    let workspace = job.workspace;
    let id: ConversationId = job.key.parse().map_err(|_| Error::NotFound)?;
    let machine = Machine::running(&desk, workspace).because(job.cause);
    let mut tx = desk.db().begin(workspace).await?;
    if let Some(locked) = store::lock_these(&mut tx, workspace, &[id.0]).await?.pop()
        && locked.status == Status::Snoozed
        && locked.snoozed_until.is_some_and(|until| until <= now().0)
    {
        let mut batch = Batch::new(workspace, machine.by(), now());
        batch.hold(locked);
        batch.shift(id.0, Move::Wake)?;
        batch.line(id.0, Happened::Woke, &Author::system(), None);
        batch.tell(id.0, EventKind::ConversationUpdated, None);
        batch.write(&mut tx).await?;
    }
    // The rows are locked in the order of whoever sets an alarm: the conversation, the counter, the job.
    if !job.done(&mut tx).await? {
        return Ok(()); // somebody else has it by now: nothing is committed
    }
    tx.commit().await
}
