//! The workspace and who works here: first run, sign in, agents and their roles, settings, availability,
//! and the proofs of who is asking (`ops::who`), which every verb of every slice takes first.

pub mod api;
#[cfg(feature = "ssr")]
pub mod ops;
#[cfg(feature = "ssr")]
pub mod rest;
pub mod view;
