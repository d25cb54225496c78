//! What the product does, one slice per thing. A slice calls only slices listed before it.

pub mod account;
