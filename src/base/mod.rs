//! The cellar: configuration, database, secrets, limits. Knows nothing of the desk.

pub mod config;
pub mod db;
pub mod head;
pub mod health;
pub mod limits;
pub mod net;
pub mod problem;
pub mod secrets;
pub mod together;
