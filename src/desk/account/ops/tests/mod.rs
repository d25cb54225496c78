//! Stories of people: first run, signing in, invitations, suspension, presence, settings; on both databases.

mod customers;
mod getting_in;
mod passwords;
mod people;
mod workspaces;

use super::{self as account};
use crate::model::error::Error;
use crate::test::{Person, TestDesk};

fn token_of(link: &serde_json::Value) -> String {
    link["link"]
        .as_str()
        .and_then(|l| l.split("token=").nth(1))
        .expect("a link with a token")
        .to_owned()
}

/// The address of a colleague that the test desk made.
async fn email_of(who: &Person) -> String {
    account::me(&who.staff().await).await.unwrap().email
}

async fn wrong(desk: &TestDesk, email: &str, device: Option<String>) -> Error {
    account::sign_in(
        &desk.node,
        desk.workspace,
        email,
        "not the password",
        device,
        "test",
        None,
    )
    .await
    .unwrap_err()
}
