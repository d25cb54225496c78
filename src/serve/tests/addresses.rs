//! Addresses that are another one by now, or longer than one may be.

use super::{Whole, to};
use crate::test::{Engine, run_story};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_page_under_another_loopback_name_goes_to_the_public_one() {
    run_story(Engine::Sqlite, async |desk| {
        let whole = Whole::of(&desk);
        let ask = async |host: &str, path: &str| {
            whole
                .ask(
                    Request::builder()
                        .uri(path)
                        .header("host", host)
                        .body(Body::empty())
                        .unwrap(),
                )
                .await
        };
        let a = ask("127.0.0.1:3000", "/sign-in?to=%2Fdesk").await;
        assert_eq!(
            (a.status, a.header("location")),
            (
                StatusCode::TEMPORARY_REDIRECT,
                "http://localhost:3000/sign-in?to=%2Fdesk"
            )
        );
        assert_eq!(
            ask("127.0.0.1:3000", "//evil.example")
                .await
                .header("location"),
            "http://localhost:3000/"
        );
        assert_eq!(ask("127.0.0.1:3000", "/api/v1/health").await.status, 200);
        assert_eq!(
            ask("desk.example", "/").await.status,
            200,
            "a name that a proxy chose is left alone"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn old_addresses_lead_to_the_thing_for_now() {
    run_story(Engine::Sqlite, async |desk| {
        let whole = Whole::of(&desk);
        let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
        let id = ada.writes("Where is my parcel?").await;
        let ask = async |path: &str, token: Option<&str>| {
            let mut asked = to(Method::GET, path).header("accept", "text/html");
            if let Some(token) = token {
                asked = asked.header("cookie", format!("__Host-deskbell={token}"));
            }
            let a = whole.ask(asked.body(Body::empty()).unwrap()).await;
            let to = a
                .headers
                .get("location")
                .map(|l| l.to_str().unwrap().to_owned());
            (a.status.as_u16(), to.unwrap_or_default())
        };
        let temporary = |to: &str| (307, to.to_owned());
        let chat = format!("/desk/c/{id}");
        let old = format!("/support/conversations/{id}");
        for (from, to) in [
            ("/custom-admin/chat/".into(), "/desk"),
            ("/support/agent/dashboard/".into(), "/desk"),
            ("/support/faq".into(), "/"),
            ("/support/conversations/".into(), "/support/conversations"),
            (format!("/custom-admin/chat/{id}/"), chat.as_str()),
            (format!("/custom-admin/chat/{id}"), chat.as_str()),
            ("/custom-admin/chat/42/".into(), "/desk"),
            ("/custom-admin/chat/%2F%2Fevil.example/".into(), "/desk"),
            (format!("/support/conversations/{id}/"), old.as_str()),
        ] {
            assert_eq!(ask(&from, None).await, temporary(to), "{from}");
        }
        assert_eq!(
            ask(&old, Some(&sam.token)).await,
            (302, chat),
            "staff have the conversation"
        );
        assert_eq!(
            ask("/support/conversations/42", Some(&sam.token)).await,
            (302, "/desk".into())
        );
        assert_eq!(ask(&old, None).await.0, 200, "customers have the guide");
        let guide = whole.get(&old).await;
        assert!(guide.text.contains("data-chat"), "with the way to the chat");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_address_of_a_page_is_so_long_that_reading_it_is_work() {
    use crate::model::limits;
    run_story(Engine::Sqlite, async |desk| {
        let whole = Whole::of(&desk);
        let with = |path: &str, length: usize| {
            let query = "a&b&".repeat(length / 4);
            format!("{path}?{}", &query[..length - path.len() - 1])
        };
        for path in ["/", "/sign-in", "/no/such/page", "/desk", "/widget/nothing"] {
            let most = whole.get(&with(path, limits::ADDRESS)).await;
            assert_ne!(most.status, StatusCode::URI_TOO_LONG, "{path}");
            let over = whole.get(&with(path, limits::ADDRESS + 1)).await;
            assert_eq!(over.status, StatusCode::URI_TOO_LONG, "{path}");
        }
    })
    .await;
}
