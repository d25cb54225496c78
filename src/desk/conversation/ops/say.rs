//! The hot verb: saying something. What waits is said together, in about six statements however many
//! messages there are; one that fails its check is answered alone and leaves the others untouched.

use super::{
    change::{Batch, Text},
    store::{self, NewConversation, Sent},
};
use crate::base::{
    db::{Tx, fresh},
    together::{Done, Together},
};
use crate::desk::account::ops::who::{self, Asker, Facts, Staff, Visitor};
use crate::desk::state::Desk;
use crate::desk::{account, contact};
use crate::live::bus::rows::{self, MessageRow, VISITOR};
use crate::model::{
    actor::Actor,
    contact::Reference,
    conversation::{Move, Status},
    error::{Error, Result},
    event::{EventKind, Listener, Place},
    id::*,
    message::{Author, AuthorKind, Happened, Kind},
    text::Body,
    time::now,
};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use uuid::Uuid;

/// Messages in one batch, at most.
const MOST: usize = 128;

/// Into which conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// This one.
    This(ConversationId),
    /// The visitor's newest at the widget: the widget's composer writes into what it shows, and so opens
    /// a closed one again. A new one if there is none.
    Newest(WidgetId),
    /// The visitor's open one at the widget, or a new one.
    Open(WidgetId),
}

/// One thing to be said, with all that deciding takes.
pub struct Saying {
    workspace: WorkspaceId,
    who: Listener,
    actor: Actor,
    author: Author,
    display_name: String,
    into: Target,
    kind: Kind,
    client: ClientId,
    body: Body,
    reference: Option<Reference>,
    hash: [u8; 32],
    /// What was proved before the text had arrived.
    proof: Arc<Facts>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct Spoken {
    pub message: MessageRow,
    /// It had been said before, under the same client id.
    pub again: bool,
}

struct Queues(Mutex<HashMap<WorkspaceId, Arc<Together<Saying, Spoken>>>>);

fn queue(desk: &Desk, workspace: WorkspaceId) -> Arc<Together<Saying, Spoken>> {
    let queues = desk.get_or_init(|| Queues(Mutex::default()));
    let mut queues = queues.0.lock().unwrap_or_else(|e| e.into_inner());
    let start = || {
        Arc::new(Together::start(
            desk.db().clone(),
            workspace,
            MOST,
            |tx, items| -> Done<'_, Spoken> { Box::pin(say(tx, items)) },
        ))
    };
    queues.entry(workspace).or_insert_with(start).clone()
}

impl Saying {
    /// Whoever asks says this; `hash` is what a retry is compared by.
    pub fn of(
        who: &Asker,
        into: Target,
        kind: Kind,
        client: ClientId,
        body: Body,
        reference: Option<Reference>,
        hash: [u8; 32],
    ) -> Result<Saying> {
        let (author, display_name) = match who {
            Asker::Staff(s) => (s.author(), s.display_name().to_owned()),
            Asker::Visitor(v) => {
                if kind != Kind::Text {
                    return Err(Error::Forbidden);
                }
                (
                    Author {
                        kind: AuthorKind::Contact,
                        id: v.id().0,
                        name: VISITOR.into(),
                    },
                    VISITOR.into(),
                )
            }
        };
        Ok(Saying {
            workspace: who.workspace(),
            who: who.subscription(None).listener,
            actor: who.actor(),
            author,
            display_name,
            into,
            kind,
            client,
            body,
            reference,
            hash,
            proof: who.facts(),
        })
    }
}

/// Whether they may say something now.
pub fn within_limits(who: &Asker) -> Result<()> {
    who.desk().limits().check(
        crate::base::limits::Kind::Send,
        crate::base::limits::Whose::Person(who.person()),
    )
}

/// Say it as part of another verb, into what the batch holds; nothing was said before under this client id.
pub async fn say_in(tx: &mut Tx, batch: &mut Batch, item: &Saying) -> Result<Spoken> {
    batch.by(item.actor);
    let id = target(tx, batch, item).await?;
    let at = put(tx, batch, id, item).await?;
    batch.write(tx).await?;
    Ok(Spoken {
        message: batch.written()[at].row.clone(),
        again: false,
    })
}

/// Say something as whoever asks. Returns once it is committed and synced.
pub async fn speak(
    who: &Asker,
    into: Target,
    kind: Kind,
    client: ClientId,
    body: Body,
    reference: Option<Reference>,
) -> Result<Spoken> {
    let hash = request_hash(into, kind, &body, reference.as_ref());
    speak_hashed(who, into, kind, client, body, reference, hash).await
}

/// The same for a request that is more than its message: what a retry is compared by is the caller's.
pub(super) async fn speak_hashed(
    who: &Asker,
    into: Target,
    kind: Kind,
    client: ClientId,
    body: Body,
    reference: Option<Reference>,
    hash: [u8; 32],
) -> Result<Spoken> {
    let saying = Saying::of(who, into, kind, client, body, reference, hash)?;
    within_limits(who)?;
    queue(who.desk(), who.workspace()).add(saying).await
}

pub async fn speak_as_staff(
    staff: &Staff,
    id: ConversationId,
    kind: Kind,
    client: ClientId,
    body: Body,
) -> Result<Spoken> {
    speak(
        &staff.clone().into(),
        Target::This(id),
        kind,
        client,
        body,
        None,
    )
    .await
}

pub async fn speak_as_visitor(
    visitor: &Visitor,
    into: Target,
    client: ClientId,
    body: Body,
    reference: Option<Reference>,
) -> Result<Spoken> {
    speak(
        &visitor.clone().into(),
        into,
        Kind::Text,
        client,
        body,
        reference,
    )
    .await
}

/// What a retry is compared by: where it was meant to go and by which door, what it is, the text as it was first
/// sent, and what came with it.
fn request_hash(into: Target, kind: Kind, body: &Body, reference: Option<&Reference>) -> [u8; 32] {
    let (door, id) = match into {
        Target::This(id) => ("", id.0),
        Target::Newest(w) => ("", w.0),
        Target::Open(w) => ("open", w.0),
    };
    let about = reference.map(|r| serde_json::to_vec(r).unwrap_or_default());
    let parts: [&[u8]; 5] = [
        id.as_bytes(),
        kind.word().as_bytes(),
        body.as_str().as_bytes(),
        door.as_bytes(),
        about.as_deref().unwrap_or_default(),
    ];
    hash_of(&parts)
}

/// Everything that would have made a difference, part by part. What is empty at the end adds nothing, so that a part
/// that is added later leaves the hashes of before as they are.
pub(super) fn hash_of(parts: &[&[u8]]) -> [u8; 32] {
    let said = parts
        .iter()
        .rposition(|p| !p.is_empty())
        .map_or(0, |n| n + 1);
    let mut hash = Sha256::new();
    for (n, part) in parts[..said].iter().enumerate() {
        if n > 0 {
            hash.update([0]);
        }
        hash.update(part);
    }
    hash.finalize().into()
}

/// Where the answer to an item comes from.
enum Answer {
    No(Error),
    /// Stored before.
    Before(Uuid),
    /// Written by this batch.
    Written(usize),
    /// The same client id twice in one batch: whatever the first became.
    Same(usize),
}

async fn say(tx: &mut Tx, items: &[Saying]) -> Result<Vec<Result<Spoken>>> {
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
async fn target(tx: &mut Tx, batch: &mut Batch, item: &Saying) -> Result<Uuid> {
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
                    Err(super::another_is_open())
                }
                Listener::Contact { .. } if !item.who.is_with(contact, open.into()) => {
                    Err(super::another_is_open())
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
async fn put(tx: &mut Tx, batch: &mut Batch, id: Uuid, item: &Saying) -> Result<usize> {
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
