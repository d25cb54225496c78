//! Doors for pages that bring several slices together.

use crate::live::FormPost;
use crate::model::{error::Error, frame::Framed, overview::Overview};
use leptos::prelude::*;

/// The first page of the administration.
#[server(protocol = FormPost)]
pub async fn open_overview() -> Result<Framed<Overview>, Error> {
    super::overview::overview(&crate::desk::account::ops::who::Admin::asking().await?).await
}
