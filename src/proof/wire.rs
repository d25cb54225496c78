//! A client on a real socket: HTTP/1.1 by hand, so that a test sees every byte and every way in which a connection
//! can end.

use crate::test::Person;
use axum::http::Method;
use serde_json::Value;
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(20);

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
}

impl Wire {
    pub fn to(at: SocketAddr) -> Wire {
        Wire { at, open: None }
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
            self.send(who, method, path, body, "application/json").await?;
            self.answer().await
        });
        let answer = asked.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if answer.as_ref().map_or(true, |a| a.head.contains("connection: close")) {
            self.open = None;
        }
        answer
    }

    pub async fn get(&mut self, who: Option<&Caller>, path: &str) -> io::Result<Answer> {
        self.ask(who, Method::GET, path, None).await
    }

    pub async fn post(&mut self, who: &Caller, path: &str, body: Value) -> io::Result<Answer> {
        self.ask(Some(who), Method::POST, path, Some(&body)).await
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
        let open = match &mut self.open {
            Some(open) => open,
            none => {
                let stream = TcpStream::connect(self.at).await?;
                stream.set_nodelay(true)?;
                none.insert(BufReader::new(stream))
            }
        };
        let body = body.map(Value::to_string).unwrap_or_default();
        let bearer = who.map_or(String::new(), |w| format!("authorization: Bearer {}\r\n", w.token));
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost:{}\r\naccept: {accept}\r\n{bearer}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.at.port(),
            body.len()
        );
        open.get_mut().write_all(request.as_bytes()).await
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
        Ok((status.ok_or(io::ErrorKind::InvalidData)?, head.to_lowercase()))
    }

    /// The next piece of a chunked body (RFC 9112, 7.1); empty at its end.
    pub async fn chunk(&mut self) -> io::Result<Vec<u8>> {
        let open = self.open.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let mut size = String::new();
        if open.read_line(&mut size).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let size = usize::from_str_radix(size.trim(), 16).map_err(|_| io::ErrorKind::InvalidData)?;
        let mut piece = vec![0; size + 2];
        open.read_exact(&mut piece).await?;
        piece.truncate(size);
        Ok(piece)
    }

    async fn answer(&mut self) -> io::Result<Answer> {
        let (status, head) = self.head().await?;
        let field = |name: &str| head.lines().find_map(|l| l.strip_prefix(name)).map(str::trim);
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
