//! A client on a real socket: HTTP/1.1 by hand, so that a test sees every byte and every way in which a connection
//! can end.

use crate::test::{Ears, Person};
use axum::{
    body::Body,
    http::{Method, header},
    response::Response,
};
use serde_json::Value;
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use uuid::Uuid;

const EVENTS: &str = "/api/v1/events";
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody with a token, wherever the desk runs.
#[derive(Clone)]
pub struct Caller {
    pub token: String,
    pub id: Uuid,
}

impl From<&Person> for Caller {
    fn from(p: &Person) -> Caller {
        Caller {
            token: p.token.clone(),
            id: p.id,
        }
    }
}

pub struct Answer {
    pub status: u16,
    /// The status line and the headers, as they came.
    pub head: String,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
}

/// One connection, opened when it is needed and kept while it works.
pub struct Wire {
    at: SocketAddr,
    open: Option<BufReader<TcpStream>>,
    /// Bytes that the kernel may keep for a reader who does not read.
    keeps: Option<u32>,
}

impl Wire {
    pub fn to(at: SocketAddr) -> Wire {
        Wire {
            at,
            open: None,
            keeps: None,
        }
    }

    /// With next to no room for what is not read.
    pub fn narrow(at: SocketAddr) -> Wire {
        Wire {
            keeps: Some(4096),
            ..Wire::to(at)
        }
    }

    /// Ask, and wait for the whole answer. An error says that nobody knows whether it was done.
    pub async fn ask(
        &mut self,
        who: Option<&Caller>,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> io::Result<Answer> {
        let asked = timeout(PATIENCE, async {
            self.send(who, method, path, body, "application/json")
                .await?;
            self.answer().await
        });
        let answer = asked
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if answer
            .as_ref()
            .map_or(true, |a| a.head.contains("connection: close"))
        {
            self.open = None;
        }
        answer
    }

    pub async fn get(&mut self, who: Option<&Caller>, path: &str) -> io::Result<Answer> {
        self.ask(who, Method::GET, path, None).await
    }

    pub async fn post(&mut self, who: &Caller, path: &str, body: &Value) -> io::Result<Answer> {
        self.ask(Some(who), Method::POST, path, Some(body)).await
    }

    /// An open stream of events, of which only the head has been read.
    pub async fn stream(mut self, who: &Caller, after: Option<&str>) -> io::Result<Wire> {
        let path = after.map_or(EVENTS.to_owned(), |c| format!("{EVENTS}?after={c}"));
        let sent = self.send(Some(who), Method::GET, &path, None, "text/event-stream");
        timeout(PATIENCE, sent).await??;
        let (status, _) = timeout(PATIENCE, self.head()).await??;
        match status {
            200 => Ok(self),
            other => Err(io::Error::other(format!("a stream was answered {other}"))),
        }
    }

    /// The events of an open stream.
    pub fn ears(self) -> Ears {
        let pieces = futures::stream::unfold(self, |mut wire| async move {
            match wire.chunk().await {
                Ok(piece) if piece.is_empty() => None,
                piece => Some((piece, wire)),
            }
        });
        let answer = Response::builder().header(header::CONTENT_TYPE, "text/event-stream");
        Ears::of(answer.body(Body::from_stream(pieces)).unwrap())
    }

    /// The port at this end of it.
    pub fn port(&self) -> u16 {
        let open = self.open.as_ref().expect("it is open");
        open.get_ref().local_addr().unwrap().port()
    }

    /// All that still comes, to the end; an error if it was cut off in the middle.
    pub async fn rest(&mut self) -> io::Result<String> {
        let mut all = vec![];
        loop {
            let piece = timeout(PATIENCE, self.chunk()).await??;
            if piece.is_empty() {
                return Ok(String::from_utf8_lossy(&all).into_owned());
            }
            all.extend(piece);
        }
    }

    async fn opened(&mut self) -> io::Result<&mut BufReader<TcpStream>> {
        if self.open.is_none() {
            let socket = TcpSocket::new_v4()?;
            if let Some(bytes) = self.keeps {
                socket.set_recv_buffer_size(bytes)?;
            }
            let stream = socket.connect(self.at).await?;
            stream.set_nodelay(true)?;
            self.open = Some(BufReader::new(stream));
        }
        self.open.as_mut().ok_or(io::ErrorKind::NotConnected.into())
    }

    /// Any bytes at all.
    pub async fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.opened().await?.get_mut().write_all(bytes).await
    }

    /// Only the request.
    pub async fn send(
        &mut self,
        who: Option<&Caller>,
        method: Method,
        path: &str,
        body: Option<&Value>,
        accept: &str,
    ) -> io::Result<()> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let head = self.request(who, &method, path, accept, body.len());
        self.raw(format!("{head}{body}").as_bytes()).await
    }

    /// The head of a request whose body has `length` bytes.
    pub fn request(
        &self,
        who: Option<&Caller>,
        method: &Method,
        path: &str,
        accept: &str,
        length: usize,
    ) -> String {
        let bearer = who.map_or(String::new(), |w| {
            format!("authorization: Bearer {}\r\n", w.token)
        });
        format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost:{}\r\naccept: {accept}\r\n{bearer}\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n",
            self.at.port()
        )
    }

    /// The status line and the headers of the next answer.
    pub async fn head(&mut self) -> io::Result<(u16, String)> {
        let open = self.open.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let mut head = String::new();
        loop {
            let from = head.len();
            if open.read_line(&mut head).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if &head[from..] == "\r\n" {
                break;
            }
        }
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok());
        Ok((
            status.ok_or(io::ErrorKind::InvalidData)?,
            head.to_lowercase(),
        ))
    }

    /// The next piece of a chunked body (RFC 9112, 7.1); empty at its end.
    pub async fn chunk(&mut self) -> io::Result<Vec<u8>> {
        let open = self.open.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let mut size = String::new();
        if open.read_line(&mut size).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let size =
            usize::from_str_radix(size.trim(), 16).map_err(|_| io::ErrorKind::InvalidData)?;
        let mut piece = vec![0; size + 2];
        open.read_exact(&mut piece).await?;
        piece.truncate(size);
        Ok(piece)
    }

    /// The whole of the next answer.
    pub async fn answer(&mut self) -> io::Result<Answer> {
        let (status, head) = self.head().await?;
        let field = |name: &str| {
            head.lines()
                .find_map(|l| l.strip_prefix(name))
                .map(str::trim)
        };
        let mut bytes = vec![];
        if field("transfer-encoding:") == Some("chunked") {
            loop {
                let piece = self.chunk().await?;
                if piece.is_empty() {
                    break;
                }
                bytes.extend(piece);
            }
        } else if let Some(length) = field("content-length:").and_then(|l| l.parse().ok()) {
            bytes = vec![0; length];
            let open = self.open.as_mut().ok_or(io::ErrorKind::NotConnected)?;
            open.read_exact(&mut bytes).await?;
        }
        Ok(Answer {
            status,
            head,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }
}
