//! What the product does, one slice per thing. A slice calls only slices listed before it.

#[cfg(feature = "ssr")]
pub mod state;

pub mod account;
pub mod contact;
pub mod conversation;
pub mod routing;
pub mod widget;
