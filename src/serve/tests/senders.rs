//! Who sends a request: another site's page cannot, and one tab does not speak for another.

use super::{Whole, to};
use crate::test::{Engine, Person, run_story};
use axum::{body::Body, http::Method};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn another_sites_page_cannot_make_a_browser_act() {
    run_story(Engine::Sqlite, async |desk| {
        let whole = Whole::of(&desk);
        let body = "{\"email\":\"a@b.example\",\"password\":\"whatever it is\"}";
        let forged = |headers: &[(&str, &str)]| {
            let mut request =
                to(Method::POST, "/api/v1/sessions").header("content-type", "application/json");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            request.body(Body::from(body.to_owned())).unwrap()
        };
        for headers in [
            vec![("sec-fetch-site", "cross-site")],
            vec![("sec-fetch-site", "same-site")],
            vec![("origin", "https://evil.example")],
            vec![("origin", "null")],
        ] {
            assert_eq!(
                whole.ask(forged(&headers)).await.problem(),
                (403, "forbidden".into()),
                "{headers:?}"
            );
        }
        for headers in [
            vec![],
            vec![("sec-fetch-site", "same-origin")],
            vec![("origin", "http://localhost:3000")],
        ] {
            assert_eq!(
                whole.ask(forged(&headers)).await.status,
                401,
                "{headers:?}: reached the door, and the password is wrong"
            );
        }
        let page = to(Method::POST, "/_fn/deskbell/anything")
            .header("sec-fetch-site", "cross-site")
            .body(Body::empty())
            .unwrap();
        assert_eq!(whole.ask(page).await.status, 403);
    })
    .await;
}

/// Two tabs of one browser: what a tab wrote for one person is posted with whatever cookie the other tab left.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_text_is_said_by_who_wrote_it_or_not_at_all() {
    run_story(Engine::Sqlite, async |desk| {
        let (sam, rosa) = (desk.agent("Sam").await, desk.agent("Rosa").await);
        let (ada, ben) = (desk.visitor("Ada").await, desk.visitor("Ben").await);
        let conversation = ada.writes("Hello?").await;
        let his = ben.writes("Anybody?").await;
        let whole = Whole::of(&desk);
        let post = async |who: &Person, door: &str, more: &str, writer: Option<&Person>| {
            let writer = writer.map_or(String::new(), |w| format!("&writer={}", w.id));
            let client = uuid::Uuid::new_v4();
            let request = to(
                Method::POST,
                &format!("/_fn/deskbell/desk/conversation/api/{door}"),
            )
            .header("authorization", format!("Bearer {}", who.token))
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(format!("client={client}{more}{writer}")))
            .unwrap();
            whole.ask(request).await.status.as_u16()
        };
        let here = format!("&conversation={conversation}&body=By+Sam");
        let frame = format!("&widget={}&body=By+Ada", desk.widget);
        for door in ["reply", "note"] {
            assert_eq!(post(&rosa, door, &here, Some(&sam)).await, 401, "{door}");
        }
        let form = format!("{here}&kind=reply");
        assert_eq!(post(&rosa, "compose", &form, Some(&sam)).await, 401);
        for door in ["say", "say_plain"] {
            assert_eq!(post(&ben, door, &frame, Some(&ada)).await, 401, "{door}");
        }
        let all = [ada.thread(conversation).await, ben.thread(his).await]
            .concat()
            .join(" ");
        assert!(!all.contains("By "), "nobody said it: {all}");

        assert_eq!(post(&sam, "reply", &here, Some(&sam)).await, 200);
        assert_eq!(
            post(&sam, "reply", &here, None).await,
            200,
            "a form of before"
        );
        assert_eq!(post(&ada, "say", &frame, Some(&ada)).await, 200);
        assert!(
            ada.thread(conversation)
                .await
                .contains(&"By Ada".to_owned())
        );
    })
    .await;
}
