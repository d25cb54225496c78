//! Doors for pages that bring several slices together.

use crate::desk::account::api::Framed;
use crate::live::Door;
use crate::model::{agent::Face, conversation::Counts, error::Error, id::WidgetId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// How the desk stands, and what is left to set up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// Whoever is there now.
    pub online: Vec<Face>,
    /// Everybody who works here or is invited.
    pub agents: usize,
    pub counts: Counts,
    /// Somebody has written by one of the widgets besides the home widget.
    pub greeted: bool,
    /// The widgets besides the home widget: id, name, how many domains.
    pub widgets: Vec<(WidgetId, String, usize)>,
    /// Cookies go unprotected: plain http, and not on this machine.
    pub plain_http: bool,
}

/// The first page of the administration.
#[server(protocol = Door)]
pub async fn open_overview() -> Result<Framed<Overview>, Error> {
    super::overview::overview(&crate::desk::account::ops::who::Admin::asking().await?).await
}
