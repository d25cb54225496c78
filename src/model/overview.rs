//! The first page of the administration.

use super::{agent::Face, conversation::Counts, id::WidgetId};
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
