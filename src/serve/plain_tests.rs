//! Stories about forms that are posted as plain HTML.

use super::*;
use crate::desk::account::ops::who;
use crate::test::{Person, TestDesk, doors};
use axum::http::request::Builder;

#[test]
fn a_form_return_page_one_of_our_pages_or_on_none() {
    let public: Url = "http://localhost:3000".parse().unwrap();
    let parts = |uri: &str, referer: &str, host: &str| {
        let request = Request::builder().uri(uri).header("host", host);
        let request = request.header("referer", referer);
        request.body(()).unwrap().into_parts().0
    };
    let referred = |referer: &str| {
        return_page(&parts("/_fn/x", referer, "localhost:3000"), &public).unwrap_or_default()
    };
    let said = |page: &str| {
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair(PAGE, page)
            .finish();
        let uri = format!("/_fn/x?{query}");
        return_page(
            &parts(&uri, "http://localhost:3000/desk", "localhost:3000"),
            &public,
        )
    };
    for page in [
        "/",
        "/desk",
        "/desk?view=all&sort=longest",
        "/desk/c/018f7a3a-0000-7000-8000-000000000001?view=all",
        "/desk/c/1?a=%2F%2Fevil.example",
        "/sign-in?to=%2Fdesk",
        "/admin/widgets/x",
        "/widget/018f7a3a-0000-7000-8000-000000000001",
    ] {
        assert_eq!(said(page).as_deref(), Some(page));
        assert_eq!(referred(&format!("http://localhost:3000{page}")), page);
    }
    assert_eq!(
        referred("http://localhost:3000/desk/c/1?a=b#c"),
        "/desk/c/1?a=b"
    );
    for elsewhere in [
        "",
        "desk",
        "//evil.example",
        "//evil.example/desk",
        "///evil.example/desk",
        "/\\evil.example",
        "/\\/evil.example/desk",
        "\\\\evil.example",
        "/.//evil.example",
        "/..//evil.example",
        "/desk/..//evil.example",
        "/%5Cevil.example",
        "/%5c%5cevil.example/desk",
        "/%2F%2Fevil.example",
        "/%2e%2e//evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " /desk",
        "/desk\r\nlocation: https://evil.example",
        "/desk\0",
        "/desk\u{7f}",
        "/desk\u{202e}",
        "/desk#/x",
        "/desk/../sign-in",
        "/desk//",
        "/@evil.example",
        "/:80",
        "@evil.example",
        "http:/desk",
        "http://localhost:3000/desk",
        "https://evil.example/desk",
        "javascript:alert(1)",
        "data:text/html,x",
        // Ours, and no pages.
        "/_fn/x",
        "/_fn/deskbell/desk/account/api/sign_out",
        "/api/v1/me",
        "/api/docs",
        "/pkg/desk.js",
        "/widget.js",
        "/widget",
        "/widget/a/b",
        "/nothing/of/the/kind",
    ] {
        assert_eq!(said(elsewhere), None, "{elsewhere:?}");
    }
    for foreign in [
        "",
        "desk",
        "about:blank",
        "null",
        "http://localhost:3000/_fn/x",
        "https://localhost:3000/desk",
        "http://localhost:3001/desk",
        "http://localhost/desk",
        "http://localhost.evil.example:3000/desk",
        "http://evil.example/desk",
        "http://localhost:3000@evil.example/desk",
        "http://sam@localhost:3000/desk",
        "http://sam:secret@localhost:3000/desk",
        "http://localhost:3000\\@evil.example/desk",
        "http://evil.example\\@localhost:3000/desk",
    ] {
        assert_eq!(referred(foreign), "", "{foreign:?}");
    }
    // A workspace with a name of its own.
    let named =
        |referer: &str| return_page(&parts("/_fn/x", referer, "help.shop.example"), &public);
    assert_eq!(
        named("http://help.shop.example/desk").as_deref(),
        Some("/desk")
    );
    assert_eq!(named("https://help.shop.example/desk"), None);
    assert_eq!(named("http://shop.example/desk"), None);
    // It is written into every form of the page.
    let most = format!("/desk?{}", "a".repeat(limits::ADDRESS - 6));
    assert_eq!(said(&most).map(|p| p.len()), Some(limits::ADDRESS));
    assert_eq!(said(&format!("{most}a")), None);
}

fn posted(who: &Person, door: &str) -> Builder {
    let cookie = format!("{}={}", who::staff_cookie(&who.desk), who.token);
    Request::post(format!("/_fn/deskbell/desk/{door}"))
        .header("host", "localhost:3000")
        .header("cookie", cookie)
        .header("accept", "text/html,application/xhtml+xml")
        .header("content-type", "application/x-www-form-urlencoded")
}

async fn asked(desk: &TestDesk, request: Request) -> (StatusCode, HeaderMap, String) {
    let answer = doors(&desk.node).oneshot(request).await.unwrap();
    let (parts, body) = answer.into_parts();
    let text = to_bytes(body, usize::MAX).await.unwrap();
    let text = String::from_utf8_lossy(&text).into_owned();
    (parts.status, parts.headers, text)
}

/// Where the page's forms post to.
fn actions(html: &str) -> Vec<&str> {
    let forms = html.split("<form ").skip(1);
    let posts = forms.filter(|form| form.split('>').next().unwrap().contains("method=\"post\""));
    posts
        .map(|form| {
            form.split("action=\"")
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap()
        })
        .collect()
}

/// As it stands between two tags.
fn shown(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

const WRITTEN: &str = "<head> action=\"/_fn/x\" </head><body><form method=\"post\" action=\"/_fn/deskbell/x?page=%2F\">";

crate::stories! {
    what_people_wrote_stays_as_it_is_on_a_page_that_answers_a_refused_post,
    a_form_of_the_frame_says_where_it_stands,
    a_plain_form_leads_to_no_other_site,
}

async fn what_people_wrote_stays_as_it_is_on_a_page_that_answers_a_refused_post(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let id = ada.writes(WRITTEN).await;
    sam.takes(id).await;
    sam.says(id, WRITTEN).await;
    let page = format!("/desk/c/{id}?view=all");
    let get = posted(&sam, "")
        .method(Method::GET)
        .uri(&page)
        .body(Body::empty())
        .unwrap();
    let (status, _, before) = asked(&desk, get).await;
    assert_eq!(status, StatusCode::OK);
    let times = before.matches(&shown(WRITTEN)).count();
    assert!(times >= 2, "or nobody reads it: {before}");
    assert!(!before.contains("history.replaceState"));

    let compose = |query: &str, from: &str, body: &str| {
        let door = format!("conversation/api/compose{query}");
        let request = posted(&sam, &door).header("referer", format!("http://localhost:3000{from}"));
        let client = uuid::Uuid::new_v4();
        request
            .body(Body::from(format!(
                "conversation={id}&client={client}&kind=note&body={body}"
            )))
            .unwrap()
    };
    let long = "x".repeat(limits::MESSAGE + 1);
    let (status, headers, html) = asked(&desk, compose("", &page, &long)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(html.matches(&shown(WRITTEN)).count(), times, "untouched");
    assert_eq!(
        html.matches("action=\"/_fn/x\"").count(),
        before.matches("action=\"/_fn/x\"").count()
    );
    assert!(!html.contains("action=\"/_fn/x?"));
    let return_page = format!("page=%2Fdesk%2Fc%2F{id}%3Fview%3Dall");
    let all = actions(&html);
    assert!(all.len() >= 5, "{all:?}");
    for action in &all {
        assert!(
            action.starts_with("/_fn/deskbell/") && action.ends_with(&format!("?{return_page}")),
            "{action}"
        );
    }
    assert!(actions(&before).iter().all(|a| !a.contains('?')));
    let policy = headers["content-security-policy"].to_str().unwrap();
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    let home = format!(
        "<script nonce=\"{nonce}\">history.replaceState(null,'',new URLSearchParams('{return_page}').get('page'))</script>"
    );
    assert_eq!(html.matches(&home).count(), 1, "{html}");
    assert!(
        html.find(&home) < html.find("<meta"),
        "before anything that reads the address"
    );

    // From there on the browser says that the page is the post's.
    let from = "/_fn/deskbell/desk/conversation/api/compose";
    let (status, headers, _) =
        asked(&desk, compose(&format!("?{return_page}"), from, "A+note")).await;
    assert_eq!(
        (status, headers["location"].to_str().unwrap()),
        (StatusCode::SEE_OTHER, page.as_str())
    );
    let (status, _, html) = asked(&desk, compose(&format!("?{return_page}"), from, &long)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(actions(&html).iter().all(|a| a.ends_with(&return_page)));
}

async fn a_form_of_the_frame_says_where_it_stands(desk: TestDesk) {
    let frame = format!("/widget/{}", desk.widget);
    let say = |body: &str| {
        let request = posted(&desk.nobody(), "conversation/api/say_plain")
            .header("referer", format!("http://localhost:3000{frame}"));
        let client = uuid::Uuid::new_v4();
        request
            .body(Body::from(format!(
                "widget={}&client={client}&body={body}",
                desk.widget
            )))
            .unwrap()
    };
    let (status, _, html) = asked(&desk, say(&"x".repeat(limits::MESSAGE + 1))).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let return_page = format!("?page=%2Fwidget%2F{}", desk.widget);
    assert!(
        !actions(&html).is_empty() && actions(&html).iter().all(|a| a.ends_with(&return_page)),
        "{html}"
    );
    assert_eq!(html.matches("history.replaceState").count(), 1);
    let (status, headers, _) = asked(&desk, say("Hello")).await;
    assert_eq!(
        (status, headers["location"].to_str().unwrap()),
        (StatusCode::SEE_OTHER, frame.as_str())
    );
}

async fn a_plain_form_leads_to_no_other_site(desk: TestDesk) {
    let sam = desk.agent("Sam").await;
    for (query, referer) in [
        ("?page=%2F%5Cevil.example", "http://localhost:3000/desk"),
        ("?page=%2F%2Fevil.example", "http://localhost:3000/desk"),
        ("", "http://evil.example/desk"),
        ("", "https://localhost:3000/desk"),
    ] {
        let post = |name: String| {
            let door = format!("account/api/set_name{query}");
            let request = posted(&sam, &door).header("referer", referer);
            request.body(Body::from(format!("name={name}"))).unwrap()
        };
        let (status, headers, _) = asked(&desk, post("Samuel".into())).await;
        assert_eq!(
            (status, headers["location"].to_str().unwrap()),
            (StatusCode::SEE_OTHER, "/"),
            "{query} {referer}"
        );
        let (status, headers, text) = asked(&desk, post("x".repeat(limits::NAME + 1))).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(headers["content-type"], "text/plain; charset=utf-8");
        assert!(text.contains("Go back") && !text.contains("evil"), "{text}");
    }
}
