//! Doors for our own pages.

use crate::live::FormPost;
use crate::model::{audit::AuditSheet, error::Error, frame::Framed};
use leptos::prelude::*;
use uuid::Uuid;

/// The audit trail, newest first. What is empty narrows nothing; days are of the workspace's time zone, and `to` is the
/// last one. `before` is the `n` that the page before ended with.
#[server(protocol = FormPost)]
pub async fn open_audit(
    #[server(default)] actor: Option<Uuid>,
    #[server(default)] subject: Option<Uuid>,
    #[server(default)] action: String,
    #[server(default)] from: String,
    #[server(default)] to: String,
    #[server(default)] before: Option<i64>,
) -> Result<Framed<AuditSheet>, Error> {
    use crate::desk::account::ops::{frame, who::Admin};
    let admin = Admin::asking().await?;
    let filter = super::ops::filter_of_days(&admin, actor, subject, action, &from, &to).await?;
    Ok(Framed {
        frame: frame(&admin).await?,
        page: super::ops::sheet(&admin, filter, before).await?,
    })
}
