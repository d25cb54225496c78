//! How people, views and statuses are called in the inbox.

use crate::{
    model::{
        agent::{Agent, Availability},
        contact::Contact,
        conversation::{Status, View},
    },
    tr,
};

/// How a customer is called here.
pub fn name_of(contact: &Contact) -> String {
    contact.called()
}

/// How a customer is called in a sentence: the first word of a name; what stands for one stays whole.
pub fn short_name_of(contact: &Contact) -> String {
    let own = contact.name.as_deref().filter(|n| !n.trim().is_empty());
    own.map_or_else(|| contact.called(), first_name)
}

/// The first word of a name.
pub fn first_name(name: &str) -> String {
    name.split_whitespace().next().unwrap_or(name).to_owned()
}

pub fn view_name(view: View) -> &'static str {
    match view {
        View::Mine => tr!(inbox.view_mine),
        View::Unassigned => tr!(inbox.view_unassigned),
        View::Active => tr!(inbox.view_active),
        View::Waiting => tr!(inbox.view_waiting),
        View::Snoozed => tr!(inbox.view_snoozed),
        View::Closed => tr!(inbox.view_closed),
        View::All => tr!(inbox.view_all),
    }
}

pub fn status_name(status: Status) -> &'static str {
    match status {
        Status::Waiting => tr!(inbox.waiting),
        Status::Active => tr!(inbox.active),
        Status::Snoozed => tr!(inbox.snoozed),
        Status::Closed => tr!(inbox.closed),
    }
}

/// What a colleague's dot shows: set to online and not heard from is away.
pub fn shown(agent: &Agent) -> Availability {
    match (agent.availability, agent.online) {
        (Availability::Online, false) => Availability::Offline,
        (set, _) => set,
    }
}
