//! Promise 9, nobody gets what is not theirs: every door × everybody × {own, another's, another workspace's, absent}.
//! What is expected stands in `strangers.txt`, and nowhere else.

mod answers;
pub(super) mod asking;
pub(super) mod table;

use super::{
    cast::{Cast, Whose},
    form::report,
};
use crate::test::{Reply, TestDesk};
use answers::{telling, unexpected};
use std::collections::BTreeSet;
use table::{ROLES, area, table};

/// What one member was answered at one line.
struct Asked {
    line: usize,
    name: &'static str,
    role: usize,
    whose: Whose,
    reply: Reply,
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
    areas: &["account", "keeping", "serve"],
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
