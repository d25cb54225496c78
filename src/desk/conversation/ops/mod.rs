//! What really happens with conversations and messages. Writing is in `say` (the hot verb), `moves` and
//! `ephemeral`, collected by `change`; reading is here, each screen in one read transaction.

mod begin;
mod change;
mod chat;
mod ephemeral;
mod guest;
#[cfg(test)]
mod guest_tests;
#[cfg(test)]
mod held_tests;
pub mod import;
mod inbox;
#[cfg(test)]
mod inbox_tests;
mod lists;
mod moves;
#[cfg(test)]
mod names_tests;
#[cfg(test)]
mod plain_http_tests;
#[cfg(test)]
mod plan_tests;
mod say;
mod sight;
#[cfg(test)]
mod sight_tests;
mod store;
#[cfg(test)]
mod tests;

use crate::model::error::Error;
use crate::model::refusal::Refusal;
pub use begin::begin;
#[cfg(test)]
pub(crate) use chat::customer_thread_for_test;
pub use chat::{chat, chat_earlier, chat_end, said, say};
pub use ephemeral::{hear_other_nodes, here, read, typing};
pub use guest::{LetIn, enter, link};
#[cfg(test)]
pub(crate) use inbox::opened_for_test;
pub use inbox::{came, counts, earlier, inbox, note, one_for_staff, reply, start};
#[cfg(any(test, fuzzing))]
pub use lists::list_cursor;
pub use lists::{Filter, Page, Shown, list, messages, one};
pub use moves::{
    WAKE, assign, close, give_back, give_from_queue, put_back, reopen, set_status, snooze, take,
    wake,
};
pub use say::{Spoken, Target, speak};
#[cfg(test)]
pub use store::SQL;

/// Messages on one page of a thread.
const THREAD: usize = 50;

/// A customer has one open conversation at a widget: a closed one stays closed beside it.
fn another_is_open() -> Error {
    Error::conflict(Refusal::other_open())
}
