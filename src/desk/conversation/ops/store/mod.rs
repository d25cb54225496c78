//! The SQL of conversations and messages.

mod counts;
mod lists;
mod messages;
mod receipts;
mod threads;

use crate::model::error::Result;
pub use counts::{Bucket, counts, tally};
pub use lists::{Filter, list, of_person};
pub use messages::{
    NewMessage, Sent, add_messages, left_behind, lines_since, newest, sent, sent_many,
    texts_between, thread,
};
pub use receipts::{
    Whose, answered, marks, read_by_contact, receipt, receipts, save_receipt, shown_up_to, tick,
};
pub use threads::{
    Locked, NewConversation, add, change, lock, lock_newest, lock_open_of, lock_these, queued, talk,
};

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
