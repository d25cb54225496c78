//! How news travels. On the server the bus (the log, the streams), in the browser the listener.

pub mod bearer;
#[cfg(feature = "ssr")]
pub mod bus;
