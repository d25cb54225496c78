//! `/api/docs`: the reference for people, made from the OpenAPI document. No script, nothing from elsewhere.

use super::moved;
use crate::base::{held::Hold, limits as rates};
use crate::model::limits;
use serde_json::Value;
use std::fmt::Write;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

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

const CONVENTIONS: &str = "<h2 id=\"conventions\">Conventions</h2><ul>\
<li>The base is <code>/api/v1</code>. JSON in and out, UTF-8, <code>snake_case</code> fields. Ids are UUIDs, times RFC 3339 in UTC.</li>\
<li><code>Authorization: Bearer &lt;token&gt;</code> identifies the caller. Tokens are shown once. The API accepts no cookies. It authenticates, then parses, then authorises.</li>\
<li>Requests that create a conversation or a message take a <code>client_id</code>, a UUID that you generate before the first attempt. The first request is answered 201, \
a repeat 200 with the original, and the same id with different content (text, kind, place, contact, reference) 422 <code>client_id_reused</code>. Retries never create duplicates.</li>\
<li>A 2xx means the change is committed and on disk.</li>\
<li>Lists are <code>{\"items\":[…],\"next_cursor\":null}</code> with <code>?limit=</code> and <code>?cursor=</code>; a cursor is opaque and belongs to its list.</li>\
<li>Resources that several staff can edit have an <code>ETag</code>. A stale <code>If-Match</code> is answered 409; without <code>If-Match</code> the change is accepted.</li>\
<li>Every response has an <code>X-Request-Id</code>; quote it when you report a problem.</li></ul>\
<pre><code>curl https://desk.example/api/v1/me -H 'Authorization: Bearer …'</code></pre>\
<h2 id=\"errors\">Errors</h2><p>Problem documents as in RFC 9457, <code>application/problem+json</code>. \
What you may not see is answered exactly like what does not exist. Unknown fields are rejected, so typos are caught.</p>\
<pre><code>{ \"type\": \"about:blank\", \"title\": \"Not valid\", \"status\": 422, \"detail\": \"…\",\n  \"code\": \"invalid\", \"errors\": { \"name\": [\"…\"] } }</code></pre>\
<table><thead><tr><th scope=\"col\">Code</th><th scope=\"col\">Status</th><th scope=\"col\">Meaning</th></tr></thead><tbody>\
<tr><td><code>malformed</code></td><td>400</td><td>The body is not JSON, or not UTF-8.</td></tr>\
<tr><td><code>unauthorized</code></td><td>401</td><td>No token, or an expired one.</td></tr>\
<tr><td><code>forbidden</code></td><td>403</td><td>You lack permission. Used only where existence is not a secret.</td></tr>\
<tr><td><code>not_found</code></td><td>404</td><td>It does not exist, or you have no access to it.</td></tr>\
<tr><td><code>method_not_allowed</code></td><td>405</td><td>See <code>Allow</code>.</td></tr>\
<tr><td><code>too_slow</code></td><td>408</td><td>The body did not arrive within 10 seconds.</td></tr>\
<tr><td><code>conflict</code></td><td>409</td><td>A change that is not possible now, or a stale <code>If-Match</code>.</td></tr>\
<tr><td><code>payload_too_large</code></td><td>413</td><td>See the limits.</td></tr>\
<tr><td><code>unsupported_media_type</code></td><td>415</td><td>Send <code>application/json</code>.</td></tr>\
<tr><td><code>invalid</code>, <code>client_id_reused</code></td><td>422</td><td><code>errors</code> lists the fields.</td></tr>\
<tr><td><code>rate_limited</code></td><td>429</td><td>Wait <code>Retry-After</code> seconds.</td></tr>\
<tr><td><code>unavailable</code></td><td>503</td><td>Nothing was changed; try again in a moment.</td></tr></tbody></table>";

const LISTENING: &str = "<h2 id=\"listening\">Listening</h2><p><code>GET /api/v1/events</code> is a stream (<code>text/event-stream</code>) of every event the caller may see. \
Each durable event has an id; resume with <code>Last-Event-ID</code> or <code>?after=</code>. On <code>reset</code>, load everything again. \
A <code>ping</code> arrives every 15 seconds; if none arrives for 40 seconds, reconnect. With <code>Accept: application/json</code> the same address returns at once \
the events after the cursor.</p><pre><code>id: 7f3a9c21.1042\nevent: message.created\ndata: {\"type\":\"message.created\",\"cursor\":\"7f3a9c21.1042\",\"at\":\"…\",\"workspace_id\":\"…\",\"data\":{…}}</code></pre>";

fn limits_table() -> String {
    let rows: Vec<(&str, String)> = vec![
        (
            "A message or a note",
            format!("{} characters", limits::MESSAGE),
        ),
        (
            "Links and code snippets formatted in a text",
            limits::MARKS.to_string(),
        ),
        ("A name", format!("{} characters", limits::NAME)),
        ("An email address", format!("{} bytes", limits::EMAIL)),
        (
            "An external URL",
            format!("{} bytes, http or https", limits::URL),
        ),
        (
            "A welcome or offline message, a reference’s label",
            format!("{} characters", limits::SENTENCE),
        ),
        ("Domains per widget", limits::DOMAINS.to_string()),
        (
            "A password",
            format!(
                "{} to {} characters",
                limits::PASSWORD.0,
                limits::PASSWORD.1
            ),
        ),
        ("A page address", format!("{} bytes", limits::ADDRESS)),
        ("A request body", format!("{} KiB", limits::BODY / 1024)),
        (
            "A page of a list",
            format!("{} entries, {} by default", limits::PAGE.1, limits::PAGE.0),
        ),
        ("The event log", format!("{} days", limits::LOG_DAYS)),
        (
            "A staff session",
            format!(
                "{} days unused, {} in total",
                limits::STAFF_IDLE_DAYS,
                limits::STAFF_DAYS
            ),
        ),
        (
            "A visitor’s session",
            format!("{} days unused", limits::VISITOR_IDLE_DAYS),
        ),
        ("An invitation", format!("{} days", limits::INVITATION_DAYS)),
        (
            "A set-up, reset or sign-in link",
            format!("{} minutes", limits::LINK_MINUTES),
        ),
        (
            "Wrong passwords for an account",
            format!("{} in {} minutes", limits::TRIES, limits::TRIES_MINUTES),
        ),
    ];
    let rates = rates::Kind::ALL
        .iter()
        .map(|k| (k.sentence(), format!("{} a minute", k.per_minute())));
    let held = Hold::ALL
        .iter()
        .map(|h| (h.sentence(), format!("{} at once", h.most())));
    let mut out = String::from(
        "<h2 id=\"limits\">Limits</h2><table><thead><tr><th scope=\"col\">What</th><th scope=\"col\">At most</th></tr></thead><tbody>",
    );
    for (what, most) in rows.into_iter().chain(rates).chain(held) {
        let what: String = what
            .chars()
            .take(1)
            .flat_map(char::to_uppercase)
            .chain(what.chars().skip(1))
            .collect();
        let _ = write!(out, "<tr><td>{}</td><td>{most}</td></tr>", escape(&what));
    }
    out + "</tbody></table>"
}

struct Endpoint<'a> {
    method: &'a str,
    path: &'a str,
    operation: &'a Value,
}

/// Doors by the first word of their path, in the document's order.
fn groups(document: &Value) -> Vec<(String, Vec<Endpoint<'_>>)> {
    let mut groups: Vec<(String, Vec<Endpoint<'_>>)> = vec![];
    for (path, item) in object(document, "/paths") {
        let word = path
            .trim_start_matches("/api/v1/")
            .split('/')
            .next()
            .unwrap_or_default();
        for method in METHODS {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let door = Endpoint {
                method,
                path,
                operation,
            };
            match groups.iter_mut().find(|(name, _)| name == word) {
                Some((_, doors)) => doors.push(door),
                None => groups.push((word.to_owned(), vec![door])),
            }
        }
    }
    groups
}

fn describe(door: &Endpoint<'_>) -> String {
    let tone = match door.method {
        "get" => "good",
        "delete" => "bad",
        _ => "blue",
    };
    let mut out = format!(
        "<h3 class=\"verb\" id=\"{}-{}\"><span class=\"badge\" data-tone=\"{tone}\">{}</span>{}</h3>",
        door.method,
        slug(door.path),
        door.method.to_uppercase(),
        escape(door.path)
    );
    for key in ["summary", "description"] {
        if let Some(said) = door
            .operation
            .get(key)
            .and_then(Value::as_str)
            .filter(|s| !s.is_empty())
        {
            out += &paragraph(said);
        }
    }
    if door
        .operation
        .get("security")
        .and_then(Value::as_array)
        .is_some_and(|s| {
            s.iter()
                .all(|one| one.as_object().is_none_or(|o| o.is_empty()))
        })
    {
        out += "<p>No token needed.</p>";
    }
    let parameters = door
        .operation
        .get("parameters")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    if !parameters.is_empty() {
        out += "<table><thead><tr><th scope=\"col\">Parameter</th><th scope=\"col\">Type</th><th scope=\"col\">Meaning</th></tr></thead><tbody>";
        for p in parameters {
            let required = p
                .get("required")
                .and_then(Value::as_bool)
                .unwrap_or_default();
            let said = format!(
                "{}{}",
                str_of(p, "description"),
                if required { "" } else { " (optional)" }
            );
            let place = str_of(p, "in");
            let kind = kind(p.get("schema").unwrap_or(&Value::Null));
            let _ = write!(
                out,
                "<tr><td><code>{}</code> in {place}</td><td>{kind}</td><td>{}</td></tr>",
                escape(str_of(p, "name")),
                inline(said.trim())
            );
        }
        out += "</tbody></table>";
    }
    if let Some(body) = door
        .operation
        .pointer("/requestBody/content/application~1json/schema")
    {
        let _ = write!(out, "<p>Body: {}</p>", kind(body));
        if body.get("properties").is_some() {
            out += &fields(body);
        }
    }
    let answers = object(door.operation, "/responses");
    if !answers.is_empty() {
        out += "<table><thead><tr><th scope=\"col\">Status</th><th scope=\"col\">Body</th><th scope=\"col\">When</th></tr></thead><tbody>";
        for (status, answer) in answers {
            let bodies: Vec<String> = object(answer, "/content")
                .into_iter()
                .map(|(_, c)| kind(c.get("schema").unwrap_or(&Value::Null)))
                .collect();
            let _ = write!(
                out,
                "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
                escape(status),
                bodies.join(" or "),
                inline(str_of(answer, "description"))
            );
        }
        out += "</tbody></table>";
    }
    out
}

/// The fields of an object, or the words of an enum.
fn fields(schema: &Value) -> String {
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
fn kind(schema: &Value) -> String {
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

fn prose(schema: &Value) -> String {
    Some(str_of(schema, "description"))
        .filter(|s| !s.is_empty())
        .map(paragraph)
        .unwrap_or_default()
}

fn paragraph(text: &str) -> String {
    text.split("\n\n")
        .map(|p| format!("<p>{}</p>", inline(p)))
        .collect()
}

/// Text with `code` in backticks.
pub(super) fn inline(text: &str) -> String {
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

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn slug(text: &str) -> String {
    text.trim_matches('/')
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect()
}

fn title(word: &str) -> String {
    let mut letters = word.replace('-', " ").chars().collect::<Vec<_>>();
    if let Some(first) = letters.first_mut() {
        *first = first.to_ascii_uppercase();
    }
    letters.into_iter().collect()
}
