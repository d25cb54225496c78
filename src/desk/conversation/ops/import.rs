//! A conversation as it was somewhere else, or as the demo tells it: written at once, with its own times.

use super::{
    change::{Batch, Text},
    store::NewConversation,
};
use crate::base::db::fresh;
use crate::desk::account::ops::who::Machine;
use crate::desk::{account, contact};
use crate::model::refusal::Refusal;
use crate::model::{
    contact::Reference,
    conversation::Status,
    error::{Error, Result},
    id::*,
    message::{Author, AuthorKind, Happened, Kind},
    text::Body,
    time::Time,
};

pub struct ImportThread {
    pub widget: WidgetId,
    pub contact: ContactId,
    pub reference: Option<Reference>,
    pub status: Status,
    pub assignee: Option<AgentId>,
    pub created_at: Time,
    /// Oldest first.
    pub messages: Vec<ImportMessage>,
}

pub struct ImportMessage {
    pub at: Time,
    pub kind: Kind,
    pub author: ImportAuthor,
    pub body: Body,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ImportAuthor {
    Contact,
    Agent(AgentId),
}

/// Write it as one transaction. Event lines for whoever answered first and for the end are added.
/// A second open conversation of the same contact at the same widget is a conflict.
pub async fn import(machine: &Machine, thread: ImportThread) -> Result<ConversationId> {
    let workspace = machine.workspace();
    let mut tx = machine.db().begin(workspace).await?;
    let name = contact::ops::name_of(&mut tx, workspace, thread.contact).await?;
    let id: ConversationId = fresh();
    let mut batch = Batch::new(workspace, machine.by(), thread.created_at);
    let new = NewConversation {
        id,
        widget: thread.widget,
        contact: thread.contact,
        // Inserted as it will end up: a closed one does not compete with an open one.
        status: thread.status.owned(thread.assignee.is_some()),
        assignee: thread.assignee,
        team: account::ops::default_team(&mut tx, workspace).await?,
        reference: thread
            .reference
            .as_ref()
            .and_then(|r| serde_json::to_value(r).ok()),
        at: thread.created_at,
        waiting_since: None,
    };
    batch
        .open(&mut tx, new, name.clone())
        .await?
        .ok_or_else(|| Error::conflict(Refusal::contact_writes_here()))?;
    let mut joined = vec![];
    let mut last = thread.created_at;
    for m in thread.messages {
        batch.at(m.at);
        last = m.at;
        let (author, display) = match m.author {
            ImportAuthor::Contact => {
                let name = name
                    .clone()
                    .unwrap_or_else(|| crate::live::bus::rows::VISITOR.into());
                (
                    Author {
                        kind: AuthorKind::Contact,
                        id: thread.contact.0,
                        name: name.clone(),
                    },
                    name,
                )
            }
            ImportAuthor::Agent(agent) => {
                let (full, display) = account::ops::agent_names(&mut tx, workspace, agent).await?;
                (
                    Author {
                        kind: AuthorKind::Agent,
                        id: agent.0,
                        name: full,
                    },
                    display,
                )
            }
        };
        if author.kind == AuthorKind::Agent && !joined.contains(&author.id) {
            joined.push(author.id);
            batch.line(id.0, Happened::Joined, &author, Some(author.id.into()));
        }
        let client = ClientId::fresh();
        let text = Text {
            kind: m.kind,
            author,
            display_name: display,
            client,
            request_hash: crate::base::secrets::hash(&client.to_string()),
            body: m.body.into_string(),
        };
        batch.text(id.0, text);
    }
    if thread.status == Status::Closed {
        let by = thread.assignee;
        if let Some(agent) = by {
            let (full, _) = account::ops::agent_names(&mut tx, workspace, agent).await?;
            batch.line(
                id.0,
                Happened::Ended,
                &Author {
                    kind: AuthorKind::Agent,
                    id: agent.0,
                    name: full,
                },
                None,
            );
        }
        let locked = &mut batch.get(id.0).locked;
        locked.closed_at = Some(last.0);
        locked.waiting_since = None;
    }
    batch.write(&mut tx).await?;
    tx.commit().await?;
    Ok(id)
}
