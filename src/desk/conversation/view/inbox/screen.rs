//! What the inbox holds, and how it stays current: one answer of `open_inbox`, and every event folded into it.

use super::{
    super::{open::Open, rows::Rows},
    acts::rename,
    address::{Wanted, go_to},
    doors::Staff,
    shelf::InView,
    watchers::Watchers,
};
use crate::{
    desk::conversation::api,
    kit::{browser, toast::Say},
    live::{Connection, Live, Me, Outbox, Writer},
    model::{
        agent::{Agent, Face},
        contact::Contact,
        conversation::{Conversation, Counts, ForReader, Shelf},
        error::Error,
        event::{Change, News, StaffEvent},
        id::{AgentId, ClientId, ConversationId, WidgetId},
        inbox::{Inbox, Opened},
        message::Message,
        thread::StaffThread,
    },
    tr,
};
use leptos::{prelude::*, task::spawn_local};

/// Whose drafts and unsent texts these are.
pub fn writer(me: AgentId) -> Writer {
    Writer::known(me.to_string())
}

/// A conversation in sight, as the page shows it beside the thread.
#[derive(Clone, PartialEq)]
pub struct About {
    pub others: Vec<ForReader<Conversation>>,
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
    pub rows: Rows<Conversation>,
    pub counts: RwSignal<Counts>,
    pub open: Open<Conversation>,
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
    /// Which colleagues look at it.
    pub watchers: Watchers,
    /// The page is looked at.
    pub visible: RwSignal<bool>,
    /// Runs in the browser: false in the first render.
    pub hydrated: RwSignal<bool>,
    pub client: RwSignal<ClientId>,
    pub outbox: Outbox<Message>,
    pub live: Live<Conversation>,
    pub say: Say,
    /// The counts are about to be asked for.
    pub(super) stirred: StoredValue<bool>,
}

impl Screen {
    pub fn new(
        first: Inbox,
        wanted: Memo<Wanted>,
        Me(me): Me,
        live: Live<Conversation>,
        say: Say,
    ) -> Screen {
        let writes = first.me.id;
        let (thread, about) = split(first.open);
        let open = Open::new(thread, Some(first.cursor), Staff);
        let go = go_to(wanted);
        let outbox = Outbox::new(
            writer(writes),
            move |unsent: crate::live::Unsent| async move {
                let to = unsent.to.parse().map_err(|_| Error::NotFound)?;
                let answer = match unsent.kind.as_str() {
                    "note" => api::note(to, unsent.client, unsent.body, Some(writes)).await,
                    _ => api::reply(to, unsent.client, unsent.body, Some(writes)).await,
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
                open.update(into, |t| t.insert(message));
            },
        );
        Screen {
            wanted,
            me,
            colleagues: RwSignal::new(first.colleagues),
            widgets: RwSignal::new(first.widgets),
            shelf: RwSignal::new(first.shelf),
            rows: Rows::new(first.rows, first.next),
            counts: RwSignal::new(first.counts),
            open,
            about: RwSignal::new(about),
            missing: RwSignal::new(first.missing),
            lost: RwSignal::new(None),
            cut: RwSignal::new(None),
            failed: RwSignal::new(None),
            correcting: RwSignal::new(None),
            watchers: Watchers::default(),
            visible: RwSignal::new(true),
            hydrated: RwSignal::new(false),
            client: RwSignal::new(first.client),
            outbox,
            live,
            say,
            stirred: StoredValue::new(false),
        }
    }

    // ---- Asking

    /// Fetch what the address names; what is on the screen stays until it is there.
    pub fn go(self) {
        let Some(wanted) = self.wanted.try_get_untracked() else {
            return;
        };
        self.failed.set(None);
        if wanted.open != self.open.id_now() {
            self.missing.set(false);
            self.lost.set(None);
        }
        let asked = self.open.ask();
        spawn_local(async move {
            let Shelf { view, order } = wanted.shelf;
            let answer = api::open_inbox(view, Some(order), None, wanted.open).await;
            match answer {
                Ok(inbox) => self.settle(asked, inbox),
                Err(error) if self.open.failed(asked) => match error {
                    Error::Unauthorized => browser::reload(),
                    error => _ = self.failed.try_set(Some(error)),
                },
                Err(_) => {}
            }
        });
    }

    /// More rows at the end of the list.
    pub fn more(self) {
        let shelf = self.shelf.get_untracked();
        let page = move |cursor| async move {
            let Shelf { view, order } = shelf;
            let page = api::open_inbox(view, Some(order), Some(cursor), None).await?;
            Ok((page.rows, page.next))
        };
        let still = move || self.shelf.try_get_untracked() == Some(shelf);
        self.rows
            .more(page, still, move |error| self.complain(error));
    }

    /// An answer has come: it replaces what is there, then everything that came since is folded in again.
    fn settle(self, asked: u32, inbox: Inbox) {
        let Some(since) = self.open.answered(asked, Some(&inbox.cursor)) else {
            return;
        };
        if self.me.with_untracked(|me| me.id != inbox.me.id) {
            // Another tab let somebody else in: their desk, and nothing of the one before.
            return browser::reload();
        }
        let same = self.shelf.get_untracked() == inbox.shelf;
        let (thread, about) = split(inbox.open);
        if thread.as_ref().map(|t| t.seen.conversation.id) != self.open.id_now() {
            self.watchers.clear();
        }
        Me(self.me).set(inbox.me);
        self.colleagues.set(inbox.colleagues);
        self.widgets.set(inbox.widgets);
        self.shelf.set(inbox.shelf);
        self.rows.show(inbox.rows, inbox.next, same, &self.rule());
        self.counts.set(inbox.counts);
        self.about.set(about);
        self.missing.set(inbox.missing);
        self.open.show(thread);
        self.client.set(inbox.client);
        for event in &since {
            self.fold(event);
        }
    }

    // ---- Hearing

    /// One event of the stream.
    pub fn hear(self, event: &StaffEvent) {
        if matches!(event.news, News::Reset {}) {
            self.open.reset(event);
            return self.go();
        }
        if !self.open.hear(event) {
            return;
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
        if about.is_some() && about == self.open.id_now() {
            self.fold_open(event);
        }
        match &event.news {
            News::Updated(Change::Gone { id, .. }) => {
                self.rows.remove(*id);
                self.stir();
            }
            News::Availability {
                agent: Some(news), ..
            } => {
                let change =
                    |a: &mut Agent| (a.availability, a.online) = (news.availability, news.online);
                self.colleagues
                    .update(|all| all.iter_mut().filter(|a| a.id == news.id).for_each(change));
                Me(self.me).hear(news);
                // Somebody joined since this page was opened.
                let stranger =
                    |all: &Vec<Agent>| !all.is_empty() && all.iter().all(|a| a.id != news.id);
                if self.colleagues.with_untracked(stranger) {
                    self.go();
                }
            }
            _ => self.rows.fold(event, &self.rule(), self.open.id_now()),
        }
    }

    fn fold_open(self, event: &StaffEvent) {
        match &event.news {
            News::Updated(Change::Gone { assignee, .. }) => {
                self.lost.set(Some(Lost {
                    to: assignee.clone(),
                    next: self.beside(1).or_else(|| self.beside(-1)),
                }));
                self.open.show(None);
                self.about.set(None);
                self.missing.set(true);
            }
            News::Presence {
                agent,
                here,
                conversation_id,
            } => {
                if self.me.with_untracked(|me| me.id != agent.id) {
                    let came = self.watchers.heard(agent, *here);
                    // Whoever comes is told who is there already.
                    if came && self.visible.get_untracked() {
                        let id = *conversation_id;
                        spawn_local(async move { _ = api::here(id, true).await });
                    }
                }
            }
            news => {
                if self.open.fold(event)
                    && let Some(now) = news.snapshot()
                {
                    self.open.update(now.id, rename);
                }
            }
        }
    }

    /// What stands in the list now, and in which order.
    pub(super) fn rule(self) -> InView {
        InView {
            shelf: self.shelf.get_untracked(),
            me: self.me.with_untracked(|me| me.id),
        }
    }

    /// The reader is at the top again, or asked for what is new.
    pub fn take_fresh(self) {
        self.rows.take_fresh(&self.rule());
    }

    /// Everything of the open one has been seen: its row says so too.
    pub fn was_read(self, id: ConversationId) {
        self.rows.read(id);
        self.stir();
    }

    /// The conversation before or after the open one in the list.
    pub fn beside(self, step: isize) -> Option<ConversationId> {
        self.rows.beside(self.wanted.get_untracked().open, step)
    }

    pub fn address(self, open: Option<ConversationId>) -> String {
        Wanted {
            open,
            ..self.wanted.get()
        }
        .address()
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
