//! What people see of a thread: staff in the inbox, customers in the widget.

pub mod bubble;
pub mod chat;
pub mod emoji;
mod guest;
pub mod inbox;
pub mod open;
pub mod rows;
#[cfg(all(test, feature = "ssr"))]
mod tests;
pub mod thread;

pub use guest::{GuestLink, ThreadForm};
