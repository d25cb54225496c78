//! The two places where Leptos does not escape, and that ours do.

use super::{form::Area, title::Title};
use leptos::prelude::*;

const HOSTILE: &str = "</title></textarea><script>alert(1)</script>";

#[test]
fn the_catalogue_speaks() {
    assert_eq!(crate::tr!(common.try_again), "Try again");
}

#[tokio::test]
async fn a_title_does_not_end_early() {
    use futures::StreamExt;
    // The meta context needs it.
    _ = any_spawner::Executor::init_tokio();
    let owner = Owner::new();
    let (meta, output) = leptos_meta::ServerMetaContext::new();
    let body = owner.with(|| {
        provide_context(meta);
        view! { <Title text=HOSTILE.to_owned() /> }.to_html()
    });
    let page = futures::stream::iter([format!("<head><!--HEAD--></head><body>{body}</body>")]);
    let html: String = output
        .inject_meta_context(page)
        .await
        .collect::<Vec<_>>()
        .await
        .concat();
    assert!(
        html.contains("&lt;script&gt;"),
        "the title is there: {html}"
    );
    assert!(!html.contains("<script>"), "{html}");
}

#[test]
fn a_textarea_keeps_what_was_typed_and_does_not_end_early() {
    let owner = Owner::new();
    let html = owner.with(|| view! { <Area id="a" name="a" value=HOSTILE /> }.to_html());
    assert!(
        html.contains("&lt;script&gt;") && !html.contains("<script>"),
        "{html}"
    );
    let filled = owner.with(|| view! { <textarea prop:value=HOSTILE></textarea> }.to_html());
    assert!(
        !filled.contains("script"),
        "a property is not mark-up: {filled}"
    );
}

#[test]
fn a_field_shows_what_was_typed_and_why_it_was_refused() {
    use super::form::{Field, Refused};
    let owner = Owner::new();
    let html = owner.with(|| {
        provide_context(Refused {
            action: "/_fn/x".into(),
            error: crate::model::error::Error::field(
                "email",
                crate::model::refusal::Refusal::not_an_email(),
            ),
            typed: [("email".to_owned(), "ada\"><script>".to_owned())].into(),
            return_page: "page=%2F".into(),
        });
        view! { <Field label="Email" name="email" kind="email" /> }.to_html()
    });
    assert!(
        html.contains(&crate::model::refusal::Refusal::not_an_email().sentence())
            && html.contains("aria-invalid=\"true\""),
        "{html}"
    );
    assert!(
        html.contains("ada&quot;&gt;&lt;script&gt;") || html.contains("ada&quot;><script>"),
        "{html}"
    );
}
