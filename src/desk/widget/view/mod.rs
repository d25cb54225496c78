//! The admin's screens of widgets: the list, and one to edit with what it will look like beside it.

mod edit;
mod fields;
mod list;
mod preview;
mod proof;
mod remove;
#[cfg(all(test, feature = "ssr"))]
mod tests;

pub use {edit::WidgetPage, list::WidgetsPage};

use crate::model::widget::{Policy, Preset};
use crate::tr;
use leptos::{html, prelude::*};

fn policy_words(policy: Policy) -> (&'static str, &'static str) {
    match policy {
        Policy::Anyone => (tr!(widget.anyone), tr!(widget.anyone_hint)),
        Policy::EmailRequired => (tr!(widget.email_required), tr!(widget.email_required_hint)),
        Policy::VerifiedOnly => (tr!(widget.verified_only), tr!(widget.verified_only_hint)),
    }
}

fn preset_words(preset: Preset) -> &'static str {
    match preset {
        Preset::Teal => tr!(widget.teal),
        Preset::Gold => tr!(widget.gold),
        Preset::Blue => tr!(widget.blue),
        Preset::Custom => tr!(widget.custom),
    }
}

/// Keep the four brand tokens on an element: the two colours of `custom`, each with the ink that reads on it. A
/// preset brings its own. Through CSSOM, because the page allows no `style` attribute.
fn brand<E>(
    node: NodeRef<E>,
    preset: Signal<Preset>,
    primary: Signal<String>,
    secondary: Signal<String>,
) where
    E: html::ElementType,
    E::Output: leptos::wasm_bindgen::JsCast + AsRef<leptos::web_sys::HtmlElement> + Clone + 'static,
{
    crate::kit::effect(move |_| {
        let Some(element) = node.get() else { return };
        let element: &leptos::web_sys::HtmlElement = element.as_ref();
        let style = element.style();
        let custom = preset.get() == Preset::Custom;
        for (name, color) in [("--brand", primary.get()), ("--brand-2", secondary.get())] {
            let ink = format!("{name}-ink");
            match color.parse::<crate::model::color::Color>() {
                Ok(color) if custom => {
                    _ = style.set_property(name, color.as_str());
                    _ = style.set_property(&ink, color.ink().as_str());
                }
                // While it is being typed, the last colour stays.
                Err(_) if custom => {}
                _ => {
                    _ = style.remove_property(name);
                    _ = style.remove_property(&ink);
                }
            }
        }
    });
}
