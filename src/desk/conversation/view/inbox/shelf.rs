//! Which conversations stand in a view, and in which order.

use crate::desk::conversation::view::rows::Rule;
use crate::model::{
    conversation::{Conversation, ForReader, Order, Shelf, Status, View},
    id::AgentId,
    message::AuthorKind,
};

/// A view in its order, as this agent has it.
#[derive(Clone, Copy)]
pub struct InView {
    pub shelf: Shelf,
    pub me: AgentId,
}

impl Rule<Conversation> for InView {
    fn me(&self) -> uuid::Uuid {
        self.me.0
    }

    fn belongs(&self, case: &Conversation) -> bool {
        belongs(self.shelf.view, case, self.me)
    }

    fn place(&self, row: &ForReader<Conversation>) -> i64 {
        place(row, self.shelf.order)
    }

    fn unseen(&self, case: &Conversation) -> i64 {
        unseen(case)
    }
}

/// Whether a conversation stands in a view, for the agent `me`.
fn belongs(view: View, c: &Conversation, me: AgentId) -> bool {
    match view {
        View::Mine => c.status.is_due() && c.assignee.as_ref().is_some_and(|a| a.id == me),
        View::Unassigned => c.status.is_due() && c.assignee.is_none(),
        View::Active => c.status == Status::Active,
        View::Waiting => c.status == Status::Waiting,
        View::Snoozed => c.status == Status::Snoozed,
        View::Closed => c.status == Status::Closed,
        View::All => true,
    }
}

/// Where a row stands; the lowest comes first. The server orders alike.
fn place(row: &ForReader<Conversation>, order: Order) -> i64 {
    let last = last_at(row);
    match order {
        Order::Newest => -last.0.timestamp_millis(),
        Order::Longest => {
            let since = row.conversation.waiting_since.unwrap_or(last);
            since.0.timestamp_millis()
        }
    }
}

fn last_at(row: &ForReader<Conversation>) -> crate::model::time::Time {
    row.conversation
        .last_message
        .as_ref()
        .map_or(row.conversation.created_at, |m| m.created_at)
}

/// Texts since our last one: nearly what this agent has not read of a conversation that just came into sight.
fn unseen(c: &Conversation) -> i64 {
    match &c.last_message {
        Some(m) if m.author.kind == AuthorKind::Contact => {
            if c.staff_texts == 0 {
                c.contact_texts
            } else {
                1
            }
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{agent::Face, contact::Contact, time::Time};
    use uuid::Uuid;

    fn row(n: u128, said: &str, waits: Option<&str>) -> ForReader<Conversation> {
        let at = |t: &str| t.parse::<Time>().unwrap();
        let contact = Contact {
            id: Uuid::from_u128(n).into(),
            name: None,
            email: None,
            verified: false,
            page_url: None,
            created_at: at(said),
            last_seen_at: at(said),
        };
        ForReader {
            conversation: Conversation {
                id: Uuid::from_u128(n).into(),
                status: Status::Waiting,
                widget_id: Uuid::nil().into(),
                contact,
                assignee: None,
                team: None,
                reference: None,
                last_message: None,
                waiting_since: waits.map(at),
                snoozed_until: None,
                contact_texts: 1,
                staff_texts: 0,
                contact_read_seq: 0,
                revision: 0,
                created_at: at(said),
                closed_at: None,
            },
            unread_count: 0,
            queue_position: None,
        }
    }

    #[test]
    fn who_waits_longest_stands_first_where_people_wait() {
        let mut rows = [
            row(1, "2025-11-20T10:00:00Z", Some("2025-11-20T09:00:00Z")),
            row(2, "2025-11-20T09:30:00Z", Some("2025-11-20T09:30:00Z")),
            row(3, "2025-11-20T08:00:00Z", None),
        ];
        let ids = |rows: &[ForReader<Conversation>]| -> Vec<u128> {
            rows.iter().map(|r| r.conversation.id.0.as_u128()).collect()
        };
        rows.sort_by_key(|r| place(r, Order::Longest));
        assert_eq!(ids(&rows), [3, 1, 2]);
        rows.sort_by_key(|r| place(r, Order::Newest));
        assert_eq!(ids(&rows), [1, 2, 3]);
    }

    #[test]
    fn what_is_set_aside_is_nobodys_work_now() {
        let mut c = row(1, "2025-11-20T10:00:00Z", None).conversation;
        let me = AgentId(Uuid::nil());
        assert!(belongs(View::Unassigned, &c, me));
        c.status = Status::Snoozed;
        assert!(!belongs(View::Unassigned, &c, me) && belongs(View::Snoozed, &c, me));
        c.assignee = Some(Face {
            id: me,
            name: "Sam".into(),
        });
        assert!(!belongs(View::Mine, &c, me));
        c.status = Status::Active;
        assert!(belongs(View::Mine, &c, me));
    }
}
