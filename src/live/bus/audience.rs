//! An entry's audience as it lies in the database: two ids, so that replay finds what is for somebody through an index
//! and reads nothing else. `staff` is the staff that may hear it, `outside` whoever else; null is nobody.

use crate::model::{
    agent::Role,
    event::{Audience, Listener, Stamp},
};
use uuid::Uuid;

/// Everybody on that side.
const ALL: Uuid = Uuid::nil();
/// Stands where a listener has fewer keys than a statement has places; no row has it.
const NONE: Uuid = Uuid::max();

/// The staff of a role and of those that may more.
fn staff_of(role: Role) -> Uuid {
    match role {
        Role::Agent => ALL,
        Role::Supervisor => Uuid::from_u128(1),
        Role::Admin => Uuid::from_u128(2),
    }
}

/// The two ids of an audience: `(staff, outside)`. Which conversation narrows the staff is the stamp's business.
pub(super) fn columns(audience: &Audience) -> (Option<Uuid>, Option<Uuid>) {
    match audience {
        Audience::Conversation { stamp, customer } => {
            (Some(ALL), customer.then_some(stamp.contact.0))
        }
        Audience::Agent(id) => (Some(id.0), None),
        Audience::Contact(id) => (None, Some(id.0)),
        Audience::Staff(role) => (Some(staff_of(*role)), None),
        Audience::Visitors(widget) => (None, Some(widget.0)),
        Audience::Everyone => (Some(ALL), Some(ALL)),
        Audience::Nobody => (None, None),
    }
}

/// The audience of a row. A row for one contact names them in `contact` too, which one for a widget's visitors does
/// not.
pub(super) fn of_row(
    staff: Option<Uuid>,
    outside: Option<Uuid>,
    stamp: Option<Stamp>,
    contact: Option<Uuid>,
) -> Audience {
    if let Some(stamp) = stamp {
        let customer = outside.is_some();
        return Audience::Conversation { stamp, customer };
    }
    match (staff, outside) {
        (Some(_), Some(_)) => Audience::Everyone,
        (Some(staff), None) => Role::ALL
            .iter()
            .find(|role| staff_of(**role) == staff)
            .map_or(Audience::Agent(staff.into()), |role| Audience::Staff(*role)),
        (None, Some(outside)) if contact.is_some() => Audience::Contact(outside.into()),
        (None, Some(outside)) => Audience::Visitors(outside.into()),
        (None, None) => Audience::Nobody,
    }
}

/// The keys under which what is for this listener stands, four of them.
pub(super) fn keys(listener: &Listener) -> [Uuid; 4] {
    match listener {
        Listener::Staff { id, role, .. } => {
            let also = |least: Role| {
                if *role >= least {
                    staff_of(least)
                } else {
                    NONE
                }
            };
            [ALL, id.0, also(Role::Supervisor), also(Role::Admin)]
        }
        Listener::Contact { id, widget, .. } => [ALL, id.0, widget.map_or(NONE, |w| w.0), NONE],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        event::{Place, Sight},
        id::ConversationId,
    };

    #[test]
    fn what_is_written_is_what_is_read_and_who_hears_it_finds_it() {
        let id = Uuid::from_u128;
        let (agent, contact, widget) = (id(11), id(12), id(13));
        let team = id(15).into();
        let place = Place {
            team,
            assignee: None,
        };
        let stamp = Stamp {
            conversation: ConversationId(id(14)),
            contact: contact.into(),
            before: place,
            after: place,
        };
        let staff = |id: Uuid, role| Listener::Staff {
            id: id.into(),
            role,
            teams: vec![team],
        };
        let outside = |id: Uuid, widget: Option<Uuid>| Listener::Contact {
            id: id.into(),
            widget: widget.map(Into::into),
            only: None,
        };
        let listeners = [
            staff(agent, Role::Agent),
            staff(id(21), Role::Agent),
            staff(id(22), Role::Supervisor),
            staff(id(23), Role::Admin),
            outside(contact, Some(widget)),
            outside(id(24), Some(widget)),
            outside(id(25), None),
        ];
        let mut heard = 0;
        for audience in [
            Audience::Conversation {
                stamp,
                customer: true,
            },
            Audience::Conversation {
                stamp,
                customer: false,
            },
            Audience::Agent(agent.into()),
            Audience::Contact(contact.into()),
            Audience::Staff(Role::Agent),
            Audience::Staff(Role::Supervisor),
            Audience::Staff(Role::Admin),
            Audience::Visitors(widget.into()),
            Audience::Everyone,
            Audience::Nobody,
        ] {
            let (staff, outside) = columns(&audience);
            let (stamped, to) = match &audience {
                Audience::Conversation { stamp, .. } => (Some(*stamp), Some(stamp.contact.0)),
                Audience::Contact(id) => (None, Some(id.0)),
                _ => (None, None),
            };
            assert_eq!(of_row(staff, outside, stamped, to), audience);
            for listener in &listeners {
                let row = match listener {
                    Listener::Staff { .. } => staff,
                    Listener::Contact { .. } => outside,
                };
                let found = row.is_some_and(|key| keys(listener).contains(&key));
                let hears = audience.sight(listener) != Sight::Nothing;
                assert_eq!(found, hears, "{audience:?} and {listener:?}");
                heard += usize::from(hears);
            }
        }
        assert!(heard > 15, "or nobody hears anything");
    }
}
