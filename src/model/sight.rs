//! Who hears what: whose business an entry of the log is, and how much of it a listener hears.

use super::id::{AgentId, ContactId, ConversationId, TeamId};
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    pub team: Option<TeamId>,
    pub assignee: Option<AgentId>,
}

/// Somebody who hears, as far as it decides what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Listener {
    Staff {
        id: AgentId,
        reads_all: bool,
        teams: Vec<TeamId>,
    },
    Contact {
        id: ContactId,
    },
}

impl Listener {
    /// The rule of who sees a conversation, for staff: all, or what is theirs, or what is nobody's in a team of theirs.
    pub fn sees(&self, place: Place) -> bool {
        match self {
            Listener::Contact { .. } => false,
            Listener::Staff {
                reads_all: true, ..
            } => true,
            Listener::Staff { id, teams, .. } => match (place.assignee, place.team) {
                (Some(assignee), _) => assignee == *id,
                (None, Some(team)) => teams.contains(&team),
                (None, None) => true,
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
            Listener::Contact { id } if *id == self.contact => Sight::Customer,
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
            reads_all: false,
            teams: teams.to_vec(),
        };
        let ada = ContactId(Uuid::from_u128(3));
        let queue = Place {
            team: Some(team),
            assignee: None,
        };
        let sams = Place {
            team: Some(team),
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
            stamp(queue, sams).sight(&Listener::Contact { id: ada }),
            Sight::Customer
        );
        assert_eq!(
            stamp(queue, sams).sight(&Listener::Contact {
                id: ContactId(Uuid::nil())
            }),
            Sight::Nothing
        );
        let noor = Listener::Staff {
            id: kim,
            reads_all: true,
            teams: vec![],
        };
        assert_eq!(stamp(sams, sams).sight(&noor), Sight::Staff);
    }
}
