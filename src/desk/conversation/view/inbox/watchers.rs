//! Which colleagues look at the open conversation.

use crate::{desk::conversation::view::open::Fading, model::agent::Face};
use leptos::prelude::*;
use std::time::Duration;

/// Whoever looks says so again well within this.
const LOOKS: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Default)]
pub struct Watchers {
    pub all: RwSignal<Vec<Face>>,
    fading: Fading,
}

impl Watchers {
    /// A colleague came, is there still, or left. `true`: they were not there before.
    pub fn heard(self, agent: &Face, here: bool) -> bool {
        let id = agent.id;
        let known = self
            .all
            .with_untracked(|all| all.iter().any(|f| f.id == id));
        self.all.update(|all| {
            all.retain(|f| f.id != id);
            all.extend(here.then(|| agent.clone()));
        });
        if here {
            self.fading.heard(id.0, LOOKS, move || {
                self.all.try_update(|all| all.retain(|f| f.id != id));
            });
        }
        here && !known
    }

    /// Another conversation is open.
    pub fn clear(self) {
        self.all.set(vec![]);
    }
}
