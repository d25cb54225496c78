//! What really happens with workspaces, people and sessions.

mod store;
pub mod who;
