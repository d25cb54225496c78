//! Who writes to us: visitors and customers, who they say they are, and where they are.

#[cfg(feature = "ssr")]
pub mod ops;
#[cfg(feature = "ssr")]
pub mod rest;
