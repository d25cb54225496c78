//! Twenty-four faces and signs, put where the caret is. A native popover, the same in the widget and the inbox.

use crate::{kit::browser, tr};
use leptos::{html, prelude::*};

const ALL: [(&str, &str); 24] = [
    ("😀", "grinning"),
    ("😊", "smiling"),
    ("😂", "laughing"),
    ("🙂", "slight smile"),
    ("😉", "winking"),
    ("😍", "heart eyes"),
    ("🤔", "thinking"),
    ("😅", "sweat smile"),
    ("😢", "crying"),
    ("😮", "surprised"),
    ("😡", "angry"),
    ("🙏", "thank you"),
    ("👍", "thumbs up"),
    ("👎", "thumbs down"),
    ("👏", "clapping"),
    ("👋", "waving"),
    ("💪", "strong"),
    ("🎉", "party"),
    ("❤️", "heart"),
    ("⭐", "star"),
    ("✅", "done"),
    ("❌", "cross"),
    ("🔥", "fire"),
    ("💡", "idea"),
];

/// The popover with the id `emoji`; a button with `popovertarget="emoji"` opens it. The field hears an `input` event.
#[component]
pub fn Emoji(field: NodeRef<html::Textarea>) -> impl IntoView {
    let put = move |sign: &'static str| {
        if let Some(area) = field.get_untracked() {
            browser::insert(&area, sign);
        }
    };
    view! {
        <div class="emoji" id="emoji" popover>
            <div role="group" aria-label=tr!(thread.emoji)>
                {ALL
                    .map(|(sign, name)| {
                        view! {
                            <button type="button" aria-label=name on:click=move |_| put(sign)>
                                {sign}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
        </div>
    }
}
