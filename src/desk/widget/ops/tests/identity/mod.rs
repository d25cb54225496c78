//! Who somebody is, where the site vouches for them.

mod proofs;
mod sessions;
mod sources;

use super::said;
use crate::desk::widget::ops;
use crate::model::error::Error;
use crate::test::Person;

/// The host page says who this is: the same browser, from now on.
async fn identified(who: &Person, user: &str, hash: Option<&str>) -> Result<Person, Error> {
    let now = ops::visit::identify(&who.visitor_proof().await, said(user, hash), "test").await?;
    Ok(Person {
        token: now.token.unwrap_or_else(|| who.token.clone()),
        id: now.me.id.unwrap().0,
        ..who.clone()
    })
}
