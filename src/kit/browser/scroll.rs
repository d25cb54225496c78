//! Scrolling: to what should be seen, and not at all when something comes in above.

use super::element;
use leptos::prelude::*;
use web_sys::Element;

/// Scroll so that it can be seen.
pub fn show(id: &str) {
    if let Some(element) = element(id) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Scroll whatever is around it, so that the first of these is in the middle.
pub fn reveal(selector: &str) {
    if let Some(element) = document().query_selector(selector).ok().flatten() {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        options.set_inline(web_sys::ScrollLogicalPosition::Center);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Is its end in sight, or nearly?
pub fn at_bottom(element: &Element) -> bool {
    distance(element) - element.client_height() < 60
}

pub fn to_bottom(element: &Element, smooth: bool) {
    let calm = window()
        .match_media("(prefers-reduced-motion: reduce)")
        .ok()
        .flatten()
        .is_some_and(|m| m.matches());
    let options = web_sys::ScrollToOptions::new();
    options.set_top(f64::from(element.scroll_height()));
    options.set_behavior(if smooth && !calm {
        web_sys::ScrollBehavior::Smooth
    } else {
        web_sys::ScrollBehavior::Instant
    });
    element.scroll_to_with_scroll_to_options(&options);
}

/// From the top of what is seen to the end of all; kept, nothing jumps when something comes in above.
pub fn distance(element: &Element) -> i32 {
    element.scroll_height() - element.scroll_top()
}

pub fn keep_distance(element: &Element, distance: i32) {
    element.set_scroll_top(element.scroll_height() - distance);
}
