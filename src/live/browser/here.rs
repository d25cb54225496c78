//! Each is silent when the browser refuses it.

use super::Shelf;
use std::time::Duration;
use web_sys::Storage;

fn storage(shelf: Shelf) -> Option<Storage> {
    let window = web_sys::window()?;
    match shelf {
        Shelf::Browser => window.local_storage().ok()?,
        Shelf::Tab => window.session_storage().ok()?,
    }
}

pub fn read(shelf: Shelf, key: &str) -> Option<String> {
    storage(shelf)?.get_item(key).ok()?
}

/// `None` takes it out.
pub fn write(shelf: Shelf, key: &str, value: Option<&str>) {
    let Some(storage) = storage(shelf) else {
        return;
    };
    _ = match value {
        Some(value) => storage.set_item(key, value),
        None => storage.remove_item(key),
    };
}

/// The keys that begin so.
pub fn keys(shelf: Shelf, prefix: &str) -> Vec<String> {
    let Some(storage) = storage(shelf) else {
        return vec![];
    };
    let all = (0..storage.length().unwrap_or(0)).filter_map(|i| storage.key(i).ok().flatten());
    all.filter(|k| k.starts_with(prefix)).collect()
}

/// From 0 to 1, without 1.
pub fn random() -> f64 {
    js_sys::Math::random()
}

pub async fn sleep(milliseconds: u32) {
    gloo_timers::future::sleep(Duration::from_millis(milliseconds.into())).await;
}
