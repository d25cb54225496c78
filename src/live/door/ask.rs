//! One call, whatever it is.

use super::Answering;
use crate::{
    live::bearer,
    model::{error::Error, wire},
};
use gloo_net::http::{Request, RequestBuilder};
use leptos::{prelude::window, server_fn::redirect::REDIRECT_HEADER};
use send_wrapper::SendWrapper;
use web_sys::{AbortController, FormData, UrlSearchParams};

/// Whoever no longer waits for an answer takes the question back: a browser has few connections to one place.
pub struct Asking(Option<AbortController>);

impl Asking {
    /// `request` can be taken back until it is answered.
    pub fn of(request: RequestBuilder) -> (Asking, RequestBuilder) {
        let asking = AbortController::new().ok();
        let signal = asking.as_ref().map(AbortController::signal);
        (Asking(asking), request.abort_signal(signal.as_ref()))
    }

    pub fn answered(&mut self) {
        self.0 = None;
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if let Some(question) = &self.0 {
            question.abort();
        }
    }
}

/// What stands in a form, as it is posted.
pub fn fields(form: &FormData) -> String {
    let fields = UrlSearchParams::new_with_str_sequence_sequence(form);
    fields.map_or_else(|_| String::new(), |fields| fields.to_string().into())
}

/// Post a form's `fields` to `path`. What was answered, or the error that was.
pub fn ask(path: &str, fields: String) -> Answering {
    let mut request = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "application/json");
    if let Some(token) = bearer::token() {
        request = request.header("authorization", &format!("Bearer {token}"));
    }
    let (mut asking, request) = Asking::of(request);
    let request = request.body(fields);
    Box::pin(SendWrapper::new(async move {
        let answer = request.map_err(|_| Error::Offline)?.send().await;
        let answer = answer.map_err(|_| Error::Offline)?;
        let text = answer.text().await.map_err(|_| Error::Unavailable)?;
        asking.answered();
        let said = wire::parse(&text).map_err(|_| Error::Unavailable)?;
        if answer.status() >= 400 {
            return Err(wire::make(said).unwrap_or(Error::Unavailable));
        }
        if answer.headers().get(REDIRECT_HEADER).is_some() {
            // Not by the router: what lies there may be a page of another module. Until it is there this one waits as
            // it did for the answer.
            let to = answer.headers().get("location");
            let going = window()
                .location()
                .set_href(&to.unwrap_or_else(|| answer.url()));
            if going.is_ok() {
                std::future::pending::<()>().await;
            }
        }
        Ok(said)
    }))
}
