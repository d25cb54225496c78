//! A list of conversations, for whoever shows one: its rows in their order, what has come and waits until the reader
//! is at the top again, the next page, and how an event is folded in. Which ones belong into it, and where they stand,
//! is said by a [`Rule`].

use crate::model::{
    conversation::{ForReader, Side},
    error::{Error, Result},
    event::Event,
    id::ConversationId,
};
use leptos::{ev, html, prelude::*, task::spawn_local};
use std::future::Future;
use uuid::Uuid;

/// What stands in a list, and in which order. The server's is alike.
pub trait Rule<C: Side> {
    /// Who reads.
    fn me(&self) -> Uuid;
    fn belongs(&self, case: &C) -> bool;
    /// Where a row stands; the lowest comes first.
    fn place(&self, row: &ForReader<C>) -> i64;
    /// How much is unread of one that has just come into sight.
    fn unseen(&self, case: &C) -> i64;
}

/// Within so many pixels of the top, one is at the top; and of the end, more is fetched.
const TOP: i32 = 40;
const END: i32 = 400;

/// The rows on the screen. Copied freely: it is a handful of signals.
pub struct Rows<C: Side> {
    pub shown: RwSignal<Vec<ForReader<C>>>,
    /// New rows that wait until the reader is at the top of the list again.
    pub fresh: RwSignal<Vec<ForReader<C>>>,
    /// Where the next page begins, if there is one.
    pub next: RwSignal<Option<String>>,
    /// The reader is at the top of the list.
    pub at_top: RwSignal<bool>,
    node: NodeRef<html::Ol>,
}

impl<C: Side> Copy for Rows<C> {}
impl<C: Side> Clone for Rows<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Side> Rows<C> {
    pub fn new(rows: Vec<ForReader<C>>, next: Option<String>) -> Rows<C> {
        Rows {
            shown: RwSignal::new(rows),
            fresh: RwSignal::new(vec![]),
            next: RwSignal::new(next),
            at_top: RwSignal::new(true),
            node: NodeRef::new(),
        }
    }

    /// The first page, fetched anew. Where it is of the same list, the pages that were fetched on scrolling stay behind
    /// it.
    pub fn show(
        self,
        mut page: Vec<ForReader<C>>,
        next: Option<String>,
        same: bool,
        rule: &dyn Rule<C>,
    ) {
        if !same {
            self.at_top.set(true);
        }
        self.fresh.set(vec![]);
        let before = self.shown.with_untracked(Vec::len);
        if !same || before <= page.len() || next.is_none() {
            self.shown.set(page);
            return self.next.set(next);
        }
        let end = page.last().map(|r| rule.place(r));
        let mut further = self.shown.get_untracked();
        further.retain(|r| end.is_none_or(|end| rule.place(r) >= end));
        add(&mut page, further);
        self.shown.set(page);
    }

    /// The next page, asked for by `page`; it is put in while it is `still` the same list. `refused` hears why it does
    /// not come.
    pub fn more<F>(
        self,
        page: impl FnOnce(String) -> F,
        still: impl Fn() -> bool + 'static,
        refused: impl FnOnce(Error) + 'static,
    ) where
        F: Future<Output = Result<(Vec<ForReader<C>>, Option<String>)>> + 'static,
    {
        let Some(cursor) = self.next.get_untracked() else {
            return;
        };
        self.next.set(None);
        let page = page(cursor.clone());
        spawn_local(async move {
            match page.await {
                Ok((page, next)) if still() => {
                    self.shown.try_update(|rows| add(rows, page));
                    self.next.try_set(next);
                }
                Ok(_) => {}
                Err(error) => {
                    self.next.try_set(Some(cursor));
                    refused(error);
                }
            }
        });
    }

    /// Fold an event in. `open`: what is open on the screen, of which nothing is unread.
    pub fn fold(self, event: &Event<C>, rule: &dyn Rule<C>, open: Option<ConversationId>) {
        let Some(id) = event.news.conversation() else {
            return;
        };
        let top = self.at_top.get_untracked();
        let mut rows = self.shown.get_untracked();
        if let Some(at) = rows.iter().position(|r| r.conversation.id() == id) {
            if !rows[at].apply(event, rule.me()) {
                return;
            }
            if !rule.belongs(&rows[at].conversation) {
                rows.remove(at);
            } else if top {
                sort(&mut rows, rule);
            }
            return self.shown.set(rows);
        }
        let waiting = |all: &Vec<ForReader<C>>| all.iter().any(|r| r.conversation.id() == id);
        if self.fresh.with_untracked(waiting) {
            self.fresh.update(|all| {
                for row in all.iter_mut() {
                    row.apply(event, rule.me());
                }
                all.retain(|r| rule.belongs(&r.conversation));
            });
            return;
        }
        let Some(now) = event.news.snapshot().filter(|c| rule.belongs(c)) else {
            return;
        };
        let row = ForReader {
            conversation: now.clone(),
            unread_count: if open == Some(id) {
                0
            } else {
                rule.unseen(now)
            },
            queue_position: None,
        };
        let comes_last = rows
            .last()
            .is_none_or(|last| rule.place(last) < rule.place(&row));
        // What comes after the last row that is here belongs to a page that is not.
        if comes_last && self.next.with_untracked(Option::is_some) {
            return;
        }
        // At the end it moves nothing that is being read.
        if top || comes_last {
            rows.push(row);
            sort(&mut rows, rule);
            self.shown.set(rows);
        } else {
            self.fresh.update(|all| all.push(row));
        }
    }

    /// The reader is at the top again, or asked for what is new.
    pub fn take_fresh(self, rule: &dyn Rule<C>) {
        let fresh = self.fresh.try_update(std::mem::take).unwrap_or_default();
        self.shown.update(|rows| {
            let same = |r: &ForReader<C>| {
                let id = r.conversation.id();
                fresh.iter().any(|f| f.conversation.id() == id)
            };
            rows.retain(|r| !same(r));
            rows.extend(fresh);
            sort(rows, rule);
        });
    }

    /// A row as an answer brought it.
    pub fn took(self, seen: &ForReader<C>, rule: &dyn Rule<C>) {
        let (id, revision) = (seen.conversation.id(), seen.conversation.revision());
        self.shown.update(|rows| {
            rows.retain(|r| r.conversation.id() != id || rule.belongs(&seen.conversation));
            rows.iter_mut()
                .filter(|r| r.conversation.id() == id && r.conversation.revision() <= revision)
                .for_each(|row| *row = seen.clone());
        });
    }

    /// It is out of sight.
    pub fn remove(self, id: ConversationId) {
        for list in [self.shown, self.fresh] {
            list.update(|rows| rows.retain(|r| r.conversation.id() != id));
        }
    }

    /// Nothing of it is unread any more.
    pub fn read(self, id: ConversationId) {
        self.shown.maybe_update(|rows| {
            let row = rows.iter_mut().find(|r| r.conversation.id() == id);
            row.is_some_and(|r| std::mem::take(&mut r.unread_count) > 0)
        });
    }

    /// Rows with something unread, those that wait included.
    pub fn unread(self) -> i64 {
        let unread = |rows: &Vec<ForReader<C>>| rows.iter().filter(|r| r.unread_count > 0).count();
        (self.shown.with(unread) + self.fresh.with(unread)) as i64
    }

    /// A row on the screen.
    pub fn find(self, id: ConversationId) -> Option<ForReader<C>> {
        self.shown
            .with(|rows| rows.iter().find(|r| r.conversation.id() == id).cloned())
    }

    /// The row so many steps after this one, or before it; the first one where this one is not in the list.
    pub fn beside(self, this: Option<ConversationId>, step: isize) -> Option<ConversationId> {
        self.shown.with_untracked(|rows| {
            let at = rows.iter().position(|r| Some(r.conversation.id()) == this);
            let there = match at {
                Some(at) => at.checked_add_signed(step)?,
                None => 0,
            };
            rows.get(there).map(|r| r.conversation.id())
        })
    }

    pub fn to_top(self) {
        if let Some(list) = self.node.get_untracked() {
            list.set_scroll_top(0);
        }
    }
}

/// A further page; what is here already stays as it is.
fn add<C: Side>(rows: &mut Vec<ForReader<C>>, page: Vec<ForReader<C>>) {
    for row in page {
        let id = row.conversation.id();
        if !rows.iter().any(|r| r.conversation.id() == id) {
            rows.push(row);
        }
    }
}

fn sort<C: Side>(rows: &mut [ForReader<C>], rule: &dyn Rule<C>) {
    rows.sort_by_key(|r| rule.place(r));
}

/// The rows, drawn by `row` each.
#[component]
pub fn RowList<C: Side>(
    rows: Rows<C>,
    #[prop(into)] label: Signal<String>,
    /// Draws an `<li>`, which stays the same while what it says changes.
    row: Callback<ForReader<C>, AnyView>,
    /// The reader came back to the top.
    on_top: Callback<()>,
    /// The end is near.
    on_end: Callback<()>,
) -> impl IntoView {
    let node = rows.node;
    let scrolled = move |_: ev::Event| {
        let Some(list) = node.get_untracked() else {
            return;
        };
        let top = list.scroll_top() < TOP;
        if top != rows.at_top.get_untracked() {
            rows.at_top.set(top);
            if top {
                on_top.run(());
            }
        }
        if list.scroll_height() - list.scroll_top() - list.client_height() < END {
            on_end.run(());
        }
    };
    let key = |row: &ForReader<C>| row.conversation.id();
    view! {
        <ol class="rows" aria-label=label node_ref=node on:scroll=scrolled>
            <For each=move || rows.shown.get() key let:it>
                {row.run(it)}
            </For>
        </ol>
    }
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
