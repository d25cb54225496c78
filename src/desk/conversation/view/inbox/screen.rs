//! What the inbox holds, and how it stays current: one answer of `open_inbox`, and every event folded into it.

use super::{
    address::{Wanted, go_to},
    shelf::{belongs, place, sort, unseen},
};
use crate::{
    desk::conversation::api,
    kit::{browser, toast::Say},
    live::{Connection, Live, Outbox, Sending, Writer},
    model::{
        agent::{Agent, Face},
        contact::Contact,
        conversation::{Conversation, Counts, Seen, Shelf},
        error::{Error, Result},
        event::{Change, Cursor, News, StaffEvent},
        id::{AgentId, ClientId, ConversationId, WidgetId},
        inbox::{Inbox, Opened},
        message::{Author, Message},
        thread::StaffThread,
    },
    tr,
};
use leptos::{prelude::*, task::spawn_local};
use std::{collections::VecDeque, future::Future, time::Duration};
use uuid::Uuid;

/// Events kept, to be folded once more into an answer that was on its way while they came.
const RECENT: usize = 300;

/// Whose drafts and unsent texts these are.
pub fn writer(me: AgentId) -> Writer {
    Writer::known(me.to_string())
}

/// A conversation in sight, as the page shows it beside the thread.
#[derive(Clone, PartialEq)]
pub struct About {
    pub others: Vec<Seen<Conversation>>,
    pub widget: String,
}

/// Where a conversation went, and what stood next to it in the list.
#[derive(Clone, PartialEq)]
pub struct Lost {
    pub to: Option<Face>,
    pub next: Option<ConversationId>,
}

/// The page's state. Copied freely: it is a handful of signals.
#[derive(Clone, Copy)]
pub struct Screen {
    pub wanted: Memo<Wanted>,
    pub me: RwSignal<Agent>,
    pub colleagues: RwSignal<Vec<Agent>>,
    pub widgets: RwSignal<Vec<(WidgetId, String)>>,
    /// The view that the rows are of, and their order.
    pub shelf: RwSignal<Shelf>,
    pub rows: RwSignal<Vec<Seen<Conversation>>>,
    /// New rows that wait until the reader is at the top of the list again.
    pub fresh: RwSignal<Vec<Seen<Conversation>>>,
    pub next: RwSignal<Option<String>>,
    pub counts: RwSignal<Counts>,
    pub thread: RwSignal<Option<StaffThread>>,
    pub about: RwSignal<Option<About>>,
    /// The conversation in the address is not there, or not any more.
    pub missing: RwSignal<bool>,
    /// It was there, and went out of sight under the reader's eyes.
    pub lost: RwSignal<Option<Lost>>,
    /// The news has stopped coming, and not only just now.
    pub cut: RwSignal<Option<Connection>>,
    pub failed: RwSignal<Option<Error>>,
    /// The customer whose name and address are being corrected, as they were then.
    pub correcting: RwSignal<Option<Contact>>,
    /// Who writes in the open conversation.
    pub typing: RwSignal<Vec<Author>>,
    /// Which colleagues look at it.
    pub looking: RwSignal<Vec<Face>>,
    /// The reader is at the top of the list.
    pub at_top: RwSignal<bool>,
    /// The page is looked at.
    pub visible: RwSignal<bool>,
    /// Runs in the browser: false in the first render.
    pub hydrated: RwSignal<bool>,
    pub client: RwSignal<ClientId>,
    pub outbox: Outbox<Message>,
    pub live: Live<Conversation>,
    pub say: Say,
    at: StoredValue<Cursor>,
    recent: StoredValue<VecDeque<StaffEvent>>,
    /// Numbers the requests: only the newest answer counts.
    asked: StoredValue<u32>,
    /// The counts are about to be asked for.
    pub(super) stirred: StoredValue<bool>,
    /// How often each was heard to write or to look.
    heard: StoredValue<Vec<((Uuid, Doing), u32)>>,
}

/// What is over if it is not heard again.
#[derive(Clone, Copy, PartialEq)]
enum Doing {
    Writing,
    Looking,
}

impl Doing {
    /// Both are told again well within this.
    fn lasts(self) -> Duration {
        Duration::from_secs(match self {
            Doing::Writing => 8,
            Doing::Looking => 60,
        })
    }
}

impl Screen {
    pub fn new(first: Inbox, wanted: Memo<Wanted>, live: Live<Conversation>, say: Say) -> Screen {
        let me = first.me.id;
        let thread = RwSignal::new(None::<StaffThread>);
        let go = go_to(wanted);
        let outbox = Outbox::new(
            writer(me),
            move |unsent: crate::live::Unsent| async move {
                let to = unsent.to.parse().map_err(|_| Error::NotFound)?;
                let answer = match unsent.kind.as_str() {
                    "note" => api::note(to, unsent.client, unsent.body, Some(me)).await,
                    _ => api::reply(to, unsent.client, unsent.body, Some(me)).await,
                };
                if answer == Err(Error::Unauthorized) {
                    // Nobody is signed in here any more, or somebody else is.
                    browser::reload();
                }
                answer
            },
            move |unsent, message: Message| {
                let into = message.conversation_id;
                let shown = wanted.try_get_untracked().and_then(|w| w.open);
                if unsent.to != into.to_string() && shown != Some(into) {
                    // The one it was written in is closed, and this one is open.
                    let go = go.clone();
                    say.offer(tr!(inbox.said_elsewhere), tr!(inbox.show_it), move || {
                        go(into)
                    });
                }
                thread.try_update(|t| {
                    if let Some(t) = t.as_mut().filter(|t| t.seen.conversation.id == into) {
                        t.insert(message);
                    }
                });
            },
        );
        let (opened, about) = split(first.open);
        thread.set(opened);
        Screen {
            wanted,
            me: RwSignal::new(first.me),
            colleagues: RwSignal::new(first.colleagues),
            widgets: RwSignal::new(first.widgets),
            shelf: RwSignal::new(first.shelf),
            rows: RwSignal::new(first.rows),
            fresh: RwSignal::new(vec![]),
            next: RwSignal::new(first.next),
            counts: RwSignal::new(first.counts),
            thread,
            about: RwSignal::new(about),
            missing: RwSignal::new(first.missing),
            lost: RwSignal::new(None),
            cut: RwSignal::new(None),
            failed: RwSignal::new(None),
            correcting: RwSignal::new(None),
            typing: RwSignal::new(vec![]),
            looking: RwSignal::new(vec![]),
            at_top: RwSignal::new(true),
            visible: RwSignal::new(true),
            hydrated: RwSignal::new(false),
            client: RwSignal::new(first.client),
            outbox,
            live,
            say,
            at: StoredValue::new(first.cursor),
            recent: StoredValue::new(VecDeque::new()),
            asked: StoredValue::new(0),
            stirred: StoredValue::new(false),
            heard: StoredValue::new(vec![]),
        }
    }

    /// The conversation that is open on the screen, which may lag behind the address.
    pub fn open(self) -> Option<ConversationId> {
        self.thread
            .with(|t| t.as_ref().map(|t| t.seen.conversation.id))
    }

    pub(super) fn open_now(self) -> Option<ConversationId> {
        self.thread
            .with_untracked(|t| t.as_ref().map(|t| t.seen.conversation.id))
    }

    pub fn cursor(self) -> Cursor {
        self.at.get_value()
    }

    // ---- Asking

    /// Fetch what the address names; what is on the screen stays until it is there.
    pub fn go(self) {
        let Some(wanted) = self.wanted.try_get_untracked() else {
            return;
        };
        self.failed.set(None);
        if wanted.open != self.open_now() {
            self.missing.set(false);
            self.lost.set(None);
        }
        let number = self.asked.try_update_value(|n| {
            *n += 1;
            *n
        });
        spawn_local(async move {
            let Shelf { view, order } = wanted.shelf;
            let answer = api::open_inbox(view, Some(order), None, wanted.open).await;
            if self.asked.try_get_value() != number {
                return;
            }
            match answer {
                Ok(inbox) => self.settle(inbox),
                Err(Error::Unauthorized) => browser::reload(),
                Err(error) => _ = self.failed.try_set(Some(error)),
            }
        });
    }

    /// More rows at the end of the list.
    pub fn more(self) {
        let (Some(cursor), shelf) = (self.next.get_untracked(), self.shelf.get_untracked()) else {
            return;
        };
        self.next.set(None);
        spawn_local(async move {
            match api::open_inbox(shelf.view, Some(shelf.order), Some(cursor.clone()), None).await {
                Ok(page) if self.shelf.try_get_untracked() == Some(shelf) => {
                    self.rows.try_update(|rows| {
                        for row in page.rows {
                            if !rows
                                .iter()
                                .any(|r| r.conversation.id == row.conversation.id)
                            {
                                rows.push(row);
                            }
                        }
                    });
                    self.next.try_set(page.next);
                }
                Ok(_) => {}
                Err(error) => {
                    self.next.try_set(Some(cursor));
                    self.complain(error);
                }
            }
        });
    }

    /// An answer has come: it replaces what is there, then everything that came since is folded in again.
    fn settle(self, inbox: Inbox) {
        if self.me.with_untracked(|me| me.id != inbox.me.id) {
            // Another tab let somebody else in: their desk, and nothing of the one before.
            return browser::reload();
        }
        let same_view = self.shelf.get_untracked() == inbox.shelf;
        let taken = inbox.cursor.clone();
        self.at.try_update_value(|at| {
            if at.epoch != taken.epoch || at.seq < taken.seq {
                *at = taken.clone();
            }
        });
        if !same_view {
            self.at_top.set(true);
        }
        self.fresh.set(vec![]);
        // Pages that were fetched on scrolling stay where they are.
        let before = if same_view {
            self.rows.get_untracked()
        } else {
            vec![]
        };
        let (rows, next) = if before.len() > inbox.rows.len() && inbox.next.is_some() {
            let known = |id| inbox.rows.iter().any(|r| r.conversation.id == id);
            let rest: Vec<_> = before
                .into_iter()
                .skip(inbox.rows.len())
                .filter(|r| !known(r.conversation.id))
                .collect();
            (
                [inbox.rows.clone(), rest].concat(),
                self.next.get_untracked(),
            )
        } else {
            (inbox.rows, inbox.next)
        };
        let (mut thread, about) = split(inbox.open);
        let open = thread.as_ref().map(|t| t.seen.conversation.id);
        if open != self.open_now() {
            self.typing.set(vec![]);
            self.looking.set(vec![]);
        }
        if let Some(new) = &mut thread {
            self.thread
                .with_untracked(|old| keep_older(old.as_ref(), new));
        }
        self.me.set(inbox.me);
        self.colleagues.set(inbox.colleagues);
        self.widgets.set(inbox.widgets);
        self.shelf.set(inbox.shelf);
        self.rows.set(rows);
        self.next.set(next);
        self.counts.set(inbox.counts);
        self.about.set(about);
        self.missing.set(inbox.missing);
        self.thread.set(thread);
        self.client.set(inbox.client);
        let since = self.recent.with_value(|all| {
            let later = |e: &&StaffEvent| {
                e.cursor
                    .as_ref()
                    .is_some_and(|c| c.epoch == taken.epoch && c.seq > taken.seq)
            };
            all.iter().filter(later).cloned().collect::<Vec<_>>()
        });
        for event in &since {
            self.fold(event);
        }
    }

    // ---- Hearing

    /// One event of the stream.
    pub fn hear(self, event: &StaffEvent) {
        if matches!(event.news, News::Reset {}) {
            if let Some(cursor) = &event.cursor {
                self.at.try_set_value(cursor.clone());
            }
            return self.go();
        }
        if let Some(cursor) = &event.cursor {
            let known = self
                .at
                .try_with_value(|at| at.epoch == cursor.epoch && at.seq >= cursor.seq);
            if known != Some(false) {
                return;
            }
            self.at.try_set_value(cursor.clone());
            self.recent.try_update_value(|all| {
                all.push_back(event.clone());
                if all.len() > RECENT {
                    all.pop_front();
                }
            });
        }
        self.ring(event);
        self.fold(event);
        if event.news.snapshot().is_some()
            || matches!(event.news, News::Updated(_))
            || self.may_be_unread(event)
        {
            self.stir();
        }
    }

    fn fold(self, event: &StaffEvent) {
        let about = event.news.conversation();
        if about.is_some() && about == self.open_now() {
            self.fold_open(event);
        }
        match &event.news {
            News::Updated(Change::Gone { id, .. }) => self.drop_row(*id),
            News::Availability {
                agent: Some(news), ..
            } => {
                let change =
                    |a: &mut Agent| (a.availability, a.online) = (news.availability, news.online);
                self.colleagues
                    .update(|all| all.iter_mut().filter(|a| a.id == news.id).for_each(change));
                if self.me.with_untracked(|me| me.id == news.id) {
                    self.me.update(change);
                }
                // Somebody joined since this page was opened.
                let stranger =
                    |all: &Vec<Agent>| !all.is_empty() && all.iter().all(|a| a.id != news.id);
                if self.colleagues.with_untracked(stranger) {
                    self.go();
                }
            }
            _ => self.fold_rows(event),
        }
    }

    fn fold_open(self, event: &StaffEvent) {
        match &event.news {
            News::Updated(Change::Gone { assignee, .. }) => {
                self.lost.set(Some(Lost {
                    to: assignee.clone(),
                    next: self.beside(1).or_else(|| self.beside(-1)),
                }));
                self.thread.set(None);
                self.about.set(None);
                self.missing.set(true);
            }
            News::Typing { author, typing, .. } => self.types(author, *typing),
            News::Presence { agent, here, .. } => {
                if self.me.with_untracked(|me| me.id != agent.id) {
                    let known = self
                        .looking
                        .with_untracked(|all| all.iter().any(|f| f.id == agent.id));
                    self.looking.update(|all| {
                        all.retain(|f| f.id != agent.id);
                        if *here {
                            all.push(agent.clone());
                        }
                    });
                    if *here {
                        self.forget_unless_heard(agent.id.0, Doing::Looking);
                    }
                    // Whoever comes is told who is there already.
                    if *here && !known && self.visible.get_untracked() {
                        let id = event.news.conversation();
                        leptos::task::spawn_local(async move {
                            if let Some(id) = id {
                                _ = api::here(id, true).await;
                            }
                        });
                    }
                }
            }
            news => {
                if let News::Said { message, .. } = news {
                    self.types(&message.author, false);
                }
                // An update that changes nothing tells nobody.
                let mut thread = self.thread.get_untracked();
                if let Some(t) = thread.as_mut()
                    && t.apply(event)
                {
                    if event.news.snapshot().is_some() {
                        rename(t);
                    }
                    self.thread.set(thread);
                }
            }
        }
    }

    fn types(self, author: &Author, now: bool) {
        if author.id == self.me.with_untracked(|me| me.id.0) {
            return;
        }
        let id = author.id;
        if now
            || self
                .typing
                .with_untracked(|all| all.iter().any(|a| a.id == id))
        {
            self.typing.update(|all| {
                all.retain(|a| a.id != id);
                all.extend(now.then(|| author.clone()));
            });
        }
        if now {
            self.forget_unless_heard(id, Doing::Writing);
        }
    }

    /// Who stops without saying so (the network, a closed page) is forgotten.
    fn forget_unless_heard(self, id: Uuid, doing: Doing) {
        let times = self.heard.try_update_value(|all| {
            let known = all.iter_mut().find(|(who, _)| *who == (id, doing));
            if let Some((_, times)) = known {
                *times += 1;
                *times
            } else {
                all.push(((id, doing), 0));
                0
            }
        });
        let forget = move || {
            let last = self.heard.try_with_value(|all| {
                all.iter()
                    .any(|(who, n)| *who == (id, doing) && Some(*n) == times)
            });
            if last != Some(true) {
                return;
            }
            match doing {
                Doing::Writing => _ = self.typing.try_update(|all| all.retain(|a| a.id != id)),
                Doing::Looking => _ = self.looking.try_update(|all| all.retain(|f| f.id.0 != id)),
            }
        };
        set_timeout(forget, doing.lasts());
    }

    fn fold_rows(self, event: &StaffEvent) {
        let Some(id) = event.news.conversation() else {
            return;
        };
        let (me, Shelf { view, order }, top) = (
            self.me.with_untracked(|me| me.id),
            self.shelf.get_untracked(),
            self.at_top.get_untracked(),
        );
        let mut rows = self.rows.get_untracked();
        if let Some(at) = rows.iter().position(|r| r.conversation.id == id) {
            if !rows[at].apply(event, me.0) {
                return;
            }
            if !belongs(view, &rows[at].conversation, me) {
                rows.remove(at);
            } else if top {
                sort(&mut rows, order);
            }
            return self.rows.set(rows);
        }
        let waiting = self
            .fresh
            .with_untracked(|all| all.iter().any(|r| r.conversation.id == id));
        if waiting {
            self.fresh.update(|all| {
                for row in all.iter_mut() {
                    row.apply(event, me.0);
                }
                all.retain(|r| belongs(view, &r.conversation, me));
            });
            return;
        }
        let Some(now) = event.news.snapshot().filter(|c| belongs(view, c, me)) else {
            return;
        };
        let unread_count = if self.open_now() == Some(id) {
            0
        } else {
            unseen(now)
        };
        let row = Seen {
            conversation: now.clone(),
            unread_count,
            queue_position: None,
        };
        let comes_last = rows
            .last()
            .is_none_or(|last| place(last, order) < place(&row, order));
        // What comes after the last row that is here belongs to a page that is not.
        if comes_last && self.next.with_untracked(Option::is_some) {
            return;
        }
        // At the end it moves nothing that is being read.
        if top || comes_last {
            rows.push(row);
            sort(&mut rows, order);
            self.rows.set(rows);
        } else {
            self.fresh.update(|all| all.push(row));
        }
    }

    /// The reader is at the top again, or asked for what is new.
    pub fn take_fresh(self) {
        let fresh = self.fresh.try_update(std::mem::take).unwrap_or_default();
        self.rows.update(|rows| {
            rows.retain(|r| !fresh.iter().any(|f| f.conversation.id == r.conversation.id));
            rows.extend(fresh);
            sort(rows, self.shelf.get_untracked().order);
        });
    }

    fn drop_row(self, id: ConversationId) {
        self.rows
            .update(|rows| rows.retain(|r| r.conversation.id != id));
        self.fresh
            .update(|rows| rows.retain(|r| r.conversation.id != id));
        self.stir();
    }

    // ---- Doing

    /// Do something to a conversation; the answer is shown at once, a refusal is said.
    pub fn act(self, doing: impl Future<Output = Result<Seen<Conversation>>> + 'static) {
        spawn_local(async move {
            match doing.await {
                Ok(seen) => self.took(seen),
                Err(error) => self.complain(error),
            }
        });
    }

    /// A conversation as an answer brought it.
    pub fn took(self, seen: Seen<Conversation>) {
        let (id, me) = (seen.conversation.id, self.me.with_untracked(|me| me.id));
        self.thread.update(|t| {
            if let Some(t) = t.as_mut().filter(|t| {
                t.seen.conversation.id == id
                    && t.seen.conversation.revision <= seen.conversation.revision
            }) {
                t.seen = seen.clone();
            }
        });
        let view = self.shelf.get_untracked().view;
        self.rows.update(|rows| {
            rows.retain(|r| r.conversation.id != id || belongs(view, &seen.conversation, me));
            for row in rows.iter_mut().filter(|r| {
                r.conversation.id == id && r.conversation.revision <= seen.conversation.revision
            }) {
                *row = seen.clone();
            }
        });
        self.stir();
        super::talk::refocus();
    }

    /// A customer as an answer brought them: wherever they stand on the screen.
    pub fn corrected(self, now: &Contact) {
        let set = |c: &mut Contact| {
            if c.id == now.id {
                c.name.clone_from(&now.name);
                c.email.clone_from(&now.email);
            }
        };
        self.thread.update(|t| {
            if let Some(t) = t {
                set(&mut t.seen.conversation.contact);
                rename(t);
            }
        });
        self.rows.update(|rows| {
            rows.iter_mut()
                .for_each(|r| set(&mut r.conversation.contact))
        });
        self.say.say(tr!(inbox.saved_contact));
    }

    pub fn complain(self, error: Error) {
        match error {
            Error::Unauthorized => browser::reload(),
            Error::NotFound => self.say.say(tr!(inbox.out_of_sight)),
            error => self.say.say(error.sentence()),
        }
    }

    pub fn take(self, id: ConversationId) {
        spawn_local(async move {
            match api::take(id).await {
                Ok(seen) => self.took(seen),
                Err(Error::NotFound) => self.say.say(tr!(inbox.somebody_else)),
                Err(Error::Conflict { detail }) => self
                    .say
                    .say(tr!(inbox.somebody_else_named, detail = detail)),
                Err(error) => self.complain(error),
            }
        });
    }

    /// Everything on the screen has been seen.
    pub fn read(self) {
        let Some((id, seq)) = self.thread.with_untracked(|t| {
            let t = t.as_ref().filter(|t| t.seen.unread_count > 0)?;
            Some((t.seen.conversation.id, t.messages.last()?.seq))
        }) else {
            return;
        };
        self.thread.update(|t| {
            if let Some(t) = t {
                t.seen.unread_count = 0;
            }
        });
        self.rows.update(|rows| {
            rows.iter_mut()
                .filter(|r| r.conversation.id == id)
                .for_each(|r| r.unread_count = 0)
        });
        spawn_local(async move {
            // A receipt that is lost is made up for by the next.
            if api::read(id, seq).await.is_ok() {
                self.stir();
            }
        });
    }

    /// The conversation before or after the open one in the list.
    pub fn beside(self, step: isize) -> Option<ConversationId> {
        let open = self.wanted.get_untracked().open;
        self.rows.with_untracked(|rows| {
            let at = rows.iter().position(|r| Some(r.conversation.id) == open);
            let next = match at {
                Some(at) => at.checked_add_signed(step)?,
                None => 0,
            };
            rows.get(next).map(|r| r.conversation.id)
        })
    }

    pub fn address(self, open: Option<ConversationId>) -> String {
        Wanted {
            open,
            ..self.wanted.get()
        }
        .address()
    }

    /// What is on its way to the open conversation.
    pub fn unsent(self, id: ConversationId) -> Vec<super::super::thread::Pending> {
        use super::super::thread::{Pending, Way};
        let way = |state| match state {
            Sending::Sending => Way::Sending,
            Sending::Waiting => Way::Waiting,
            Sending::Failed(error) => Way::Failed(error.sentence()),
        };
        let pending = |u: crate::live::Unsent| Pending {
            client: u.client,
            note: u.kind == "note",
            body: u.body,
            state: way(u.state),
        };
        self.outbox
            .to(&id.to_string())
            .into_iter()
            .map(pending)
            .collect()
    }
}

fn split(open: Option<Opened>) -> (Option<StaffThread>, Option<About>) {
    open.map(|o| {
        (
            o.thread,
            About {
                others: o.others,
                widget: o.widget,
            },
        )
    })
    .unzip()
}

/// What a customer wrote is theirs, under the name of today.
fn rename(thread: &mut StaffThread) {
    let contact = &thread.seen.conversation.contact;
    let name = contact.called();
    for message in &mut thread.messages {
        if message.author.id == contact.id.0 && message.author.name != name {
            message.author.name.clone_from(&name);
        }
    }
}

/// Older messages that were fetched before stay, if nothing is missing between.
fn keep_older(old: Option<&StaffThread>, new: &mut StaffThread) {
    let Some(old) = old.filter(|o| o.seen.conversation.id == new.seen.conversation.id) else {
        return;
    };
    let Some(first) = new.messages.first().map(|m| m.seq) else {
        return;
    };
    if old.messages.last().is_some_and(|m| m.seq >= first)
        && old.messages.first().is_some_and(|m| m.seq < first)
    {
        let older = old
            .messages
            .iter()
            .filter(|m| m.seq < first)
            .cloned()
            .collect();
        new.prepend(older, old.more);
    }
}
