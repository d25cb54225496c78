//! The proof of the desk itself, which does what nobody asked for.

use crate::base::db::Db;
use crate::desk::state::Desk;
use crate::model::{
    actor::{Actor, By},
    id::*,
};

/// The desk itself, doing what nobody asked for: routing, timers. Held only by a running job.
#[derive(Clone)]
pub struct Machine {
    desk: Desk,
    workspace: WorkspaceId,
    cause: Option<i64>,
}

impl Machine {
    /// For jobs that the process itself runs.
    pub fn running(desk: &Desk, workspace: WorkspaceId) -> Machine {
        Machine {
            desk: desk.clone(),
            workspace,
            cause: None,
        }
    }
    /// The same, because of this entry of the log.
    pub fn because(self, cause: Option<i64>) -> Machine {
        Machine { cause, ..self }
    }
    pub fn by(&self) -> By {
        By {
            actor: Actor::MACHINE,
            cause: self.cause,
            ..Actor::MACHINE.into()
        }
    }
    pub fn desk(&self) -> &Desk {
        &self.desk
    }
    pub fn db(&self) -> &Db {
        self.desk.db()
    }
    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }
}
