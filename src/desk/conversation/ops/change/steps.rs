//! What verbs do to a conversation of the batch: it moves, somebody has it, something is said in it.

use super::{Batch, Done, NewMessage, Text};
use crate::base::db::fresh;
use crate::live::bus::rows::MessageRow;
use crate::model::{
    conversation::{Move, Status},
    error::Result,
    event::{EventKind, Place},
    id::*,
    message::{Author, AuthorKind, Happened, Kind, LineEvent},
};
use sqlx::types::Json;
use uuid::Uuid;

impl Batch {
    /// Move the status, if the move is legal. Returns whether it changed.
    pub fn shift(&mut self, id: Uuid, by: Move) -> Result<bool> {
        let at = self.at;
        let held = self.get(id);
        let (from, former) = (held.locked.status, held.locked.snoozed_from);
        let owned = held.locked.assignee_id.is_some();
        let to = from.after(by, former).map(|s| s.owned(owned));
        let to = to.ok_or_else(|| from.refused())?;
        if to == from {
            return Ok(false);
        }
        held.locked.status = to;
        held.locked.closed_at = (to == Status::Closed).then_some(at.0);
        held.locked.snoozed_from = (to == Status::Snoozed).then_some(from);
        if to != Status::Snoozed {
            held.locked.snoozed_until = None;
        }
        if to == Status::Closed {
            held.locked.waiting_since = None;
        }
        held.changed = true;
        Ok(true)
    }

    /// Give it to somebody, or to nobody: then it waits, or sleeps on and wakes waiting.
    pub fn place(&mut self, id: Uuid, place: Place) {
        let held = self.get(id);
        held.locked.assignee_id = place.assignee.map(|a| a.0);
        held.locked.team_id = place.team.0;
        let from = held.locked.status;
        if place.assignee.is_none()
            && let Some(to) = from.after(Move::Return, held.locked.snoozed_from)
        {
            held.locked.status = to;
            if to == Status::Snoozed {
                held.locked.snoozed_from = Some(Status::Waiting);
            }
        }
        held.changed = true;
    }

    /// An event line.
    pub fn line(&mut self, id: Uuid, happened: Happened, author: &Author, agent: Option<AgentId>) {
        let body = happened.inside(author).plain();
        let event = Some(Json(LineEvent {
            happened,
            agent_id: agent.map(|a| a.0),
        }));
        self.push(id, Kind::Event, author, &author.name, body, None, event);
    }

    /// A text or note. Returns its place among [`Batch::written`].
    pub fn text(&mut self, id: Uuid, text: Text) -> usize {
        let at = self.at;
        let Text {
            kind,
            author,
            display_name,
            client,
            request_hash,
            body,
        } = text;
        let message = self.push(
            id,
            kind,
            &author,
            &display_name,
            body,
            Some((client, request_hash)),
            None,
        );
        let row = self.messages[message].row.id;
        let held = self.get(id);
        held.changed = true;
        if kind == Kind::Text {
            held.locked.last_message_id = Some(row);
            held.locked.last_at = at.0.max(held.locked.last_at);
            match author.kind {
                AuthorKind::Contact => {
                    held.locked.contact_texts += 1;
                    held.locked.waiting_since.get_or_insert(at.0);
                }
                _ => {
                    held.locked.staff_texts += 1;
                    held.locked.waiting_since = None;
                }
            }
        }
        message
    }

    #[allow(clippy::too_many_arguments)]
    fn push(
        &mut self,
        id: Uuid,
        kind: Kind,
        author: &Author,
        display_name: &str,
        body: String,
        client: Option<(ClientId, [u8; 32])>,
        event: Option<Json<LineEvent>>,
    ) -> usize {
        let agent = author.kind == AuthorKind::Agent;
        let row = MessageRow {
            id: fresh(),
            seq: 0,
            client_id: client.map(|(c, _)| c.0),
            conversation_id: id,
            kind,
            author_kind: author.kind,
            author_id: author.id,
            body,
            event,
            created_at: self.at.0,
            edited_at: None,
            agent_name: agent.then(|| author.name.clone()),
            agent_display: agent.then(|| display_name.to_owned()),
            contact_name: self.get(id).locked.contact_name.clone(),
            contact_email: None,
        };
        self.messages.push(NewMessage {
            row,
            request_hash: client.map(|(_, hash)| hash),
        });
        self.get(id).changed = true;
        let at = self.messages.len() - 1;
        self.step(Done::Message(at));
        at
    }

    /// Tell that the conversation changed. `from`: where it stood before this step, if it moved.
    pub fn tell(&mut self, id: Uuid, kind: EventKind, from: Option<Place>) {
        self.step(Done::Event(kind, id, from));
    }
}
