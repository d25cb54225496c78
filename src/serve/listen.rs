//! The listener. Every connection is without delay (Nagle would hold small frames back), a write that is stuck
//! for 20 seconds ends it, and a head that has not ended by then ends it too. What waits for who does not read is bounded
//! here and in the kernel, which takes 3 MB by itself. When the process stops, idle connections
//! close at once and the others after the answer they are giving.

use super::turn::{Answer, Guest, Timely, Turn};
use crate::base::held::Hold;
use crate::desk::state::Desk;
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Request, Response},
};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_io_timeout::TimeoutStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

const STUCK: Duration = Duration::from_secs(20);
/// From a head's first byte to its last.
const HEAD_WITHIN: Duration = Duration::from_secs(20);
/// Before a head begins: longer than the minute that proxies commonly keep an idle connection.
const SILENT: Duration = Duration::from_secs(75);
/// What a connection holds of an answer that is not read, before it asks for more of it; and of a head.
const HELD: usize = 32 * 1024;
/// What the kernel takes of an answer beyond what is on its way (`TCP_NOTSENT_LOWAT`).
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT: u32 = 128 * 1024;

/// Serve until `stop`, then see the open connections through; whoever calls bounds that time. What an address holds is
/// counted where there is a desk.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    desk: Option<Desk>,
    stop: CancellationToken,
) {
    serve_within(listener, app, desk, stop, HEAD_WITHIN).await;
}

async fn serve_within(
    listener: TcpListener,
    app: Router,
    desk: Option<Desk>,
    stop: CancellationToken,
    head: Duration,
) {
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
        let guest = Guest::of(desk.as_ref(), from.ip());
        let Ok(place) = guest.hold(Hold::Connections) else {
            continue;
        };
        let _ = stream.set_nodelay(true);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let _ = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(STUCK));
        let (app, stop) = (app.clone(), stop.clone());
        connections.spawn(async move {
            let _place = place;
            let turn = Arc::new(Turn::default());
            let stream = Timely::new(Box::pin(stream), turn.clone(), guest, head);
            let service = service_fn(move |mut request: Request<_>| {
                // At once, and not when the answer is first asked for: by then the connection has been read from again.
                turn.asked();
                request.extensions_mut().insert(ConnectInfo(from));
                let (app, turn) = (app.clone(), turn.clone());
                async move {
                    let Ok(answer) = app.oneshot(request.map(Body::new)).await;
                    let answer: Response<Answer> = answer.map(|body| Answer::new(body, turn));
                    Ok::<_, Infallible>(answer)
                }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(SILENT)
                .max_buf_size(HELD)
                .serve_connection(TokioIo::new(stream), service);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{db::Db, limits::Whose};
    use crate::proof::wire::Wire;
    use crate::test::{Engine, TestDesk, run_story, soon};
    use axum::routing::get;
    use std::{
        net::{IpAddr, Ipv4Addr, SocketAddr},
        time::Instant,
    };

    const HALF: &[u8] = b"GET / HTTP/1.1\r\nhost: desk.test\r\nx-more: ";
    const WHOLE: &[u8] = b"GET / HTTP/1.1\r\nhost: desk.test\r\n\r\n";

    const HERE: Whose = Whose::Address(IpAddr::V4(Ipv4Addr::LOCALHOST));

    async fn served(desk: &Desk, within: Duration) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let app = Router::new().route("/", get(async || "Hello"));
        tokio::spawn(serve_within(
            listener,
            app,
            Some(desk.clone()),
            desk.stop().clone(),
            within,
        ));
        at
    }

    async fn half(at: SocketAddr) -> Wire {
        let mut wire = Wire::to(at);
        wire.raw(HALF).await.unwrap();
        wire
    }

    async fn is_answered(wire: &mut Wire, rest: &[u8]) -> bool {
        wire.raw(rest).await.is_ok() && wire.answer().await.is_ok_and(|a| a.text == "Hello")
    }

    /// The same data, where the proxies named are trusted.
    async fn behind(desk: &TestDesk, proxy: &str) -> Desk {
        let config = crate::base::config::Config {
            rate_limits: true,
            trusted_proxies: vec![proxy.parse().unwrap()],
            ..desk.node.config().clone()
        };
        let db = Db::open(&config.place, None).await.unwrap();
        Desk::new(config, db, desk.node.stop().clone())
    }

    #[test]
    fn a_half_sent_head_is_cut_when_the_readme_says() {
        assert!(STUCK <= Duration::from_secs(20) && HEAD_WITHIN <= Duration::from_secs(20));
        assert!(
            SILENT > Duration::from_secs(60),
            "proxies keep a connection for a minute"
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn who_dribbles_a_head_is_cut_and_who_is_silent_between_two_is_not() {
        run_story(Engine::Sqlite, async |desk| {
            let within = Duration::from_millis(400);
            let at = served(&desk.node, within).await;
            let (mut silent, mut kept) = (Wire::to(at), Wire::to(at));
            silent.raw(b"").await.unwrap();
            assert!(is_answered(&mut kept, WHOLE).await);
            // The second head of a connection is measured too.
            let mut second = Wire::to(at);
            assert!(is_answered(&mut second, WHOLE).await);
            for mut wire in [half(at).await, second] {
                wire.raw(HALF).await.unwrap();
                let since = Instant::now();
                while wire.raw(b"x").await.is_ok() {
                    assert!(
                        since.elapsed() < Duration::from_secs(60),
                        "it goes on for ever"
                    );
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                assert!(wire.answer().await.is_err());
            }
            assert!(is_answered(&mut silent, WHOLE).await, "it had not begun");
            assert!(is_answered(&mut kept, WHOLE).await, "between two requests");
            // Who is quick is not cut afterwards.
            let mut quick = half(at).await;
            assert!(is_answered(&mut quick, b"y\r\n\r\n").await);
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn one_address_has_only_so_many_half_sent_heads() {
        run_story(Engine::Sqlite, async |desk| {
            let long = Duration::from_secs(600);
            let limited = behind(&desk, "192.0.2.0/24").await;
            let at = served(&limited, long).await;
            let mut halves = vec![];
            for _ in 0..Hold::Heads.most() {
                halves.push(half(at).await);
            }
            let all = async || limited.limits().held(Hold::Heads, HERE) == Hold::Heads.most();
            soon("each has its place", all).await;
            assert!(
                half(at).await.answer().await.is_err(),
                "one more is refused"
            );
            let mut whole = Wire::to(at);
            assert!(
                is_answered(&mut whole, WHOLE).await,
                "what is whole takes no place"
            );
            for wire in &mut halves {
                assert!(
                    is_answered(wire, b"y\r\n\r\n").await,
                    "those that wait go on"
                );
            }
            assert_eq!(limited.limits().held(Hold::Heads, HERE), 0);
            let mut another = half(at).await;
            assert!(
                is_answered(&mut another, b"y\r\n\r\n").await,
                "and leave their places"
            );

            let proxy = behind(&desk, "127.0.0.0/8").await;
            for node in [&proxy, &desk.node] {
                let at = served(node, long).await;
                let mut halves = vec![];
                for _ in 0..Hold::Heads.most() + 20 {
                    halves.push(half(at).await);
                }
                for wire in &mut halves {
                    assert!(
                        is_answered(wire, b"y\r\n\r\n").await,
                        "of a proxy, and where limits are off"
                    );
                }
            }
        })
        .await;
    }
}
