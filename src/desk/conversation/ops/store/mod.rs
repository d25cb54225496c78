//! The SQL of conversations and messages.

mod counts;
mod lists;
mod messages;
mod receipts;
mod threads;

use crate::model::error::Result;
pub use counts::*;
pub use lists::*;
pub use messages::*;
pub use receipts::*;
pub use threads::*;

/// PostgreSQL alone: tell the other nodes what passes by.
pub async fn notify(pool: &sqlx::PgPool, payload: &str) -> Result<()> {
    sqlx::query("select pg_notify('deskbell_passing', $1)")
        .bind(payload)
        .execute(pool)
        .await?;
    Ok(())
}

/// Every statement of the slice.
#[cfg(test)]
pub const SQL: &[&[(&str, &str)]] = &[
    counts::ALL,
    lists::ALL,
    messages::ALL,
    receipts::ALL,
    threads::ALL,
];
