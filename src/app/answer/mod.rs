//! What a page says about its own answer: the status. In the browser there is no answer any more.

#[cfg(not(feature = "ssr"))]
mod browser;
#[cfg(feature = "ssr")]
mod server;

#[cfg(not(feature = "ssr"))]
pub use browser::status;
#[cfg(feature = "ssr")]
pub use server::status;
