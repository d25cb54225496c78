//! Who listens: oneself, as everything on a page of the staff knows it.

use crate::model::{agent::Agent, event::AgentNews};
use leptos::prelude::*;

/// Provided by the frame around every page of the staff, once. Whoever learns better says so here.
#[derive(Clone, Copy)]
pub struct Me(pub RwSignal<Agent>);

impl Me {
    /// For everything below.
    pub fn provide(me: Agent) -> Me {
        let me = Me(RwSignal::new(me));
        provide_context(me);
        me
    }

    /// The one that was provided above.
    pub fn of_page() -> Option<Me> {
        use_context()
    }

    /// As an answer says it.
    pub fn set(self, now: Agent) {
        self.0.maybe_update(|me| {
            let changed = *me != now;
            *me = now;
            changed
        });
    }

    /// As the stream says it.
    pub fn hear(self, news: &AgentNews) {
        self.0.maybe_update(|me| {
            let mine = me.id == news.id;
            if mine {
                (me.availability, me.online) = (news.availability, news.online);
            }
            mine
        });
    }
}
