//! What is wrong with the answers: another status than the table's, or other bytes for "not yours" than for "absent".

use super::{Asked, table::Line};
use crate::proof::cast::Whose;
use crate::test::Reply;
use axum::http::HeaderMap;
use uuid::Uuid;

/// Where an answer is not the one that the table names.
pub(super) fn unexpected(lines: &[Line], asked: &[Asked]) -> Vec<String> {
    let wrong = asked.iter().filter_map(|a| {
        let wanted = lines[a.line].cells[a.role][a.whose as usize];
        let said: String = a.reply.text.chars().take(120).collect();
        (a.reply.status != wanted).then(|| {
            let (door, query) = (&lines[a.line].door, &lines[a.line].query);
            format!(
                "{door}{query}\t{}\t{:?}\t{wanted}\t{}\t{said}",
                a.name,
                a.whose,
                a.reply.status.as_u16()
            )
        })
    });
    wrong.collect()
}

/// Where what is not yours is answered in other bytes than what is not there.
pub(super) fn telling(lines: &[Line], asked: &[Asked]) -> (usize, Vec<String>) {
    let (mut compared, mut wrong) = (0, vec![]);
    for group in asked.chunk_by(|a, b| a.line == b.line && a.name == b.name) {
        let Some(absent) = group.iter().find(|a| a.whose == Whose::Absent) else {
            continue;
        };
        for other in group
            .iter()
            .filter(|a| matches!(a.whose, Whose::Others | Whose::Elsewhere))
        {
            let cells = lines[other.line].cells[other.role];
            let (theirs, none) = (cells[other.whose as usize], cells[Whose::Absent as usize]);
            // A colleague's may be shown where it is a list that it narrows.
            let allowed = other.whose == Whose::Others && theirs < 300;
            if theirs != none || allowed {
                continue;
            }
            compared += 1;
            if bytes(&other.reply) != bytes(&absent.reply) {
                let door = &lines[other.line].door;
                wrong.push(format!(
                    "{door} {} {:?}:\n  {:?}\n  {:?}",
                    other.name,
                    other.whose,
                    bytes(&other.reply),
                    bytes(&absent.reply)
                ));
            }
        }
    }
    (compared, wrong)
}

/// Everything but the headers that every answer has of its own. A page that is drawn has a nonce and fresh ids.
fn bytes(reply: &Reply) -> (u16, Vec<(String, String)>, String) {
    let own = ["date", "x-request-id"];
    let all = |h: &HeaderMap| {
        h.iter()
            .map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned()))
            .collect::<Vec<_>>()
    };
    let headers = all(&reply.headers)
        .into_iter()
        .filter(|(n, _)| !own.contains(&n.as_str()));
    let nonce = reply
        .headers
        .get("content-security-policy")
        .and_then(|p| p.to_str().ok()?.split_once("'nonce-")?.1.split_once('\''));
    let nonce = nonce
        .map(|(n, _)| n.to_owned())
        .unwrap_or("no nonce".into());
    let plain = |text: &str| without_ids(&text.replace(&nonce, "NONCE"));
    let kind = reply.headers.get("content-type");
    let drawn = reply.status.is_redirection()
        || kind.is_some_and(|t| t.as_bytes().starts_with(b"text/html"));
    if reply.status.is_success() || drawn {
        (
            reply.status.as_u16(),
            headers.map(|(n, v)| (n, plain(&v))).collect(),
            plain(&reply.text),
        )
    } else {
        (reply.status.as_u16(), headers.collect(), reply.text.clone())
    }
}

/// The text with every UUID replaced.
fn without_ids(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while !rest.is_empty() {
        let is_id = rest.get(..36).is_some_and(|t| Uuid::try_parse(t).is_ok());
        let step = if is_id {
            36
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        out += if is_id { "ID" } else { &rest[..step] };
        rest = &rest[step..];
    }
    out
}
