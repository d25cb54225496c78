//! Stories of the thread, told through the doors, on both databases.

mod counts;
mod moves;
mod reading;
mod retries;
mod sending;
mod sight;

use crate::model::thread::{CustomerThread, StaffThread};
use crate::test::Person;
use uuid::Uuid;

const SECRET: &str = "Carrier lost it. Refund.";

/// What a page of staff's would hold, fetched now.
async fn staff_thread(who: &Person, id: Uuid) -> StaffThread {
    let found = super::opened_for_test(&who.staff().await, id.into()).await;
    found.expect("the agent may see it").thread
}

async fn customer_thread(who: &Person, id: Uuid) -> CustomerThread {
    super::customer_thread_for_test(&who.visitor_proof().await, id.into())
        .await
        .expect("their own")
}

async fn sam_seq(who: &Person, conversation: Uuid) -> i64 {
    let page = who
        .get(&format!("/conversations/{conversation}/messages?limit=100"))
        .await
        .ok();
    page["items"].as_array().unwrap().last().unwrap()["seq"]
        .as_i64()
        .unwrap()
}
