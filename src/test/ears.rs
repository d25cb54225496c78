//! A stream that is listened to.

use axum::{body::Body, http::StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use std::time::Duration;

/// One event off a stream.
#[derive(Debug, Clone)]
pub struct Heard {
    pub id: Option<String>,
    pub name: String,
    pub data: Value,
}

/// An open stream.
pub struct Ears {
    body: Body,
    buffer: String,
    /// Every byte that arrived.
    pub heard: String,
}

impl Ears {
    pub fn of(response: axum::response::Response) -> Ears {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Ears {
            body: response.into_body(),
            buffer: String::new(),
            heard: String::new(),
        }
    }

    /// The next event but pings, or `None` when the stream ends; panics after a minute of silence.
    pub async fn next(&mut self) -> Option<Heard> {
        self.within(Duration::from_secs(60))
            .await
            .expect("an event within a minute")
    }

    /// Whatever is told meanwhile, it ends.
    pub async fn ends(&mut self) {
        while self.next().await.is_some() {}
    }

    /// Whatever is told meanwhile, it has not ended after this long.
    pub async fn goes_on(&mut self, span: Duration) -> bool {
        let until = tokio::time::Instant::now() + span;
        loop {
            let left = until.saturating_duration_since(tokio::time::Instant::now());
            match self.within(left).await {
                Ok(Some(_)) => {}
                Ok(None) => return false,
                Err(_) => return true,
            }
        }
    }

    /// Nothing but pings for this long.
    pub async fn silent(&mut self, span: Duration) -> bool {
        self.within(span).await.is_err()
    }

    /// The next event of this name; what comes before is skipped.
    pub async fn until(&mut self, name: &str) -> Heard {
        loop {
            let heard = self.next().await.expect("the stream goes on");
            if heard.name == name {
                return heard;
            }
        }
    }

    pub async fn within(
        &mut self,
        span: Duration,
    ) -> Result<Option<Heard>, tokio::time::error::Elapsed> {
        let wait = async {
            loop {
                while let Some((block, rest)) = self
                    .buffer
                    .split_once("\n\n")
                    .map(|(a, b)| (a.to_owned(), b.to_owned()))
                {
                    self.buffer = rest;
                    let field = |name: &str| {
                        block
                            .lines()
                            .find_map(|l| l.strip_prefix(name))
                            .map(|v| v.trim_start().to_owned())
                    };
                    if let Some(name) = field("event:")
                        && name != "ping"
                    {
                        let data =
                            serde_json::from_str(&field("data:").unwrap_or_default()).unwrap();
                        return Some(Heard {
                            id: field("id:"),
                            name,
                            data,
                        });
                    }
                }
                match self.body.frame().await {
                    Some(Ok(frame)) => {
                        let text =
                            String::from_utf8(frame.into_data().unwrap_or_default().to_vec())
                                .unwrap();
                        self.heard.push_str(&text);
                        self.buffer.push_str(&text);
                    }
                    _ => return None,
                }
            }
        };
        tokio::time::timeout(span, wait).await
    }
}
