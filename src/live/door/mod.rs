//! How our own pages call the server: the arguments as a form's fields, the answer as JSON, an error with its status.
//! On the server this is what a server function does by itself. In the browser the way there and back is one function
//! for all of them, and only the reading of arguments and answer is compiled for each.

#[cfg(feature = "hydrate")]
mod ask;
#[cfg(not(feature = "hydrate"))]
#[path = "ask_absent.rs"]
mod ask;

#[cfg(feature = "hydrate")]
pub(super) use ask::Asking;

use crate::model::{
    error::{Error, Result},
    wire::{self, Json as Value},
};
use http::Method;
use leptos::server_fn::{
    Http, Protocol,
    client::Client,
    codec::{Json, PostUrl},
    server::Server,
};
use leptos::web_sys::FormData;
use serde::{Serialize, de::DeserializeOwned};
use std::{future::Future, pin::Pin};

/// An answer that is on its way.
pub type Answering = Pin<Box<dyn Future<Output = Result<Value>> + Send>>;

/// Post what stands in a form; what was answered, or the error that was.
pub fn post(path: &str, form: &FormData) -> Answering {
    ask::ask(path, ask::fields(form))
}

/// `#[server(protocol = FormPost)]`
pub struct FormPost;

impl<I, O, C, S> Protocol<I, O, C, S, Error> for FormPost
where
    I: Serialize + DeserializeOwned + Send,
    O: Serialize + DeserializeOwned + Send,
    C: Client<Error>,
    S: Server<Error>,
{
    const METHOD: Method = Method::POST;

    fn run_server<F, Fut>(
        request: S::Request,
        verb: F,
    ) -> impl Future<Output = Result<S::Response>> + Send
    where
        F: Fn(I) -> Fut + Send,
        Fut: Future<Output = Result<O>> + Send,
    {
        <Http<PostUrl, Json> as Protocol<I, O, C, S, Error>>::run_server(request, verb)
    }

    fn run_client(path: &str, input: I) -> impl Future<Output = Result<O>> + Send {
        let answer = ask::ask(path, serde_qs::to_string(&input).unwrap_or_default());
        async move { wire::make(answer.await?).map_err(|_| Error::Unavailable) }
    }
}
