//! How staff's open thread asks the server.

use crate::{
    desk::conversation::{
        api,
        view::open::{Asked, Doors},
    },
    model::{conversation::Conversation, id::ConversationId, inbox::Older, message::Message},
};

pub struct Staff;

impl Doors<Conversation> for Staff {
    fn earlier(&self, id: ConversationId, before: i64) -> Asked<Older<Message>> {
        Box::pin(api::earlier(id, before))
    }

    fn read(&self, id: ConversationId, seq: i64) -> Asked<()> {
        Box::pin(api::read(id, seq))
    }

    fn typing(&self, id: ConversationId, typing: bool) -> Asked<()> {
        Box::pin(api::typing(id, typing))
    }
}
