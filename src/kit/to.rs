//! A link from one page of ours to another.

use leptos::{prelude::*, text_prop::TextProp};
use std::sync::Arc;

/// Whether an address lies beyond what the router of this page knows. The root of the pages provides it: which page
/// belongs to which module is no matter of links.
#[derive(Clone)]
pub struct Beyond(pub Arc<dyn Fn(&str) -> bool + Send + Sync>);

/// `<To href="/admin/agents" attr:class="button">…</To>`. What lies beyond this page's module is loaded; everything
/// else is drawn by the router, in place.
#[component]
pub fn To(#[prop(into)] href: TextProp, children: Children) -> impl IntoView {
    let beyond = use_context::<Beyond>();
    let there = href.clone();
    // Where nobody knows, a load is always right.
    let rel = move || {
        let loaded = beyond.as_ref().is_none_or(|Beyond(is)| is(&there.get()));
        loaded.then_some("external")
    };
    view! {
        <a href=move || href.get() rel=rel>
            {children()}
        </a>
    }
}
