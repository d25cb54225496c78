//! What one screen gets in one answer: the inbox, and the widget's frame.

use super::{
    agent::{Agent, Face},
    contact::Myself,
    conversation::{Conversation, Counts, ForReader, PublicConversation, Shelf},
    domain::Domain,
    event::Cursor,
    id::{ClientId, WidgetId},
    message::PublicMessage,
    thread::{CustomerThread, StaffThread},
    widget::WidgetConfig,
};
use serde::{Deserialize, Serialize};

/// The inbox at one moment: rows, counts and cursor come from one read transaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inbox {
    pub workspace: String,
    pub me: Agent,
    /// Everyone a conversation can be given to; empty for whoever may not.
    pub colleagues: Vec<Agent>,
    /// Widgets that "New chat" can start from.
    pub widgets: Vec<(WidgetId, String)>,
    pub shelf: Shelf,
    pub rows: Vec<ForReader<Conversation>>,
    /// Where the next page of rows begins.
    pub next: Option<String>,
    pub counts: Counts,
    /// The conversation in the address, if it may be seen.
    pub open: Option<Opened>,
    /// A conversation was asked for and there is no such thing (for this asker).
    pub missing: bool,
    pub cursor: Cursor,
    /// For a reply without WASM.
    pub client: ClientId,
}

/// One conversation with what stands beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    pub thread: StaffThread,
    /// The same contact's other conversations, newest first.
    pub others: Vec<ForReader<Conversation>>,
    pub widget: String,
}

/// What the widget's frame shows, as its visitor may see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chat {
    pub config: WidgetConfig,
    pub workspace: String,
    /// Who is online, where the widget shows faces and no chat has begun: a few, by the names that customers see.
    pub here: Vec<Face>,
    /// The sites that may embed it: the frame answers to no other page.
    pub sites: Vec<Domain>,
    /// `None`: nobody has a session here yet; the first message makes one.
    pub me: Option<Myself>,
    /// The newest conversation of this visitor at this widget, open or closed.
    pub thread: Option<CustomerThread>,
    /// The place in the log, for the stream of somebody who has a session.
    pub cursor: Option<Cursor>,
    /// For a message without WASM.
    pub client: ClientId,
}

/// Older messages of a thread, oldest first, and whether there are more before them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Older<M> {
    pub messages: Vec<M>,
    pub more: bool,
}

/// What a visitor's message became.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub conversation: ForReader<PublicConversation>,
    pub message: PublicMessage,
}
