//! The doors: each with what it takes and what it answers.

use super::{
    escape,
    html::{paragraph, slug},
    inline, object,
    schemas::{fields, kind},
    str_of,
};
use serde_json::Value;
use std::fmt::Write;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

pub(super) struct Endpoint<'a> {
    method: &'a str,
    path: &'a str,
    operation: &'a Value,
}

/// Doors by the first word of their path, in the document's order.
pub(super) fn groups(document: &Value) -> Vec<(String, Vec<Endpoint<'_>>)> {
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

pub(super) fn describe(door: &Endpoint<'_>) -> String {
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
