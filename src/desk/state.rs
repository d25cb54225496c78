//! The desk at work: what every verb reaches through its proof. Cheap to clone.

use crate::base::{config::Config, db::Db, limits::Limits};
use crate::live::bus::Bus;
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    config: Config,
    db: Db,
    bus: Bus,
    limits: Limits,
    /// What a slice keeps for the life of the process: queues, caches.
    shelf: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    /// Everything that must end before the process does.
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Desk {
    pub fn new(config: Config, db: Db, stop: CancellationToken) -> Desk {
        let bus = Bus::start(db.clone(), stop.clone());
        let limits = Limits::new(config.rate_limits);
        Desk(Arc::new(Inner {
            config,
            db,
            bus,
            limits,
            shelf: Mutex::default(),
            tasks: TaskTracker::new(),
            stop,
        }))
    }

    pub fn config(&self) -> &Config {
        &self.0.config
    }
    pub fn db(&self) -> &Db {
        &self.0.db
    }
    pub fn bus(&self) -> &Bus {
        &self.0.bus
    }
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }
    pub fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }
    /// Cancelled when the process is asked to stop.
    pub fn stop(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// The slice's own `T`, made on first use.
    pub fn get_or_init<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let mut shelf = self.0.shelf.lock().unwrap_or_else(|e| e.into_inner());
        let kept = shelf
            .entry(TypeId::of::<T>())
            .or_insert_with(|| Arc::new(make()));
        kept.clone()
            .downcast::<T>()
            .expect("a shelf place holds what its type says")
    }
}
