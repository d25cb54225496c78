//! Faces and signs, put where the caret is. A native popover, the same in the widget and the inbox; its buttons are
//! made when it is first opened. Arrow keys go through them, Enter in the search takes the first.

use crate::{kit::browser, tr};
use leptos::{ev, html, prelude::*, wasm_bindgen::JsCast, web_sys::HtmlElement};

/// One a line: the sign, and the words by which it is found, the first of them as its name.
const ALL: &str = include_str!("emoji.txt");

/// Those that have every word of `sought` at the beginning of a word of theirs: the sign and its words.
fn matching(sought: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let sought = browser::lower(sought);
    ALL.lines()
        .filter_map(|line| line.split_once(' '))
        .filter(move |(_, words)| {
            let has = |part: &str| words.split(' ').any(|word| word.starts_with(part));
            sought.split_whitespace().all(has)
        })
}

/// The popover with the id `emoji`; a button with `popovertarget="emoji"` opens it. The field hears an `input` event.
#[component]
pub fn Emoji(field: NodeRef<html::Textarea>) -> impl IntoView {
    let (opened, sought) = (RwSignal::new(false), RwSignal::new(String::new()));
    let search = NodeRef::<html::Input>::new();
    let put = move |sign: &'static str| {
        if let Some(area) = field.get_untracked() {
            browser::insert(&area, sign);
        }
    };
    let toggled = move |_: ev::Event| {
        opened.set(true);
        if let Some(search) = search.get_untracked() {
            search.set_value("");
            sought.set(String::new());
            // Not by `autofocus`, which a browser refuses aloud in a frame on another site.
            if search.closest(":popover-open").ok().flatten().is_some() {
                _ = search.focus();
            }
        }
    };
    let first = move |e: ev::KeyboardEvent| {
        if e.key() == "Enter" {
            e.prevent_default();
            let best = matching(&sought.get_untracked()).next();
            best.into_iter().for_each(|(sign, _)| put(sign));
        }
    };
    let signs = move || {
        opened.get().then(|| {
            let found: Vec<_> = matching(&sought.read()).collect();
            if found.is_empty() {
                return view! { <p class="hint">{tr!(thread.emoji_none)}</p> }.into_any();
            }
            let sign = |(i, (sign, words)): (usize, (&'static str, &'static str))| {
                // One stop of the Tab key for all of them.
                let stop = if i == 0 { "0" } else { "-1" };
                view! {
                    <button type="button" aria-label=words title=words tabindex=stop on:click=move |_| put(sign)>
                        {sign}
                    </button>
                }
            };
            found
                .into_iter()
                .enumerate()
                .map(sign)
                .collect_view()
                .into_any()
        })
    };
    view! {
        <div class="emoji" id="emoji" popover on:toggle=toggled>
            <input
                class="input"
                type="search"
                aria-label=tr!(thread.emoji_search)
                placeholder=tr!(thread.emoji_search)
                autocomplete="off"
                node_ref=search
                on:input=move |e| sought.set(event_target_value(&e))
                on:keydown=first
            />
            <div role="group" aria-label=tr!(thread.emoji) on:keydown=walk>
                {signs}
            </div>
        </div>
    }
}

/// From one sign to the one beside, above or below it, however many stand in a row.
fn walk(e: ev::KeyboardEvent) {
    let (onwards, beside) = match e.key().as_str() {
        "ArrowRight" => (true, true),
        "ArrowLeft" => (false, true),
        "ArrowDown" => (true, false),
        "ArrowUp" => (false, false),
        _ => return,
    };
    e.prevent_default();
    let next = |e: &HtmlElement| {
        let next = if onwards {
            e.next_element_sibling()
        } else {
            e.previous_element_sibling()
        };
        next.and_then(|e| e.dyn_into::<HtmlElement>().ok())
    };
    let focused = document().active_element();
    let Some(from) = focused.and_then(|e| e.dyn_into::<HtmlElement>().ok()) else {
        return;
    };
    let mut at = next(&from);
    while !beside
        && at
            .as_ref()
            .is_some_and(|e| e.offset_left() != from.offset_left())
    {
        at = at.as_ref().and_then(next);
    }
    if let Some(button) = at {
        _ = button.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_is_found_by_the_beginning_of_its_words() {
        assert!(matching("").count() > 190);
        let signs = |sought: &str| matching(sought).map(|(sign, _)| sign).collect::<Vec<_>>();
        assert_eq!(signs("thumbs d"), ["👎"]);
        assert!(signs("THANK").contains(&"🙏"));
        assert!(signs("nothing of the kind").is_empty());
        let all: std::collections::BTreeSet<_> = signs("").into_iter().collect();
        assert_eq!(all.len(), matching("").count(), "one stands twice");
    }
}
