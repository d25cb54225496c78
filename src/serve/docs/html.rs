//! Text as HTML: paragraphs, code, headings and their addresses.

use super::str_of;
use serde_json::Value;

pub(super) fn prose(schema: &Value) -> String {
    Some(str_of(schema, "description"))
        .filter(|s| !s.is_empty())
        .map(paragraph)
        .unwrap_or_default()
}

pub(super) fn paragraph(text: &str) -> String {
    text.split("\n\n")
        .map(|p| format!("<p>{}</p>", inline(p)))
        .collect()
}

/// Text with `code` in backticks.
pub(in crate::serve) fn inline(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(i, part)| {
            if i % 2 == 1 {
                format!("<code>{}</code>", escape(part))
            } else {
                escape(part)
            }
        })
        .collect()
}

pub(in crate::serve) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

pub(super) fn slug(text: &str) -> String {
    text.trim_matches('/')
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect()
}

pub(super) fn title(word: &str) -> String {
    let mut letters = word.replace('-', " ").chars().collect::<Vec<_>>();
    if let Some(first) = letters.first_mut() {
        *first = first.to_ascii_uppercase();
    }
    letters.into_iter().collect()
}
