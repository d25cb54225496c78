//! One form for what can be written in several, made by the browser; the same as `nfc.rs` on the server.

pub fn nfc(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    js_sys::JsString::from(text).normalize("NFC").into()
}

/// Marks are counted by the server, which reads everything again.
pub fn is_mark(_: char) -> bool {
    false
}
