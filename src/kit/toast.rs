//! A short sentence at the edge of the screen, said aloud to screen readers. It goes after a while, but not while it is
//! pointed at or has the focus, nor while there is something to do about it.

use super::Icon;
use crate::tr;
use leptos::prelude::*;
use std::time::Duration;

/// How long a sentence stays.
const STAYS: Duration = Duration::from_secs(7);

/// One sentence, perhaps with something to do about it.
#[derive(Clone)]
struct Toast {
    number: u32,
    words: String,
    action: Option<(String, Callback<()>)>,
}

/// Where to say things. Provided by [`Toasts`]; [`toast`] finds it.
#[derive(Clone, Copy)]
pub struct Say {
    all: RwSignal<(u32, Vec<Toast>)>,
    /// They are pointed at, or have the focus.
    held: RwSignal<bool>,
}

impl Say {
    pub fn provide() -> Say {
        let say = Say {
            all: RwSignal::new((0, vec![])),
            held: RwSignal::new(false),
        };
        provide_context(say);
        say
    }

    pub fn say(self, words: impl Into<String>) {
        self.put(words.into(), None);
    }

    pub fn offer(
        self,
        words: impl Into<String>,
        label: impl Into<String>,
        act: impl Fn() + Send + Sync + 'static,
    ) {
        self.put(
            words.into(),
            Some((label.into(), Callback::new(move |()| act()))),
        );
    }

    fn put(self, words: String, action: Option<(String, Callback<()>)>) {
        let passes = action.is_none();
        let number = self.all.try_update(|(last, all)| {
            *last += 1;
            all.push(Toast {
                number: *last,
                words,
                action,
            });
            *last
        });
        if let Some(number) = number.filter(|_| passes) {
            self.go_later(number);
        }
    }

    fn go_later(self, number: u32) {
        set_timeout(
            move || match self.held.try_get_untracked() {
                Some(true) => self.go_later(number),
                Some(false) => self.drop(number),
                None => {}
            },
            STAYS,
        );
    }

    fn drop(self, number: u32) {
        self.all
            .try_update(|(_, all)| all.retain(|t| t.number != number));
        self.held.try_set(false);
    }
}

/// Say something, wherever this page says things.
pub fn toast(words: impl Into<String>) {
    if let Some(say) = use_context::<Say>() {
        say.say(words);
    }
}

/// Always in the page, empty most of the time. Call [`Say::provide`] above it.
#[component]
pub fn Toasts() -> impl IntoView {
    let say = use_context::<Say>().unwrap_or_else(Say::provide);
    view! {
        <div
            class="toasts"
            role="status"
            on:mouseenter=move |_| say.held.set(true)
            on:mouseleave=move |_| say.held.set(false)
            on:focusin=move |_| say.held.set(true)
            on:focusout=move |_| say.held.set(false)
        >
            <For each=move || say.all.get().1 key=|t| t.number let:t>
                <p class="toast">
                    <span>{t.words.clone()}</span>
                    {t
                        .action
                        .clone()
                        .map(|(label, act)| {
                            view! {
                                <button
                                    class="button"
                                    type="button"
                                    data-size="s"
                                    on:click=move |_| {
                                        act.run(());
                                        say.drop(t.number);
                                    }
                                >
                                    {label}
                                </button>
                                <button
                                    class="button"
                                    type="button"
                                    data-size="s"
                                    data-icon
                                    aria-label=tr!(common.close)
                                    on:click=move |_| say.drop(t.number)
                                >
                                    <Icon name="x" size="s" />
                                </button>
                            }
                        })}
                </p>
            </For>
        </div>
    }
}
