//! Where a browser refuses the visitor's cookie (a frame on another site, third-party storage blocked), the
//! frame keeps its token for the life of the tab and sends it along. A client for server functions that does so;
//! without a token it is the ordinary one.

use leptos::server_fn::{
    client::{Client, browser::BrowserClient},
    error::FromServerFnError,
    request::browser::BrowserRequest,
    response::browser::BrowserResponse,
};
use std::{future::Future, sync::RwLock};

static TOKEN: RwLock<Option<String>> = RwLock::new(None);

/// What requests carry from now on.
pub fn set(token: Option<String>) {
    *TOKEN.write().unwrap_or_else(|e| e.into_inner()) = token;
}

pub fn token() -> Option<String> {
    TOKEN.read().unwrap_or_else(|e| e.into_inner()).clone()
}

pub struct WithBearer;

impl<E, I, O> Client<E, I, O> for WithBearer
where
    E: FromServerFnError,
    I: FromServerFnError,
    O: FromServerFnError,
{
    type Request = BrowserRequest;
    type Response = BrowserResponse;

    fn send(request: Self::Request) -> impl Future<Output = Result<Self::Response, E>> + Send {
        if let Some(token) = token() {
            request
                .headers()
                .set("Authorization", &format!("Bearer {token}"));
        }
        <BrowserClient as Client<E, I, O>>::send(request)
    }

    async fn open_websocket(
        path: &str,
    ) -> Result<
        (
            impl futures::Stream<Item = Result<leptos::server_fn::Bytes, leptos::server_fn::Bytes>>
            + Send
            + 'static,
            impl futures::Sink<leptos::server_fn::Bytes> + Send + 'static,
        ),
        E,
    > {
        <BrowserClient as Client<E, I, O>>::open_websocket(path).await
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        <BrowserClient as Client<E, I, O>>::spawn(future);
    }
}
