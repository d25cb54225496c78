//! The widget's head: who answers here, whether anybody is there, and the way out.

use super::state::Frame;
use crate::{
    kit::{Icon, initials},
    live::Connection,
    tr,
};
use leptos::prelude::*;

#[component]
pub fn Head(frame: Frame) -> impl IntoView {
    let name = frame.workspace.get_value();
    // Shown once the page around has answered: before, they would do nothing, and the loader has its own.
    let alone = move || !frame.host.here.get();
    // Nobody is known to be there while nothing can be heard of them.
    let deaf = Memo::new(move |_| frame.awake.get() && frame.connection() == Connection::Offline);
    view! {
        <header class="widget-head">
            <span class="widget-face" aria-hidden="true">
                {initials(&name)}
            </span>
            <div class="widget-title">
                <h1>{name}</h1>
                <p class="widget-state">
                    <span class="dot" data-availability=move || if frame.online.get() && !deaf.get() { "online" } else { "offline" }></span>
                    {move || match (deaf.get(), frame.online.get()) {
                        (true, _) => tr!(chat.not_connected),
                        (_, true) => tr!(chat.online),
                        _ => tr!(chat.away),
                    }}
                </p>
            </div>
            // Beside the page it folds away; over a whole phone it closes. The style sheet shows one of the two.
            <button
                type="button"
                aria-label=tr!(chat.close)
                title=tr!(chat.close_short)
                hidden=alone
                on:click=move |_| frame.host.close()
            >
                <Icon name="chevron-down" />
                <Icon name="x" />
            </button>
        </header>
    }
}

/// Before anything is known of the chat, or where nothing can be.
#[component]
pub fn HeadAlone(words: &'static str) -> impl IntoView {
    view! {
        <header class="widget-head">
            <span class="widget-face" aria-hidden="true"></span>
            <div class="widget-title">
                <h1>{tr!(chat.title)}</h1>
                <p class="widget-state">
                    <span class="dot" data-availability="offline"></span>
                    {words}
                </p>
            </div>
        </header>
    }
}
