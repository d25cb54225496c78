//! One field: its label, its input, a hint, what is wrong with it.

use super::refused;
use crate::{
    kit::{Icon, browser, effect},
    model::error::Error,
    tr,
};
use leptos::{
    either::{Either, EitherOf3},
    prelude::*,
};

/// A label, an input, a hint, what is wrong.
///
/// `kind` is the input's type, or `textarea`. `error` is the action's last error, of which the part about this
/// field is shown.
#[component]
pub fn Field(
    #[prop(into)] label: String,
    name: &'static str,
    /// Unique on the page; by default the name.
    #[prop(optional, into)]
    id: Option<String>,
    #[prop(optional, into)] kind: Option<&'static str>,
    #[prop(optional, into)] value: Option<String>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Signal<Option<Error>>,
    #[prop(optional)] required: bool,
    /// Say "optional" beside the label.
    #[prop(optional)]
    optional: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(optional, into)] autocomplete: Option<&'static str>,
    #[prop(optional, into)] maxlength: Option<usize>,
    #[prop(optional, into)] placeholder: Option<String>,
    #[prop(optional, into)] inputmode: Option<&'static str>,
    #[prop(optional)] mono: bool,
    /// Where else what is typed goes.
    #[prop(optional)]
    on_input: Option<Callback<String>>,
    /// Below the field, after it in the order of reading.
    #[prop(optional, into)]
    below: ViewFn,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.to_owned());
    let kind = kind.unwrap_or("text");
    let first = refused();
    let typed = first
        .as_ref()
        .and_then(|r| r.typed.get(name).cloned())
        .filter(|_| kind != "password");
    let value = typed.or(value).unwrap_or_default();
    let sentence = Memo::new(move |_| match error.get() {
        Some(e) => e.about(name),
        None => first.as_ref().and_then(|r| r.error.about(name)),
    });
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described = hint
        .as_ref()
        .map_or_else(|| error_id.clone(), |_| format!("{hint_id} {error_id}"));
    let invalid = move || sentence.get().is_some().then_some("true");
    let mono = mono.then_some("");
    let shown = RwSignal::new(false);
    let heard = move |text: String| on_input.into_iter().for_each(|f| f.run(text.clone()));
    let input = if kind == "textarea" {
        EitherOf3::A(view! {
            <Area
                id=id.clone()
                name
                value
                required
                autofocus
                maxlength
                placeholder
                mono
                described
                invalid=Signal::derive(invalid)
                on_input=Callback::new(heard)
            />
        })
    } else {
        EitherOf3::B(view! {
            <input
                class="input"
                id=id.clone()
                name=name
                type=move || if shown.get() { "text" } else { kind }
                value=value
                required=required
                autofocus=autofocus
                autocomplete=autocomplete
                maxlength=maxlength.map(|n| n.to_string())
                placeholder=placeholder
                inputmode=inputmode
                data-mono=mono
                aria-describedby=described
                aria-invalid=invalid
                on:input=move |e| heard(event_target_value(&e))
            />
        })
    };
    let input: EitherOf3<_, _, ()> = input;
    let input = if kind == "password" {
        Either::Left(view! {
            <div class="input-group">
                {input} <Eye shown />
            </div>
        })
    } else {
        Either::Right(input)
    };
    view! {
        <div class="field">
            <div class="label-row">
                <label for=id>
                    {label} {optional.then(|| view! { <span class="optional">" " {tr!(common.optional)}</span> })}
                </label>
            </div>
            {input} {below.run()}
            {hint
                .map(|h| {
                    view! {
                        <p class="hint" id=hint_id hidden=move || sentence.read().is_some()>
                            {h}
                        </p>
                    }
                })}
            <p class="error-text" id=error_id hidden=move || sentence.read().is_none()>
                <Icon name="circle-alert" size="s" />
                <span>{move || sentence.get()}</span>
            </p>
        </div>
    }
}

/// Shows what was typed in a password's field. It takes a script, so it is not there before the page is alive; on a
/// still page its script (`app/still.js`) finds it by `data-eye`.
#[component]
fn Eye(shown: RwSignal<bool>) -> impl IntoView {
    let alive = RwSignal::new(false);
    effect(move |_| alive.set(true));
    view! {
        <button
            class="button"
            data-icon
            data-eye
            type="button"
            hidden=move || !alive.get()
            aria-label=tr!(common.show_password)
            title=tr!(common.show_password)
            aria-pressed=move || shown.get().to_string()
            on:click=move |_| shown.update(|on| *on = !*on)
        >
            <Icon name="eye" />
        </button>
    }
}

/// A `<textarea>` with what was typed in it. Its text is written as escaped mark-up, because Leptos does not
/// escape a textarea's children.
#[component]
pub fn Area(
    #[prop(into)] id: String,
    name: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional)] required: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(optional_no_strip)] maxlength: Option<usize>,
    #[prop(optional_no_strip)] placeholder: Option<String>,
    #[prop(optional_no_strip)] mono: Option<&'static str>,
    #[prop(optional, into)] described: String,
    #[prop(optional, into)] invalid: Signal<Option<&'static str>>,
    #[prop(optional)] on_input: Option<Callback<String>>,
) -> impl IntoView {
    view! {
        <textarea
            class="textarea"
            id=id
            name=name
            required=required
            autofocus=autofocus
            maxlength=maxlength.map(|n| n.to_string())
            placeholder=placeholder
            data-mono=mono
            aria-describedby=(!described.is_empty()).then_some(described)
            aria-invalid=move || invalid.get()
            on:input=move |e| on_input.into_iter().for_each(|f| f.run(event_target_value(&e)))
            inner_html=escaped(&value)
        ></textarea>
    }
}

/// Text as the inside of a textarea. The first line break there is dropped when a page is parsed, so the server puts
/// one before; an element that a script fills keeps it.
pub fn escaped(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!(
        "{}{}",
        browser::DROPPED,
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    )
}
