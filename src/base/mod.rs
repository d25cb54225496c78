//! The cellar: configuration, database, secrets, limits. Knows nothing of the desk.

pub mod backoff;
pub mod config;
pub mod csv;
pub mod db;
pub mod etag;
#[cfg(test)]
pub mod fail;
#[cfg(not(test))]
#[path = "fail_absent.rs"]
pub mod fail;
pub mod files;
pub mod head;
pub mod health;
pub mod held;
pub mod jobs;
pub mod limits;
pub mod net;
pub mod problem;
pub mod secrets;
pub mod together;
pub mod zones;
