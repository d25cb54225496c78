//! The widget's foot: the composer, ending the chat, sound. The same form as plain HTML; the browser enables the
//! emoji and swaps the tools.

use super::{
    left, plain_action,
    state::{Frame, Sends},
};
use crate::model::refusal::Refusal;
use crate::{
    desk::conversation::view::{emoji::Emoji, thread::Jump},
    kit::{Icon, browser, effect, form},
    model::limits,
    tr,
};
use leptos::{html, prelude::*};

#[component]
pub fn Foot(frame: Frame, sends: Sends, closed: Memo<bool>) -> impl IntoView {
    let asking = RwSignal::new(false);
    view! {
        <footer class="widget-foot">
            <Jump scroller=frame.scroller />
            {move || {
                if closed.get() {
                    return view! { <p class="widget-ended">{tr!(chat.ended)}</p> }.into_any();
                }
                if asking.get() {
                    return view! { <Confirm frame asking /> }.into_any();
                }
                ().into_any()
            }}
            <Composer frame sends />
            <Tools frame closed asking />
        </footer>
    }
}

#[component]
fn Composer(frame: Frame, sends: Sends) -> impl IntoView {
    let field = NodeRef::<html::Textarea>::new();
    let text = frame.text;
    let first = text.get_untracked();
    let refused = RwSignal::new(form::refused_by(plain_action()).map(|r| {
        let long = first.chars().count();
        if long > limits::MESSAGE {
            Refusal::too_long(limits::MESSAGE, long).sentence()
        } else {
            r.error.sentence()
        }
    }));

    // What was typed before the browser took over stays; otherwise what an earlier page left comes back.
    effect(move |_| {
        let Some(area) = field.get() else { return };
        let there = area.value();
        let on_its_way = area.closest("form[data-sent]").is_ok_and(|f| f.is_some());
        let words = if on_its_way {
            String::new()
        } else if there.is_empty() {
            frame.draft().unwrap_or_default()
        } else {
            frame.written_here.set_value(true);
            there
        };
        text.set(words);
    });
    effect(move |before: Option<()>| {
        let words = text.get();
        if let Some(area) = field.get_untracked().filter(|a| a.value() != words) {
            area.set_value(&words);
        }
        if before.is_some() {
            frame.keep_draft(&words);
        }
        frame.scroller.stick_to_end();
    });

    let send = move || {
        let words = text.get_untracked();
        if words.trim().is_empty() || left(words.trim()).is_some_and(|left| left < 0) {
            return;
        }
        frame.write(sends, &words);
        refused.set(None);
        text.set(String::new());
    };
    let input = move |ev| {
        let words = event_target_value(&ev);
        if words.trim().is_empty() {
            frame.open.stops();
        } else {
            frame.open.types();
        }
        frame.written_here.set_value(true);
        text.set(words);
    };
    let key = move |ev: leptos::ev::KeyboardEvent| {
        // 229: Safari ends a composition with an Enter that no longer says so.
        if ev.key() == "Enter" && !ev.shift_key() && !ev.is_composing() && ev.key_code() != 229 {
            ev.prevent_default();
            send();
        }
    };
    let submit = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        send();
        browser::focus("text");
    };
    let count = move || {
        let told = refused.read().is_some();
        left(text.read().trim()).filter(|_| !told).map(|left| {
            let words = if left < 0 {
                tr!(chat.over, n = -left)
            } else {
                tr!(chat.left, n = left)
            };
            view! {
                <p class="widget-composer-note" data-over=left < 0 aria-live="polite">
                    {words}
                </p>
            }
        })
    };
    view! {
        <form class="widget-composer" method="post" action=form::address(plain_action()) on:submit=submit>
            <input type="hidden" name="widget" value=frame.widget.to_string() />
            <input type="hidden" name="client" value=frame.client.to_string() />
            {move || {
                frame
                    .writer_id()
                    .map(|id| view! { <input type="hidden" name="writer" value=id /> })
            }}
            <button
                type="button"
                popovertarget="emoji"
                disabled=move || !frame.awake.get()
                aria-label=tr!(thread.emoji)
                title=tr!(thread.emoji)
            >
                <Icon name="smile" />
            </button>
            <label class="visually-hidden" for="text">
                {tr!(chat.your_message)}
            </label>
            <textarea
                id="text"
                name="body"
                rows="1"
                required
                maxlength=limits::MESSAGE.to_string()
                placeholder=tr!(chat.write)
                enterkeyhint="send"
                dir="auto"
                node_ref=field
                on:input=input
                on:keydown=key
                on:blur=move |_| frame.open.stops()
                inner_html=form::escaped(&first)
            ></textarea>
            <button type="submit" aria-label=tr!(chat.send) title=tr!(chat.send)>
                <Icon name="arrow-up" />
            </button>
        </form>
        {move || {
            refused
                .get()
                .map(|why| {
                    view! {
                        <p class="widget-composer-note" data-over role="alert">
                            {why}
                        </p>
                    }
                })
        }}
        {count}
        <Emoji field />
    }
}

/// Before the browser has taken over, the answers are one link away; afterwards they come by themselves.
#[component]
fn Tools(frame: Frame, closed: Memo<bool>, asking: RwSignal<bool>) -> impl IntoView {
    let begun = Memo::new(move |_| frame.open.thread.with(Option::is_some));
    let muted = RwSignal::new(false);
    effect(move |_| muted.set(browser::muted()));
    let mute = move |_| {
        browser::mute(!muted.get_untracked());
        muted.set(browser::muted());
    };
    move || {
        if !begun.get() {
            return ().into_any();
        }
        if !frame.awake.get() {
            return view! {
                <div class="widget-tools">
                    <a class="button" data-kind="quiet" href=format!("/widget/{}", frame.widget)>
                        <Icon name="refresh" size="s" />
                        {tr!(chat.check)}
                    </a>
                </div>
            }
            .into_any();
        }
        let end = if closed.get() {
            view! { <span></span> }.into_any()
        } else {
            view! {
                <button class="button" data-kind="quiet" type="button" on:click=move |_| asking.set(true)>
                    {tr!(chat.end)}
                </button>
            }
            .into_any()
        };
        view! {
            <div class="widget-tools">
                {end}
                <button
                    class="button"
                    data-kind="quiet"
                    data-icon
                    type="button"
                    aria-pressed=move || muted.get().to_string()
                    aria-label=tr!(chat.mute)
                    title=tr!(chat.mute)
                    on:click=mute
                >
                    {move || {
                        let picture = if muted.get() { "volume-x" } else { "volume" };
                        view! { <Icon name=picture /> }
                    }}
                </button>
            </div>
        }
        .into_any()
    }
}

#[component]
fn Confirm(frame: Frame, asking: RwSignal<bool>) -> impl IntoView {
    effect(|_| request_animation_frame(|| browser::focus("keep")));
    let keep = move || {
        asking.set(false);
        browser::focus("text");
    };
    let end = move |_| {
        asking.set(false);
        frame.end();
        browser::focus("text");
    };
    view! {
        <div
            class="widget-confirm"
            role="alertdialog"
            aria-label=tr!(chat.end_ask)
            on:keydown=move |ev| {
                if ev.key() == "Escape" {
                    ev.prevent_default();
                    keep();
                }
            }
        >
            <p>{tr!(chat.end_ask)}</p>
            <button class="button" data-size="s" type="button" id="keep" on:click=move |_| keep()>
                {tr!(chat.keep_open)}
            </button>
            <button class="button" data-kind="danger" data-size="s" type="button" on:click=end>
                {tr!(chat.end)}
            </button>
        </div>
    }
}
