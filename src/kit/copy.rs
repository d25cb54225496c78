//! A box of code with a button that copies it.

use super::{Icon, browser};
use crate::tr;
use leptos::prelude::*;

#[component]
pub fn Copy(
    /// What it is, "HTML".
    #[prop(into)]
    label: String,
    #[prop(into)] text: Signal<String>,
) -> impl IntoView {
    view! {
        <div class="copy">
            <div class="copy-bar">
                <span>{label}</span>
                <CopyButton text />
            </div>
            <pre>
                <code>{text}</code>
            </pre>
        </div>
    }
}

/// The button alone, for beside a read-only field.
#[component]
pub fn CopyButton(
    #[prop(into)] text: Signal<String>,
    #[prop(optional)] large: bool,
    /// What the button says instead of "Copy".
    #[prop(optional)]
    words: Option<&'static str>,
) -> impl IntoView {
    let done = RwSignal::new(false);
    let copy = move |_| {
        browser::copy(&text.get_untracked());
        done.set(true);
        set_timeout(
            move || _ = done.try_set(false),
            std::time::Duration::from_secs(2),
        );
    };
    view! {
        <button
            class="button"
            type="button"
            data-kind=(!large).then_some("quiet")
            data-size=(!large).then_some("s")
            on:click=copy
        >
            <Icon name=Signal::derive(move || if done.get() { "check" } else { "copy" }) size="s" />
            <span aria-live="polite">
                {move || if done.get() { tr!(common.copied) } else { words.unwrap_or(tr!(common.copy)) }}
            </span>
        </button>
    }
}
