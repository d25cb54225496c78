//! How a visitor's open thread asks the server.

use crate::{
    desk::conversation::{
        api::{chat_earlier, chat_read, chat_typing},
        view::open::{Asked, Doors},
    },
    model::{
        conversation::PublicConversation,
        id::{ConversationId, WidgetId},
        inbox::Older,
        message::PublicMessage,
    },
};

/// At this widget.
pub struct Visitor(pub WidgetId);

impl Doors<PublicConversation> for Visitor {
    fn earlier(&self, id: ConversationId, before: i64) -> Asked<Older<PublicMessage>> {
        Box::pin(chat_earlier(self.0, id, before))
    }

    fn read(&self, id: ConversationId, seq: i64) -> Asked<()> {
        Box::pin(chat_read(self.0, id, seq))
    }

    fn typing(&self, id: ConversationId, typing: bool) -> Asked<()> {
        Box::pin(chat_typing(self.0, id, typing))
    }
}
