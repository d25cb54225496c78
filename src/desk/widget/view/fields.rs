//! The fields of the settings, in cards.

use super::{edit::Draft, policy_words, preset_words};
use crate::kit::{Field, Icon, When};
use crate::model::{
    color::Color,
    error::Error,
    limits,
    widget::{Policy, Position, Preset, RefusedSite, Widget},
};
use crate::tr;
use leptos::prelude::*;

/// Draws `widget` as saved; what shows in the preview is kept in `draft`.
#[component]
pub(super) fn Fields(
    widget: Widget,
    /// Sites that asked for it and do not show it.
    refused: Vec<RefusedSite>,
    draft: Draft,
    error: Signal<Option<Error>>,
    live: RwSignal<bool>,
) -> impl IntoView {
    let domains = widget
        .domains
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n");
    let delay = widget
        .auto_open_delay_ms
        .map(|ms| (ms / 1000).to_string())
        .unwrap_or_default();
    let domains_hint = if widget.home {
        tr!(widget.domains_home_hint)
    } else {
        tr!(widget.domains_hint)
    };
    view! {
        <section class="card" aria-labelledby="s-basics">
            <header>
                <h2 id="s-basics">{tr!(widget.basics)}</h2>
            </header>
            <div class="card-body fields">
                <Field
                    label=tr!(widget.name)
                    name="name"
                    id="w-name"
                    value=widget.name
                    hint=tr!(widget.name_hint)
                    maxlength=limits::NAME
                    required=true
                    error
                />
                <Switch name="enabled" on=draft.enabled title=tr!(widget.enabled) hint=tr!(widget.enabled_hint) />
            </div>
        </section>
        <section class="card" id="domains" aria-labelledby="s-where">
            <header>
                <h2 id="s-where">{tr!(widget.place)}</h2>
            </header>
            <div class="card-body fields">
                {refused
                    .into_iter()
                    .map(|RefusedSite { site, at, listed }| {
                        let hint = if listed { tr!(widget.refused_listed) } else { tr!(widget.refused_hint) };
                        view! {
                            <div class="notice" data-tone="wait">
                                <Icon name="triangle-alert" />
                                <div>
                                    <b>{tr!(widget.refused, site = site)}</b>
                                    " "
                                    <When time=at />
                                    <p>{hint}</p>
                                </div>
                            </div>
                        }
                    })
                    .collect_view()}
                <Field
                    label=tr!(widget.domains)
                    name="domains"
                    id="w-domains"
                    kind="textarea"
                    value=domains
                    hint=domains_hint
                    mono=true
                    error
                />
                <fieldset class="field">
                    <legend class="label">{tr!(widget.who)}</legend>
                    <div class="choices">
                        {Policy::ALL
                            .iter()
                            .map(|policy| {
                                let (words, hint) = policy_words(*policy);
                                view! {
                                    <label class="choice">
                                        <input
                                            type="radio"
                                            name="policy"
                                            value=policy.word()
                                            checked=draft.policy.get_untracked() == *policy
                                            on:change=move |_| draft.policy.set(*policy)
                                        />
                                        <b>{words}</b>
                                        <span class="hint">{hint}</span>
                                    </label>
                                }
                            })
                            .collect_view()}
                    </div>
                </fieldset>
            </div>
        </section>
        <section class="card" aria-labelledby="s-words">
            <header>
                <h2 id="s-words">{tr!(widget.words)}</h2>
            </header>
            <div class="card-body fields">
                <Field
                    label=tr!(widget.welcome)
                    name="welcome_message"
                    id="w-welcome"
                    kind="textarea"
                    value=widget.welcome_message
                    maxlength=limits::SENTENCE
                    on_input=Callback::new(move |text| draft.welcome.set(text))
                    error
                />
                <Field
                    label=tr!(widget.offline)
                    name="offline_message"
                    id="w-offline"
                    kind="textarea"
                    value=widget.offline_message
                    maxlength=limits::SENTENCE
                    error
                />
            </div>
        </section>
        <section class="card" aria-labelledby="s-look">
            <header>
                <h2 id="s-look">{tr!(widget.look)}</h2>
            </header>
            <div class="card-body fields">
                <fieldset class="field">
                    <legend class="label">{tr!(widget.colours)}</legend>
                    <div class="swatches">
                        {Preset::ALL.iter().map(|preset| view! { <Swatch preset=*preset draft /> }).collect_view()}
                    </div>
                </fieldset>
                <div class="own-colours">
                <div class="fields-row">
                    <Colour
                        id="w-primary"
                        name="primary_color"
                        label=tr!(widget.primary)
                        choose=tr!(widget.choose_primary)
                        color=draft.primary
                        off=Signal::derive(move || live.get() && draft.preset.get() != Preset::Custom)
                        error
                    />
                    <Colour
                        id="w-secondary"
                        name="secondary_color"
                        label=tr!(widget.secondary)
                        choose=tr!(widget.choose_secondary)
                        color=draft.secondary
                        off=Signal::derive(move || live.get() && draft.preset.get() != Preset::Custom)
                        error
                    />
                </div>
                <Contrast draft />
                </div>
                <fieldset class="field">
                    <legend class="label">{tr!(widget.position)}</legend>
                    <div class="segments">
                        {[(Position::Left, tr!(widget.left)), (Position::Right, tr!(widget.right))]
                            .map(|(position, words)| {
                                view! {
                                    <label>
                                        <input
                                            type="radio"
                                            name="position"
                                            value=position.word()
                                            checked=draft.position.get_untracked() == position
                                            on:change=move |_| draft.position.set(position)
                                        />
                                        {words}
                                    </label>
                                }
                            })
                            .collect_view()}
                    </div>
                </fieldset>
                <Switch name="show_agent_avatars" on=draft.avatars title=tr!(widget.avatars) hint=tr!(widget.avatars_hint) />
                <Field
                    label=tr!(widget.delay)
                    name="auto_open_delay"
                    id="w-delay"
                    value=delay
                    hint=tr!(widget.delay_hint)
                    placeholder=tr!(widget.delay_never)
                    inputmode="numeric"
                    optional=true
                    error
                />
            </div>
        </section>
    }
}

#[component]
fn Switch(
    name: &'static str,
    on: RwSignal<bool>,
    title: &'static str,
    hint: &'static str,
) -> impl IntoView {
    view! {
        <label class="switch">
            <input
                type="checkbox"
                role="switch"
                name=name
                value="on"
                checked=on.get_untracked()
                on:change=move |e| on.set(event_target_checked(&e))
            />
            <span>
                <b>{title}</b>
                <span class="hint">{hint}</span>
            </span>
        </label>
    }
}

#[component]
fn Swatch(preset: Preset, draft: Draft) -> impl IntoView {
    let choose = move |_| {
        draft.preset.set(preset);
        if preset != Preset::Custom {
            let (primary, secondary) = preset.colors();
            draft.primary.set(primary.into());
            draft.secondary.set(secondary.into());
        }
    };
    view! {
        <label class="swatch">
            <input type="radio" name="preset" value=preset.word() checked=draft.preset.get_untracked() == preset on:change=choose />
            <span class="swatch-colour" data-preset=preset.word()>
                {(preset == Preset::Custom).then(|| view! { <Icon name="palette" /> })}
            </span>
            {preset_words(preset)}
        </label>
    }
}

/// Two inputs for one colour: the browser's picker, and the text that is posted.
#[component]
fn Colour(
    id: &'static str,
    name: &'static str,
    label: &'static str,
    choose: &'static str,
    color: RwSignal<String>,
    #[prop(into)] off: Signal<bool>,
    error: Signal<Option<Error>>,
) -> impl IntoView {
    let first = crate::kit::form::refused();
    let sentence = Memo::new(move |_| match error.get() {
        Some(e) => e.about(name),
        None => first.as_ref().and_then(|r| r.error.about(name)),
    });
    let set = move |e| color.set(event_target_value(&e));
    let start = color.get_untracked();
    // The picker knows nothing but #rrggbb.
    let picked = move || {
        color
            .get()
            .parse::<Color>()
            .map_or_else(|_| "#000000".to_owned(), String::from)
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <div class="colour">
                <input type="color" aria-label=choose value=picked prop:value=picked disabled=off on:input=set />
                <input
                    class="input"
                    id=id
                    name=name
                    value=start
                    prop:value=color
                    pattern="#[0-9a-fA-F]{6}"
                    maxlength="7"
                    spellcheck="false"
                    disabled=off
                    aria-describedby=format!("{id}-error")
                    aria-invalid=move || sentence.read().is_some().then_some("true")
                    on:input=set
                />
            </div>
            <p class="error-text" id=format!("{id}-error") hidden=move || sentence.read().is_none()>
                <Icon name="circle-alert" size="s" />
                <span>{move || sentence.get()}</span>
            </p>
        </div>
    }
}

/// Where white would be hard to read, it says so and what is done about it (WCAG 2.2, 1.4.3: at least 4.5 : 1).
#[component]
fn Contrast(draft: Draft) -> impl IntoView {
    let words = Memo::new(move |_| {
        let color: Color = draft
            .primary
            .get()
            .parse()
            .ok()
            .filter(|_| draft.preset.get() == Preset::Custom)?;
        let (white, black): (Color, Color) = ("#ffffff".parse().ok()?, "#000000".parse().ok()?);
        (color.ink() == black).then(|| {
            let ratio = |with: &Color| format!("{:.1}", color.contrast(with));
            tr!(
                widget.contrast,
                white = ratio(&white),
                black = ratio(&black)
            )
        })
    });
    view! {
        <div role="status">
            {move || {
                words
                    .get()
                    .map(|words| {
                        view! {
                            <div class="notice" data-tone="wait">
                                <Icon name="triangle-alert" />
                                <div>{words}</div>
                            </div>
                        }
                    })
            }}
        </div>
    }
}
