//! One form for what can be written in several (Unicode Standard Annex 15). The browser's build has its own
//! (`nfc_browser.rs`), because browsers have the tables already.

use unicode_normalization::{
    IsNormalized, UnicodeNormalization, char::is_combining_mark, is_nfc_quick,
};

/// The text, composed: "é" as one character however it was typed.
pub fn nfc(text: &str) -> String {
    if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return text.to_owned();
    }
    text.nfc().collect()
}

/// It stands on, under or in the character before it.
pub fn is_mark(c: char) -> bool {
    is_combining_mark(c)
}
