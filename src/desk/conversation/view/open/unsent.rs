//! What is on its way into a thread, whoever sends it.

use crate::{
    desk::conversation::view::thread::{Pending, Way},
    live::{Outbox, Sending, Unsent},
    model::id::ClientId,
};
use leptos::prelude::*;

/// What is on its way, and what can be done with what is stuck.
#[derive(Clone, Copy)]
pub struct Unsents {
    pub list: Signal<Vec<Pending>>,
    pub retry: Callback<ClientId>,
    pub discard: Callback<ClientId>,
}

impl Unsents {
    /// Everything in an outbox, or what goes to one place.
    pub fn of<M: 'static>(outbox: Outbox<M>, to: Option<String>) -> Unsents {
        let list = move || {
            let items = match &to {
                Some(to) => outbox.to(to),
                None => outbox.items(),
            };
            items.into_iter().map(pending).collect()
        };
        Unsents {
            list: Signal::derive(list),
            retry: Callback::new(move |client| outbox.retry(client)),
            discard: Callback::new(move |client| outbox.discard(client)),
        }
    }
}

fn pending(unsent: Unsent) -> Pending {
    Pending {
        client: unsent.client,
        note: unsent.kind == "note",
        body: unsent.body,
        state: match unsent.state {
            Sending::Sending => Way::Sending,
            Sending::Waiting => Way::Waiting,
            Sending::Failed(error) => Way::Failed(error.sentence()),
        },
    }
}
