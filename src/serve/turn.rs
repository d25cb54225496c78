//! Whose turn it is on a connection: the client's, who asks, or ours, who answer. A head that has begun has to end in
//! time, and one address has only so many that have not; between two requests a connection may be silent for longer.

use crate::base::{
    held::{Held, Hold},
    limits::Whose,
};
use crate::desk::state::Desk;
use crate::model::error::Result;
use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};
use std::{
    future::Future,
    io,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// The other end of a connection, and what it may hold. Of a proxy that is trusted nothing is counted, because everybody
/// comes from there.
#[derive(Clone)]
pub struct Guest {
    desk: Option<Desk>,
    whose: Whose,
}

impl Guest {
    /// Without a desk nothing is counted.
    pub fn of(desk: Option<&Desk>, peer: IpAddr) -> Guest {
        let peer = peer.to_canonical();
        let is_proxy = |desk: &&Desk| {
            let trusted = &desk.config().trusted_proxies;
            trusted.iter().any(|net| net.contains(&peer))
        };
        Guest {
            desk: desk.filter(|d| !is_proxy(d)).cloned(),
            whose: Whose::Address(peer),
        }
    }

    pub fn hold(&self, what: Hold) -> Result<Option<Held>> {
        match &self.desk {
            Some(desk) => desk.limits().hold(what, self.whose),
            None => Ok(None),
        }
    }
}

/// Shared by what reads from the connection and what answers on it.
#[derive(Default)]
pub struct Turn(Mutex<State>);

#[derive(Default)]
struct State {
    answering: bool,
    half: Option<Half>,
}

/// A head that has begun.
struct Half {
    until: Pin<Box<Sleep>>,
    /// Taken once there is nothing more to read of it: most heads are whole at once.
    place: Option<Option<Held>>,
}

impl Turn {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The head is whole; what is read until the answer has ended is the request's body.
    pub fn asked(&self) {
        *self.state() = State {
            answering: true,
            half: None,
        };
    }
}

/// A connection whose heads have to end in time.
pub struct Timely<S> {
    stream: S,
    turn: Arc<Turn>,
    guest: Guest,
    within: Duration,
}

impl<S> Timely<S> {
    pub fn new(stream: S, turn: Arc<Turn>, guest: Guest, within: Duration) -> Timely<S> {
        Timely {
            stream,
            turn,
            guest,
            within,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timely<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buf);
        let mut state = this.turn.state();
        if state.answering {
            return read;
        }
        if buf.filled().len() > before && state.half.is_none() {
            state.half = Some(Half {
                until: Box::pin(sleep(this.within)),
                place: None,
            });
        }
        if read.is_pending()
            && let Some(half) = &mut state.half
        {
            if half.place.is_none() {
                match this.guest.hold(Hold::Heads) {
                    Ok(place) => half.place = Some(place),
                    Err(e) => return Poll::Ready(Err(io::Error::other(e))),
                }
            }
            if half.until.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timely<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// An answer's body; when it has gone it is the client's turn.
pub struct Answer {
    body: Body,
    turn: Arc<Turn>,
}

impl Answer {
    pub fn new(body: Body, turn: Arc<Turn>) -> Answer {
        Answer { body, turn }
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.turn.state().answering = false;
    }
}
