//! Stories about what is true of every answer, told to the whole router.

use super::{AppState, router, site};
use crate::base::{held::Hold, limits::Kind};
use crate::desk::account::ops::who;
use crate::test::{Engine, Person, TestDesk, run_story};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header, request::Builder},
};
use serde_json::Value;
use tower::ServiceExt;

struct Whole {
    app: Router,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    }
    #[track_caller]
    fn problem(&self) -> (u16, String) {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text
        );
        let document: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(document["status"], self.status.as_u16());
        (
            self.status.as_u16(),
            document["code"].as_str().unwrap_or_default().to_owned(),
        )
    }
}

impl Whole {
    fn of(desk: &TestDesk) -> Whole {
        let options = site::options(None, &desk.node.config().data).unwrap();
        Whole {
            app: router(AppState {
                desk: desk.node.clone(),
                options: std::sync::Arc::new(options),
            }),
        }
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let answer = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let text = String::from_utf8_lossy(&to_bytes(body, usize::MAX).await.unwrap()).into_owned();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(to(Method::GET, path).body(Body::empty()).unwrap())
            .await
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        self.ask(
            to(Method::POST, path)
                .header("content-type", "application/json")
                .body(Body::from(body.to_owned()))
                .unwrap(),
        )
        .await
    }
}

fn to(method: Method, path: &str) -> Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost:3000")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_answer_is_dressed() {
    run_story(Engine::Sqlite, async |desk| {
        let whole = Whole::of(&desk);
        let places = [
            "/",
            "/no/such/page",
            "/api/v1/health",
            "/api/v1/nothing",
            "/api/docs",
            "/widget.js",
            "/pkg/nothing.js",
        ];
        for place in places {
            let a = whole.get(place).await;
            let policies = a
                .headers
                .get_all(header::CONTENT_SECURITY_POLICY)
                .iter()
                .count();
            assert_eq!(policies, 1, "{place} has one policy");
            assert!(
                a.header("content-security-policy")
                    .contains("frame-ancestors 'none'"),
                "{place} is framed by nobody"
            );
            assert_eq!(a.header("x-content-type-options"), "nosniff", "{place}");
            assert_eq!(a.header("referrer-policy"), "same-origin", "{place}");
            assert_eq!(a.header("x-request-id").len(), 36, "{place}");
            assert_eq!(
                a.header("strict-transport-security"),
                "",
                "not over plain http"
            );
            let who = if place == "/widget.js" {
                "cross-origin"
            } else {
                "same-origin"
            };
            assert_eq!(a.header("cross-origin-resource-policy"), who, "{place}");
        }
        let page = whole.get("/").await;
        let policy = page.header("content-security-policy");
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .and_then(|p| p.split('\'').next())
            .unwrap();
        assert!(
            policy.contains("'strict-dynamic'") && page.text.contains(nonce),
            "the page's scripts carry the nonce"
        );
        assert_ne!(
            policy,
            whole.get("/").await.header("content-security-policy"),
            "and each answer its own"
        );
        assert_eq!(page.header("cache-control"), "no-store");
        let loader = whole.get("/widget.js").await;
        assert_eq!(loader.header("cache-control"), "public, max-age=300");
        assert_eq!(loader.header("access-control-allow-origin"), "*");
        assert_eq!(page.header("access-control-allow-origin"), "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_api_everything_that_goes_wrong_is_a_problem() {
    run_story(Engine::Sqlite, async |desk| {
        let whole = Whole::of(&desk);
        for nowhere in [
            "/api",
            "/api/",
            "/api/v1",
            "/api/v2/health",
            "/api/v1/nothing/at/all",
        ] {
            assert_eq!(
                whole.get(nowhere).await.problem(),
                (404, "not_found".into()),
                "{nowhere}"
            );
        }
        let wrong = whole.post("/api/v1/health", "{}").await;
        assert_eq!(wrong.problem(), (405, "method_not_allowed".into()));
        assert!(wrong.header("allow").contains("GET"), "{:?}", wrong.headers);
        assert_eq!(whole.post("/api/v1/sessions", "{").await.problem().0, 400);
        assert_eq!(
            whole
                .post("/api/v1/sessions", "{\"nobody\":1}")
                .await
                .problem(),
            (422, "invalid".into())
        );
        let large = format!("{{\"email\":\"{}\"}}", "a".repeat(70_000));
        assert_eq!(
            whole.post("/api/v1/sessions", &large).await.problem(),
            (413, "payload_too_large".into())
        );
        let unread = to(Method::POST, "/api/v1/sessions")
            .header("content-type", "text/plain")
            .body(Body::from("x"))
            .unwrap();
        assert_eq!(
            whole.ask(unread).await.problem(),
            (415, "unsupported_media_type".into())
        );
        assert_eq!(
            whole.get("/api/v1/me").await.problem(),
            (401, "unauthorized".into())
        );
    })
    .await;
}

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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn health_follows_the_process() {
    run_story(Engine::Sqlite, async |desk| {
        let whole = Whole::of(&desk);
        assert_eq!(whole.get("/api/v1/health").await.text, r#"{"status":"ok"}"#);
        assert_eq!(whole.get("/api/v1/health/ready").await.status, 200);
        desk.node.stop().cancel();
        assert_eq!(
            whole.get("/api/v1/health/ready").await.problem(),
            (503, "unavailable".into())
        );
        assert_eq!(whole.get("/api/v1/health").await.status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_document_is_whole_and_the_reference_says_it() {
    run_story(Engine::Sqlite, async |desk| {
        let whole = Whole::of(&desk);
        let document: Value =
            serde_json::from_str(&whole.get("/api/v1/openapi.json").await.text).unwrap();
        let mut refs = vec![];
        collect(&document, &mut refs);
        for to in &refs {
            let at = to
                .strip_prefix('#')
                .unwrap_or_else(|| panic!("{to} points outside"));
            assert!(document.pointer(at).is_some(), "{to} points nowhere");
        }
        assert!(
            !refs.is_empty()
                && document
                    .pointer("/components/securitySchemes/bearer")
                    .is_some()
        );
        let docs = whole.get("/api/docs").await;
        assert_eq!(docs.header("content-type"), "text/html; charset=utf-8");
        for path in document["paths"].as_object().unwrap().keys() {
            assert!(
                docs.text.contains(&format!("</span>{path}</h3>")),
                "the reference misses {path}"
            );
        }
        assert!(!docs.text.contains("<script") && !docs.text.contains("style="));
        let rates = Kind::ALL.iter();
        let rates = rates.map(|k| (k.sentence(), format!("{} a minute", k.per_minute())));
        let held = Hold::ALL.iter();
        let held = held.map(|h| (h.sentence(), format!("{} at once", h.most())));
        for (what, most) in rates.chain(held) {
            let row = format!("{}</td><td>{most}</td>", &what[1..]);
            assert!(docs.text.contains(&row), "the reference does not say {row}");
        }
    })
    .await;
}

fn collect(value: &Value, refs: &mut Vec<String>) {
    match value {
        Value::Object(all) => {
            refs.extend(all.get("$ref").and_then(Value::as_str).map(str::to_owned));
            all.values().for_each(|v| collect(v, refs));
        }
        Value::Array(all) => all.iter().for_each(|v| collect(v, refs)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_unsafe_request_runs_to_its_end_without_its_client() {
    run_story(Engine::Sqlite, async |desk| {
        let whole = Whole::of(&desk);
        let ada = desk.visitor("Ada").await;
        let body =
            serde_json::json!({ "client_id": uuid::Uuid::new_v4(), "body": "Are you there?" });
        let request = ada
            .request(Method::POST, "/conversations")
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let call = tokio::spawn(whole.app.clone().oneshot(request));
        // The client goes away as soon as the call has begun.
        while desk.node.tasks().is_empty() {
            tokio::task::yield_now().await;
        }
        call.abort();
        desk.node.tasks().close();
        desk.node.tasks().wait().await;
        let list = ada.get("/conversations").await.ok();
        assert_eq!(
            list["items"].as_array().unwrap().len(),
            1,
            "it was written all the same"
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

#[test]
fn asking_for_what_could_not_be_done_makes_no_database() {
    let data = std::env::temp_dir().join(format!("deskbell-jobs-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&data).unwrap();
    let words = ["deskbell", "jobs", "--data", data.to_str().unwrap()];
    let code = crate::serve::command::obeyed(words.into_iter());
    let misused = std::process::ExitCode::from(2);
    assert_eq!(format!("{code:?}"), format!("{misused:?}"));
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0);
    std::fs::remove_dir(&data).unwrap();
}
