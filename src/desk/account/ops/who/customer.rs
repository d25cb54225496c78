//! The proof of a customer: somebody outside who signs in with an account of their own.

use super::{Facts, Person};
use crate::desk::state::Desk;
use crate::model::{actor::Actor, event::Listener, id::*};
use std::sync::Arc;

/// Somebody outside with an account of their own.
#[derive(Clone)]
pub struct Customer {
    pub(super) desk: Desk,
    pub(super) facts: Arc<Facts>,
    contact: ContactId,
    login: LoginId,
}

impl Customer {
    pub(super) fn of(desk: &Desk, facts: Arc<Facts>) -> Option<Customer> {
        match facts.person {
            Person::Customer { contact, login } => Some(Customer {
                desk: desk.clone(),
                facts,
                contact,
                login,
            }),
            Person::Agent { .. } | Person::Visitor { .. } => None,
        }
    }

    pub fn id(&self) -> ContactId {
        self.contact
    }
    pub fn login(&self) -> LoginId {
        self.login
    }
    pub fn listener(&self) -> Listener {
        Listener::Contact {
            id: self.contact,
            widget: None,
            only: None,
        }
    }
    pub fn actor(&self) -> Actor {
        Actor::customer(self.contact)
    }
}
