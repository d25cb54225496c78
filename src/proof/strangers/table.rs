//! The table of `strangers.txt`: its lines, and that every door has one.

use crate::proof::{
    cast::{Role, Thing},
    doors,
};
use std::collections::BTreeSet;

pub(super) const ROLES: [Role; 7] = [
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
    pub(super) query: String,
    /// For each role: own, another's, another workspace's, absent.
    pub(super) cells: [[u16; 4]; ROLES.len()],
    pub thing: Option<Thing>,
    pub(super) body: String,
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

/// Whose doors a line is about, so that one slice can be asked alone. A new first word is given a place here.
pub(super) fn area(line: &Line) -> &'static str {
    let (kind, path) = line.door.split_once(' ').unwrap();
    let word = path.trim_start_matches('/').split('/').next().unwrap();
    match (kind, word) {
        ("page" | "file", _) | ("fn", "app") => "pages",
        (_, "sessions" | "me" | "agents" | "settings" | "account") => "account",
        (_, "contacts" | "contact") => "contact",
        (_, "widgets" | "widget") => "widget",
        (_, "conversations" | "conversation" | "events") => "conversation",
        (_, "audit-log" | "audit-log.csv" | "keeping") => "keeping",
        (_, "health" | "availability") => "serve",
        _ => panic!("whose door is {}?", line.door),
    }
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
