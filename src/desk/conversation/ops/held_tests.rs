//! Stories about how much one person and one address may hold and ask for at the same time.

use crate::base::{
    held::Hold,
    limits::{Kind, Whose},
};
use crate::desk::state::Desk;
use crate::test::{Ears, Person, Reply, TestDesk, doors};
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, StatusCode},
    response::Response,
};
use http_body_util::BodyExt;
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use tower::ServiceExt;

const HERE: [u8; 4] = [198, 51, 100, 7];
const THERE: [u8; 4] = [198, 51, 100, 8];

async fn ask(app: &Router, from: [u8; 4], mut request: Request<Body>) -> Response {
    let peer = SocketAddr::from((IpAddr::from(from), 40_000));
    request.extensions_mut().insert(ConnectInfo(peer));
    app.clone().oneshot(request).await.unwrap()
}

fn use_up(node: &Desk, (kind, whose): (Kind, Whose)) {
    while node.limits().check(kind, whose).is_ok() {}
}

/// What is used up fills again while a slow machine asks: so it is used up until one is refused.
async fn limited(
    app: &Router,
    node: &Desk,
    what: (Kind, Whose),
    request: &(dyn Fn() -> Request<Body> + Sync),
) -> Response {
    for _ in 0..100 {
        use_up(node, what);
        let desk = node.clone();
        let meanwhile = tokio::spawn(async move {
            loop {
                use_up(&desk, what);
                tokio::task::yield_now().await;
            }
        });
        let answer = ask(app, HERE, request()).await;
        meanwhile.abort();
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            return answer;
        }
    }
    panic!("{:?} is never limited", what.0);
}

fn events(who: &Person, accept: &str) -> Request<Body> {
    let request = who.request(Method::GET, "/events").header("accept", accept);
    // Nobody believes what a stranger's request says of where it comes from.
    let request = request.header("x-forwarded-for", "203.0.113.1");
    request.body(Body::empty()).unwrap()
}

async fn stream(app: &Router, from: [u8; 4], who: &Person) -> Response {
    ask(app, from, events(who, "text/event-stream")).await
}

async fn opened(app: &Router, from: [u8; 4], who: &Person, number: usize) -> Vec<Ears> {
    let mut open = vec![];
    for _ in 0..number {
        open.push(Ears::of(stream(app, from, who).await));
    }
    open
}

/// One more is a problem that says when to come back.
async fn refused(app: &Router, from: [u8; 4], who: &Person) {
    let answer = stream(app, from, who).await;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let text = answer.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(text.contains("Try again in"), "{text}");
    let reply = Reply {
        status,
        headers,
        text,
    };
    assert_eq!(reply.problem(), (429, "rate_limited".into()));
    let wait: u32 = reply.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
}

crate::stories! {
    the_twenty_first_stream_of_a_person_is_refused_and_the_twenty_go_on,
    an_address_has_so_many_streams_of_visitors_and_others_of_staff,
    whoever_is_signed_in_stays_within_what_the_reference_says,
    what_anybody_may_ask_is_counted_for_their_address,
}

async fn the_twenty_first_stream_of_a_person_is_refused_and_the_twenty_go_on(desk: TestDesk) {
    let node = desk.limited().await;
    let app = doors(&node);
    let (ada, ben) = (desk.visitor("Ada").await, desk.visitor("Ben").await);
    let noor = desk.supervisor("Noor").await;
    let most = Hold::Person.most();
    let mut all = vec![];
    for who in [&ada, &noor] {
        let mut open = opened(&app, HERE, who, most).await;
        refused(&app, HERE, who).await;
        refused(&app, THERE, who).await;
        // Who is refused may ask at once instead, and others are not touched.
        let poll = ask(&app, HERE, events(who, "application/json")).await;
        assert_eq!(poll.status(), StatusCode::OK);
        drop(opened(&app, HERE, &ben, 1).await);

        open.pop();
        open.extend(opened(&app, THERE, who, 1).await);
        refused(&app, HERE, who).await;
        all.extend(open);
    }
    ada.at(&node).writes("Is anybody there?").await;
    for ears in &mut all {
        ears.until("message.created").await;
    }
    assert_eq!(all.len(), 2 * most);
    drop(all);
    drop(opened(&app, HERE, &ada, most).await);
    node.stop().cancel();
}

async fn an_address_has_so_many_streams_of_visitors_and_others_of_staff(desk: TestDesk) {
    let node = desk.limited().await;
    let app = doors(&node);
    let each = Hold::Person.most();
    let mut open = vec![];
    for n in 0..Hold::Others.most() / each {
        let who = desk.visitor(&format!("Visitor{n}")).await;
        open.extend(opened(&app, HERE, &who, each).await);
    }
    assert_eq!(open.len(), Hold::Others.most());
    let (late, sam) = (desk.visitor("Late").await, desk.agent("Sam").await);
    refused(&app, HERE, &late).await;
    assert_eq!(
        stream(&app, THERE, &late).await.status(),
        200,
        "somewhere else"
    );
    assert_eq!(
        stream(&app, HERE, &sam).await.status(),
        200,
        "who works here has other places"
    );
    open.pop();
    let last = opened(&app, HERE, &late, 1).await;
    refused(&app, HERE, &late).await;
    drop(last);

    // Not where limits are off.
    let off = doors(&desk.node);
    assert_eq!(opened(&off, HERE, &late, each + 5).await.len(), each + 5);

    // And of staff: what would be a thousand streams of fifty colleagues.
    let from = Whose::Address(HERE.into());
    let mut held = vec![];
    while let Ok(place) = node.limits().hold(Hold::Staff, from) {
        held.push(place);
    }
    refused(&app, HERE, &sam).await;
    held.pop();
    assert_eq!(stream(&app, HERE, &sam).await.status(), 200);
    node.stop().cancel();
}

async fn whoever_is_signed_in_stays_within_what_the_reference_says(desk: TestDesk) {
    let node = desk.limited().await;
    let app = doors(&node);
    let (sam, kim) = (desk.agent("Sam").await, desk.agent("Kim").await);
    let change = |who: &Person| {
        let request = who
            .request(Method::PATCH, "/me")
            .header("content-type", "application/json");
        request
            .body(Body::from(json!({"availability": "away"}).to_string()))
            .unwrap()
    };
    let (most, since, mut done) = (Kind::Write.per_minute(), std::time::Instant::now(), 0);
    loop {
        let status = ask(&app, HERE, change(&sam)).await.status();
        if status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        assert_eq!(status, StatusCode::OK);
        done += 1;
        assert!(done < 10 * most, "there is no end");
    }
    let again = since.elapsed().as_secs() as u32 * most / 60 + most / 60;
    assert!(
        (most..=most + again).contains(&done),
        "{done} changes, and at most {most} a minute"
    );
    let me = sam.request(Method::GET, "/me").body(Body::empty()).unwrap();
    assert_eq!(
        ask(&app, HERE, me).await.status(),
        StatusCode::OK,
        "reading goes on"
    );
    assert_eq!(ask(&app, HERE, change(&kim)).await.status(), StatusCode::OK);

    let me = |who: &Person| who.request(Method::GET, "/me").body(Body::empty()).unwrap();
    limited(&app, &node, (Kind::Ask, Whose::Person(sam.id)), &|| {
        me(&sam)
    })
    .await;
    assert_eq!(ask(&app, HERE, me(&kim)).await.status(), StatusCode::OK);
    node.stop().cancel();
}

async fn what_anybody_may_ask_is_counted_for_their_address(desk: TestDesk) {
    let node = desk.limited().await;
    let app = doors(&node);
    let ada = desk.visitor("Ada").await;
    let widget = desk.widget;
    let door = |who: &Person, path: &str, body: String| {
        let request = who.request(Method::POST, &format!("//_fn/deskbell/desk/{path}"));
        let request = request
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded");
        request.body(Body::from(body)).unwrap()
    };
    let (nobody, here) = (desk.nobody(), Whose::Address(HERE.into()));
    let open: Vec<(&str, String)> = vec![
        ("account/api/front_page", String::new()),
        ("account/api/guide_page", String::new()),
        ("account/api/look_at_link", "token=x".into()),
        ("conversation/api/open_chat", format!("widget={widget}")),
    ];
    for (path, body) in &open {
        let answer = ask(&app, HERE, door(&nobody, path, body.clone())).await;
        assert_ne!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "{path}");
    }
    for (path, body) in &open {
        let answer = limited(&app, &node, (Kind::Page, here), &|| {
            door(&nobody, path, body.clone())
        })
        .await;
        assert!(answer.headers().contains_key("retry-after"), "{path}");
        let elsewhere = ask(&app, THERE, door(&nobody, path, body.clone())).await;
        assert_ne!(elsewhere.status(), StatusCode::TOO_MANY_REQUESTS, "{path}");
    }
    for path in [
        "/availability".to_owned(),
        format!("/widgets/{widget}/config"),
    ] {
        limited(&app, &node, (Kind::Page, here), &|| {
            nobody
                .request(Method::GET, &path)
                .body(Body::empty())
                .unwrap()
        })
        .await;
    }
    use_up(&node, (Kind::Page, here));
    let chat = door(
        &ada,
        "conversation/api/open_chat",
        format!("widget={widget}"),
    );
    assert_eq!(
        ask(&app, HERE, chat).await.status(),
        StatusCode::OK,
        "who has a session is counted as a person"
    );
    node.stop().cancel();
}
