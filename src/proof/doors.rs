//! Every door there is, asked of the process itself: the OpenAPI document, the registry of server functions, the
//! list of pages, and the few plain routes of `serve`. Named as a person would name them.

use std::collections::BTreeSet;

/// Where `serve` writes plain routes.
const PLAIN: [&str; 2] = [
    include_str!("../serve/doors.rs"),
    include_str!("../serve/pages.rs"),
];

/// `post /conversations/{id}/close` under `/api/v1`, `fn conversation/close`, `page /desk/c/{id}`, `file /widget.js`.
pub fn all() -> BTreeSet<String> {
    let document = serde_json::to_value(crate::serve::document()).unwrap();
    let mut found = BTreeSet::new();
    for (path, verbs) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api/v1").expect("under /api/v1");
        found.extend(
            verbs
                .as_object()
                .unwrap()
                .keys()
                .map(|verb| format!("{verb} {path}")),
        );
    }
    found.extend(leptos::server_fn::axum::server_fn_paths().map(|(path, _)| function(path)));
    let pages = leptos_axum::generate_route_list(crate::app::App);
    found.extend(pages.iter().map(|p| format!("page {}", p.path())));
    for text in PLAIN {
        let routes = text.split(".route(").skip(1);
        let literal = routes.filter_map(|r| r.trim_start().strip_prefix('"')?.split('"').next());
        found.extend(literal.map(|path| format!("file {path}")));
    }
    found
}

/// `/_fn/deskbell/desk/conversation/api/close` is `fn conversation/close`.
fn function(path: &str) -> String {
    let parts: Vec<&str> = path.rsplit('/').take(3).collect();
    format!("fn {}/{}", parts[2], parts[0])
}

/// Where a door is: its method and its address.
pub fn address(door: &str) -> (axum::http::Method, String) {
    let (kind, path) = door.split_once(' ').unwrap();
    match kind {
        "fn" => {
            let (slice, name) = path.split_once('/').unwrap();
            let home = if slice == "app" {
                "app".to_owned()
            } else {
                format!("desk/{slice}")
            };
            (
                "POST".parse().unwrap(),
                format!("/_fn/deskbell/{home}/api/{name}"),
            )
        }
        "page" | "file" => ("GET".parse().unwrap(), path.to_owned()),
        verb => (
            verb.to_uppercase().parse().unwrap(),
            format!("/api/v1{path}"),
        ),
    }
}

#[test]
fn doors_of_every_kind_are_found() {
    let all = all();
    for door in [
        "post /conversations/{id}/close",
        "fn conversation/close",
        "fn app/open_overview",
        "page /desk/c/{id}",
        "file /widget/{id}",
        "file /api/v1/openapi.json",
    ] {
        assert!(all.contains(door), "{door} is not among {all:#?}");
    }
    assert!(all.len() > 100, "{} doors: some are not counted", all.len());
}
