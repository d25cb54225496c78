//! One open thread, for either side: its messages and how they stay current, older ones, what has been read, who
//! writes, and how all of it is drawn. It knows nothing of the page around it. Whoever shows a thread makes an [`Open`]
//! with [`Doors`], hands it every event and every page that was fetched, and draws an [`OpenThread`].

mod fading;
mod meanwhile;
#[cfg(test)]
mod tests;
mod unsent;
mod view;

pub use fading::Fading;
pub use unsent::Unsents;
pub use view::OpenThread;

use crate::model::{
    conversation::Side,
    error::{Error, Result},
    event::{Cursor, Event, News},
    id::ConversationId,
    inbox::Older,
    message::{Author, AuthorKind, Line},
    thread::Thread,
    time::{Time, now},
};
use leptos::{prelude::*, task::spawn_local};
use meanwhile::Meanwhile;
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

/// Whoever writes says so every few seconds; so long without a word and they do not.
const WRITES: Duration = Duration::from_secs(8);
/// One's own writing is told again after so many seconds.
const TOLD: i64 = 3;

pub type Asked<T> = Pin<Box<dyn Future<Output = Result<T>>>>;

/// How an open thread asks the server.
pub trait Doors<C: Side>: Send + Sync {
    /// Messages before `before` (a seq).
    fn earlier(&self, id: ConversationId, before: i64) -> Asked<Older<C::Line>>;
    /// Everything up to `seq` has been seen.
    fn read(&self, id: ConversationId, seq: i64) -> Asked<()>;
    fn typing(&self, id: ConversationId, typing: bool) -> Asked<()>;
}

/// The thread on the screen, as it stands now. Copied freely: it is a handful of signals.
pub struct Open<C: Side> {
    pub thread: RwSignal<Option<Thread<C>>>,
    /// Who writes in it, whoever reads excepted.
    pub typing: RwSignal<Vec<Author>>,
    pub loading_earlier: RwSignal<bool>,
    doors: StoredValue<Arc<dyn Doors<C>>>,
    meanwhile: StoredValue<Meanwhile<C>>,
    /// A receipt did not arrive: the next one makes up for it.
    owed: StoredValue<bool>,
    /// When it was last told that one writes here oneself.
    told: StoredValue<Option<Time>>,
    writers: Fading,
}

impl<C: Side> Copy for Open<C> {}
impl<C: Side> Clone for Open<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Side> Open<C> {
    /// `at`: the place in the log that the first page is true at; `None` where there is no stream yet.
    pub fn new(
        first: Option<Thread<C>>,
        at: Option<Cursor>,
        doors: impl Doors<C> + 'static,
    ) -> Open<C> {
        Open {
            thread: RwSignal::new(first),
            typing: RwSignal::new(vec![]),
            loading_earlier: RwSignal::new(false),
            doors: StoredValue::new(Arc::new(doors)),
            meanwhile: StoredValue::new(Meanwhile::new(at)),
            owed: StoredValue::new(false),
            told: StoredValue::new(None),
            writers: Fading::default(),
        }
    }

    pub fn id(self) -> Option<ConversationId> {
        self.thread
            .with(|t| t.as_ref().map(|t| t.seen.conversation.id()))
    }

    /// The same, without hearing of what comes after.
    pub fn id_now(self) -> Option<ConversationId> {
        let id = |t: &Option<Thread<C>>| t.as_ref().map(|t| t.seen.conversation.id());
        self.thread.try_with_untracked(id).flatten()
    }

    /// The thread, if it is this one; nothing is told if nothing changes.
    pub fn update(self, id: ConversationId, change: impl FnOnce(&mut Thread<C>) -> bool) -> bool {
        let changed = self.thread.try_maybe_update(|t| {
            let it = t.as_mut().filter(|t| t.seen.conversation.id() == id);
            let changed = it.is_some_and(change);
            (changed, changed)
        });
        changed == Some(true)
    }

    /// The other side writes.
    pub fn other_writes(self) -> Option<Author> {
        let theirs =
            |a: &&Author| (a.kind == AuthorKind::Contact) == (C::OTHER_SIDE == AuthorKind::Contact);
        self.typing.with(|all| all.iter().find(theirs).cloned())
    }

    // ---- A page and what came since

    /// The place in the log up to which everything is known here.
    pub fn cursor(self) -> Option<Cursor> {
        self.meanwhile.with_value(|m| m.at().cloned())
    }

    /// A page is asked for; the number belongs to its answer.
    pub fn ask(self) -> u32 {
        let asked = self.meanwhile.try_update_value(Meanwhile::ask);
        asked.unwrap_or_default()
    }

    pub fn is_asking(self) -> bool {
        self.meanwhile.try_with_value(Meanwhile::is_asking) == Some(true)
    }

    /// The page came, true at `taken`. Put it on the screen ([`Open::show`]) and then fold these into it, which may
    /// have come after. `None`: it is not wanted any more, for a newer one was asked for.
    pub fn answered(self, asked: u32, taken: Option<&Cursor>) -> Option<Vec<Event<C>>> {
        let since = self
            .meanwhile
            .try_update_value(|m| m.answered(asked, taken));
        since.flatten()
    }

    /// No page came. `false`: nobody minds, for a newer one was asked for.
    pub fn failed(self, asked: u32) -> bool {
        self.meanwhile.try_update_value(|m| m.failed(asked)) == Some(true)
    }

    /// An event of the stream. `false`: it was heard before.
    pub fn hear(self, event: &Event<C>) -> bool {
        self.meanwhile.try_update_value(|m| m.hear(event)) == Some(true)
    }

    /// The stream goes on from here, and a page is to be asked for.
    pub fn reset(self, event: &Event<C>) {
        if let Some(cursor) = &event.cursor {
            self.meanwhile.try_update_value(|m| m.reset(cursor));
        }
    }

    /// Another thread, or a newer page of the same: older messages that are on the screen stay there.
    pub fn show(self, mut thread: Option<Thread<C>>) {
        if thread.as_ref().map(|t| t.seen.conversation.id()) != self.id_now() {
            self.typing.try_set(vec![]);
            self.owed.try_set_value(false);
            self.told.try_set_value(None);
        }
        if let Some(new) = &mut thread {
            self.thread
                .try_with_untracked(|old| keep_older(old.as_ref(), new));
        }
        self.thread.try_set(thread);
    }

    /// Fold an event in, if it is about this thread. `true` if the thread changes.
    pub fn fold(self, event: &Event<C>) -> bool {
        let about = event.news.conversation();
        let Some(id) = about.filter(|_| about == self.id_now()) else {
            return false;
        };
        match &event.news {
            News::Typing { author, typing, .. } => {
                self.writes(author, *typing);
                false
            }
            news => {
                if let News::Said { message, .. } = news {
                    self.writes(message.author(), false);
                }
                self.update(id, |t| t.apply(event))
            }
        }
    }

    /// Somebody writes, or does not any more.
    fn writes(self, author: &Author, now: bool) {
        let id = author.id;
        let me = |t: &Option<Thread<C>>| t.as_ref().is_some_and(|t| t.me == id);
        if self.thread.try_with_untracked(me) != Some(false) {
            return;
        }
        self.typing.try_maybe_update(|all| {
            let before = all.len();
            all.retain(|a| a.id != id);
            let was = all.len() < before;
            all.extend(now.then(|| author.clone()));
            (was || now, ())
        });
        if now {
            self.writers.heard(id, WRITES, move || {
                self.typing.try_update(|all| all.retain(|a| a.id != id));
            });
        }
    }

    // ---- Asking

    /// Older messages, above the first that is here. `refused` hears why they do not come.
    pub fn earlier(self, refused: impl FnOnce(Error) + 'static) {
        let first = self.thread.with_untracked(|t| {
            let t = t.as_ref()?;
            Some((t.seen.conversation.id(), t.messages.first()?.seq()))
        });
        let Some((id, before)) = first.filter(|_| !self.loading_earlier.get_untracked()) else {
            return;
        };
        self.loading_earlier.set(true);
        let older = self.doors.with_value(|d| d.earlier(id, before));
        spawn_local(async move {
            match older.await {
                Ok(older) => {
                    self.update(id, |t| {
                        t.prepend(older.messages, older.more);
                        true
                    });
                }
                Err(error) => refused(error),
            }
            self.loading_earlier.try_set(false);
        });
    }

    /// Something is on the screen that has not been read, or not been told to be.
    pub fn is_unread(self) -> bool {
        let unread = |t: &Option<Thread<C>>| t.as_ref().is_some_and(|t| t.seen.unread_count > 0);
        self.thread.with(unread) || self.owed.get_value()
    }

    /// Everything on the screen has been seen: shown at once, and told. Which thread it was, if there was anything.
    pub fn read(self) -> Option<ConversationId> {
        let last = self.thread.with_untracked(|t| {
            let t = t.as_ref()?;
            Some((t.seen.conversation.id(), t.messages.last()?.seq()))
        });
        let (id, seq) = last.filter(|_| untrack(|| self.is_unread()))?;
        self.owed.set_value(false);
        self.update(id, |t| std::mem::take(&mut t.seen.unread_count) > 0);
        let told = self.doors.with_value(|d| d.read(id, seq));
        spawn_local(async move {
            if told.await.is_err() && self.id_now() == Some(id) {
                self.owed.try_set_value(true);
            }
        });
        Some(id)
    }

    /// A key was pressed in the composer; told again only after a while.
    pub fn types(self) {
        let (Some(id), now) = (self.id_now(), now()) else {
            return;
        };
        let told = self.told.get_value();
        if told.is_none_or(|at| at.seconds_until(now) >= TOLD) {
            self.told.set_value(Some(now));
            self.tell(id, true);
        }
    }

    /// One writes no more. It is told only if the contrary was.
    pub fn stops(self) {
        if let (Some(id), true) = (self.id_now(), self.sent()) {
            self.tell(id, false);
        }
    }

    /// What was written is on its way, which says enough. `true` if it was told that one writes.
    pub fn sent(self) -> bool {
        let told = self.told.try_update_value(Option::take);
        told.flatten().is_some()
    }

    fn tell(self, id: ConversationId, typing: bool) {
        let told = self.doors.with_value(|d| d.typing(id, typing));
        spawn_local(async move { _ = told.await });
    }
}

/// Older messages that were fetched before stay, if nothing is missing between.
fn keep_older<C: Side>(old: Option<&Thread<C>>, new: &mut Thread<C>) {
    let Some(old) = old.filter(|o| o.seen.conversation.id() == new.seen.conversation.id()) else {
        return;
    };
    let Some(first) = new.messages.first().map(Line::seq) else {
        return;
    };
    if old.messages.last().is_some_and(|m| m.seq() >= first)
        && old.messages.first().is_some_and(|m| m.seq() < first)
    {
        let older = old.messages.iter().filter(|m| m.seq() < first);
        new.prepend(older.cloned().collect(), old.more);
    }
}
