//! What is heard while a page is on its way. It is shown at once, and kept: the page may have been read before it, and
//! then it is folded into the page as well. So nothing is lost, and nothing is there twice.

use crate::model::{
    conversation::Side,
    event::{Cursor, Event},
};

/// Where the news stands, and which page is on its way.
pub struct Meanwhile<C: Side> {
    /// Everything up to here was heard, or is in the page on the screen.
    at: Option<Cursor>,
    /// Numbers the questions: only the newest answer counts.
    asked: u32,
    /// The newest question has no answer yet.
    flying: bool,
    /// What came since the first question without an answer, in the order of the log.
    kept: Vec<Event<C>>,
}

impl<C: Side> Meanwhile<C> {
    /// `at`: the place in the log that the first page is true at.
    pub fn new(at: Option<Cursor>) -> Meanwhile<C> {
        Meanwhile {
            at,
            asked: 0,
            flying: false,
            kept: vec![],
        }
    }

    pub fn at(&self) -> Option<&Cursor> {
        self.at.as_ref()
    }

    pub fn is_asking(&self) -> bool {
        self.flying
    }

    /// A page is asked for; the number belongs to its answer.
    pub fn ask(&mut self) -> u32 {
        if !self.flying {
            self.kept.clear();
        }
        self.flying = true;
        self.asked += 1;
        self.asked
    }

    /// An event came. `false`: it is known already.
    pub fn hear(&mut self, event: &Event<C>) -> bool {
        let Some(cursor) = &event.cursor else {
            // What only passes by is in no page.
            return true;
        };
        if !is_behind(self.at.as_ref(), cursor) {
            return false;
        }
        self.at = Some(cursor.clone());
        if self.flying {
            self.kept.push(event.clone());
        }
        true
    }

    /// The stream goes on from another place: a page is to be asked for.
    pub fn reset(&mut self, at: &Cursor) {
        self.at = Some(at.clone());
    }

    /// The page came, true at `taken`: what has to be folded into it. `None`: a newer one was asked for.
    pub fn answered(&mut self, asked: u32, taken: Option<&Cursor>) -> Option<Vec<Event<C>>> {
        if asked != self.asked {
            return None;
        }
        self.flying = false;
        let mut kept = std::mem::take(&mut self.kept);
        let Some(taken) = taken else {
            return Some(vec![]);
        };
        kept.retain(|event| {
            let later = |c: &Cursor| c.epoch == taken.epoch && c.seq > taken.seq;
            event.cursor.as_ref().is_some_and(later)
        });
        if is_behind(self.at.as_ref(), taken) {
            self.at = Some(taken.clone());
        }
        Some(kept)
    }

    /// No page came. `false`: a newer one was asked for.
    pub fn failed(&mut self, asked: u32) -> bool {
        let newest = asked == self.asked;
        if newest {
            self.flying = false;
            self.kept.clear();
        }
        newest
    }
}

/// Whether this place is behind that one, or in another log.
fn is_behind(at: Option<&Cursor>, this: &Cursor) -> bool {
    at.is_none_or(|at| at.epoch != this.epoch || at.seq < this.seq)
}
