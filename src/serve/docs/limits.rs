//! The table of limits, made from the numbers that the process goes by.

use super::escape;
use crate::base::{held::Hold, limits as rates};
use crate::model::limits;
use std::fmt::Write;

pub(super) fn limits_table() -> String {
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
