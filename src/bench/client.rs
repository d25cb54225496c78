//! HTTP/1.1 by hand, so that the client costs little beside what it measures: a connection that is kept, and
//! the reading end of an event stream.

use anyhow::{Context, Result, bail, ensure};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// The bytes of a request. `more`: whole header lines.
pub fn request(line: &str, more: &str, body: &str) -> Vec<u8> {
    let length = match body {
        "" if line.starts_with("GET") => String::new(),
        body => format!("content-length: {}\r\n", body.len()),
    };
    format!("{line} HTTP/1.1\r\nhost: localhost\r\n{more}{length}\r\n{body}").into_bytes()
}

pub fn json(line: &str, token: &str, body: &str) -> Vec<u8> {
    let who = match token {
        "" => String::new(),
        token => format!("authorization: Bearer {token}\r\n"),
    };
    request(
        line,
        &format!("{who}content-type: application/json\r\n"),
        body,
    )
}

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Result<serde_json::Value> {
        let text = || String::from_utf8_lossy(&self.body).into_owned();
        ensure!(
            (200..300).contains(&self.status),
            "answered {}: {}",
            self.status,
            text()
        );
        serde_json::from_slice(&self.body).with_context(text)
    }

    /// A header of this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = |l: &'_ str| {
            l.split_once(':')
                .is_some_and(|(n, _)| n.eq_ignore_ascii_case(name))
        };
        let line = self.head.lines().find(|l| named(l))?;
        line.split_once(':').map(|(_, v)| v.trim())
    }
}

/// A connection that is kept, unless the server closes it.
pub struct Line {
    at: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
    closed: bool,
}

impl Line {
    pub async fn open(at: SocketAddr) -> Result<Line> {
        let stream = TcpStream::connect(at).await?;
        stream.set_nodelay(true)?;
        Ok(Line {
            at,
            stream,
            buffer: Vec::with_capacity(4096),
            closed: false,
        })
    }

    async fn more(&mut self) -> Result<()> {
        ensure!(
            self.stream.read_buf(&mut self.buffer).await? > 0,
            "the connection ended"
        );
        Ok(())
    }

    pub async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        if self.closed {
            *self = Line::open(self.at).await?;
        }
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        let status = head
            .get(9..12)
            .and_then(|s| s.parse().ok())
            .context("no status")?;
        let mut answer = Answer {
            status,
            head,
            body: vec![],
        };
        self.closed = answer
            .header("connection")
            .is_some_and(|c| c.eq_ignore_ascii_case("close"));
        if let Some(length) = answer.header("content-length") {
            let length: usize = length.parse()?;
            while self.buffer.len() < end + length {
                self.more().await?;
            }
            answer
                .body
                .extend_from_slice(&self.buffer[end..end + length]);
        } else if answer.header("transfer-encoding").is_some() {
            let mut at = end;
            loop {
                let line = loop {
                    if let Some(n) = find(&self.buffer[at..], b"\r\n") {
                        break n;
                    }
                    self.more().await?;
                };
                let size = std::str::from_utf8(&self.buffer[at..at + line])?;
                let size = usize::from_str_radix(size.trim(), 16)?;
                at += line + 2;
                while self.buffer.len() < at + size + 2 {
                    self.more().await?;
                }
                answer.body.extend_from_slice(&self.buffer[at..at + size]);
                at += size + 2;
                if size == 0 {
                    break;
                }
            }
        }
        Ok(answer)
    }
}

pub fn find(all: &[u8], part: &[u8]) -> Option<usize> {
    let first = part[0];
    let mut from = 0;
    while let Some(n) = all.get(from..)?.iter().position(|b| *b == first) {
        from += n;
        if all[from..].starts_with(part) {
            return Some(from);
        }
        from += 1;
    }
    None
}

/// Messages carry their number as `~00000042~`.
pub fn mark(n: u32) -> String {
    format!("~{n:08}~")
}

pub fn marked(text: &[u8]) -> Option<u32> {
    let at = text.iter().position(|b| *b == b'~')?;
    let digits = text.get(at + 1..at + 9)?;
    (text.get(at + 9) == Some(&b'~')).then_some(())?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// One event as it was heard.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Of its cursor; 0 where it has none.
    pub seq: u64,
    /// Of the message that it tells.
    pub mark: Option<u32>,
    /// What it tells is a conversation, whose last message may have been told before.
    snapshot: bool,
    pub typing: bool,
    pub reset: bool,
}

/// The reading end of an event stream.
pub struct Subscription {
    stream: TcpStream,
    buffer: Vec<u8>,
    now: Heard,
    /// The cursor of the last event that had one.
    pub cursor: String,
}

impl Subscription {
    /// `from`: the loopback address to come from, where one has too few ports.
    pub async fn open(
        at: SocketAddr,
        from: Option<Ipv4Addr>,
        request: &[u8],
    ) -> Result<Subscription> {
        let socket = TcpSocket::new_v4()?;
        if let Some(from) = from {
            socket.set_reuseaddr(true)?;
            socket.bind((from, 0).into())?;
        }
        let mut stream = socket.connect(at).await?;
        stream.write_all(request).await?;
        let mut buffer = Vec::new();
        let end = loop {
            if let Some(at) = find(&buffer, b"\r\n\r\n") {
                break at + 4;
            }
            ensure!(
                stream.read_buf(&mut buffer).await? > 0,
                "the stream did not begin"
            );
        };
        if !buffer.starts_with(b"HTTP/1.1 200") {
            bail!("no stream: {}", String::from_utf8_lossy(&buffer));
        }
        buffer.drain(..end);
        Ok(Subscription {
            stream,
            buffer,
            now: Heard::default(),
            cursor: String::new(),
        })
    }

    /// The next event. Every frame is a chunk of its own; the lines of the chunks' sizes mean nothing here.
    pub async fn next(&mut self) -> Result<Heard> {
        loop {
            let mut at = 0;
            while let Some(n) = self.buffer[at..].iter().position(|b| *b == b'\n') {
                let line = &self.buffer[at..at + n];
                at += n + 1;
                if let Some(id) = line.strip_prefix(b"id: ") {
                    self.cursor.clear();
                    self.cursor.push_str(std::str::from_utf8(id)?);
                    let seq = self.cursor.rsplit('.').next().unwrap_or_default();
                    self.now.seq = seq.parse().context("a cursor without its seq")?;
                } else if let Some(name) = line.strip_prefix(b"event: ") {
                    self.now.snapshot = name.starts_with(b"conversation.");
                    self.now.typing = name == b"typing";
                    self.now.reset = name == b"reset";
                } else if let Some(data) = line.strip_prefix(b"data: ") {
                    self.now.mark = if self.now.snapshot {
                        None
                    } else {
                        marked(data)
                    };
                    let heard = std::mem::take(&mut self.now);
                    self.buffer.drain(..at);
                    return Ok(heard);
                }
            }
            self.buffer.drain(..at);
            if self.buffer.is_empty() && self.buffer.capacity() > 4096 {
                self.buffer = Vec::new();
            }
            self.buffer.reserve(1024);
            ensure!(
                self.stream.read_buf(&mut self.buffer).await? > 0,
                "the stream ended"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_again() {
        let text = format!("{{\"body\":\"{} and more\"}}", mark(42));
        assert_eq!(marked(text.as_bytes()), Some(42));
        assert_eq!((marked(b"none"), marked(b"~short~")), (None, None));
        assert_eq!(find(b"a\r\r\n\r\nb", b"\r\n\r\n"), Some(2));
    }
}
