//! The server's twin of `ask.rs`: it calls its verbs itself.

use crate::model::{
    error::{Error, Result},
    wire::Json,
};
use leptos::web_sys::FormData;

pub fn fields(_: &FormData) -> String {
    String::new()
}
pub async fn ask(_: &str, _: String) -> Result<Json> {
    Err(Error::Unavailable)
}
