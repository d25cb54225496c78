//! Doors for our own pages.

use crate::live::FormPost;
use crate::model::{contact::Contact, error::Error, id::ContactId};
use leptos::prelude::*;

/// Correct what a customer is called and where they are written to; what is empty is not known.
#[server(protocol = FormPost)]
pub async fn correct_contact(
    contact: ContactId,
    #[server(default)] name: String,
    #[server(default)] email: String,
) -> Result<Contact, Error> {
    use crate::desk::account::ops::who::Staff;
    super::ops::correct(&Staff::asking().await?, contact, &name, &email).await
}
