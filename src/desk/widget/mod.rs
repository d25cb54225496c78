//! The embeddable entry: settings, domains, look, visitors' sessions, the host page's SDK.

pub mod api;
#[cfg(feature = "ssr")]
pub mod ops;
#[cfg(feature = "ssr")]
pub mod rest;
pub mod view;

/// What a host page loads, as it is: no dependency, at most 3 KB compressed.
#[cfg(feature = "ssr")]
pub const LOADER: &str = include_str!("loader.js");
