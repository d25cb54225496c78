//! The inbox without a mouse. Keys are told by where they are (`KeyboardEvent.code`), so that they work on every
//! layout; a single key (`?`) is silent inside a field.

use super::{
    screen::{Screen, go_to},
    talk,
};
use crate::{
    desk::conversation::api,
    kit::{Dialog, browser},
    tr,
};
use leptos::{ev, prelude::*};

/// The sheet that shows them; provided as context by the page, so that the frame's button can open it.
#[derive(Clone, Copy)]
pub struct Sheet(pub RwSignal<bool>);

/// Listen while the inbox is on the screen.
pub fn listen(screen: Screen, sheet: RwSignal<bool>) {
    let go_to = go_to(screen.wanted);
    let go = move |id: Option<_>| id.into_iter().for_each(&go_to);
    let handle = window_event_listener(ev::keydown, move |e| {
        let plain = !e.ctrl_key() && !e.alt_key() && !e.meta_key();
        let alt = e.alt_key() && !e.meta_key() && !e.shift_key();
        let open = screen.wanted.get_untracked().open;
        let code = e.code();
        match (code.as_str(), open) {
            _ if e.default_prevented() || e.repeat() && code != "KeyJ" && code != "KeyK" => return,
            ("Slash", _) if plain && e.shift_key() && !browser::is_writing() => sheet.set(true),
            ("KeyJ", _) if alt && !e.ctrl_key() => go(screen.beside(1)),
            ("KeyK", _) if alt && !e.ctrl_key() => go(screen.beside(-1)),
            ("KeyL", Some(_)) if alt && !e.ctrl_key() => talk::write("reply"),
            ("KeyP", Some(_)) if alt && !e.ctrl_key() => talk::write("note"),
            ("KeyA", Some(id)) if alt && !e.ctrl_key() => screen.take(id),
            ("KeyE", Some(id)) if alt => {
                let next = e
                    .ctrl_key()
                    .then(|| screen.beside(1).or_else(|| screen.beside(-1)));
                screen.act(api::close(id));
                if let Some(next) = next {
                    go(next);
                }
            }
            _ => return,
        }
        e.prevent_default();
    });
    on_cleanup(move || handle.remove());
}

#[component]
pub fn Keys(open: RwSignal<bool>) -> impl IntoView {
    // What is printed on the key, which the server does not know: it is asked when the sheet is opened.
    let printed = move |key: &'static str| match key {
        // Option alone makes characters there, so the commands are Control+Option.
        "Alt" if open.get() && browser::is_apple() => "⌃⌥",
        "Ctrl" if open.get() && browser::is_apple() => "⇧",
        key => key,
    };
    let line = move |(words, keys): (&'static str, &'static [&'static str])| {
        let key = move |key: &'static str| view! { <kbd>{move || printed(key)}</kbd> };
        view! {
            <div>
                <dt>{words}</dt>
                <dd>{keys.iter().map(|k| key(k)).collect_view()}</dd>
            </div>
        }
    };
    type Lines = Vec<(&'static str, &'static [&'static str])>;
    let group = move |title: &'static str, lines: Lines| {
        view! {
            <section class="keys-group">
                <h3>{title}</h3>
                <dl class="keys">{lines.into_iter().map(line).collect_view()}</dl>
            </section>
        }
    };
    let moving: Lines = vec![
        (tr!(inbox.key_next), &["Alt", "J"]),
        (tr!(inbox.key_previous), &["Alt", "K"]),
        (tr!(inbox.key_sheet), &["?"]),
    ];
    let writing: Lines = vec![
        (tr!(inbox.key_reply), &["Alt", "L"]),
        (tr!(inbox.key_note), &["Alt", "P"]),
        (tr!(inbox.key_send), &["Enter"]),
        (tr!(inbox.key_line), &["Shift", "Enter"]),
    ];
    let doing: Lines = vec![
        (tr!(inbox.key_take), &["Alt", "A"]),
        (tr!(inbox.key_close), &["Alt", "E"]),
        (tr!(inbox.key_close_next), &["Ctrl", "Alt", "E"]),
    ];
    view! {
        <Dialog id="keys" title=tr!(inbox.keyboard) open>
            <div class="dialog-body">
                {group(tr!(inbox.key_moving), moving)} {group(tr!(inbox.key_writing), writing)}
                {group(tr!(inbox.key_doing), doing)} <p class="hint">{tr!(inbox.key_hint)}</p>
            </div>
        </Dialog>
    }
}
