//! A window above the page: the native `<dialog>`, so that focus, Escape and the page behind are the browser's work.

use super::{Icon, effect};
use crate::tr;
use leptos::{html, prelude::*};

#[component]
pub fn Dialog(
    /// Unique on the page; its title is `{id}-title`.
    id: &'static str,
    #[prop(into)] title: Signal<String>,
    open: RwSignal<bool>,
    /// `l` is wide.
    #[prop(optional, into)]
    size: Option<&'static str>,
    /// The body and the footer, or a form around both.
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    effect(move |_| {
        let (Some(dialog), wanted) = (node.get(), open.get()) else {
            return;
        };
        match (wanted, dialog.open()) {
            (true, false) => _ = dialog.show_modal(),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    view! {
        <dialog class="dialog" id=id data-size=size aria-labelledby=format!("{id}-title") node_ref=node on:close=move |_| open.set(false)>
            <header>
                <h2 id=format!("{id}-title")>{title}</h2>
                <button
                    class="button"
                    type="button"
                    data-kind="quiet"
                    data-icon
                    aria-label=tr!(common.close)
                    on:click=move |_| open.set(false)
                >
                    <Icon name="x" />
                </button>
            </header>
            {children()}
        </dialog>
    }
}
