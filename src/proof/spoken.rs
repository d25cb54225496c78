//! Whatever is spoken to the port gets an answer: not a panic, not an error of ours, not silence. And the next one is
//! served as if nothing had been said.

use super::{
    doors,
    form::report,
    served::Home,
    wire::{Caller, Wire},
};
use crate::test::{Engine, TestDesk, run_story};
use axum::http::Method;
use uuid::Uuid;

/// Bodies that no door takes, whatever its type says.
fn bodies() -> Vec<Vec<u8>> {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    let mut all: Vec<Vec<u8>> = [
        "",
        "[]",
        "[[]]",
        "null",
        "7",
        "\"text\"",
        "{",
        "{}{}",
        "{\"\":\"\"}",
        "{\"name\":7,\"body\":[],\"email\":{},\"client_id\":9e999,\"seq\":1e400}",
        "{\"name\":\"a\\u0000b\",\"body\":\"\\ud800\",\"email\":\"\\u0000\",\"client_id\":\"\"}",
        "{\"seq\":99999999999999999999999999,\"until\":\"+999999-01-01T00:00:00Z\",\"auto_open_delay_ms\":-9223372036854775808}",
        "{\"body\":\"a\",\"body\":\"b\"}",
        "body=a&body=b&id[]=1&id[x]=2&%FF=%FE&%00=%",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    all.push(deep("[", "]").into_bytes());
    all.push(deep("{\"a\":", "}").into_bytes());
    all.push(b"{\"body\":\"\xff\xfe\"}".to_vec());
    all.push(vec![0; 64]);
    all
}

const KINDS: [&str; 4] = [
    "content-type: application/json\r\n",
    "content-type: application/x-www-form-urlencoded\r\naccept: text/html\r\n",
    "content-type: text/plain; charset=\"\r\ncontent-encoding: gzip\r\n",
    "",
];

/// Addresses that nobody writes who means well.
const PLACES: [&str; 17] = [
    "/",
    "*",
    "//",
    "//host.example/desk",
    "/\\host.example",
    "/.//host.example",
    "/%",
    "/%ff%fe",
    "/%00",
    "/desk/c/%ff",
    "/desk?view=%ff&view=%00&view",
    "/api/v1/conversations?limit=99999999999999999999&cursor=%ff",
    "/api/v1/conversations/%2e%2e%2f/messages?before=1&before=2&after=",
    "/api/v1/events?after=%00",
    "/widget/%ff?a=%",
    "http://localhost/desk",
    "http://[::1]:99999/",
];

fn request(who: Option<&Caller>, method: &str, place: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let bearer = who.map_or(String::new(), |w| {
        format!("authorization: Bearer {}\r\n", w.token)
    });
    let head = format!(
        "{method} {place} HTTP/1.1\r\nhost: localhost\r\n{bearer}{kind}content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

async fn answered(desk: TestDesk) {
    let (rosa, ada) = (desk.admin().await, desk.visitor("Ada").await);
    let chat = ada.writes("Where is my parcel?").await;
    let people = [Caller::from(&rosa), Caller::from(&ada)];
    drop((rosa, ada));
    let home = Home::of(desk).await;
    let (_served, _) = home.serve(&[]).await;

    let mut said: Vec<Vec<u8>> = vec![];
    for method in [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
    ] {
        said.extend(PLACES.map(|place| request(None, method, place, "", b"")));
    }
    for place in ["localhost:80", "/desk", "*"] {
        said.push(request(None, "CONNECT", place, "", b""));
    }
    for head in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: \\\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: localhost\r\ncookie: =;;\"\\=\u{1}\r\n\r\n",
        "GET / HTTP/9.9\r\nhost: localhost\r\n\r\n",
        "get / http/1.1\r\n\r\n",
        "\u{16}\u{3}\u{1}\r\n\r\n",
        "POST /api/v1/sessions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
        "POST /api/v1/sessions HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
        "POST /api/v1/sessions HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n",
    ] {
        said.push(head.as_bytes().to_vec());
    }
    // Every door with a body, as each of them may use it. What ends a session would make the rest say 401.
    let bodies = bodies();
    let mut tried = 0;
    for door in doors::all() {
        let (method, place) = doors::address(&door);
        if method == Method::GET
            || method == Method::DELETE
            || door.contains("sign_out")
            || door.contains("revoke")
        {
            continue;
        }
        tried += 1;
        for id in [chat.to_string(), Uuid::nil().to_string(), "%ff".into()] {
            let place = place.replace("{id}", &id);
            if id != chat.to_string() && !place.contains(&id) {
                continue;
            }
            for (n, body) in bodies.iter().enumerate() {
                let who = &people[n % 2];
                let kind = if door.starts_with("fn ") {
                    KINDS[1]
                } else {
                    KINDS[0]
                };
                said.push(request(Some(who), method.as_str(), &place, kind, body));
                said.push(request(
                    Some(who),
                    method.as_str(),
                    &place,
                    KINDS[n % 4],
                    body,
                ));
            }
        }
    }
    assert!(tried > 60, "only {tried} doors were tried");

    let mut wrong = vec![];
    for (n, bytes) in said.iter().enumerate() {
        let mut wire = Wire::to(home.at());
        let status = match wire.raw(bytes).await {
            Ok(()) => wire.head().await.map(|(status, _)| status),
            Err(e) => Err(e),
        };
        if !matches!(status, Ok(100..=499 | 501 | 505)) {
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(160)]).into_owned();
            wrong.push(format!("{n}: {status:?} to {shown:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        said.len(),
        wrong.join("\n")
    );
    for who in &people {
        let me = Wire::to(home.at())
            .get(Some(who), "/api/v1/me")
            .await
            .unwrap();
        assert_eq!(
            me.status, 200,
            "nothing was proved of who is signed out: {}",
            me.text
        );
    }
    assert!(!home.said().contains("panicked"), "{}", home.said());
    report(&format!("{} odd requests, each answered", said.len()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_is_spoken_to_the_port_gets_an_answer_on_sqlite() {
    run_story(Engine::Sqlite, answered).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_is_spoken_to_the_port_gets_an_answer_on_postgres() {
    run_story(Engine::Postgres, answered).await;
}
