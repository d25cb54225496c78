//! `/api/docs`: the reference for people, made from the OpenAPI document. No script, nothing from elsewhere.

mod conventions;
mod endpoints;
mod html;
mod limits;
mod schemas;

pub(super) use html::{escape, inline};

use super::moved;
use conventions::{CONVENTIONS, LISTENING};
use endpoints::{describe, groups};
use html::{prose, slug, title};
use limits::limits_table;
use schemas::fields;
use serde_json::Value;
use std::fmt::Write;

/// The whole page.
pub fn page(document: &Value, style: &str) -> String {
    let groups = groups(document);
    let mut out = String::with_capacity(128 * 1024);
    let _ = write!(
        out,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1, viewport-fit=cover\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>API · Deskbell</title>\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\"><link rel=\"stylesheet\" href=\"{style}\"></head>\
         <body class=\"public\"><a class=\"skip\" href=\"#main\">Skip to content</a><header class=\"public-bar\">\
         <a class=\"brand\" href=\"/\"><span class=\"brand-mark\"><svg class=\"icon\" aria-hidden=\"true\"><use href=\"/icons.svg#deskbell\"/></svg></span>\
         <span>Deskbell API</span></a><a class=\"button\" data-size=\"s\" href=\"/api/v1/openapi.json\">\
         <svg class=\"icon\" data-size=\"s\" aria-hidden=\"true\"><use href=\"/icons.svg#code\"/></svg>openapi.json</a></header>\
         <main id=\"main\" class=\"prose\"><h1>API</h1><p class=\"lede\">Everything you can do on the screens, your programs can do too: JSON over HTTP, one token \
         and the same access rules.</p><nav class=\"contents\" aria-label=\"Contents\"><a href=\"#conventions\">Conventions</a>\
         <a href=\"#errors\">Errors</a><a href=\"#limits\">Limits</a><a href=\"#listening\">Listening</a>"
    );
    for (name, _) in &groups {
        let _ = write!(
            out,
            "<a href=\"#{0}\">{1}</a>",
            slug(name),
            escape(&title(name))
        );
    }
    out.push_str(
        "<a href=\"#schemas\">Schemas</a><a href=\"#moving\">Migrating from another desk</a></nav>",
    );
    out.push_str(CONVENTIONS);
    out.push_str(&limits_table());
    out.push_str(LISTENING);
    out.push_str(&moved::events());
    for (name, doors) in &groups {
        let _ = write!(
            out,
            "<h2 id=\"{}\">{}</h2>",
            slug(name),
            escape(&title(name))
        );
        for door in doors {
            out.push_str(&describe(door));
        }
    }
    out.push_str("<h2 id=\"schemas\">Schemas</h2>");
    for (name, schema) in object(document, "/components/schemas") {
        let _ = write!(
            out,
            "<h3 id=\"shape-{0}\"><code>{0}</code></h3>{1}{2}",
            escape(name),
            prose(schema),
            fields(schema)
        );
    }
    out.push_str(&moved::desks());
    out.push_str("</main><footer class=\"public-foot\"><span>Deskbell</span><a href=\"/\">Help</a></footer></body></html>");
    out
}

fn object<'a>(value: &'a Value, at: &str) -> Vec<(&'a str, &'a Value)> {
    value
        .pointer(at)
        .and_then(Value::as_object)
        .map(|o| o.iter().map(|(k, v)| (k.as_str(), v)).collect())
        .unwrap_or_default()
}

fn str_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
