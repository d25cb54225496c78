//! What people see of it: the doors, their own sessions, the admin's screens of agents and settings.

mod agents;
mod doors;
mod sessions;
mod settings;

pub use {
    agents::AgentsPage,
    doors::{AcceptForm, EnterForm, NewPasswordForm, SetUpForm, SignInForm},
    sessions::SessionsPage,
    settings::SettingsPage,
};

use crate::kit::Posting;
use crate::model::{
    agent::{Availability, Role},
    error::Error,
};
use crate::tr;
use leptos::{prelude::*, server_fn::ServerFn};
use serde::de::DeserializeOwned;

pub fn role_words(role: Role) -> &'static str {
    match role {
        Role::Agent => tr!(account.agent),
        Role::Supervisor => tr!(account.supervisor),
        Role::Admin => tr!(account.admin),
    }
}

pub fn availability_words(availability: Availability) -> &'static str {
    match availability {
        Availability::Online => tr!(shell.online),
        Availability::Away => tr!(shell.away),
        Availability::Offline => tr!(shell.offline),
    }
}

/// What an action failed with last.
fn failed<F>(action: Posting<F>) -> Signal<Option<Error>>
where
    F: ServerFn<Error = Error, Output: Clone + DeserializeOwned + Send + Sync> + 'static,
{
    Signal::derive(move || action.value().get().and_then(Result::err))
}

/// Whether it is under way, for `aria-busy`.
fn busy<F>(action: Posting<F>) -> Signal<Option<&'static str>>
where
    F: ServerFn<Error = Error, Output: Clone + DeserializeOwned + Send + Sync> + 'static,
{
    Signal::derive(move || action.pending().get().then_some("true"))
}
