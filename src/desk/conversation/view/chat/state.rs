//! What the frame knows and does: one visitor at one widget. The server's answer comes first; events keep it
//! current; what is written goes through the outbox, and its first message begins the session.

use super::host::{Host, Identity};
use crate::desk::conversation::{
    api::{chat_earlier, chat_read, open_chat},
    view::thread::Scroller,
};
use crate::kit::browser;
use crate::live::{Carry, Connection, Live, Outbox, Writer};
use crate::model::{
    agent::Face,
    contact::Myself,
    conversation::{PublicConversation, Status},
    error::Result,
    event::{Cursor, CustomerEvent, News},
    id::{ClientId, ConversationId, WidgetId},
    inbox::{Chat, Said},
    message::{Author, AuthorKind, Line},
    thread::CustomerThread,
    time::Time,
    widget::{Policy, WidgetConfig},
    wire::Json,
};
use crate::tr;
use leptos::{prelude::*, task::spawn_local};
use std::time::Duration;

#[derive(Clone, Copy)]
pub struct Frame {
    pub widget: WidgetId,
    pub config: StoredValue<WidgetConfig>,
    pub workspace: StoredValue<String>,
    /// For a message without WASM.
    pub client: ClientId,
    pub me: RwSignal<Option<Myself>>,
    pub thread: RwSignal<Option<CustomerThread>>,
    pub(super) cursor: RwSignal<Option<Cursor>>,
    pub online: RwSignal<bool>,
    /// Who is there, before a chat begins.
    pub here: RwSignal<Vec<Face>>,
    pub typing: RwSignal<Option<Author>>,
    pub loading_earlier: RwSignal<bool>,
    pub host: Host,
    pub scroller: Scroller,
    /// The browser has taken over from the server's HTML.
    pub awake: RwSignal<bool>,
    /// The tab is looked at.
    pub visible: RwSignal<bool>,
    /// The text in the composer is to become this.
    pub text: RwSignal<String>,
    /// The text was written since this page was loaded.
    pub written_here: StoredValue<bool>,
    /// Whose the text in the composer is, and what waits to be sent.
    pub(super) writer: StoredValue<Writer>,
    pub(super) live: Live<PublicConversation>,
    /// Events that come while everything is fetched anew; they are folded in afterwards.
    held: StoredValue<Option<Vec<CustomerEvent>>>,
    again: StoredValue<bool>,
    /// What the form before the first message said: name and address.
    pub(super) introduced: StoredValue<(Option<String>, Option<String>)>,
    /// The session began in this page's life, so a refusal of the first message means a refused cookie.
    pub(super) began: StoredValue<bool>,
    /// The session ended under us; only the person may go on, as somebody new.
    pub(super) lost: StoredValue<bool>,
    /// The site's word is being asked about: the session may be an old one already.
    pub(super) identifying: StoredValue<bool>,
    read: StoredValue<i64>,
    pub(super) typed: StoredValue<Option<Time>>,
    heard_typing: StoredValue<u32>,
}

pub type Sends = Outbox<Said>;

/// A frame has one composer.
const DRAFT: &str = "chat";

/// Whoever has a session; before there is one, whoever the page says this is, or whoever sits here.
fn writer(widget: WidgetId, me: &Option<Myself>, said: Option<&Identity>) -> Writer {
    match (me.as_ref().and_then(|me| me.id), said) {
        (Some(id), _) => Writer::known(format!("{widget}.{id}")),
        (None, Some(said)) => Writer::passing(format!("{widget}.as-{}", said.id)),
        (None, None) => Writer::passing(format!("{widget}.nobody")),
    }
}

/// The contact's id, or `nobody`.
pub(super) fn same_person(me: &Option<Myself>) -> String {
    me.as_ref()
        .and_then(|m| m.id)
        .map_or_else(|| "nobody".to_owned(), |id| id.to_string())
}

impl Frame {
    pub fn new(chat: Chat, text: String) -> Frame {
        let writer = writer(chat.config.id, &chat.me, None);
        Frame {
            widget: chat.config.id,
            // What a refused plain form brought back was written a moment ago.
            written_here: StoredValue::new(!text.is_empty()),
            writer: StoredValue::new(writer),
            online: RwSignal::new(chat.config.online),
            here: RwSignal::new(chat.here),
            config: StoredValue::new(chat.config),
            workspace: StoredValue::new(chat.workspace),
            client: chat.client,
            me: RwSignal::new(chat.me),
            thread: RwSignal::new(chat.thread),
            cursor: RwSignal::new(chat.cursor),
            typing: RwSignal::new(None),
            loading_earlier: RwSignal::new(false),
            host: Host::new(),
            scroller: Scroller::default(),
            awake: RwSignal::new(false),
            visible: RwSignal::new(true),
            text: RwSignal::new(text),
            live: Live::provide(),
            held: StoredValue::new(None),
            again: StoredValue::new(false),
            introduced: StoredValue::new((None, None)),
            began: StoredValue::new(false),
            lost: StoredValue::new(false),
            identifying: StoredValue::new(false),
            read: StoredValue::new(0),
            typed: StoredValue::new(None),
            heard_typing: StoredValue::new(0),
        }
    }

    pub(super) fn principal(self) -> String {
        self.me
            .with_untracked(|me| format!("{}.{}", self.widget, same_person(me)))
    }

    pub(super) fn token_key(self) -> String {
        format!("deskbell.token.{}", self.widget)
    }

    /// What was being written here, by whoever writes now.
    pub fn draft(self) -> Option<String> {
        self.writer.with_value(|w| w.draft(DRAFT))
    }

    pub fn keep_draft(self, text: &str) {
        self.writer.with_value(|w| w.set_draft(DRAFT, text));
    }

    /// Who this page was made for, as a plain form says it; nobody before there is a session.
    pub fn writer_id(self) -> Option<String> {
        self.me.with(|me| me.as_ref()?.id.map(|id| id.to_string()))
    }

    /// Whoever is here by now writes from now on: their texts come up, and nothing of the one before but what goes along.
    pub(super) fn settle(self, sends: Sends, carry: Carry) {
        let now = self.host.identity.with_untracked(|said| {
            self.me
                .with_untracked(|me| writer(self.widget, me, said.as_ref()))
        });
        let before = self.writer.get_value();
        if before == now {
            return;
        }
        let text = self.text.get_untracked();
        let along = carry == Carry::All || self.written_here.get_value();
        if along {
            before.set_draft(DRAFT, "");
        }
        self.writer.set_value(now);
        if along && !text.is_empty() {
            self.keep_draft(&text);
        } else {
            self.written_here.set_value(false);
            self.text.set(self.draft().unwrap_or_default());
        }
        sends.hand_over(self.writer.get_value(), carry);
    }

    pub fn policy(self) -> Policy {
        self.config.with_value(|c| c.policy)
    }

    pub fn connection(self) -> Connection {
        self.live.state.get()
    }

    /// Something has been said here.
    pub fn has_begun(self) -> bool {
        self.thread
            .with(|t| t.as_ref().is_some_and(|t| !t.messages.is_empty() || t.more))
    }

    /// That nobody is there, in the admin's words.
    pub fn away(self) -> String {
        let words = self.config.with_value(|c| c.offline_message.clone());
        if words.trim().is_empty() {
            tr!(frame.nobody).to_owned()
        } else {
            words
        }
    }

    pub fn status(self) -> Option<Status> {
        self.thread
            .with(|t| t.as_ref().map(|t| t.seen.conversation.status))
    }

    pub(super) fn conversation(self) -> Option<ConversationId> {
        self.thread
            .with_untracked(|t| t.as_ref().map(|t| t.seen.conversation.id))
    }

    /// The reader sees what arrives.
    pub fn watching(self) -> bool {
        self.host.open.get() && self.visible.get() && self.scroller.at_end().get()
    }

    pub(super) fn unread(self) -> i64 {
        let unread = self
            .thread
            .with(|t| t.as_ref().map_or(0, |t| t.seen.unread_count));
        if self.watching() { 0 } else { unread }
    }

    // ---- What comes

    /// Fetch everything again, in place. Nothing that is heard meanwhile is lost; asked for meanwhile, it is
    /// fetched once more.
    pub async fn refresh(self) -> Result<()> {
        if self.held.try_with_value(Option::is_some) != Some(false) {
            self.again.try_set_value(true);
            return Ok(());
        }
        loop {
            self.again.try_set_value(false);
            self.held.try_set_value(Some(vec![]));
            let answer = open_chat(self.widget).await;
            let held = self
                .held
                .try_update_value(Option::take)
                .flatten()
                .unwrap_or_default();
            let fresh = answer?;
            let (had, has) = (
                self.me.with_untracked(|me| me.as_ref().and_then(|m| m.id)),
                fresh.me.as_ref().and_then(|m| m.id),
            );
            match (had, has) {
                // Another tab let somebody else in: their chat, and nothing of the one before.
                (Some(had), Some(has)) if had != has => {
                    browser::reload();
                    return Ok(());
                }
                (Some(_), None) => _ = self.lost.try_set_value(true),
                _ => {}
            }
            self.online.try_set(fresh.config.online);
            self.here.try_set(fresh.here);
            self.me.try_set(fresh.me);
            self.thread.try_set(fresh.thread);
            self.cursor.try_set(fresh.cursor);
            for event in held {
                self.hear(&event);
            }
            if self.again.try_get_value() != Some(true) {
                return Ok(());
            }
        }
    }

    pub(super) fn refetch(self) {
        spawn_local(async move { _ = self.refresh().await });
    }

    pub(super) fn hear(self, event: &CustomerEvent) {
        if self
            .held
            .try_update_value(|held| held.as_mut().map(|held| held.push(event.clone())))
            .flatten()
            .is_some()
        {
            return;
        }
        match &event.news {
            News::Availability { online, .. } => {
                self.online.try_set(*online);
                self.host
                    .event("status", Json::of([("online", (*online).into())]));
                return;
            }
            News::Reset {} => return self.refetch(),
            News::Typing { author, typing, .. } if author.kind != AuthorKind::Contact => {
                return self.heard_typing(author, *typing);
            }
            _ => {}
        }
        let about = event.news.conversation();
        if about.is_none() || about != self.conversation() {
            // A conversation that is not on the screen, begun elsewhere or by an agent.
            if about.is_some()
                && !matches!(
                    event.news,
                    News::Typing { .. } | News::Presence { .. } | News::Read { .. }
                )
            {
                self.refetch();
            }
            return;
        }
        let changed = self
            .thread
            .try_update(|t| t.as_mut().is_some_and(|t| t.apply(event)))
            .unwrap_or(false);
        match &event.news {
            News::Said { message, .. }
                if changed && message.is_text() && message.author().kind != AuthorKind::Contact =>
            {
                self.typing.try_set(None);
                self.host.event(
                    "message:received",
                    Json::of([
                        ("id", message.id.to_string().into()),
                        ("body", message.body.clone().into()),
                    ]),
                );
                if !(self.host.open.get_untracked() && browser::visible()) {
                    browser::beep();
                }
            }
            News::Closed(_) if changed => self.host.event("conversation:ended", Json::of([])),
            _ => {}
        }
    }

    /// Whoever types says so every few seconds; six without a word and they do not.
    fn heard_typing(self, author: &Author, typing: bool) {
        let turn = self.heard_typing.try_update_value(|n| {
            *n += 1;
            *n
        });
        self.typing.try_set(typing.then(|| author.clone()));
        if typing {
            set_timeout(
                move || {
                    if self.heard_typing.try_get_value() == turn {
                        self.typing.try_set(None);
                    }
                },
                Duration::from_secs(6),
            );
        }
    }

    pub fn earlier(self) {
        let first = self
            .thread
            .with_untracked(|t| t.as_ref().and_then(|t| t.messages.first().map(Line::seq)));
        let (Some(id), Some(before), false) = (
            self.conversation(),
            first,
            self.loading_earlier.get_untracked(),
        ) else {
            return;
        };
        self.loading_earlier.set(true);
        spawn_local(async move {
            let older = chat_earlier(self.widget, id, before).await;
            if let Ok(older) = older {
                self.thread.try_update(|t| {
                    if let Some(t) = t.as_mut().filter(|t| t.seen.conversation.id == id) {
                        t.prepend(older.messages, older.more);
                    }
                });
            }
            self.loading_earlier.try_set(false);
        });
    }

    /// Everything on the screen has been seen.
    pub(super) fn mark_read(self) {
        let Some((id, seq)) = self.thread.with(|t| {
            let t = t.as_ref()?;
            let last = t
                .messages
                .iter()
                .rev()
                .find(|m| m.author().kind != AuthorKind::Contact)?;
            (t.seen.unread_count > 0).then_some((t.seen.conversation.id, last.seq()))
        }) else {
            return;
        };
        if !self.watching() || self.read.get_value() >= seq {
            return;
        }
        self.read.set_value(seq);
        spawn_local(async move {
            match chat_read(self.widget, id, seq).await {
                Ok(()) => {
                    self.thread.try_update(|t| {
                        if let Some(t) = t
                            .as_mut()
                            .filter(|t| t.messages.last().is_none_or(|m| m.seq() <= seq))
                        {
                            t.seen.unread_count = 0;
                        }
                    });
                }
                Err(_) => _ = self.read.try_set_value(0),
            }
        });
    }
}
