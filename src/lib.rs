//! Deskbell: a self-hosted support desk.
#![recursion_limit = "512"]

pub mod app;
#[cfg(feature = "ssr")]
pub mod base;
#[cfg(feature = "hydrate")]
mod start;
pub mod desk;
pub mod kit;
pub mod live;
pub mod model;
#[cfg(test)]
mod test;

leptos_i18n::load_locales!();
