//! What the product does, one slice per thing. A slice calls only slices listed before it; what must happen
//! further down is heard from the log. (The blank lines keep the formatter from sorting the list.)

#[cfg(feature = "ssr")]
pub mod state;

pub mod account;

pub mod contact;

pub mod widget;

pub mod conversation;

pub mod routing;

pub mod keeping;
