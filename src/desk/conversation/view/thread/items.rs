//! What stands in a thread, from its lines: days, runs of one author, and where the new begins.

use crate::{
    kit::browser,
    model::{
        conversation::Side,
        id::MessageId,
        message::Line,
        thread::{Thread, continues, new_day},
        time::Time,
    },
};

#[derive(Clone, PartialEq)]
pub(super) enum Item<L> {
    /// A new day; what is new may begin with it.
    Day(Time, i64, bool),
    New,
    Line {
        line: L,
        joined: bool,
    },
}

#[derive(PartialEq, Eq, Hash)]
pub(super) enum Key {
    Day(i64, bool),
    New,
    Line(MessageId, i64, bool, String),
}

impl<L: Line> Item<L> {
    pub(super) fn key(&self) -> Key {
        match self {
            Item::Day(_, seq, new) => Key::Day(*seq, *new),
            Item::New => Key::New,
            Item::Line { line, joined } => {
                // Under another name it is drawn anew.
                let by = line.author().name.clone();
                Key::Line(line.id(), line.seq(), *joined, by)
            }
        }
    }
}

/// The lines with what stands between them; the unread line comes before `unread_from`.
pub(super) fn items<L: Line>(lines: &[L], unread_from: Option<i64>, zoned: bool) -> Vec<Item<L>> {
    let mut items = Vec::with_capacity(lines.len() + 4);
    let mut before: Option<&L> = None;
    for line in lines {
        let mut joined = before.is_some_and(|b| {
            b.happened().is_none() && line.happened().is_none() && continues(b, line)
        });
        let new = unread_from == Some(line.seq());
        if before.is_none_or(|b| {
            new_day(
                b.created_at(),
                line.created_at(),
                if zoned { east(line.created_at()) } else { 0 },
            )
        }) {
            items.push(Item::Day(line.created_at(), line.seq(), new));
            joined = false;
        } else if new {
            items.push(Item::New);
            joined = false;
        }
        items.push(Item::Line {
            line: line.clone(),
            joined,
        });
        before = Some(line);
    }
    items
}

/// Minutes between UTC and the reader's clock at that moment.
fn east(time: Time) -> i32 {
    i32::try_from((browser::shift(time) - time.0).num_minutes()).unwrap_or(0)
}

/// The seq of the first text that the reader has not read.
pub(super) fn first_unread<C: Side>(thread: &Thread<C>) -> Option<i64> {
    let unread = usize::try_from(thread.seen.unread_count)
        .ok()
        .filter(|n| *n > 0)?;
    let theirs = thread
        .messages
        .iter()
        .rev()
        .filter(|m| m.is_text() && m.author().kind == C::OTHER_SIDE);
    theirs.take(unread).last().map(Line::seq)
}
