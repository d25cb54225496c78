//! What the browser keeps: for all tabs, or for one.

use web_sys::Storage;

fn local() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn session() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
}

/// From the storage that outlives the tab.
pub fn stored(key: &str) -> Option<String> {
    local()?.get_item(key).ok()?
}

/// Into the storage that outlives the tab; `None` takes it out.
pub fn store(key: &str, value: Option<&str>) {
    put(local(), key, value);
}

/// From the tab's own storage.
pub fn session_get(key: &str) -> Option<String> {
    session()?.get_item(key).ok()?
}

/// Into the tab's own storage.
pub fn session_set(key: &str, value: Option<&str>) {
    put(session(), key, value);
}

fn put(storage: Option<Storage>, key: &str, value: Option<&str>) {
    let Some(storage) = storage else { return };
    _ = match value {
        Some(value) => storage.set_item(key, value),
        None => storage.remove_item(key),
    };
}
