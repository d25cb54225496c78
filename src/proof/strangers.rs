//! Promise 9, nobody gets what is not theirs: every door × everybody × {own, another's, another workspace's, absent}.
//! What is expected stands in `strangers.txt`, and nowhere else.

use super::{
    cast::{Cast, Role, Thing, WHOSE, Whose},
    doors,
    form::report,
};
use crate::desk::account::ops::who;
use crate::model::id::WidgetId;
use crate::test::{Reply, TestDesk};
use axum::{
    body::Body,
    http::{HeaderMap, Method, Request},
};
use std::collections::BTreeSet;
use uuid::Uuid;

const ROLES: [Role; 7] = [
    Role::Stranger,
    Role::Visitor,
    Role::Customer,
    Role::Queue,
    Role::Agent,
    Role::Supervisor,
    Role::Admin,
];

/// One line of the table.
#[derive(Clone)]
pub struct Line {
    pub door: String,
    query: String,
    /// For each role: own, another's, another workspace's, absent.
    cells: [[u16; 4]; ROLES.len()],
    pub thing: Option<Thing>,
    body: String,
}

pub fn table() -> Vec<Line> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/proof/strangers.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines();
    let lines = lines.filter(|l| !l.trim().is_empty() && !l.starts_with('#'));
    lines.map(read).collect()
}

fn read(line: &str) -> Line {
    let mut words = line.split_whitespace();
    let mut word = || words.next().unwrap_or_else(|| panic!("too short: {line}"));
    let (kind, path) = (word(), word());
    let (path, query) = path
        .split_once('?')
        .map_or((path, String::new()), |(p, q)| (p, format!("?{q}")));
    let mut cells = [[0; 4]; ROLES.len()];
    for cell in &mut cells {
        let codes: Vec<u16> = word()
            .split('/')
            .map(|c| c.parse().unwrap_or_else(|_| panic!("no status: {line}")))
            .collect();
        let last = *codes.last().unwrap();
        *cell = std::array::from_fn(|at| codes.get(at).copied().unwrap_or(last));
    }
    let thing = match word() {
        "-" => None,
        "conversation" => Some(Thing::Conversation),
        "contact" => Some(Thing::Contact),
        "agent" => Some(Thing::Agent),
        "session" => Some(Thing::Session),
        "widget" => Some(Thing::Widget),
        "team" => Some(Thing::Team),
        other => panic!("what is {other}? {line}"),
    };
    let body = words.collect::<Vec<_>>().join(" ");
    Line {
        door: format!("{kind} {path}"),
        query,
        cells,
        thing,
        body,
    }
}

/// What one member was answered at one line.
struct Asked {
    line: usize,
    name: &'static str,
    role: usize,
    whose: Whose,
    reply: Reply,
}

impl Cast {
    async fn matrix(&mut self, lines: &[Line]) -> Vec<Asked> {
        let mut asked = vec![];
        for (n, line) in lines.iter().enumerate() {
            for at in 0..self.members.len() {
                let role = ROLES
                    .iter()
                    .position(|r| *r == self.members[at].role)
                    .unwrap();
                let kinds: &[Whose] = if line.thing.is_some() {
                    &WHOSE
                } else {
                    &WHOSE[..1]
                };
                for whose in kinds {
                    let reply = self.knock(line, at, *whose).await;
                    asked.push(Asked {
                        line: n,
                        name: self.members[at].name,
                        role,
                        whose: *whose,
                        reply,
                    });
                }
            }
        }
        asked
    }

    async fn knock(&mut self, line: &Line, at: usize, whose: Whose) -> Reply {
        let id = match line.thing {
            Some(thing) => self.thing(at, thing, whose).await,
            None => Uuid::nil(),
        };
        let own = if line.body.contains("$conversation") {
            self.thing(at, Thing::Conversation, Whose::Own).await
        } else {
            Uuid::nil()
        };
        let reply = self.ask(request(self, line, at, id, own)).await;
        let changes = doors::address(&line.door).0 != Method::GET;
        if changes && reply.status.is_success() {
            if let Some(thing) = line.thing {
                self.used(at, thing, whose);
            }
            self.used(at, Thing::Conversation, Whose::Own);
            self.seated(at).await;
            self.priya_works(at).await;
        }
        reply
    }
}

/// The request of one member, about `id`; `own` stands for a conversation of theirs.
pub fn request(cast: &Cast, line: &Line, at: usize, id: Uuid, own: Uuid) -> Request<Body> {
    let (method, path) = doors::address(&line.door);
    let side = cast.side(at);
    let fill = |text: &str| {
        text.replace("$id", &id.to_string())
            .replace("$new", &Uuid::new_v4().to_string())
            .replace("$conversation", &own.to_string())
            .replace("$widget", &side.widget.to_string())
            .replace("$agent", &side.priya.id.to_string())
    };
    let path = fill(&(path.replace("{id}", "$id") + &line.query));
    let token = &cast.members[at].person.token;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost:3000");
    let form = line.door.starts_with("fn ");
    let kind = if form {
        "application/x-www-form-urlencoded"
    } else {
        "application/json"
    };
    let drawn = line.door.starts_with("page ") || line.door.starts_with("file ");
    let wanted = if drawn {
        "text/html"
    } else {
        "application/json"
    };
    let mut request = request
        .header("content-type", kind)
        .header("accept", wanted);
    if form || drawn {
        // Offered wherever a door could look for it.
        let node = &cast.desk.node;
        let asked = [WidgetId(id), side.widget]
            .map(|w| format!("{}={token}", who::visitor_cookie(node, w)));
        let staff = format!("{}={token}", who::staff_cookie(node));
        request = request.header("cookie", format!("{staff}; {}", asked.join("; ")));
    } else if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(Body::from(fill(&line.body))).unwrap()
}

/// Where an answer is not the one that the table names.
fn unexpected(lines: &[Line], asked: &[Asked]) -> Vec<String> {
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
fn telling(lines: &[Line], asked: &[Asked]) -> (usize, Vec<String>) {
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

/// Doors without a line, and lines without a door.
fn uncovered(doors: &BTreeSet<String>, lines: &[Line]) -> Vec<String> {
    let named: BTreeSet<String> = lines.iter().map(|l| l.door.clone()).collect();
    doors.symmetric_difference(&named).cloned().collect()
}

#[test]
fn every_door_has_a_line_and_every_line_a_door() {
    let (doors, lines) = (doors::all(), table());
    assert_eq!(uncovered(&doors, &lines), Vec::<String>::new());
    let mut more = doors.clone();
    more.insert("post /a-new-door".into());
    assert_eq!(
        uncovered(&more, &lines),
        ["post /a-new-door"],
        "a new door is noticed"
    );
    assert_eq!(
        uncovered(&doors, &lines[1..]),
        [lines[0].door.clone()],
        "and so is a line that went missing"
    );
}

/// Whose doors a line is about, so that one slice can be asked alone. A new first word is given a place here.
fn area(line: &Line) -> &'static str {
    let (kind, path) = line.door.split_once(' ').unwrap();
    let word = path.trim_start_matches('/').split('/').next().unwrap();
    match (kind, word) {
        ("page" | "file", _) | ("fn", "app") => "pages",
        (_, "sessions" | "me" | "agents" | "settings" | "account") => "account",
        (_, "contacts" | "contact") => "contact",
        (_, "widgets" | "widget") => "widget",
        (_, "conversations" | "conversation" | "events") => "conversation",
        (_, "health" | "availability") => "serve",
        _ => panic!("whose door is {}?", line.door),
    }
}

crate::stories! {
    nobody_gets_what_is_not_theirs_of_accounts,
    nobody_gets_what_is_not_theirs_of_contacts,
    nobody_gets_what_is_not_theirs_of_conversations,
    nobody_gets_what_is_not_theirs_of_pages,
    nobody_gets_what_is_not_theirs_of_widgets,
}

/// What one story asks, and how much it must come to, so that it is not empty one day.
struct Part {
    areas: &'static [&'static str],
    answers: usize,
    comparisons: usize,
}

const ACCOUNTS: Part = Part {
    areas: &["account", "serve"],
    answers: 1000,
    comparisons: 300,
};
const CONTACTS: Part = Part {
    areas: &["contact"],
    answers: 150,
    comparisons: 60,
};
const CONVERSATIONS: Part = Part {
    areas: &["conversation"],
    answers: 1800,
    comparisons: 750,
};
const PAGES: Part = Part {
    areas: &["pages"],
    answers: 450,
    comparisons: 100,
};
const WIDGETS: Part = Part {
    areas: &["widget"],
    answers: 750,
    comparisons: 250,
};

async fn nobody_gets_what_is_not_theirs_of_accounts(desk: TestDesk) {
    nobody_gets_what_is_not_theirs(desk, ACCOUNTS).await;
}

async fn nobody_gets_what_is_not_theirs_of_contacts(desk: TestDesk) {
    nobody_gets_what_is_not_theirs(desk, CONTACTS).await;
}

async fn nobody_gets_what_is_not_theirs_of_conversations(desk: TestDesk) {
    nobody_gets_what_is_not_theirs(desk, CONVERSATIONS).await;
}

async fn nobody_gets_what_is_not_theirs_of_pages(desk: TestDesk) {
    nobody_gets_what_is_not_theirs(desk, PAGES).await;
}

async fn nobody_gets_what_is_not_theirs_of_widgets(desk: TestDesk) {
    nobody_gets_what_is_not_theirs(desk, WIDGETS).await;
}

#[test]
fn every_line_is_asked_in_one_story() {
    let parts = [ACCOUNTS, CONTACTS, CONVERSATIONS, PAGES, WIDGETS];
    let mut asked: Vec<&str> = parts.iter().flat_map(|part| part.areas).copied().collect();
    asked.sort_unstable();
    let there: BTreeSet<&str> = table().iter().map(area).collect();
    assert_eq!(asked, there.into_iter().collect::<Vec<_>>());
}

async fn nobody_gets_what_is_not_theirs(desk: TestDesk, part: Part) {
    let mut lines = table();
    lines.retain(|line| part.areas.contains(&area(line)));
    let mut cast = Cast::gather(desk).await;
    let mut asked = cast.matrix(&lines).await;
    let wrong = unexpected(&lines, &asked);
    assert!(
        wrong.is_empty(),
        "{} of {} answers:\n{}",
        wrong.len(),
        asked.len(),
        wrong.join("\n")
    );
    let (compared, wrong) = telling(&lines, &asked);
    assert!(
        wrong.is_empty(),
        "{} of {compared} tell more than \"absent\":\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        asked.len() > part.answers && compared > part.comparisons,
        "only {} answers, {compared} compared",
        asked.len()
    );

    // The control: whichever expectation is wrong, it is noticed; and so is one byte.
    let mut flipped = 0;
    for (n, line) in lines.iter().enumerate() {
        let theirs: Vec<&Asked> = asked.iter().filter(|a| a.line == n).collect();
        for role in 0..ROLES.len() {
            for whose in 0..if line.thing.is_some() { 4 } else { 1 } {
                let wanted = line.cells[role][whose] + 1;
                let noticed = theirs.iter().any(|a| {
                    a.role == role && a.whose as usize == whose && a.reply.status != wanted
                });
                assert!(
                    noticed,
                    "{} {role} {whose}: nobody asked, or any answer is right",
                    line.door
                );
                flipped += 1;
            }
        }
    }
    let mut lied = lines.clone();
    lied[0].cells[0][0] += 1;
    assert!(
        !unexpected(&lied, &asked).is_empty(),
        "the harness believes whatever it is told"
    );
    let other = asked
        .iter_mut()
        .find(|a| matches!(a.whose, Whose::Others | Whose::Elsewhere) && a.reply.status == 404)
        .unwrap();
    other.reply.text.push(' ');
    assert_eq!(
        telling(&lines, &asked).1.len(),
        1,
        "one byte more is not noticed"
    );
    report(&format!(
        "strangers, {}: {} lines, {} answers, {compared} compared byte for byte, {flipped} expectations flipped",
        part.areas.join(" and "),
        lines.len(),
        asked.len()
    ));
    cast.desk.node.stop().cancel();
}
