//! Who hears what: whose business an entry of the log is, and how much of it a listener hears.

use super::{
    agent::Role,
    id::{AgentId, ContactId, ConversationId, TeamId, WidgetId},
};
use serde::{Deserialize, Serialize};

/// Whose business a conversation's event is: where it stood before and after.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stamp {
    pub conversation: ConversationId,
    pub contact: ContactId,
    pub before: Place,
    pub after: Place,
}

/// Where a conversation stands: whose, or whose team's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    pub team: TeamId,
    pub assignee: Option<AgentId>,
}

/// Somebody who hears, as far as it decides what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Listener {
    Staff {
        id: AgentId,
        role: Role,
        teams: Vec<TeamId>,
    },
    Contact {
        id: ContactId,
        /// The widget at which they listen.
        widget: Option<WidgetId>,
        /// The one thread that they were let in to, by a link.
        only: Option<ConversationId>,
    },
}

impl Listener {
    /// Whether somebody outside may read this thread of this contact. Staff: see [`Listener::sees`].
    pub fn is_with(&self, contact: ContactId, thread: ConversationId) -> bool {
        match self {
            Listener::Contact { id, only, .. } => {
                *id == contact && only.is_none_or(|only| only == thread)
            }
            Listener::Staff { .. } => false,
        }
    }

    /// The one thread that they were let in to, by a link.
    pub fn only(&self) -> Option<ConversationId> {
        match self {
            Listener::Contact { only, .. } => *only,
            Listener::Staff { .. } => None,
        }
    }

    /// The rule of who sees a conversation, for staff: all, or what is theirs, or what is nobody's in a team of theirs.
    pub fn sees(&self, place: Place) -> bool {
        match self {
            Listener::Contact { .. } => false,
            Listener::Staff { role, .. } if role.reads_all() => true,
            Listener::Staff { id, teams, .. } => match place.assignee {
                Some(assignee) => assignee == *id,
                None => teams.contains(&place.team),
            },
        }
    }
}

/// How much of a conversation's event somebody hears.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sight {
    /// All of it, as staff.
    Staff,
    /// It came into sight just now: told as `conversation.assigned` with a snapshot.
    Gained,
    /// It went out of sight: `conversation.updated {id, gone: true}`.
    Lost,
    /// All that customers may hear of it.
    Customer,
    Nothing,
}

impl Stamp {
    /// A pure match of the stamp and the listener; no look-up.
    pub fn sight(&self, listener: &Listener) -> Sight {
        match listener {
            Listener::Contact { .. } if listener.is_with(self.contact, self.conversation) => {
                Sight::Customer
            }
            Listener::Contact { .. } => Sight::Nothing,
            Listener::Staff { .. } => match (listener.sees(self.before), listener.sees(self.after))
            {
                (true, true) => Sight::Staff,
                (false, true) => Sight::Gained,
                (true, false) => Sight::Lost,
                (false, false) => Sight::Nothing,
            },
        }
    }
}

/// Whom an entry of the log is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience {
    /// The staff who see the conversation and, where `customer` says so, whoever it is with.
    Conversation { stamp: Stamp, customer: bool },
    /// One colleague.
    Agent(AgentId),
    /// One person outside.
    Contact(ContactId),
    /// Staff of this role and of those that may more; `Role::Agent` is everybody who works here.
    Staff(Role),
    /// Whoever is at this widget.
    Visitors(WidgetId),
    /// Staff and everybody outside.
    Everyone,
    /// Caches, consumers and the audit trail alone.
    Nobody,
}

impl Audience {
    /// How much of it a listener hears: a pure match, no look-up.
    pub fn sight(&self, listener: &Listener) -> Sight {
        let staff = |hears: bool| if hears { Sight::Staff } else { Sight::Nothing };
        let outside = |hears: bool| {
            if hears {
                Sight::Customer
            } else {
                Sight::Nothing
            }
        };
        match (self, listener) {
            (Audience::Conversation { customer, .. }, Listener::Contact { .. }) if !customer => {
                Sight::Nothing
            }
            (Audience::Conversation { stamp, .. }, listener) => stamp.sight(listener),
            (Audience::Agent(agent), Listener::Staff { id, .. }) => staff(agent == id),
            (Audience::Contact(contact), Listener::Contact { id, .. }) => outside(contact == id),
            (Audience::Staff(least), Listener::Staff { role, .. }) => staff(role >= least),
            (Audience::Visitors(at), Listener::Contact { widget, .. }) => {
                outside(*widget == Some(*at))
            }
            (Audience::Everyone, Listener::Staff { .. }) => Sight::Staff,
            (Audience::Everyone, Listener::Contact { .. }) => Sight::Customer,
            _ => Sight::Nothing,
        }
    }

    /// Where the conversation stood that it is about.
    pub fn stamp(&self) -> Option<&Stamp> {
        match self {
            Audience::Conversation { stamp, .. } => Some(stamp),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn who_hears_follows_from_the_stamp_alone() {
        let (sam, kim, team) = (
            AgentId(Uuid::from_u128(1)),
            AgentId(Uuid::from_u128(2)),
            TeamId(Uuid::from_u128(9)),
        );
        let agent = |id, teams: &[TeamId]| Listener::Staff {
            id,
            role: Role::Agent,
            teams: teams.to_vec(),
        };
        let ada = ContactId(Uuid::from_u128(3));
        let queue = Place {
            team,
            assignee: None,
        };
        let sams = Place {
            team,
            assignee: Some(sam),
        };
        let stamp = |before, after| Stamp {
            conversation: ConversationId(Uuid::nil()),
            contact: ada,
            before,
            after,
        };

        assert_eq!(stamp(queue, sams).sight(&agent(sam, &[team])), Sight::Staff);
        assert_eq!(stamp(queue, sams).sight(&agent(kim, &[team])), Sight::Lost);
        assert_eq!(
            stamp(sams, queue).sight(&agent(kim, &[team])),
            Sight::Gained
        );
        assert_eq!(
            stamp(sams, sams).sight(&agent(kim, &[team])),
            Sight::Nothing
        );
        assert_eq!(
            stamp(queue, queue).sight(&agent(kim, &[])),
            Sight::Nothing,
            "not a team of Kim's"
        );
        assert_eq!(
            stamp(queue, sams).sight(&Listener::Contact {
                id: ada,
                widget: None,
                only: None,
            }),
            Sight::Customer
        );
        assert_eq!(
            stamp(queue, sams).sight(&Listener::Contact {
                id: ContactId(Uuid::nil()),
                widget: None,
                only: None,
            }),
            Sight::Nothing
        );
        for (thread, sight) in [(0, Sight::Customer), (1, Sight::Nothing)] {
            let guest = Listener::Contact {
                id: ada,
                widget: None,
                only: Some(ConversationId(Uuid::from_u128(thread))),
            };
            assert_eq!(stamp(queue, sams).sight(&guest), sight, "of thread 0");
        }
        let noor = Listener::Staff {
            id: kim,
            role: Role::Supervisor,
            teams: vec![],
        };
        assert_eq!(stamp(sams, sams).sight(&noor), Sight::Staff);
    }

    #[test]
    fn an_entry_is_heard_by_its_audience_and_by_nobody_else() {
        let id = Uuid::from_u128;
        let (team, shop) = (TeamId(id(9)), WidgetId(id(8)));
        let staff = |n, role| Listener::Staff {
            id: AgentId(id(n)),
            role,
            teams: vec![team],
        };
        let contact = |n, widget| Listener::Contact {
            id: ContactId(id(n)),
            widget,
            only: None,
        };
        let listeners = [
            staff(1, Role::Agent),
            staff(2, Role::Supervisor),
            staff(3, Role::Admin),
            contact(4, Some(shop)),
            contact(5, None),
        ];
        let queue = Place {
            team,
            assignee: None,
        };
        let stamp = Stamp {
            conversation: ConversationId(id(7)),
            contact: ContactId(id(4)),
            before: queue,
            after: queue,
        };
        for (audience, who) in [
            (
                Audience::Conversation {
                    stamp,
                    customer: true,
                },
                "1234",
            ),
            (
                Audience::Conversation {
                    stamp,
                    customer: false,
                },
                "123",
            ),
            (Audience::Agent(AgentId(id(1))), "1"),
            (Audience::Contact(ContactId(id(5))), "5"),
            (Audience::Staff(Role::Agent), "123"),
            (Audience::Staff(Role::Supervisor), "23"),
            (Audience::Staff(Role::Admin), "3"),
            (Audience::Visitors(shop), "4"),
            (Audience::Everyone, "12345"),
            (Audience::Nobody, ""),
        ] {
            for (n, listener) in (1..).zip(&listeners) {
                let hears = audience.sight(listener);
                let outside = matches!(listener, Listener::Contact { .. });
                let wanted = match who.contains(&n.to_string()) {
                    false => Sight::Nothing,
                    true if outside => Sight::Customer,
                    true => Sight::Staff,
                };
                assert_eq!(hears, wanted, "{audience:?} and {n}");
            }
        }
    }
}
