//! For people who come from another desk: its endpoints and what they are here, and what is heard. Two tables of the
//! reference; the addresses of pages are led on by `pages`.

use crate::model::event::NAMES;
use std::fmt::Write;

/// Where something is that another desk called so: text with `code`, in which an endpoint is a method and a path below
/// `/api/v1`.
type Rows = &'static [(&'static str, &'static str)];

const SUPPORT: Rows = &[
    (
        "GET /support/api/config/",
        "`GET /widgets/{id}/config`, without a token",
    ),
    (
        "GET /support/api/conversation/create/",
        "`POST /widgets/{id}/visitors` once, for the visitor’s token, then `POST /conversations`: a GET changes nothing here",
    ),
    (
        "GET /support/api/conversation/<id>/messages/",
        "`GET /conversations/{id}/messages`; instead of polling every 3 seconds, `GET /events`",
    ),
    (
        "POST /support/api/conversation/<id>/send/",
        "`POST /conversations/{id}/messages`",
    ),
    (
        "POST /support/api/conversation/<id>/upload/",
        "Not available yet: files are not supported",
    ),
    (
        "POST /support/api/conversation/<id>/close/",
        "`POST /conversations/{id}/close`",
    ),
    (
        "GET /support/agent/api/conversations/",
        "`GET /conversations`",
    ),
    (
        "GET /support/agent/api/conversation/<id>/messages/",
        "`GET /conversations/{id}/messages`",
    ),
    (
        "POST /support/agent/api/send/",
        "`POST /conversations/{id}/messages`, with an agent’s token",
    ),
    (
        "POST /support/agent/api/conversation/<id>/update/",
        "`POST /conversations/{id}/status` and `POST /conversations/{id}/assign`",
    ),
    (
        "POST /support/agent/api/toggle-online/",
        "`PATCH /me` with `availability`: `online` or `away`",
    ),
];

const CHAT: Rows = &[
    (
        "/chat/start/",
        "`POST /widgets/{id}/visitors` once, for the visitor’s token, then `POST /conversations`",
    ),
    (
        "/chat/start/<product_id>/",
        "The same; the product is the `reference` of `POST /conversations`",
    ),
    (
        "/chat/send/<session_id>/",
        "`POST /conversations/{id}/messages`",
    ),
    (
        "/chat/messages/<session_id>/",
        "`GET /conversations/{id}/messages`; new ones by `GET /events`",
    ),
    (
        "/chat/close/<session_id>/",
        "`POST /conversations/{id}/close`",
    ),
    (
        "/custom-admin/chat/",
        "Redirects to the page `/desk`; `GET /conversations`",
    ),
    (
        "/custom-admin/chat/<session_id>/",
        "Redirects to the page `/desk/c/{id}`; `GET /conversations/{id}`",
    ),
    (
        "/custom-admin/chat/<session_id>/send/",
        "`POST /conversations/{id}/messages`, with an agent’s token",
    ),
    (
        "/custom-admin/chat/<session_id>/messages/",
        "`GET /conversations/{id}/messages`; new ones by `GET /events`",
    ),
    (
        "/custom-admin/chat/<session_id>/close/",
        "`POST /conversations/{id}/close`",
    ),
    (
        "/custom-admin/chat/<session_id>/assign/",
        "`POST /conversations/{id}/assign`",
    ),
];

const SESSIONS: Rows = &[
    (
        "GET /v1/chat/sessions?status=…&assigned_agent_id=…",
        "`GET /conversations` with `status` and `assigned_agent_id`; `ended` is `closed`; there is no `transferred` yet",
    ),
    (
        "GET /v1/chat/sessions/{sessionId}",
        "`GET /conversations/{id}`",
    ),
    (
        "POST /v1/chat/sessions",
        "`POST /conversations` with `widget_id`, `contact` (`email`, `name`), `client_id` and the first `body`",
    ),
    (
        "POST /v1/chat/sessions/{sessionId}/messages",
        "`POST /conversations/{id}/messages`; `content` is `body`, `message_type` is `kind`",
    ),
    (
        "POST /v1/chat/sessions/{sessionId}/assign",
        "`POST /conversations/{id}/assign`",
    ),
    (
        "ws /v1/chat/ws",
        "`GET /events`, a stream that any HTTP client can read; send with `POST`",
    ),
    ("new_message (received)", "The event `message.created`"),
    (
        "session_assigned (received)",
        "The event `conversation.assigned`",
    ),
    ("typing_indicator (received)", "The event `typing`"),
    ("send_message (sent)", "`POST /conversations/{id}/messages`"),
    (
        "/chat-widget.js, TmsChat('init', …)",
        "`/widget.js` and `Deskbell('init', { widgetId })`; the domains are the widget’s settings",
    ),
];

/// The desks that people come from, each with what it called things.
const DESKS: [(&str, Rows); 3] = [
    ("/support/api and /support/agent/api", SUPPORT),
    ("/chat and /custom-admin/chat", CHAT),
    ("/v1/chat/sessions", SESSIONS),
];

/// Who hears an event of this name, and when.
fn says(name: &str) -> &'static str {
    match name {
        "conversation.created" => {
            "A conversation started. Sent to staff who can see it, and to its customer."
        }
        "conversation.updated" => {
            "A conversation changed. For anyone who can no longer see it, `gone` is true."
        }
        "conversation.assigned" => {
            "The assignee changed. Anyone who can see it only now gets the whole conversation."
        }
        "conversation.closed" => "A conversation was closed.",
        "conversation.reopened" => "A conversation was reopened.",
        "message.created" => "A text, a note or a system line. Notes are sent to staff only.",
        "receipt.read" => "Someone has read up to a message.",
        "availability.changed" => "Someone’s availability changed.",
        "typing" => "Someone is typing. Has no id, as it is not stored.",
        "presence" => "Someone has the conversation open. Has no id, as it is not stored.",
        "reset" => "Your data may be out of date: load everything again, then resume from this id.",
        "ping" => "Sent every 15 seconds, so that you notice a lost connection.",
        _ => "",
    }
}

/// A table of two columns; both are HTML.
fn table(out: &mut String, heads: [&str; 2], rows: impl Iterator<Item = [String; 2]>) {
    let [left, right] = heads;
    let _ = write!(
        out,
        "<table><thead><tr><th scope=\"col\">{left}</th><th scope=\"col\">{right}</th></tr></thead><tbody>"
    );
    for [left, right] in rows {
        let _ = write!(out, "<tr><td>{left}</td><td>{right}</td></tr>");
    }
    out.push_str("</tbody></table>");
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", super::docs::escape(text))
}

/// Every name that the stream may carry.
pub fn events() -> String {
    let mut out = String::from("<h3 id=\"events-by-name\">Events by name</h3>");
    let rows = NAMES.iter();
    let rows = rows.map(|name| [code(name), super::docs::inline(says(name))]);
    table(&mut out, ["Event", "Meaning"], rows);
    out
}

/// What other desks called things.
pub fn desks() -> String {
    let mut out = String::from(
        "<h2 id=\"moving\">Migrating from another desk</h2><p>What your programs called there, and what to call here. \
         Addresses on the right are under <code>/api/v1</code>. Old API addresses are not answered; old page addresses redirect.</p>",
    );
    for (desk, rows) in DESKS {
        let _ = write!(out, "<h3>{}</h3>", super::docs::escape(desk));
        let rows = rows.iter();
        let rows = rows.map(|(was, is)| [code(was), super::docs::inline(is)]);
        table(&mut out, ["There", "Here"], rows);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_described() {
        for name in NAMES {
            assert!(says(name).ends_with('.'), "{name}");
        }
        let page = events();
        assert!(page.contains("<code>message.created</code>"), "{page}");
    }

    /// An endpoint that a table names exists.
    #[test]
    fn what_the_tables_lead_to_is_there() {
        let document = serde_json::to_value(crate::serve::document()).unwrap();
        let mut asked = 0;
        for (was, is) in DESKS.into_iter().flat_map(|(_, rows)| rows) {
            assert!(is.matches('`').count().is_multiple_of(2), "{is}");
            for word in is.split('`').skip(1).step_by(2) {
                let Some((method, path)) = word.split_once(' ') else {
                    continue;
                };
                if !path.starts_with('/') {
                    continue;
                }
                let door = &document["paths"][format!("/api/v1{path}")];
                let method = method.to_ascii_lowercase();
                assert!(door[method].is_object(), "{was} leads to {word}");
                asked += 1;
            }
        }
        assert!(asked > 20, "only {asked}");
    }
}
