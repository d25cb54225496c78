//! Shapes: their fields, and what type each is.

use super::{escape, inline, object, str_of};
use serde_json::Value;
use std::fmt::Write;

/// The fields of an object, or the words of an enum.
pub(super) fn fields(schema: &Value) -> String {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<String> = words
            .iter()
            .filter_map(Value::as_str)
            .map(|w| format!("<code>{}</code>", escape(w)))
            .collect();
        return format!("<p>One of {}.</p>", words.join(", "));
    }
    let all: Vec<(&str, &Value)> = object(schema, "/properties");
    if all.is_empty() {
        return String::new();
    }
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|r| r.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let mut out = String::from(
        "<table><thead><tr><th scope=\"col\">Field</th><th scope=\"col\">Type</th><th scope=\"col\">Meaning</th></tr></thead><tbody>",
    );
    for (name, field) in all {
        let optional = if required.contains(&name) {
            ""
        } else {
            " (optional)"
        };
        let said = format!("{}{optional}", str_of(field, "description"));
        let _ = write!(
            out,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
            escape(name),
            kind(field),
            inline(said.trim())
        );
    }
    out + "</tbody></table>"
}

/// What type a schema is, in a word, with a link where it is a shape.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(name) = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|r| r.rsplit('/').next())
    {
        return format!("<a href=\"#shape-{0}\">{0}</a>", escape(name));
    }
    for of in ["oneOf", "anyOf", "allOf"] {
        if let Some(some) = schema.get(of).and_then(Value::as_array) {
            return some.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(items) = schema.get("items") {
        return format!("list of {}", kind(items));
    }
    let word = match schema.get("type") {
        Some(Value::String(one)) => one.clone(),
        Some(Value::Array(some)) => some
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" or "),
        _ => "any".into(),
    };
    match schema
        .get("format")
        .and_then(Value::as_str)
        .filter(|f| matches!(*f, "uuid" | "date-time" | "uri" | "email"))
    {
        Some(format) => escape(&word.replacen("string", format, 1)),
        None => escape(&word),
    }
}
