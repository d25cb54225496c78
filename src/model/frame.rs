//! What stands around every page of the staff, and the page of the colleagues.

use super::{agent::Agent, time::Time};
use serde::{Deserialize, Serialize};

/// What stands around every page of the staff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub workspace: String,
    pub me: Agent,
}

/// A page of the staff: the frame, and what it shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Framed<T> {
    pub frame: Frame,
    pub page: T,
}

/// A colleague as the admin's list shows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Colleague {
    pub agent: Agent,
    /// How long their invitation still works, while they are invited.
    pub invited_until: Option<Time>,
    /// Name and address of another colleague whose name looks the same.
    pub looks_like: Option<(String, String)>,
}
