//! Which workspaces have news, for those who follow the log by themselves: the bell says where to look, once for each
//! who asked.

use super::{Bus, topic::lock};
use crate::model::id::WorkspaceId;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, Weak},
};
use tokio::sync::Notify;

/// Where the bell rang; `None` in the set is "look everywhere" (another node, or another process, wrote).
pub type Rung = BTreeSet<Option<WorkspaceId>>;

#[derive(Default)]
pub(super) struct Waiting {
    rung: Mutex<Rung>,
    wake: Notify,
}

impl Waiting {
    fn ring(&self, whose: &[Option<WorkspaceId>]) {
        lock(&self.rung).extend(whose);
        self.wake.notify_one();
    }
}

/// Everyone who follows the log here.
#[derive(Default)]
pub(super) struct Followers(Mutex<Vec<Weak<Waiting>>>);

impl Followers {
    pub(super) fn ring(&self, whose: &[Option<WorkspaceId>]) {
        lock(&self.0).retain(|follower| match follower.upgrade() {
            Some(waiting) => {
                waiting.ring(whose);
                true
            }
            None => false,
        });
    }
}

/// The bell, as one follower hears it.
pub struct Changes(Arc<Waiting>);

impl Changes {
    /// Where it rang since the last time; waits until it does.
    pub async fn next(&self) -> Rung {
        loop {
            let rung = std::mem::take(&mut *lock(&self.0.rung));
            if !rung.is_empty() {
                return rung;
            }
            self.0.wake.notified().await;
        }
    }
}

impl Bus {
    /// Hear from now on where something may have been written.
    pub fn changes(&self) -> Changes {
        let waiting = Arc::new(Waiting::default());
        lock(&self.0.followers.0).push(Arc::downgrade(&waiting));
        Changes(waiting)
    }
}
