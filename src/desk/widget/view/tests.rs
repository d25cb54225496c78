//! The editor as the server writes it: what was saved, and what was typed when a plain post was refused.

use super::{WidgetPage, WidgetsPage};
use crate::desk::widget::api::SaveWidget;
use crate::kit::form::Refused;
use crate::model::{
    error::Error,
    id::*,
    time::now,
    widget::{Appearance, Policy, RefusedSite, Widget, WidgetSheet},
};
use leptos::{prelude::*, server_fn::ServerFn};
use uuid::Uuid;

const HOSTILE: &str = "</textarea><script>alert(1)</script>";

fn widget() -> Widget {
    Widget {
        id: WidgetId(Uuid::from_u128(7)),
        workspace_id: WorkspaceId(Uuid::nil()),
        name: format!("Shop {HOSTILE}"),
        enabled: true,
        domains: vec![
            "shop.example".parse().unwrap(),
            "*.shop.example".parse().unwrap(),
        ],
        policy: Policy::EmailRequired,
        welcome_message: HOSTILE.into(),
        offline_message: HOSTILE.into(),
        appearance: Appearance::default(),
        auto_open_delay_ms: Some(5000),
        allow_file_uploads: true,
        show_agent_avatars: true,
        home: false,
        source: WidgetId(Uuid::from_u128(7)),
        revision: 3,
        created_at: now(),
    }
}

fn drawn(view: impl FnOnce() -> AnyView) -> String {
    // Starts the executor that actions need.
    _ = leptos_axum::generate_route_list(|| ());
    Owner::new().with(|| view().to_html())
}

fn page() -> AnyView {
    let sheet = WidgetSheet {
        widget: widget(),
        snippet: "<script>snippet</script>".into(),
        sources: vec![(WidgetId(Uuid::from_u128(8)), HOSTILE.into())],
        shared_with: vec![],
        refused: vec![
            RefusedSite {
                site: "http://localhost:3000".into(),
                at: now(),
                listed: false,
            },
            RefusedSite {
                site: "http://shop.example".into(),
                at: now(),
                listed: true,
            },
        ],
    };
    view! { <WidgetPage sheet workspace="Lumen & Oak" me="Noor" /> }.into_any()
}

/// The start tag that has this in it.
fn tag<'a>(html: &'a str, part: &str) -> &'a str {
    let at = html
        .find(part)
        .unwrap_or_else(|| panic!("no {part} in {html}"));
    let from = html[..at].rfind('<').unwrap_or(0);
    &html[from..at + html[at..].find('>').unwrap_or(0)]
}

#[tokio::test]
async fn the_editor_holds_what_was_saved_and_runs_nothing() {
    let html = drawn(page);
    assert!(!html.contains("<script>"), "{html}");
    assert!(
        html.contains("shop.example\n*.shop.example"),
        "one domain a line"
    );
    assert!(tag(&html, "value=\"email_required\"").contains("checked"));
    assert!(!tag(&html, "value=\"anyone\"").contains("checked"));
    assert!(
        tag(&html, "value=\"blue\"").contains("checked")
            && tag(&html, "name=\"enabled\"").contains("checked")
    );
    assert!(
        tag(&html, "name=\"revision\"").contains("value=\"3\"")
            && tag(&html, "name=\"auto_open_delay\"").contains("value=\"5\"")
    );
    assert!(
        !tag(&html, "class=\"save-bar\"").contains("hidden"),
        "without WASM it can be saved"
    );
    assert!(!html.contains("style="));
    assert!(
        tag(
            &html,
            &format!("value=\"{}\"", WidgetId(Uuid::from_u128(7)))
        )
        .contains("hidden")
            && tag(&html, "id=\"w-source\"").contains("name=\"source\""),
        "its customers can be shared"
    );
    assert!(
        html.contains("Pages of http://localhost:3000 asked for the chat and were refused."),
        "what a browser refuses is said"
    );
    assert!(
        html.contains("https pages only"),
        "and why, where the site is listed"
    );
    assert!(
        html.contains("<b>Noor") && !html.contains("Alba lamp"),
        "the preview speaks of nobody's lamps, by the admin's own name"
    );
    let sure = html.find("<details class=\"sure\"").expect("a second step");
    assert!(
        html.find("renew_secret").is_some_and(|form| form > sure),
        "a new secret is not one click away"
    );
    assert!(
        tag(&html, "id=\"w-delete\"").contains("required"),
        "a name to type"
    );
}

#[tokio::test]
async fn a_refused_post_comes_back_as_it_was_typed() {
    let html = drawn(|| {
        let typed = [
            ("name", "Lamp shop"),
            ("domains", "not a domain/"),
            ("policy", "verified_only"),
            ("preset", "custom"),
            ("primary_color", "#eeeeee"),
        ];
        provide_context(Refused {
            action: SaveWidget::url().to_owned(),
            error: Error::field("domains", crate::model::refusal::Refusal::not_a_host()),
            typed: typed.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            return_page: "page=%2Fadmin%2Fwidgets".into(),
        });
        page()
    });
    assert!(
        tag(&html, "name=\"name\"").contains("value=\"Lamp shop\"")
            && html.contains("not a domain/</textarea>")
    );
    assert!(
        tag(&html, "name=\"domains\"").contains("aria-invalid=\"true\"")
            && html.contains(&crate::model::refusal::Refusal::not_a_host().sentence())
    );
    assert!(
        tag(&html, "value=\"verified_only\"").contains("checked")
            && tag(&html, "value=\"custom\"").contains("checked")
    );
    assert!(
        !tag(&html, "name=\"enabled\"").contains("checked"),
        "it was not ticked"
    );
    assert!(html.contains("18.1 : 1"), "black on light grey");
}

#[tokio::test]
async fn the_list_shows_each_and_an_empty_one_says_what_to_do() {
    let html = drawn(|| view! { <WidgetsPage widgets=vec![widget()] /> }.into_any());
    assert!(html.contains("shop.example, *.shop.example") && !html.contains("<script>"));
    assert!(html.contains(&format!("href=\"/admin/widgets/{}\"", widget().id)));
    let html = drawn(|| view! { <WidgetsPage widgets=vec![] /> }.into_any());
    assert!(html.contains("No widget yet") && html.contains("New widget"));
    assert!(
        tag(&html, "id=\"n-name\"").contains("required"),
        "a form comes first"
    );
    let bare = Widget {
        domains: vec![],
        ..widget()
    };
    let html = drawn(|| view! { <WidgetsPage widgets=vec![bare] /> }.into_any());
    assert!(html.contains("Not on any site yet") && !html.contains("Enabled"));
}
