//! Where a browser refuses the visitor's cookie (a frame on another site, third-party storage blocked), the
//! frame keeps its token for the life of the tab and sends it along with every call.

use std::sync::RwLock;

static TOKEN: RwLock<Option<String>> = RwLock::new(None);

/// What requests carry from now on.
pub fn set(token: Option<String>) {
    *TOKEN.write().unwrap_or_else(|e| e.into_inner()) = token;
}

pub fn token() -> Option<String> {
    TOKEN.read().unwrap_or_else(|e| e.into_inner()).clone()
}
