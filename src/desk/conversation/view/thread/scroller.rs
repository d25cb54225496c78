//! Where the reader is in a thread, and the way back to its newest message.

use crate::{kit::Icon, tr};
use leptos::{html, prelude::*};

/// Where the reader is in a thread. Made beside it, because the button that jumps stands elsewhere.
#[derive(Clone, Copy)]
pub struct Scroller {
    pub(super) node: NodeRef<html::Div>,
    pub(super) at_end: RwSignal<bool>,
    /// Texts of the other side that came while the reader was further up.
    pub(super) news: RwSignal<usize>,
    /// Distance from the end, kept while older messages are put above.
    anchor: StoredValue<Option<i32>>,
}

/// Within so many pixels of the end, one is at the end.
const NEAR: i32 = 48;

impl Default for Scroller {
    fn default() -> Self {
        Scroller {
            node: NodeRef::new(),
            at_end: RwSignal::new(true),
            news: RwSignal::new(0),
            anchor: StoredValue::new(None),
        }
    }
}

impl Scroller {
    pub fn at_end(self) -> Signal<bool> {
        self.at_end.into()
    }

    /// Before, the newest message is in sight because the box stands on its head (by CSS, without a script) and counts
    /// from its end; from here on it scrolls as any other, at the same place.
    pub(super) fn wake(self) {
        let Some(node) = self.node.get() else { return };
        if node.has_attribute("data-awake") {
            return;
        }
        let from_end = node.scroll_top().abs();
        _ = node.set_attribute("data-awake", "");
        node.set_scroll_top(node.scroll_height() - node.client_height() - from_end);
    }

    /// To the newest message, after the next drawing.
    pub fn to_end(self) {
        request_animation_frame(move || {
            if let Some(node) = self.node.try_get_untracked().flatten() {
                node.set_scroll_top(node.scroll_height());
                self.at_end.try_set(true);
            }
        });
    }

    /// The same, if the reader was there: after the composer grew, for one.
    pub fn stick_to_end(self) {
        if self.at_end.try_get_untracked() == Some(true) {
            self.to_end();
        }
    }

    /// The reader moved, or everything moved under them; `true` near the beginning.
    pub(super) fn moved(self) -> bool {
        let Some(node) = self.node.get_untracked() else {
            return false;
        };
        let end = node.scroll_height() - node.scroll_top() - node.client_height() < NEAR;
        if end != self.at_end.get_untracked() {
            self.at_end.set(end);
        }
        if end && self.news.get_untracked() > 0 {
            self.news.set(0);
        }
        node.scroll_top() < 160 && !end
    }

    pub(super) fn hold(self) {
        let from_end = self
            .node
            .get_untracked()
            .map(|n| n.scroll_height() - n.scroll_top());
        self.anchor.set_value(from_end);
    }

    pub(super) fn release(self) {
        let Some(from_end) = self.anchor.try_update_value(Option::take).flatten() else {
            return;
        };
        request_animation_frame(move || {
            if let Some(node) = self.node.try_get_untracked().flatten() {
                node.set_scroll_top(node.scroll_height() - from_end);
            }
        });
    }
}

/// Back to the newest message; stands in the foot, floats above it.
#[component]
pub fn Jump(scroller: Scroller) -> impl IntoView {
    let words = move || match scroller.news.get() {
        0 => tr!(thread.newest).to_string(),
        n => tr!(thread.new_messages, n = n),
    };
    move || {
        (!scroller.at_end.get()).then(|| {
            view! {
                <button class="jump" type="button" on:click=move |_| scroller.to_end()>
                    <Icon name="arrow-down" />
                    {words}
                </button>
            }
        })
    }
}
