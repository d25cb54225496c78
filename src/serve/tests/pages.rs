//! Pages: drawn at the first try, limited per address, and 404 in one way.

use super::{Whole, to};
use crate::base::limits::Kind;
use crate::desk::account::ops::who;
use crate::serve::{AppState, router, site};
use crate::test::{Engine, run_story};
use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_widget_that_is_not_there_is_one_answer() {
    run_story(Engine::Sqlite, async |desk| {
        let whole = Whole::of(&desk);
        let there = whole.get(&format!("/widget/{}", desk.widget)).await;
        assert_eq!(there.status, 200);
        assert_eq!(there.header("cache-control"), "no-store");
        assert!(
            there
                .header("content-security-policy")
                .contains("frame-ancestors 'self'")
        );
        let (never, no_id) = (
            whole
                .get(&format!("/widget/{}", uuid::Uuid::now_v7()))
                .await,
            whole.get("/widget/x").await,
        );
        assert_eq!((never.status, &never.text), (no_id.status, &no_id.text));
        assert_eq!(never.status, 404);
        assert_eq!(never.header("cache-control"), "no-store");
        assert_eq!(
            never.header("content-security-policy"),
            no_id.header("content-security-policy")
        );
    })
    .await;
}

/// Leptos builds what stands inside a `Suspense` several times at once and disposes of what another reads; see
/// `kit::Loaded`. A page that fell is a 503.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_page_is_drawn_at_the_first_try_however_many_ask() {
    run_story(Engine::Sqlite, async |desk| {
        let whole = std::sync::Arc::new(Whole::of(&desk));
        let admin = desk.admin().await;
        let conversation = desk.visitor("Ada").await.writes("Where is it?").await;
        let paths = [
            "/".to_owned(),
            "/sign-in".into(),
            "/desk?view=all".into(),
            format!("/desk/c/{conversation}?view=all"),
            "/admin".into(),
            "/admin/agents".into(),
            "/admin/widgets".into(),
            "/account/sessions".into(),
            format!("/widget/{}", desk.widget),
        ];
        let cookie = format!("{}={}", who::staff_cookie(&desk.node), admin.token);
        let asked = (0..40).flat_map(|_| paths.clone()).map(|path| {
            let (whole, cookie) = (whole.clone(), cookie.clone());
            tokio::spawn(async move {
                let request = to(Method::GET, &path).header(header::COOKIE, cookie);
                let answer = whole.ask(request.body(Body::empty()).unwrap());
                let answer =
                    tokio::time::timeout(std::time::Duration::from_secs(300), answer).await;
                (
                    path.clone(),
                    answer.unwrap_or_else(|_| panic!("{path} hangs")),
                )
            })
        });
        let mut drawn = 0;
        for answer in asked.collect::<Vec<_>>() {
            let (path, answer) = answer.await.unwrap();
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            if path.starts_with("/desk/c/") {
                assert!(answer.text.contains("Where is it?"), "or nothing was drawn");
            }
            drawn += 1;
        }
        assert_eq!(drawn, 40 * paths.len());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pages_are_limited_per_address_and_files_are_not() {
    run_story(Engine::Sqlite, async |desk| {
        let options =
            || std::sync::Arc::new(site::options(None, &desk.node.config().data).unwrap());
        let limited = desk.limited().await;
        let whole = Whole {
            app: router(AppState {
                desk: limited,
                options: options(),
            }),
        };
        let most = Kind::Page.per_minute();
        let pages = ["/sign-in", "/no/such/page", "/desk", "/widget/nothing"];
        let (mut answered, mut refused) = (0, None);
        for n in 0..most as usize * 10 {
            let answer = whole.get(pages[n % pages.len()]).await;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                refused = Some(answer);
                break;
            }
            answered += 1;
        }
        let refused = refused.expect("there is an end");
        assert!(answered >= most, "{answered} of {most}");
        assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
        assert_eq!(refused.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(whole.get("/widget.js").await.status, StatusCode::OK);
        assert_eq!(whole.get("/api/v1/health").await.status, StatusCode::OK);
        assert_eq!(whole.get("/api/docs").await.status, StatusCode::OK);

        let whole = Whole::of(&desk);
        for _ in 0..most + 50 {
            let answer = whole.get("/widget/nothing").await;
            assert_eq!(
                answer.status,
                StatusCode::NOT_FOUND,
                "off where they are off"
            );
        }
    })
    .await;
}
