//! The thread of messages with one contact: its status, and which moves are legal.

use super::refusal::Refusal;
use super::{
    agent::{Face, Team},
    contact::{Contact, Myself, Reference},
    error::{self, Error},
    id::{ConversationId, WidgetId},
    message::{Message, PublicMessage},
    time::Time,
    wire,
};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

super::words! {
    /// `waiting` (nobody has answered yet, or nobody owns it), `active`, `snoozed` until a time, `closed` (= ended).
    pub enum Status { Waiting = "waiting", Active = "active", Snoozed = "snoozed", Closed = "closed" }
    /// Where it was born: in a widget, or as a ticket (portal, mail, staff, program), which has none.
    pub enum Channel { Chat = "chat", Ticket = "ticket" }
    /// What moves a conversation from one status to another.
    pub enum Move {
        StaffText = "staff_text", CustomerText = "customer_text", Close = "close",
        Reopen = "reopen", Snooze = "snooze", Wake = "wake", Return = "return",
    }
}

impl Status {
    /// To be dealt with now: neither closed nor set aside until later.
    pub fn is_due(self) -> bool {
        matches!(self, Status::Waiting | Status::Active)
    }

    pub fn is_open(self) -> bool {
        self != Status::Closed
    }

    /// Every legal move, on one page; `before` is the status that a snoozed one returns to.
    /// `None`: no such move. A note moves nothing and is not in here. Who owns it is not known here: see [`Status::owned`].
    pub fn after(self, by: Move, before: Option<Status>) -> Option<Status> {
        use Status::*;
        let former = before.unwrap_or(Waiting);
        match (self, by) {
            (Waiting | Active | Closed | Snoozed, Move::StaffText) => Some(Active),
            (Closed, Move::CustomerText) => Some(Waiting),
            (Snoozed, Move::CustomerText | Move::Wake) => Some(former),
            (Waiting | Active, Move::CustomerText) => Some(self),
            (Waiting | Active | Snoozed, Move::Close) => Some(Closed),
            (Closed, Move::Reopen) => Some(Active),
            (Waiting | Active, Move::Snooze) => Some(Snoozed),
            (Waiting | Active, Move::Return) => Some(Waiting),
            (Snoozed | Closed, Move::Return) => Some(self),
            _ => None,
        }
    }

    /// The same status where somebody owns it, and where nobody does: what is nobody's is never active.
    pub fn owned(self, by_somebody: bool) -> Status {
        match self {
            Status::Active if !by_somebody => Status::Waiting,
            other => other,
        }
    }

    /// As its customer is told it: that an agent set it aside is nobody's business outside.
    pub fn outside(self, before: Option<Status>) -> Status {
        match self {
            Status::Snoozed => before.unwrap_or(Status::Active),
            other => other,
        }
    }

    /// The move that leads from here to `wanted`, or a conflict that names the legal ones.
    pub fn towards(self, wanted: Status, before: Option<Status>) -> error::Result<Move> {
        let by = match (self, wanted) {
            (_, Status::Closed) => Move::Close,
            (_, Status::Snoozed) => Move::Snooze,
            (Status::Closed, Status::Active) => Move::Reopen,
            (Status::Snoozed, _) if self.after(Move::Wake, before) == Some(wanted) => Move::Wake,
            (Status::Snoozed, Status::Active) => Move::StaffText,
            _ => return Err(self.refused()),
        };
        self.after(by, before)
            .map(|_| by)
            .ok_or_else(|| self.refused())
    }

    /// Nothing leads there from here; it says what is possible.
    pub fn refused(self) -> Error {
        Error::conflict(match self {
            Status::Waiting | Status::Active => Refusal::from_open(),
            Status::Snoozed => Refusal::from_snoozed(),
            Status::Closed => Refusal::from_closed(),
        })
    }
}

/// A conversation as staff see it: the same for everyone who may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    pub id: ConversationId,
    pub status: Status,
    pub widget_id: WidgetId,
    pub contact: Contact,
    pub assignee: Option<Face>,
    pub team: Option<Team>,
    pub reference: Option<Reference>,
    pub last_message: Option<Message>,
    /// Since when the customer has been waiting for a text of ours.
    pub waiting_since: Option<Time>,
    pub snoozed_until: Option<Time>,
    /// Texts by the contact and by staff, for unread counts.
    pub contact_texts: i64,
    pub staff_texts: i64,
    /// The highest seq the contact has read.
    pub contact_read_seq: i64,
    /// The seq of its last change; a snapshot with a lower one is older.
    pub revision: i64,
    pub created_at: Time,
    pub closed_at: Option<Time>,
}

/// A conversation as its customer sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicConversation {
    pub id: ConversationId,
    pub status: Status,
    pub widget_id: WidgetId,
    pub contact: Myself,
    pub assignee: Option<Face>,
    pub reference: Option<Reference>,
    pub last_message: Option<PublicMessage>,
    pub waiting_since: Option<Time>,
    pub contact_texts: i64,
    pub staff_texts: i64,
    /// The highest seq that somebody has read who owns it or answered.
    pub staff_read_seq: i64,
    pub revision: i64,
    pub created_at: Time,
    pub closed_at: Option<Time>,
}

/// What a list or a screen needs to know of a conversation, whoever reads it.
pub trait Side: Clone + PartialEq + std::fmt::Debug + Send + Sync + 'static {
    type Line: super::message::Line;
    fn id(&self) -> ConversationId;
    fn status(&self) -> Status;
    fn revision(&self) -> i64;
    fn last_message(&self) -> Option<&Self::Line>;
    /// The author kind whose texts are news to this reader.
    const OTHER_SIDE: super::message::AuthorKind;
    /// Its last change known here is at this seq.
    fn revised(&mut self, seq: i64);
    /// A text was said after the last change known here.
    fn said(&mut self, line: &Self::Line);
    /// The highest seq the other side has read: the double tick.
    fn read_seq(&self) -> i64;
    fn read_seq_mut(&mut self) -> &mut i64;
}

macro_rules! side {
    ($type:ty, $line:ty, $other:path, $read:ident) => {
        impl Side for $type {
            type Line = $line;
            const OTHER_SIDE: super::message::AuthorKind = $other;
            fn id(&self) -> ConversationId {
                self.id
            }
            fn status(&self) -> Status {
                self.status
            }
            fn revision(&self) -> i64 {
                self.revision
            }
            fn last_message(&self) -> Option<&$line> {
                self.last_message.as_ref()
            }
            fn revised(&mut self, seq: i64) {
                self.revision = self.revision.max(seq);
            }
            fn said(&mut self, line: &$line) {
                use super::message::{AuthorKind, Line};
                match line.author().kind {
                    AuthorKind::Contact => {
                        self.contact_texts += 1;
                        self.waiting_since.get_or_insert(line.created_at());
                    }
                    AuthorKind::Agent | AuthorKind::Bot => {
                        self.staff_texts += 1;
                        self.waiting_since = None;
                    }
                    AuthorKind::System => {}
                }
                self.last_message = Some(line.clone());
            }
            fn read_seq(&self) -> i64 {
                self.$read
            }
            fn read_seq_mut(&mut self) -> &mut i64 {
                &mut self.$read
            }
        }
    };
}
side!(
    Conversation,
    Message,
    super::message::AuthorKind::Contact,
    contact_read_seq
);
side!(
    PublicConversation,
    PublicMessage,
    super::message::AuthorKind::Agent,
    staff_read_seq
);

/// A conversation with what differs per asker; never part of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForReader<C> {
    #[serde(flatten)]
    pub conversation: C,
    /// Texts of the other side that the asker has not read.
    pub unread_count: i64,
    /// 1 is next; only while waiting for anybody.
    pub queue_position: Option<i64>,
}

impl<'de, C: DeserializeOwned> Deserialize<'de> for ForReader<C> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        wire::by_hand(from, |mut seen| {
            Ok(ForReader {
                unread_count: seen.take("unread_count")?,
                queue_position: seen.take("queue_position")?,
                conversation: seen.rest()?,
            })
        })
    }
}

super::words! {
    /// The views of the inbox.
    pub enum View {
        Mine = "mine", Unassigned = "unassigned", Active = "active", Waiting = "waiting",
        Snoozed = "snoozed", Closed = "closed", All = "all",
    }
    /// How a view is ordered: by what was said last, or by who has waited longest for a text of ours.
    #[derive(Default)]
    pub enum Order { #[default] Newest = "newest", Longest = "longest" }
}

impl View {
    /// Whether people wait in it, so that it can be read in either order.
    pub fn is_sorted(self) -> bool {
        !matches!(self, View::Snoozed | View::Closed | View::All)
    }

    /// Its order unless another is asked for: whoever has nobody is served in turn.
    pub fn order(self) -> Order {
        match self {
            View::Unassigned | View::Waiting => Order::Longest,
            _ => Order::Newest,
        }
    }

    /// Whether conversations of several statuses stand in it.
    pub fn mixes(self) -> bool {
        self == View::All
    }
}

/// A view in an order of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    pub view: View,
    pub order: Order,
}

impl Shelf {
    /// Where the view has no such order, its own.
    pub fn new(view: View, order: Option<Order>) -> Shelf {
        let order = order.filter(|_| view.is_sorted());
        Shelf {
            view,
            order: order.unwrap_or(view.order()),
        }
    }
}

impl From<View> for Shelf {
    fn from(view: View) -> Shelf {
        Shelf::new(view, None)
    }
}

/// How many conversations each view holds for the asker, and the tiles above the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub mine: i64,
    pub unassigned: i64,
    pub active: i64,
    pub waiting: i64,
    pub snoozed: i64,
    pub closed: i64,
    pub all: i64,
    pub closed_today: i64,
    /// Of `mine`, those with a text that the asker has not read.
    pub mine_unread: i64,
}

impl Counts {
    pub fn of(&self, view: View) -> i64 {
        match view {
            View::Mine => self.mine,
            View::Unassigned => self.unassigned,
            View::Active => self.active,
            View::Waiting => self.waiting,
            View::Snoozed => self.snoozed,
            View::Closed => self.closed,
            View::All => self.all,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_views_in_which_people_wait_are_sorted() {
        let longest = Some(Order::Longest);
        assert_eq!(Shelf::new(View::Mine, longest).order, Order::Longest);
        assert_eq!(Shelf::new(View::Closed, longest).order, Order::Newest);
        assert_eq!(Shelf::from(View::Unassigned).order, Order::Longest);
        let newest = Some(Order::Newest);
        assert_eq!(Shelf::new(View::Waiting, newest).order, Order::Newest);
    }

    #[test]
    fn the_moves_are_those_of_the_decisions() {
        use Status::*;
        assert_eq!(Waiting.after(Move::StaffText, None), Some(Active));
        assert_eq!(Closed.after(Move::CustomerText, None), Some(Waiting));
        assert_eq!(Closed.after(Move::StaffText, None), Some(Active));
        assert_eq!(
            Snoozed.after(Move::CustomerText, Some(Active)),
            Some(Active)
        );
        assert_eq!(Snoozed.after(Move::Wake, Some(Waiting)), Some(Waiting));
        for s in [Waiting, Active, Snoozed] {
            assert_eq!(s.after(Move::Close, None), Some(Closed));
        }
        assert_eq!(Closed.after(Move::Close, None), None);
        for (from, to) in [
            (Waiting, Waiting),
            (Active, Waiting),
            (Snoozed, Snoozed),
            (Closed, Closed),
        ] {
            assert_eq!(from.after(Move::Return, Some(Active)), Some(to));
        }
        assert_eq!((Active.owned(false), Active.owned(true)), (Waiting, Active));
        for from in [Waiting, Active, Snoozed, Closed] {
            let said = from.refused().to_string();
            let (_, named) = said.split_once("Possible: ").expect("it names them");
            let named: Vec<_> = named.trim_end_matches('.').split(", ").collect();
            let former = (from == Snoozed).then_some(Waiting);
            let leads = |to: &&Status| **to != from && from.towards(**to, former).is_ok();
            let legal = [Waiting, Active, Snoozed, Closed];
            let legal: Vec<_> = legal.iter().filter(leads).map(|s| s.word()).collect();
            assert_eq!(named, legal, "{from}");
        }
        assert!(Closed.towards(Snoozed, None).is_err());
        assert!(
            Waiting
                .towards(Active, None)
                .unwrap_err()
                .to_string()
                .contains("snoozed, closed")
        );
    }
}
