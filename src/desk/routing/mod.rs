//! Who gets it: what nobody has goes to whoever is online and has the fewest open conversations, first come
//! first served; otherwise it waits to be taken. Nothing calls this slice: it hears the log.

#[cfg(feature = "ssr")]
pub mod ops;
