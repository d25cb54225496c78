//! How news travels. On the server the bus (the log, the streams), in the browser the listener, and the way
//! back: the outbox.

pub mod bearer;
#[cfg(feature = "ssr")]
pub mod bus;
pub mod door;
pub mod listen;
pub mod outbox;

pub use door::Door;
pub use listen::{Connection, Live, Source};
pub use outbox::{Outbox, Sending, Unsent};
