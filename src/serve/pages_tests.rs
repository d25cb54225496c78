//! Stories about the table of pages: what it says is what is answered.

use super::*;
use crate::app::{
    module::Module,
    pages::{self, Page, Who},
};
use crate::desk::account::ops::who;
use crate::test::{Person, TestDesk};
use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Method},
};
use std::{collections::BTreeSet, fmt::Write, path::Path as File};
use tower::ServiceExt;
use uuid::Uuid;

#[test]
fn every_route_has_a_line_and_every_line_a_route() {
    let routed: BTreeSet<_> = ROUTES.iter().map(|r| r.path().to_owned()).collect();
    let braces = |path: String| {
        let words = path.split('/').map(|word| match word.strip_prefix(':') {
            Some(name) => format!("{{{name}}}"),
            None => word.to_owned(),
        });
        words.collect::<Vec<_>>().join("/")
    };
    let mut listed: BTreeSet<_> = pages::all().map(|page| braces(page.path())).collect();
    for elsewhere in ["/widget/{id}", "/api/docs"] {
        assert!(listed.remove(elsewhere), "{elsewhere}");
        assert!(!routed.contains(elsewhere), "{elsewhere}");
    }
    assert!(routed.len() > 10, "{routed:?}");
    assert_eq!(routed, listed);
    assert_eq!(
        pages::all().count(),
        listed.len() + 2,
        "no address stands twice"
    );
}

/// `DESKBELL_WRITE=1` writes the list anew.
#[test]
fn the_browsers_tests_read_the_same_table() {
    let word = |module: Option<Module>| {
        module.map_or("null".to_owned(), |module| format!("\"{}\"", module.name()))
    };
    let modules = Module::ALL.map(|module| word(Some(module))).join(", ");
    let mut list = format!("{{\n  \"modules\": [{modules}],\n  \"pages\": [\n");
    let all: Vec<_> = pages::all().collect();
    for (at, page) in all.iter().enumerate() {
        let (path, module, who) = (page.path(), word(page.module), page.who.word());
        let comma = if at + 1 < all.len() { "," } else { "" };
        _ = writeln!(
            list,
            "    {{ \"path\": \"{path}\", \"module\": {module}, \"who\": \"{who}\" }}{comma}"
        );
    }
    list += "  ]\n}\n";
    let file = File::new(env!("CARGO_MANIFEST_DIR")).join("end2end/support/pages.json");
    if std::env::var_os("DESKBELL_WRITE").is_some() {
        std::fs::write(&file, &list).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        there == list,
        "{} is not what the table says; DESKBELL_WRITE=1 writes it anew:\n{list}",
        file.display()
    );
}

/// What a page's address was answered.
struct Shown {
    status: StatusCode,
    headers: HeaderMap,
    html: String,
}

impl Shown {
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|v| v.to_str().ok());
        value.unwrap_or_default()
    }

    /// Opened, or led on to where this reader has the same.
    fn is_open(&self) -> bool {
        self.status == StatusCode::OK || self.leads_on() && !self.asks_to_sign_in()
    }

    fn leads_on(&self) -> bool {
        self.status.is_redirection()
    }

    fn asks_to_sign_in(&self) -> bool {
        self.leads_on() && self.header("location").starts_with("/sign-in?to=")
    }
}

async fn show(who: &Person, path: &str) -> Shown {
    let mut request = Request::builder()
        .method(Method::GET)
        .uri(path)
        .header("host", "localhost:3000")
        .header("accept", "text/html");
    if !who.token.is_empty() {
        let cookie = format!("{}={}", who::staff_cookie(&who.desk), who.token);
        request = request.header("cookie", cookie);
    }
    let answer = who.doors().oneshot(request.body(Body::empty()).unwrap());
    let (parts, body) = answer.await.unwrap().into_parts();
    let html = to_bytes(body, usize::MAX).await.unwrap();
    Shown {
        status: parts.status,
        headers: parts.headers,
        html: String::from_utf8_lossy(&html).into_owned(),
    }
}

/// An address of this page: what it names is there.
fn address(page: &Page, desk: &TestDesk, conversation: Uuid) -> String {
    let path = page.path();
    let id = if path.contains("widget") {
        desk.widget.0
    } else {
        conversation
    };
    path.replace(":id", &id.to_string())
}

crate::stories! {
    a_page_opens_for_those_whom_the_table_names,
    a_still_page_has_no_module_and_may_run_none,
}

async fn a_page_opens_for_those_whom_the_table_names(desk: TestDesk) {
    let (ada, sam) = (desk.visitor("Ada").await, desk.agent("Sam").await);
    let kim = desk.supervisor("Kim").await;
    let (admin, nobody) = (desk.admin().await, desk.nobody());
    let conversation = ada.writes("Where is my parcel?").await;
    sam.takes(conversation).await;
    let invited =
        serde_json::json!({"email": "new@desk.example", "name": "Bo Lee", "role": "agent"});
    let invited = admin.post("/agents", invited).await.created();
    let link = invited["link"].as_str().unwrap().to_owned();
    let mut seen = BTreeSet::new();
    for page in pages::all() {
        seen.insert(page.who.word());
        let at = address(page, &desk, conversation);
        let stranger = show(&nobody, &at).await;
        let staff = [show(&sam, &at).await, show(&kim, &at).await];
        let above = show(&admin, &at).await;
        match page.who {
            Who::Anybody => {
                assert_eq!(stranger.status, StatusCode::OK, "{at}");
                assert!(staff.iter().all(Shown::is_open) && above.is_open(), "{at}");
            }
            Who::Link => {
                let all = staff.iter().chain([&stranger, &above]);
                for shown in all {
                    assert_eq!(shown.status, StatusCode::NOT_FOUND, "{at} without a link");
                }
                if link.contains(&at) {
                    let at = &link[link.find(&at).unwrap()..];
                    assert_eq!(show(&nobody, at).await.status, StatusCode::OK, "{at}");
                }
            }
            Who::Staff => {
                assert!(stranger.asks_to_sign_in(), "{at}");
                for shown in staff.iter().chain([&above]) {
                    assert_eq!(shown.status, StatusCode::OK, "{at}");
                }
            }
            Who::Admin => {
                assert!(stranger.asks_to_sign_in(), "{at}");
                for shown in &staff {
                    assert_eq!(shown.status, StatusCode::NOT_FOUND, "{at}");
                }
                assert_eq!(above.status, StatusCode::OK, "{at}");
            }
        }
    }
    assert_eq!(seen.len(), 4, "or the table says nothing: {seen:?}");
    assert!(link.contains("/invitation?token="), "{link}");
}

/// What stands before the app: HTML, forms, a small sheet and a small script.
async fn a_still_page_has_no_module_and_may_run_none(desk: TestDesk) {
    let (admin, nobody) = (desk.admin().await, desk.nobody());
    let conversation = desk.visitor("Ada").await.writes("Hello?").await;
    let invited =
        serde_json::json!({"email": "new@desk.example", "name": "Bo Lee", "role": "agent"});
    let invited = admin.post("/agents", invited).await.created();
    let link = invited["link"].as_str().unwrap();
    let link = &link[link.find("/invitation").unwrap()..];
    let still = pages::all().filter(|page| page.module.is_none());
    let mut still: Vec<_> = still
        .map(|page| address(page, &desk, conversation))
        .collect();
    still.extend([link, "/no/such/page", "/desk/nope"].map(String::from));
    still.push(format!("{link}&open=1"));
    let mut classes = BTreeSet::new();
    for at in &still {
        for reader in [&nobody, &admin] {
            let shown = show(reader, at).await;
            if shown.leads_on() {
                continue;
            }
            let policy = shown.header("content-security-policy");
            assert!(policy.contains("frame-ancestors 'none'"), "{at}: {policy}");
            assert!(!policy.contains("wasm"), "{at}: {policy}");
            for module in ["type=\"module\"", ".wasm", "modulepreload", "import("] {
                assert!(!shown.html.contains(module), "{at} has {module}");
            }
            // Its data is in what it shows; a second copy is for modules.
            assert!(
                !shown.html.contains("__RESOLVED_RESOURCES[") && shown.html.contains("</html>"),
                "{at}"
            );
            assert!(shown.html.len() < 20_000 || at == "/api/docs", "{at}");
            classes.extend(classes_of(&shown.html));
        }
    }
    assert!(
        classes.contains("door-card") && classes.contains("welcome") && classes.contains("prose")
    );
    let (all, still) = (sheet("main.css"), sheet("still.css"));
    let lost: Vec<_> = classes
        .iter()
        .filter(|class| all.contains(*class) && !still.contains(*class))
        .collect();
    assert!(lost.is_empty(), "not in style/still.css: {lost:?}");

    for page in pages::all() {
        let Some(module) = page.module else { continue };
        let at = address(page, &desk, conversation);
        let shown = show(&admin, &at).await;
        assert!(
            shown
                .header("content-security-policy")
                .contains("'wasm-unsafe-eval'"),
            "{at}"
        );
        let entry = format!("m.{}(w)", module.name());
        assert!(shown.html.contains(&entry), "{at} starts {}", module.name());
    }
}

fn classes_of(html: &str) -> BTreeSet<String> {
    let lists = html
        .split(" class=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    lists
        .flat_map(str::split_whitespace)
        .map(String::from)
        .collect()
}

/// The classes of which a sheet says something, with those that it imports.
fn sheet(name: &str) -> BTreeSet<String> {
    crate::tidy::classes(&crate::tidy::sheets(name).concat())
}
