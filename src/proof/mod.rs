//! The proofs: what the desk promises, broken on purpose and counted. Each has a quick form, which is part of
//! `cargo test`, and a long one, see [`form`].

mod books;
mod crash;
mod dice;
mod disk;
mod folder;
mod form;
mod migration;
mod people;
mod reader;
mod revoked;
mod served;
mod slow;
mod stop;
mod sync;
mod trace;
mod wire;
