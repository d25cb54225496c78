//! Doors for our own pages. Staff's are `inbox … start`, the visitor's are `chat … end`.

use crate::live::FormPost;
use crate::model::{
    conversation::{Conversation, Counts, ForReader, Order, View},
    error::Error,
    id::{AgentId, ClientId, ContactId, ConversationId, WidgetId},
    inbox::{Chat, Inbox, Older, Said},
    message::{Message, PublicMessage},
    time::Time,
};
use leptos::prelude::*;

// ---- Staff

/// The inbox: a view's rows (from `cursor` on), the counts, and the conversation in the address.
#[server(protocol = FormPost)]
pub async fn open_inbox(
    view: View,
    #[server(default)] order: Option<Order>,
    cursor: Option<String>,
    open: Option<ConversationId>,
) -> Result<Inbox, Error> {
    use crate::{desk::account::ops::who::Staff, model::conversation::Shelf};
    super::ops::inbox(
        &Staff::asking().await?,
        Shelf::new(view, order),
        cursor,
        open,
    )
    .await
}

/// How many conversations each view holds for the asker.
#[server(protocol = FormPost)]
pub async fn count() -> Result<Counts, Error> {
    use crate::desk::account::ops::who::Staff;
    super::ops::counts(&Staff::asking().await?).await
}

/// Messages before `before` (a seq), at most 50.
#[server(protocol = FormPost)]
pub async fn earlier(conversation: ConversationId, before: i64) -> Result<Older<Message>, Error> {
    use crate::desk::account::ops::who::Staff;
    super::ops::earlier(&Staff::asking().await?, conversation, before).await
}

/// Write to the customer.
#[server(protocol = FormPost)]
pub async fn reply(
    conversation: ConversationId,
    client: ClientId,
    body: String,
    #[server(default)] writer: Option<AgentId>,
) -> Result<Message, Error> {
    use crate::desk::account::ops::who::Staff;
    let staff = Staff::asking().await?.writing_as(writer)?;
    super::ops::reply(&staff, conversation, client, body.parse()?).await
}

/// Write something on the conversation that only staff will see.
#[server(protocol = FormPost)]
pub async fn note(
    conversation: ConversationId,
    client: ClientId,
    body: String,
    #[server(default)] writer: Option<AgentId>,
) -> Result<Message, Error> {
    use crate::desk::account::ops::who::Staff;
    let staff = Staff::asking().await?.writing_as(writer)?;
    super::ops::note(&staff, conversation, client, body.parse()?).await
}

/// The composer's plain form: `kind` is `reply` or `note`.
#[server(protocol = FormPost)]
pub async fn compose(
    conversation: ConversationId,
    client: ClientId,
    kind: String,
    body: String,
    #[server(default)] writer: Option<AgentId>,
) -> Result<Message, Error> {
    use crate::desk::account::ops::who::Staff;
    let staff = Staff::asking().await?.writing_as(writer)?;
    match kind.as_str() {
        "note" => super::ops::note(&staff, conversation, client, body.parse()?).await,
        _ => super::ops::reply(&staff, conversation, client, body.parse()?).await,
    }
}

/// Take one that is nobody's.
#[server(protocol = FormPost)]
pub async fn take(conversation: ConversationId) -> Result<ForReader<Conversation>, Error> {
    use crate::desk::account::ops::who::Staff;
    super::ops::take(&Staff::asking().await?, conversation).await
}

/// Give it to a colleague, or with `None` back to the queue.
#[server(protocol = FormPost)]
pub async fn assign(
    conversation: ConversationId,
    agent: Option<AgentId>,
) -> Result<ForReader<Conversation>, Error> {
    use crate::desk::account::ops::who::Staff;
    super::ops::assign(&Staff::asking().await?, conversation, agent, None).await
}

#[server(protocol = FormPost)]
pub async fn close(conversation: ConversationId) -> Result<ForReader<Conversation>, Error> {
    use crate::desk::account::ops::who::Staff;
    super::ops::close(&Staff::asking().await?, conversation).await
}

/// Open a closed one again, wake a snoozed one.
#[server(protocol = FormPost)]
pub async fn reopen(conversation: ConversationId) -> Result<ForReader<Conversation>, Error> {
    use crate::{desk::account::ops::who::Staff, model::conversation::Status};
    super::ops::set_status(&Staff::asking().await?, conversation, Status::Active, None).await
}

#[server(protocol = FormPost)]
pub async fn snooze(
    conversation: ConversationId,
    until: Time,
) -> Result<ForReader<Conversation>, Error> {
    use crate::desk::account::ops::who::Staff;
    super::ops::snooze(&Staff::asking().await?, conversation, until).await
}

/// Everything up to `seq` has been seen.
#[server(protocol = FormPost)]
pub async fn read(conversation: ConversationId, seq: i64) -> Result<(), Error> {
    use crate::desk::account::ops::who::Staff;
    super::ops::read(&Staff::asking().await?.into(), conversation, seq).await
}

#[server(protocol = FormPost)]
pub async fn typing(conversation: ConversationId, typing: bool) -> Result<(), Error> {
    use crate::desk::account::ops::who::Staff;
    super::ops::typing(&Staff::asking().await?.into(), conversation, typing).await
}

/// I have this conversation on my screen, or I have left it; colleagues see it.
#[server(protocol = FormPost)]
pub async fn here(conversation: ConversationId, here: bool) -> Result<(), Error> {
    use crate::desk::account::ops::who::Staff;
    super::ops::here(&Staff::asking().await?, conversation, here).await
}

/// A link that lets whoever this conversation is with in to it: once, within 30 days.
#[server(protocol = FormPost)]
pub async fn guest_link(conversation: ConversationId) -> Result<String, Error> {
    use crate::desk::account::ops::who::Staff;
    super::ops::link(&Staff::asking().await?, conversation).await
}

/// Begin a conversation with somebody by address.
#[server(protocol = FormPost)]
pub async fn start(
    widget: WidgetId,
    client: ClientId,
    email: String,
    name: String,
    body: String,
) -> Result<ForReader<Conversation>, Error> {
    use crate::desk::account::ops::who::Staff;
    super::ops::start(
        &Staff::asking().await?,
        widget,
        client,
        &email,
        &name,
        body.parse()?,
    )
    .await
}

// ---- The visitor

/// Lets in whoever has the link, and leads to their conversation.
#[server(protocol = FormPost)]
pub async fn enter_thread(token: String) -> Result<(), Error> {
    use crate::desk::{account::ops::Caller, widget::ops::door};
    let here = Caller::here().await?;
    let guest = super::ops::enter(&here.desk, &token, &here.device, here.address).await?;
    door::set_session_cookie(&here.desk, guest.widget, &guest.token)?;
    leptos_axum::redirect(&format!("/widget/{}", guest.widget));
    Ok(())
}

/// What the frame shows. Without a session it is the widget's public face.
#[server(protocol = FormPost)]
pub async fn open_chat(widget: WidgetId) -> Result<Chat, Error> {
    super::ops::chat(widget).await
}

/// Say something; the first message makes the conversation.
#[server(protocol = FormPost)]
pub async fn say(
    widget: WidgetId,
    client: ClientId,
    body: String,
    #[server(default)] writer: Option<ContactId>,
) -> Result<Said, Error> {
    use crate::desk::account::ops::who::Visitor;
    let visitor = Visitor::asking(widget).await?.writing_as(writer)?;
    super::ops::say(&visitor, client, body.parse()?, None).await
}

/// The composer's plain form: whoever has no session yet begins with this very post.
#[server(protocol = FormPost)]
pub async fn say_plain(
    widget: WidgetId,
    client: ClientId,
    body: String,
    #[server(default)] name: Option<String>,
    #[server(default)] email: Option<String>,
    #[server(default)] writer: Option<ContactId>,
) -> Result<Said, Error> {
    let body = body.parse()?;
    let visitor = crate::desk::widget::ops::door::visiting(widget, name, email).await?;
    let visitor = visitor.writing_as(writer)?;
    super::ops::say(&visitor, client, body, None).await
}

/// Messages before `before` (a seq), at most 50.
#[server(protocol = FormPost)]
pub async fn chat_earlier(
    widget: WidgetId,
    conversation: ConversationId,
    before: i64,
) -> Result<Older<PublicMessage>, Error> {
    use crate::desk::account::ops::who::Visitor;
    super::ops::chat_earlier(&Visitor::asking(widget).await?, conversation, before).await
}

#[server(protocol = FormPost)]
pub async fn chat_read(
    widget: WidgetId,
    conversation: ConversationId,
    seq: i64,
) -> Result<(), Error> {
    use crate::desk::account::ops::who::Visitor;
    super::ops::read(&Visitor::asking(widget).await?.into(), conversation, seq).await
}

#[server(protocol = FormPost)]
pub async fn chat_typing(
    widget: WidgetId,
    conversation: ConversationId,
    typing: bool,
) -> Result<(), Error> {
    use crate::desk::account::ops::who::Visitor;
    super::ops::typing(&Visitor::asking(widget).await?.into(), conversation, typing).await
}

/// End the chat; writing again opens it again.
#[server(protocol = FormPost)]
pub async fn chat_end(widget: WidgetId, conversation: ConversationId) -> Result<(), Error> {
    use crate::desk::account::ops::who::Visitor;
    super::ops::chat_end(&Visitor::asking(widget).await?, conversation).await
}
