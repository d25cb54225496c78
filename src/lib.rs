//! Deskbell: a self-hosted support desk.
#![recursion_limit = "512"]

#[cfg(feature = "ssr")]
pub mod base;
pub mod desk;
pub mod kit;
pub mod live;
pub mod model;
#[cfg(feature = "ssr")]
pub mod serve;
#[cfg(test)]
mod test;

leptos_i18n::load_locales!();
