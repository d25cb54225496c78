//! Light or dark.

use super::{store, stored};
use leptos::prelude::*;

/// `light`, `dark`, or as the system has it.
pub fn theme() -> Option<String> {
    stored("deskbell.theme")
}

pub fn set_theme(theme: Option<&str>) {
    store("deskbell.theme", theme);
    let Some(root) = document().document_element() else {
        return;
    };
    _ = match theme {
        Some(theme) => root.set_attribute("data-theme", theme),
        None => root.remove_attribute("data-theme"),
    };
}

/// From light to dark or back, whatever it is now.
pub fn switch_theme() {
    let dark = theme().map_or_else(
        || {
            window()
                .match_media("(prefers-color-scheme: dark)")
                .ok()
                .flatten()
                .is_some_and(|m| m.matches())
        },
        |t| t == "dark",
    );
    set_theme(Some(if dark { "light" } else { "dark" }));
}
