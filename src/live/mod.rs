//! How news travels. On the server the bus (the log, the streams), in the browser the listener, and the way
//! back: the outbox.

#[cfg(feature = "ssr")]
pub mod audit;
pub mod bearer;
mod browser;
#[cfg(feature = "ssr")]
pub mod bus;
pub mod door;
pub mod listen;
mod me;
pub mod outbox;

pub use door::FormPost;
pub use listen::{Connection, Live, Source};
pub use me::Me;
pub use outbox::{Carry, Outbox, Sending, Unsent, Writer};

/// What our own scripts put on a question that the session's cookie answers. Another site's cannot: its browser would ask
/// first whether it may, and nobody says yes (Fetch Standard, "CORS-preflight request").
pub const OWN: &str = "x-deskbell";

/// How long an attempt may stay without an answer, after so many that had none; milliseconds. After a sleep the browser
/// takes up connections first that nobody else knows any more, and each costs one attempt.
fn retry_delay(failures: u32) -> u32 {
    5_000 << failures.min(2)
}
