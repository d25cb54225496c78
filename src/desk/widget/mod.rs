//! The embeddable entry: settings, domains, look, visitors' sessions, the host page's SDK.

pub mod api;
#[cfg(feature = "ssr")]
pub mod ops;
#[cfg(feature = "ssr")]
pub mod rest;
pub mod view;

/// What a host page loads, as it is: no dependency, at most 3 KB compressed. When the frame's page has come, it gives
/// the frame its focus once more: what was given to a frame whose page was on the way is lost to that page.
#[cfg(feature = "ssr")]
pub const LOADER: &str = include_str!("loader.js");
