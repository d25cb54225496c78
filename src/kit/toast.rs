//! A short sentence at the edge of the screen, said aloud to screen readers, gone after a while.

use leptos::prelude::*;
use std::time::Duration;

/// One sentence, perhaps with something to do about it.
#[derive(Clone)]
struct Toast {
    number: u32,
    words: String,
    action: Option<(String, Callback<()>)>,
}

/// Where to say things. Provided by [`Toasts`]; [`toast`] finds it.
#[derive(Clone, Copy)]
pub struct Say(RwSignal<(u32, Vec<Toast>)>);

impl Say {
    pub fn provide() -> Say {
        let say = Say(RwSignal::new((0, vec![])));
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
        let number = self.0.try_update(|(last, all)| {
            *last += 1;
            all.push(Toast {
                number: *last,
                words,
                action,
            });
            *last
        });
        if let Some(number) = number {
            set_timeout(move || self.drop(number), Duration::from_secs(7));
        }
    }

    fn drop(self, number: u32) {
        self.0
            .try_update(|(_, all)| all.retain(|t| t.number != number));
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
        <div class="toasts" role="status">
            <For each=move || say.0.get().1 key=|t| t.number let:t>
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
                            }
                        })}
                </p>
            </For>
        </div>
    }
}
