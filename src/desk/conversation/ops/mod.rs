//! What really happens with conversations and messages.

use crate::desk::account::ops::who::{Asker, Staff, Visitor};
use crate::model::{
    conversation::{Conversation, Seen, View},
    error::Result,
    id::*,
    inbox::{Chat, Inbox, Older, Said},
    contact::Reference,
    message::{Message, PublicMessage},
    text::Body,
    time::Time,
};

pub async fn inbox(_: &Staff, _: View, _: Option<String>, _: Option<ConversationId>) -> Result<Inbox> { todo!() }
pub async fn older(_: &Staff, _: ConversationId, _: i64) -> Result<Older<Message>> { todo!() }
pub async fn reply(_: &Staff, _: ConversationId, _: ClientId, _: Body) -> Result<Message> { todo!() }
pub async fn note(_: &Staff, _: ConversationId, _: ClientId, _: Body) -> Result<Message> { todo!() }
pub async fn take(_: &Staff, _: ConversationId) -> Result<Seen<Conversation>> { todo!() }
pub async fn assign(_: &Staff, _: ConversationId, _: Option<AgentId>, _: Option<TeamId>) -> Result<Seen<Conversation>> { todo!() }
pub async fn close(_: &Staff, _: ConversationId) -> Result<Seen<Conversation>> { todo!() }
pub async fn reopen(_: &Staff, _: ConversationId) -> Result<Seen<Conversation>> { todo!() }
pub async fn snooze(_: &Staff, _: ConversationId, _: Time) -> Result<Seen<Conversation>> { todo!() }
pub async fn read(_: &Asker, _: ConversationId, _: i64) -> Result<()> { todo!() }
pub async fn typing(_: &Asker, _: ConversationId, _: bool) -> Result<()> { todo!() }
pub async fn here(_: &Staff, _: ConversationId, _: bool) -> Result<()> { todo!() }
pub async fn start(_: &Staff, _: WidgetId, _: ClientId, _: &str, _: &str, _: Body) -> Result<Seen<Conversation>> { todo!() }
pub async fn chat(_: WidgetId) -> Result<Chat> { todo!() }
pub async fn say(_: &Visitor, _: ClientId, _: Body, _: Option<Reference>) -> Result<Said> { todo!() }
pub async fn chat_older(_: &Visitor, _: ConversationId, _: i64) -> Result<Older<PublicMessage>> { todo!() }
pub async fn chat_end(_: &Visitor, _: ConversationId) -> Result<()> { todo!() }
