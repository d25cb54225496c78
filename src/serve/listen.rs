//! The listener. Every connection is without delay (Nagle would hold small frames back), a write that is stuck
//! for 20 seconds ends it, and a head that does not arrive ends it too. What waits for who does not read is bounded
//! here and in the kernel, which takes 3 MB by itself. When the process stops, idle connections
//! close at once and the others after the answer they are giving.

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{pin::pin, time::Duration};
use tokio::net::TcpListener;
use tokio_io_timeout::TimeoutStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{ServiceExt, service_fn};

const STUCK: Duration = Duration::from_secs(20);
/// Longer than the minute that proxies commonly keep an idle connection.
const HEAD_WITHIN: Duration = Duration::from_secs(75);
/// What a connection holds of an answer that is not read, before it asks for more of it; and of a head.
const HELD: usize = 32 * 1024;
/// What the kernel takes of an answer beyond what is on its way (`TCP_NOTSENT_LOWAT`).
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT: u32 = 128 * 1024;

/// Serve until `stop`, then see the open connections through; whoever calls bounds that time.
pub async fn serve(listener: TcpListener, app: Router, stop: CancellationToken) {
    let connections = TaskTracker::new();
    loop {
        let (stream, from) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(e) => {
                    // Out of files, for instance: others will close theirs.
                    tracing::warn!(error = %e, "cannot accept");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let _ = stream.set_nodelay(true);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let _ = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(STUCK));
        let (app, stop) = (app.clone(), stop.clone());
        connections.spawn(async move {
            let service = service_fn(move |mut request: Request<_>| {
                request.extensions_mut().insert(ConnectInfo(from));
                app.clone().oneshot(request.map(Body::new))
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_WITHIN)
                .max_buf_size(HELD)
                .serve_connection(
                    TokioIo::new(Box::pin(stream)),
                    TowerToHyperService::new(service),
                );
            let mut connection = pin!(connection);
            tokio::select! {
                _ = connection.as_mut() => return,
                () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
            }
            let _ = connection.await;
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}
