//! What the outbox asks of a browser: a place to keep texts, a pause, a number by chance. On the server there is none.

#[cfg(not(feature = "hydrate"))]
mod absent;
#[cfg(feature = "hydrate")]
mod here;

#[cfg(not(feature = "hydrate"))]
pub use absent::{keys, random, read, sleep, write};
#[cfg(feature = "hydrate")]
pub use here::{keys, random, read, sleep, write};

/// Where a browser keeps something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// For all tabs, and for days.
    Browser,
    /// For this tab, and as long as it is open.
    Tab,
}
