//! Many of them, written at once.

use super::super::{
    change::{Batch, Text},
    store::{self, NewConversation, Sent},
};
use super::{Saying, Spoken, Target};
use crate::base::db::{Tx, fresh};
use crate::desk::account::ops::who;
use crate::desk::{account, contact};
use crate::live::bus::rows::{self, MessageRow};
use crate::model::{
    conversation::{Move, Status},
    error::{Error, Result},
    event::{EventKind, Listener, Place},
    id::*,
    message::{AuthorKind, Happened, Kind},
    time::now,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Where the answer to an item comes from.
pub(super) enum Answer {
    No(Error),
    /// Stored before.
    Before(Uuid),
    /// Written by this batch.
    Written(usize),
    /// The same client id twice in one batch: whatever the first became.
    Same(usize),
}

pub(super) async fn say(tx: &mut Tx, items: &[Saying]) -> Result<Vec<Result<Spoken>>> {
    let Some(first) = items.first() else {
        return Ok(vec![]);
    };
    let workspace = first.workspace;
    let standing = who::standing(tx, items.iter().map(|i| &*i.proof)).await?;
    let clients: Vec<Uuid> = items.iter().map(|i| i.client.0).collect();
    let before: HashMap<(Uuid, Uuid), Sent> = store::sent_many(tx, workspace, &clients)
        .await?
        .into_iter()
        .map(|s| ((s.author_id, s.client_id), s))
        .collect();

    let known = |i: &Saying| before.get(&(i.author.id, i.client.0));
    let fresh: Vec<&Saying> = items.iter().filter(|i| known(i).is_none()).collect();
    let mut ids: Vec<Uuid> = fresh
        .iter()
        .filter_map(|i| {
            if let Target::This(id) = i.into {
                Some(id.0)
            } else {
                None
            }
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();

    let mut batch = Batch::new(workspace, first.actor, now());
    for locked in store::lock_these(tx, workspace, &ids).await? {
        batch.hold(locked);
    }
    // Where the open one of a contact decides: there is none named, or the one named is closed.
    let mut contacts: Vec<Uuid> = fresh
        .iter()
        .filter_map(|i| match i.into {
            Target::This(id) => {
                let closed = batch.holds(id).filter(|c| !c.status.is_open());
                closed
                    .filter(|_| i.kind == Kind::Text)
                    .map(|c| c.contact_id)
            }
            Target::Newest(_) | Target::Open(_) => Some(i.author.id),
        })
        .collect();
    contacts.sort_unstable();
    contacts.dedup();
    for locked in store::lock_open_of(tx, workspace, &contacts).await? {
        batch.hold(locked);
    }

    let mut answers: Vec<Answer> = Vec::with_capacity(items.len());
    let mut firsts: HashMap<(Uuid, Uuid), usize> = HashMap::new();
    for (at, item) in items.iter().enumerate() {
        if !standing.contains(&item.proof.session) {
            answers.push(Answer::No(Error::Unauthorized));
            continue;
        }
        if let Some(sent) = known(item) {
            answers.push(if sent.request_hash == item.hash {
                Answer::Before(sent.id)
            } else {
                Answer::No(Error::ClientIdReused)
            });
            continue;
        }
        if let Some(first) = firsts.get(&(item.author.id, item.client.0)) {
            answers.push(if items[*first].hash == item.hash {
                Answer::Same(*first)
            } else {
                Answer::No(Error::ClientIdReused)
            });
            continue;
        }
        batch.by(item.actor);
        match target(tx, &mut batch, item).await {
            Ok(id) => {
                answers.push(Answer::Written(put(tx, &mut batch, id, item).await?));
                firsts.insert((item.author.id, item.client.0), at);
            }
            Err(e) if e.is_worth_another_try() => return Err(e),
            Err(e) => answers.push(Answer::No(e)),
        }
    }
    batch.write(tx).await?;

    let olds: Vec<Uuid> = answers
        .iter()
        .filter_map(|a| {
            if let Answer::Before(id) = a {
                Some(*id)
            } else {
                None
            }
        })
        .collect();
    let olds: HashMap<Uuid, MessageRow> = rows::messages(tx, workspace, &olds)
        .await?
        .into_iter()
        .map(|m| (m.id, m))
        .collect();
    let answer = |a: &Answer| match a {
        Answer::No(e) => Err(e.clone()),
        Answer::Before(id) => olds
            .get(id)
            .cloned()
            .map(|message| Spoken {
                message,
                again: true,
            })
            .ok_or(Error::NotFound),
        Answer::Written(n) => Ok(Spoken {
            message: batch.written()[*n].row.clone(),
            again: false,
        }),
        Answer::Same(_) => Err(Error::Unavailable),
    };
    Ok(answers
        .iter()
        .map(|a| match a {
            Answer::Same(first) => answer(&answers[*first]).map(|s| Spoken { again: true, ..s }),
            other => answer(other),
        })
        .collect())
}

/// Which conversation an item goes into; makes it where there is none. What the author may not see does not exist.
pub(super) async fn target(tx: &mut Tx, batch: &mut Batch, item: &Saying) -> Result<Uuid> {
    let contact = ContactId(item.author.id);
    match item.into {
        Target::This(id) => {
            let locked = batch.holds(id).ok_or(Error::NotFound)?;
            let mine = match &item.who {
                Listener::Staff { .. } => item.who.sees(locked.place()),
                Listener::Contact { .. } => item.who.is_with(locked.contact_id.into(), id),
            };
            if !mine {
                return Err(Error::NotFound);
            }
            if item.kind == Kind::Note || locked.status.is_open() {
                return Ok(id.0);
            }
            // A text to a closed one while another is open goes to the open one; a note stays where it is written.
            let (widget, contact) = (WidgetId(locked.widget_id), ContactId(locked.contact_id));
            let Some(open) = batch.open_one(widget, contact) else {
                return Ok(id.0);
            };
            match &item.who {
                Listener::Staff { .. } if !item.who.sees(batch.get(open).locked.place()) => {
                    Err(super::super::another_is_open())
                }
                Listener::Contact { .. } if !item.who.is_with(contact, open.into()) => {
                    Err(super::super::another_is_open())
                }
                _ => Ok(open),
            }
        }
        Target::Newest(_) | Target::Open(_) if item.who.only().is_some() => Err(Error::Forbidden),
        Target::Newest(widget) | Target::Open(widget) => {
            if let Some(open) = batch.open_one(widget, contact) {
                return Ok(open);
            }
            if let Target::Newest(_) = item.into
                && let Some(newest) =
                    store::lock_newest(tx, item.workspace, widget, contact).await?
            {
                return Ok(batch.hold(newest).locked.id);
            }
            let name = contact::ops::name_of(tx, item.workspace, contact).await?;
            let new = NewConversation {
                id: fresh(),
                widget,
                contact,
                status: Status::Waiting,
                assignee: None,
                team: account::ops::default_team(tx, item.workspace).await?,
                reference: item
                    .reference
                    .as_ref()
                    .and_then(|r| serde_json::to_value(r).ok()),
                at: now(),
                waiting_since: Some(now()),
            };
            if let Some(id) = batch.open(tx, new, name).await? {
                return Ok(id);
            }
            // Another node made one at the same moment: theirs is the one.
            let theirs = store::lock_open_of(tx, item.workspace, &[contact.0]).await?;
            let theirs = theirs
                .into_iter()
                .find(|c| c.widget_id == widget.0)
                .ok_or(Error::Unavailable)?;
            Ok(batch.hold(theirs).locked.id)
        }
    }
}

/// The text itself, and the moves that it makes.
pub(super) async fn put(tx: &mut Tx, batch: &mut Batch, id: Uuid, item: &Saying) -> Result<usize> {
    let mut author = item.author.clone();
    if author.kind == AuthorKind::Contact
        && let Some(name) = &batch.get(id).locked.contact_name
    {
        author.name.clone_from(name);
    }
    let text = Text {
        kind: item.kind,
        author: author.clone(),
        display_name: item.display_name.clone(),
        client: item.client,
        request_hash: item.hash,
        body: item.body.as_str().to_owned(),
    };
    if item.kind == Kind::Note {
        return Ok(batch.text(id, text)); // a note moves nothing
    }
    let place = batch.get(id).locked.place();
    let was = batch.get(id).locked.status;
    if author.kind == AuthorKind::Contact {
        let moved = batch.shift(id, Move::CustomerText)?;
        if moved && was == Status::Closed {
            // Whoever had it keeps it while they are there; otherwise it queues again.
            let gone = match place.assignee {
                Some(agent) => !account::ops::is_online(tx, agent, now()).await?,
                None => false,
            };
            if gone {
                batch.place(
                    id,
                    Place {
                        assignee: None,
                        ..place
                    },
                );
            }
            batch.line(id, Happened::Reopened, &author, None);
            let at = batch.text(id, text);
            batch.tell(id, EventKind::ConversationReopened, gone.then_some(place));
            return Ok(at);
        }
        let at = batch.text(id, text);
        if moved {
            batch.tell(id, EventKind::ConversationUpdated, None);
        }
        return Ok(at);
    }
    // Whoever answers what is nobody's has it.
    let takes = place.assignee.is_none();
    if takes {
        batch.place(
            id,
            Place {
                assignee: Some(AgentId(author.id)),
                ..place
            },
        );
    }
    let moved = batch.shift(id, Move::StaffText)?;
    if was == Status::Closed {
        batch.line(id, Happened::Reopened, &author, None);
    }
    if takes {
        batch.line(id, Happened::Joined, &author, Some(AgentId(author.id)));
    }
    let at = batch.text(id, text);
    match (was, takes) {
        (Status::Closed, _) => {
            batch.tell(id, EventKind::ConversationReopened, takes.then_some(place))
        }
        (_, true) => batch.tell(id, EventKind::ConversationAssigned, Some(place)),
        (_, false) if moved => batch.tell(id, EventKind::ConversationUpdated, None),
        _ => {}
    }
    Ok(at)
}
