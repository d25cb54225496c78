//! What really happens with workspaces, people and sessions.

mod store;
pub mod visit;
pub mod who;

/// Whether anybody in the workspace is online now.
pub async fn online(db: &crate::base::db::Db, ws: crate::model::id::WorkspaceId) -> crate::model::error::Result<bool> {
    store::online(db, ws, crate::model::time::now()).await
}
