//! What the system shows beside the page: notifications, and the number on an icon.

use super::{muted, visible};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// Does this browser show them?
pub fn may_notify() -> bool {
    let known = js_sys::Reflect::has(&window(), &"Notification".into()).unwrap_or(false);
    known && web_sys::Notification::permission() == web_sys::NotificationPermission::Granted
}

/// Has the person not decided yet?
pub fn can_ask_to_notify() -> bool {
    let known = js_sys::Reflect::has(&window(), &"Notification".into()).unwrap_or(false);
    known && web_sys::Notification::permission() == web_sys::NotificationPermission::Default
}

/// Does this browser refuse to show any?
pub fn may_not_notify() -> bool {
    let known = js_sys::Reflect::has(&window(), &"Notification".into()).unwrap_or(false);
    !known || web_sys::Notification::permission() == web_sys::NotificationPermission::Denied
}

/// Ask the person; over when they have answered. Must be called from a click.
pub async fn ask_to_notify() {
    if js_sys::Reflect::has(&window(), &"Notification".into()).unwrap_or(false)
        && let Ok(asked) = web_sys::Notification::request_permission()
    {
        _ = wasm_bindgen_futures::JsFuture::from(asked).await;
    }
}

/// On the desktop, while the page is not looked at; a click leads to `address`.
pub fn notify(title: &str, body: &str, address: &str) {
    if visible() || muted() || !may_notify() {
        return;
    }
    // The system shows a few lines of it.
    let body: String = body.chars().take(300).collect();
    let options = js_sys::Object::new();
    for (key, value) in [("body", &*body), ("tag", address), ("icon", "/favicon.svg")] {
        _ = js_sys::Reflect::set(&options, &key.into(), &value.into());
    }
    let Ok(shown) = js_sys::Reflect::get(&window(), &"Notification".into())
        .and_then(|class| class.dyn_into::<js_sys::Function>())
        .and_then(|class| {
            js_sys::Reflect::construct(&class, &js_sys::Array::of2(&title.into(), &options))
        })
    else {
        return;
    };
    let address = address.to_owned();
    let click = Closure::once_into_js(move || {
        _ = window().focus();
        _ = window().location().set_href(&address);
    });
    _ = js_sys::Reflect::set(&shown, &"onclick".into(), &click);
}

/// The number on an installed app's icon.
pub fn badge(count: i64) {
    let navigator = window().navigator();
    if let Ok(set) = js_sys::Reflect::get(&navigator, &"setAppBadge".into())
        .and_then(|f| f.dyn_into::<js_sys::Function>())
    {
        _ = set.call1(&navigator, &JsValue::from_f64(count as f64));
    }
}
