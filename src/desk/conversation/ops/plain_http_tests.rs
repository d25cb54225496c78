//! Stories about a desk on plain http under a name that is not loopback, where a browser does not say whose page asks.

use crate::base::{config::Config, db::Db};
use crate::desk::{account::ops::who, state::Desk};
use crate::live::OWN;
use crate::test::{Ears, Person, TestDesk, doors};
use axum::{
    body::Body,
    http::{Method, Request, header},
    response::Response,
};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

const SITE: &str = "sec-fetch-site";
const STREAM: &str = "text/event-stream";
const JSON: &str = "application/json";

async fn on_plain_http(desk: &TestDesk) -> Desk {
    let config = Config {
        public_url: "http://desk.lan:3000".parse().unwrap(),
        ..desk.node.config().clone()
    };
    let db = Db::open(&config.place, None).await.unwrap();
    Desk::new(config, db, desk.node.stop().clone())
}

/// As a browser asks, with its cookie.
async fn asked(
    node: &Desk,
    method: Method,
    path: &str,
    cookie: &str,
    said: &[(&str, &str)],
) -> Response {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"))
        .header(header::HOST, "desk.lan:3000")
        .header(header::COOKIE, cookie);
    for (name, value) in said {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    doors(node).oneshot(request).await.unwrap()
}

async fn told(answer: Response) -> Value {
    assert_eq!(answer.status(), 200);
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap()
}

fn staff_cookie(node: &Desk, who: &Person) -> String {
    format!("{}={}", who::staff_cookie(node), who.token)
}

crate::stories! {
    over_plain_http_our_own_pages_poll_and_no_other_page_does,
    no_other_site_is_allowed_to_say_that_it_is_ours,
    where_the_browser_says_whose_page_it_is_a_stream_needs_nothing_else,
}

async fn over_plain_http_our_own_pages_poll_and_no_other_page_does(desk: TestDesk) {
    let node = on_plain_http(&desk).await;
    let (sam, ada) = (desk.supervisor("Sam").await, desk.visitor("Ada").await);
    let cookie = staff_cookie(&node, &sam);
    assert!(
        cookie.starts_with("deskbell="),
        "{cookie}: or the browser would not keep it"
    );
    let online = async || {
        told(asked(&node, Method::GET, "/availability", "", &[]).await).await["online"].clone()
    };
    assert_eq!(online().await, false);

    for nobody in [
        &[("accept", JSON)][..],
        &[("accept", STREAM)],
        &[("accept", STREAM), ("referer", "http://desk.lan:3000/desk")],
        &[("accept", JSON), (SITE, "none")],
        &[("accept", JSON), (SITE, "cross-site"), (OWN, "1")],
        &[("accept", JSON), (SITE, "same-site"), (OWN, "1")],
        &[("accept", STREAM), (SITE, "cross-site"), (OWN, "1")],
    ] {
        let answer = asked(&node, Method::GET, "/events", &cookie, nobody).await;
        assert_eq!(answer.status(), 401, "{nobody:?}");
    }
    assert_eq!(online().await, false, "nobody came by that");

    let first = told(
        asked(
            &node,
            Method::GET,
            "/events",
            &cookie,
            &[("accept", JSON), (OWN, "1")],
        )
        .await,
    )
    .await;
    let after = format!("/events?after={}", first["cursor"].as_str().unwrap());
    assert_eq!(online().await, true, "who polls is there");
    let conversation = ada.at(&node).writes("Is this live?").await;
    let news = told(
        asked(
            &node,
            Method::GET,
            &after,
            &cookie,
            &[("accept", JSON), (OWN, "1")],
        )
        .await,
    )
    .await;
    assert!(
        news["events"].to_string().contains("Is this live?"),
        "{news}"
    );

    let cookie = format!("{}={}", who::visitor_cookie(&node, desk.widget), ada.token);
    let frame = format!("/events?as=visitor&widget={}", desk.widget);
    let asks = [("accept", JSON), (OWN, "1")];
    assert_eq!(
        asked(&node, Method::GET, &frame, &cookie, &asks[..1])
            .await
            .status(),
        401
    );
    let first = told(asked(&node, Method::GET, &frame, &cookie, &asks).await).await;
    sam.at(&node).says(conversation, "It is").await;
    let after = format!("{frame}&after={}", first["cursor"].as_str().unwrap());
    let news = told(asked(&node, Method::GET, &after, &cookie, &asks).await).await;
    assert!(news["events"].to_string().contains("It is"), "{news}");
}

async fn no_other_site_is_allowed_to_say_that_it_is_ours(desk: TestDesk) {
    let node = on_plain_http(&desk).await;
    let sam = desk.agent("Sam").await;
    let first = [
        ("origin", "http://evil.example"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", OWN),
    ];
    for node in [&node, &desk.node] {
        let answer = asked(
            node,
            Method::OPTIONS,
            "/events",
            &staff_cookie(node, &sam),
            &first,
        )
        .await;
        let allows = |name: &header::HeaderName| name.as_str().starts_with("access-control-");
        assert!(
            !answer.headers().keys().any(allows),
            "{:?}",
            answer.headers()
        );
    }
}

async fn where_the_browser_says_whose_page_it_is_a_stream_needs_nothing_else(desk: TestDesk) {
    let sam = desk.agent("Sam").await;
    let cookie = staff_cookie(&desk.node, &sam);
    let own = [("accept", STREAM), (SITE, "same-origin")];
    let mut ears = Ears::of(asked(&desk.node, Method::GET, "/events", &cookie, &own).await);
    desk.visitor("Ada").await.writes("Hello").await;
    ears.until("conversation.created").await;
}
