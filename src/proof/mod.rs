//! The proofs: what the desk promises, broken on purpose and counted. Each has a quick form, which is part of
//! `cargo test`, and a long one, see [`form`].

mod books;
mod canaries;
mod cast;
mod chores;
mod crash;
mod dice;
mod disk;
mod doors;
mod folder;
pub mod form;
mod late;
mod migration;
mod people;
mod races;
mod reader;
mod revoked;
mod served;
mod slow;
mod spoken;
mod stop;
mod strangers;
mod sync;
mod trace;
pub mod wire;
