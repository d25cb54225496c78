//! The status of the answer that is being rendered.

use axum::http::StatusCode;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

pub fn status(code: u16) {
    if let (Some(answer), Ok(code)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(code))
    {
        answer.set_status(code);
    }
}
