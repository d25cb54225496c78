//! The tenant: owns everything, strictly isolated.

use super::id::{WidgetId, WorkspaceId};
use serde::{Deserialize, Serialize};

/// What the help home shows to anyone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Front {
    pub workspace: String,
    pub online: bool,
    pub home_widget: Option<WidgetId>,
    /// No admin exists yet: the set-up link is the only way in.
    pub needs_setup: bool,
}

/// The page of the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsSheet {
    pub settings: Settings,
    /// Every time zone that may be chosen.
    pub time_zones: Vec<String>,
}

/// What an admin may set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub id: WorkspaceId,
    pub name: String,
    /// The host name that chooses this workspace where neither a token nor a widget does.
    pub host: Option<String>,
    /// New conversations go to the online agent with the fewest open ones; otherwise they wait to be taken.
    pub auto_assign: bool,
    /// IANA name: whose midnight a day begins at.
    pub time_zone: String,
    /// BCP 47 tag of the language that is written where nobody has chosen theirs.
    pub locale: String,
    /// Counts the changes; the `ETag`.
    pub revision: i64,
}
