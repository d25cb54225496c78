//! The hot verb: saying something. What waits is said together, in about six statements however many
//! messages there are; one that fails its check is answered alone and leaves the others untouched.

mod batch;

use super::change::Batch;
use crate::base::{
    db::Tx,
    together::{Done, Together},
};
use crate::desk::account::ops::who::{Asker, Facts, Staff, Visitor};
use crate::desk::state::Desk;
use crate::live::bus::rows::{MessageRow, VISITOR};
use crate::model::{
    actor::Actor,
    contact::Reference,
    error::{Error, Result},
    event::Listener,
    id::*,
    message::{Author, AuthorKind, Kind},
    text::Body,
};
use batch::{put, say, target};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

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
