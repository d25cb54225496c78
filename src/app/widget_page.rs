//! The document inside the widget's frame: its own root, its own exported entry, no router. It is also a page of
//! its own, for whoever has no scripts on the site around.

use super::{
    built::Built,
    module::{Module, Start},
};
use crate::{
    desk::conversation::view::chat::{ChatFrame, Gone, window},
    kit::{form, icon},
    model::{
        id::WidgetId,
        widget::{Appearance, Preset},
    },
    tr,
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::HashedStylesheet;

/// The widget that is being rendered. The browser reads it from the document.
#[derive(Clone, Copy)]
struct Here(WidgetId);

/// `GET /widget/{id}` of a widget that is there and enabled.
pub fn widget_document(
    options: LeptosOptions,
    widget: WidgetId,
    looks: Appearance,
) -> impl IntoView {
    provide_context(Here(widget));
    let style = match &Built::of(&options).style {
        Some(style) => carried(style.clone()).into_any(),
        None => view! { <HashedStylesheet options=options.clone() /> }.into_any(),
    };
    view! {
        <!DOCTYPE html>
        <html lang=crate::words::language() data-preset=looks.preset.word() data-widget=widget.to_string()>
            <head>
                <form::AtHome />
                <Meta />
                {style}
                {brand(&looks)}
                <script nonce=use_nonce()>{EARLY}</script>
                <Start options module=Module::Chat />
            </head>
            <body>
                <WidgetRoot />
                <Pictures />
            </body>
        </html>
    }
}

/// The same address for a widget that is disabled or never was: the same bytes, to be sent with 404.
pub fn widget_absent(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang=crate::words::language() data-preset="blue">
            <head>
                <Meta />
                <HashedStylesheet options />
            </head>
            <body>
                <Gone />
            </body>
        </html>
    }
}

/// Everything that the frame draws; behind the root, where hydration does not look.
const PICTURES: [&str; 22] = [
    "arrow-down",
    "arrow-up",
    "bell",
    "check",
    "check-check",
    "chevron-down",
    "circle-alert",
    "clock",
    "history",
    "hourglass",
    "inbox",
    "lock",
    "message-circle",
    "moon",
    "refresh",
    "smile",
    "user",
    "user-check",
    "volume",
    "volume-x",
    "wifi-off",
    "x",
];

#[component]
fn Pictures() -> impl IntoView {
    view! { <svg hidden aria-hidden="true" inner_html=icon::sprite(&PICTURES)></svg> }
}

#[component]
fn Meta() -> impl IntoView {
    view! {
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>{tr!(chat.title)}</title>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
    }
}

/// The two colours of a custom look and what is readable on them. Colours are `#rrggbb` by their type, so nothing
/// needs escaping in a `<style>`.
fn brand(looks: &Appearance) -> Option<impl IntoView + use<>> {
    let (brand, second) = (&looks.primary_color, &looks.secondary_color);
    let rule = format!(
        ":root{{--brand:{brand};--brand-ink:{};--brand-2:{second};--brand-2-ink:{}}}",
        brand.ink(),
        second.ink()
    );
    (looks.preset == Preset::Custom).then(|| carried(rule))
}

/// Styles in the document. They stand there as they are, so nothing in them may end their element.
fn carried(style: String) -> impl IntoView {
    view! { <style nonce=use_nonce()>{style}</style> }
}

/// Until the module is there: opened by hand, the caret is where one writes; Enter sends, as it will, by the plain
/// form; and what is on its way is marked, so that the module does not take it for unsent.
const EARLY: &str = "addEventListener('focus',()=>{const d=document;if(parent!==self&&d.activeElement===d.body&&!('hydrated'in d.documentElement.dataset))(d.getElementById('text')||d.getElementById('name'))?.focus()});addEventListener('keydown',e=>{const t=e.target;if(t.id==='text'&&e.key==='Enter'&&!e.shiftKey&&!e.isComposing&&e.keyCode!==229&&!e.defaultPrevented){e.preventDefault();if(t.value.trim())t.form.requestSubmit()}});addEventListener('submit',e=>{if(!e.defaultPrevented)e.target.dataset.sent=''})";

/// Everything in the body; hydrated by the entry `widget`.
#[component]
pub fn WidgetRoot() -> impl IntoView {
    form::carry_refused();
    provide_context(icon::OwnPictures);
    let here = use_context::<Here>().map(|here| here.0);
    let widget = here.or_else(|| window::attribute("data-widget")?.parse().ok());
    widget.map(|widget| view! { <ChatFrame widget /> })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carried_styles_stand_as_they_are() {
        let styles = r#".a>.b[c="d"]{e:f}"#;
        let html = carried(styles.into()).to_html();
        assert_eq!(html, format!("<style>{styles}</style>"));
    }
}
