//! The promises, broken on purpose: harnesses that run in `cargo test`, longer where `DESKBELL_LONG` is set.

mod canaries;
mod cast;
mod doors;
mod races;
mod strangers;
