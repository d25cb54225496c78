//! The thread: messages, notes, event lines, receipts, typing and presence, status, who has it.

pub mod api;
#[cfg(feature = "ssr")]
pub mod ops;
#[cfg(feature = "ssr")]
pub mod rest;
pub mod view;
