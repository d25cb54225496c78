//! Who writes to us: visitors and customers, who they say they are, and where they are.

pub mod api;
#[cfg(feature = "ssr")]
pub mod ops;
#[cfg(feature = "ssr")]
pub mod rest;
