//! The visitor’s own chat.

use super::{
    inbox::screenful,
    moves,
    say::{self, Spoken, Target},
    sight::{may_read, seen_by_contact, visible_place},
    store::{self, Whose::Customers},
};
use crate::base::db::Conn;
use crate::desk::account::ops::who::{Visitor, anybody, context};
use crate::desk::{account, contact, widget};
use crate::live::bus::{
    log,
    rows::{self},
};
use crate::model::{
    agent::Availability,
    contact::Reference,
    conversation::PublicConversation,
    error::{Error, Result},
    id::*,
    inbox::{Chat, Older, Said},
    message::PublicMessage,
    text::Body,
    thread::Thread,
    widget::WidgetConfig,
};

/// What the frame shows to whoever asks for it; without a session, the widget's public face.
pub async fn chat(at: WidgetId) -> Result<Chat> {
    let (desk, parts) = context()?;
    let visitor = match Visitor::at(&desk, at, &parts.headers).await {
        Ok(v) => Some(v),
        Err(Error::Unauthorized) => {
            anybody()?;
            None
        }
        Err(e) => return Err(e),
    };
    let (found, online) = widget::ops::public(&desk, at)
        .await?
        .ok_or(Error::NotFound)?;
    let mut snapshot = desk.db().snapshot().await?;
    let workspace = found.workspace_id;
    let head = log::head(&mut snapshot, workspace).await?;
    let (mut me, mut thread) = (None, None);
    if let Some(v) = &visitor {
        me = Some(contact::ops::myself(&mut snapshot, workspace, v.id()).await?);
        let newest = match v.only() {
            Some(only) => Some(only),
            None => store::newest(&mut snapshot, workspace, at, v.id()).await?,
        };
        if let Some(id) = newest {
            thread = Some(customer_thread(&mut snapshot, v, id, head.cursor()).await?);
        }
    }
    let here = if online && found.show_agent_avatars && thread.is_none() {
        account::ops::faces(&mut snapshot, workspace).await?
    } else {
        vec![]
    };
    Ok(Chat {
        here,
        config: WidgetConfig::of(
            &found,
            if online {
                Availability::Online
            } else {
                Availability::Offline
            },
        ),
        workspace: account::ops::workspace_name(&mut snapshot, workspace).await?,
        sites: found.domains.clone(),
        me,
        thread,
        cursor: visitor.map(|_| head.cursor()),
        client: ClientId::fresh(),
    })
}

pub(super) async fn customer_thread(
    snapshot: &mut Conn,
    visitor: &Visitor,
    id: ConversationId,
    cursor: crate::model::event::Cursor,
) -> Result<Thread<PublicConversation>> {
    let row = rows::conversation(snapshot, visitor.workspace(), id).await?;
    may_read(snapshot, visitor.workspace(), &row, &visitor.listener()).await?;
    let (messages, more) = screenful(snapshot, visitor.workspace(), id, Customers, None).await?;
    let seen = seen_by_contact(snapshot, visitor.workspace(), &row).await?;
    let messages = messages.iter().filter_map(|m| m.public()).collect();
    Ok(Thread {
        seen,
        messages,
        more,
        me: visitor.id().0,
        cursor,
    })
}

/// Say something at the widget: into what it shows, or the first message of a new conversation.
pub async fn say(
    visitor: &Visitor,
    client: ClientId,
    body: Body,
    reference: Option<Reference>,
) -> Result<Said> {
    let newest = Target::Newest(visitor.widget());
    let into = visitor.only().map_or(newest, Target::This);
    let spoken = say::speak_as_visitor(visitor, into, client, body, reference).await?;
    said(visitor, spoken).await
}

/// A visitor's message with the conversation that it is in.
pub async fn said(visitor: &Visitor, spoken: Spoken) -> Result<Said> {
    let mut snapshot = visitor.db().snapshot().await?;
    let row = rows::conversation(
        &mut snapshot,
        visitor.workspace(),
        spoken.message.conversation_id.into(),
    )
    .await?;
    let conversation = seen_by_contact(&mut snapshot, visitor.workspace(), &row).await?;
    Ok(Said {
        conversation,
        message: spoken.message.public().ok_or(Error::NotFound)?,
    })
}

/// Messages before `before`, oldest first.
pub async fn chat_earlier(
    visitor: &Visitor,
    id: ConversationId,
    before: i64,
) -> Result<Older<PublicMessage>> {
    visible_place(&visitor.clone().into(), id).await?;
    let mut snapshot = visitor.db().snapshot().await?;
    let (messages, more) = screenful(
        &mut snapshot,
        visitor.workspace(),
        id,
        Customers,
        Some(before),
    )
    .await?;
    Ok(Older {
        messages: messages.iter().filter_map(|m| m.public()).collect(),
        more,
    })
}

/// End the chat.
pub async fn chat_end(visitor: &Visitor, id: ConversationId) -> Result<()> {
    moves::end(visitor, id).await
}

#[cfg(test)]
pub(crate) async fn customer_thread_for_test(
    visitor: &Visitor,
    id: ConversationId,
) -> Result<Thread<PublicConversation>> {
    let mut snapshot = visitor.db().snapshot().await?;
    let head = log::head(&mut snapshot, visitor.workspace()).await?;
    customer_thread(&mut snapshot, visitor, id, head.cursor()).await
}
