//! Deskbell.
pub mod model;
#[cfg(feature = "ssr")]
pub mod base;
pub mod live;
