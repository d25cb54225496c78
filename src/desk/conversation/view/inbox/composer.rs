//! Where one writes: to the customer or to colleagues, in two inks that cannot be confused. A plain form before
//! WASM; afterwards what is sent goes through the outbox, and what is not sent yet is kept per conversation.

use super::{
    super::{emoji::Emoji, thread::Scroller},
    screen::{Screen, writer},
    words::short_name_of,
};
use crate::model::refusal::Refusal;
use crate::{
    desk::conversation::api::Compose,
    kit::{Icon, browser, effect, form},
    live::Writer,
    model::{
        conversation::Conversation,
        id::{ClientId, ConversationId},
        limits,
    },
    tr,
};
use leptos::{ev, html, prelude::*, server_fn::ServerFn};
use std::time::Duration;

fn mine(screen: Screen) -> Writer {
    writer(screen.me.with_untracked(|me| me.id))
}

/// What this agent was writing there and has not sent, without its ink.
pub fn unsent(screen: Screen, id: ConversationId) -> Option<String> {
    let kept = mine(screen).draft(&id.to_string())?;
    Some(match kept.split_once('\n') {
        Some((_, text)) => text.to_owned(),
        None => kept,
    })
}

#[component]
pub fn Composer(
    screen: Screen,
    id: ConversationId,
    scroller: Scroller,
    #[prop(into)] now: Signal<Option<Conversation>>,
) -> impl IntoView {
    let refused = form::refused_by(Compose::url())
        .filter(|r| r.typed.get("conversation") == Some(&id.to_string()));
    let typed = refused
        .as_ref()
        .and_then(|r| r.typed.get("body").cloned())
        .unwrap_or_default();
    let was_note = refused
        .as_ref()
        .is_some_and(|r| r.typed.get("kind").is_some_and(|k| k == "note"));
    let complaint = RwSignal::new(refused.map(|r| r.error.sentence()));
    // A closed one is written to on purpose only; before WASM the form is there at once.
    let wanted = RwSignal::new(!typed.is_empty());
    let closed = Memo::new(move |_| now.with(|c| c.as_ref().is_some_and(|c| !c.status.is_open())));
    let name = Memo::new(move |_| {
        now.with(|c| {
            c.as_ref()
                .map(|c| short_name_of(&c.contact))
                .unwrap_or_default()
        })
    });
    let node = NodeRef::<html::Textarea>::new();
    let note = RwSignal::new(was_note);
    let length = RwSignal::new(0_usize);
    let keep_draft = move |text: &str| mine(screen).set_draft(&id.to_string(), text);

    let value = move || node.get_untracked().map(|n| n.value()).unwrap_or_default();
    let empty = move || {
        if let Some(area) = node.get_untracked() {
            area.set_value("");
        }
        length.set(0);
        keep_draft("");
    };
    let heard = move |_| {
        let text = value();
        length.set(text.chars().count());
        complaint.set(None);
        let kept = if note.get_untracked() {
            format!("note\n{text}")
        } else {
            format!("reply\n{text}")
        };
        keep_draft(if text.trim().is_empty() { "" } else { &kept });
        scroller.stick_to_end();
        if !note.get_untracked() && !text.trim().is_empty() {
            screen.open.types();
        }
    };
    // Who stops in the middle is not said to write for ever.
    let strokes = StoredValue::new(0_u32);
    let stop = move || {
        let stroke = strokes.try_update_value(|n| {
            *n = n.wrapping_add(1);
            *n
        });
        set_timeout(
            move || {
                if strokes.try_get_value() == stroke {
                    screen.open.stops();
                }
            },
            Duration::from_secs(5),
        );
    };

    // What was being written here before.
    effect(move |_| {
        let Some(area) = node.get() else { return };
        // What was typed before WASM is older than nothing.
        if area.value().is_empty()
            && let Some(kept) = mine(screen).draft(&id.to_string())
        {
            let (kind, text) = kept.split_once('\n').unwrap_or(("reply", &kept));
            area.set_value(text);
            note.set(kind == "note");
            wanted.set(true);
        }
        length.set(area.value().chars().count());
        scroller.stick_to_end();
    });

    // The ink that was chosen before WASM counts: a note must not become a reply.
    let inks = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let begun = StoredValue::new(false);
    effect(move |_| {
        let (Some(to_them), Some(to_us)) = (inks.0.get(), inks.1.get()) else {
            return;
        };
        let on = note.get();
        if !begun.get_value() {
            begun.set_value(true);
            if to_us.checked() && !on {
                return note.set(true);
            }
        }
        to_them.set_checked(!on);
        to_us.set_checked(on);
    });

    let send = move || {
        let body = value();
        let body = body.trim();
        if body.is_empty() {
            return;
        }
        let over = body.chars().count();
        if over > limits::MESSAGE {
            complaint.set(Some(Refusal::too_long(limits::MESSAGE, over).sentence()));
            return;
        }
        let kind = if note.get_untracked() {
            "note"
        } else {
            "reply"
        };
        screen
            .outbox
            .put(ClientId::fresh(), id.to_string(), kind, body);
        empty();
        screen.open.sent();
        scroller.to_end();
        browser::focus("text");
    };
    let submit = move |e: ev::SubmitEvent| {
        e.prevent_default();
        send();
    };
    let pressed = move |e: ev::KeyboardEvent| {
        if e.key() == "Enter" && !e.shift_key() && !e.alt_key() && !browser::is_composing(&e) {
            e.prevent_default();
            send();
        } else if e.key() == "Escape"
            && let Some(area) = node.get_untracked()
        {
            _ = area.blur();
        }
    };
    let placeholder = move || {
        if note.get() {
            tr!(inbox.note_placeholder).to_owned()
        } else {
            tr!(inbox.reply_placeholder, name = name.get())
        }
    };
    let left = move || length.get() > limits::MESSAGE - 500;
    let error = move || {
        complaint.get().map(|words| {
            view! {
                <p class="composer-error" role="alert">
                    <Icon name="circle-alert" size="s" />
                    <span>{words}</span>
                </p>
            }
        })
    };
    let typed = StoredValue::new(typed);
    // Told apart once, so that nothing else draws the form anew under somebody's hands.
    let bar = Memo::new(move |_| {
        closed.get() && screen.hydrated.get() && !wanted.get() && length.get() == 0
    });
    move || {
        if bar.get() {
            return view! {
                <div class="closed-bar">
                    <span>{tr!(inbox.closed_words)}</span>
                    <span class="actions">
                        <button
                            class="button"
                            data-size="s"
                            type="button"
                            on:click=move |_| {
                                wanted.set(true);
                                request_animation_frame(|| browser::focus("text"));
                            }
                        >
                            {tr!(inbox.write_reply)}
                        </button>
                    </span>
                </div>
            }
            .into_any();
        }
        view! {
            <form class="composer" method="post" action=form::address(Compose::url()) on:submit=submit>
                <input type="hidden" name="conversation" value=id.to_string() />
                <input type="hidden" name="client" value=screen.client.get_untracked().to_string() />
                <input
                    type="hidden"
                    name="writer"
                    value=screen.me.with_untracked(|me| me.id.to_string())
                />
                <div class="composer-inks" role="radiogroup" aria-label=tr!(inbox.who_reads)>
                    <label>
                        <input
                            type="radio"
                            name="kind"
                            value="reply"
                            checked=!was_note
                            node_ref=inks.0
                            on:change=move |_| note.set(false)
                        />
                        <Icon name="message-circle" />
                        {tr!(inbox.reply)}
                    </label>
                    <label>
                        <input
                            type="radio"
                            name="kind"
                            value="note"
                            checked=was_note
                            node_ref=inks.1
                            on:change=move |_| note.set(true)
                        />
                        <Icon name="lock" />
                        {tr!(inbox.note)}
                    </label>
                    <span class="composer-hint" data-for="reply">
                        {move || tr!(inbox.they_see, name = name.get())}
                    </span>
                    <span class="composer-hint" data-for="note">
                        {tr!(inbox.staff_see)}
                    </span>
                </div>
                <label class="visually-hidden" for="text">
                    {tr!(inbox.your_text)}
                </label>
                <textarea
                    id="text"
                    name="body"
                    rows="2"
                    dir="auto"
                    maxlength=limits::MESSAGE.to_string()
                    placeholder=placeholder
                    node_ref=node
                    on:input=move |e| {
                        heard(e);
                        stop();
                    }
                    on:keydown=pressed
                    inner_html=form::escaped(&typed.get_value())
                ></textarea>
                {error}
                <div class="composer-foot">
                    <button
                        class="button"
                        data-kind="quiet"
                        data-icon
                        data-size="s"
                        type="button"
                        popovertarget="emoji"
                        aria-label=tr!(thread.emoji)
                        title=tr!(thread.emoji)
                        disabled=move || !screen.hydrated.get()
                    >
                        <Icon name="smile" />
                    </button>
                    <span
                        class="composer-count"
                        hidden=move || !left()
                        data-over=move || { length.get() > limits::MESSAGE }
                        role="status"
                    >
                        {move || left().then(|| tr!(inbox.left, n = limits::MESSAGE.saturating_sub(length.get())))}
                    </span>
                    <button class="button" data-kind="primary" data-size="s" type="submit">
                        <span data-for="reply">{tr!(inbox.send_reply)}</span>
                        <span data-for="note">{tr!(inbox.add_note)}</span>
                        <Icon name="corner-down-left" size="s" />
                    </button>
                </div>
            </form>
            <Emoji field=node />
        }
        .into_any()
    }
}

/// Focus the field with this ink.
pub fn write(kind: &'static str) {
    if let Some(radio) = document()
        .query_selector(&format!(".composer input[name=kind][value={kind}]"))
        .ok()
        .flatten()
    {
        use leptos::wasm_bindgen::JsCast;
        if let Some(radio) = radio.dyn_ref::<leptos::web_sys::HtmlElement>() {
            radio.click();
        }
    }
    browser::focus("text");
}
