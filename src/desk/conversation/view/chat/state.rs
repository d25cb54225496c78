//! What the frame knows and does: one visitor at one widget. The server's answer comes first; events keep it
//! current; what is written goes through the outbox, and its first message begins the session.

use super::{
    doors::Visitor,
    host::{Host, Identity},
};
use crate::desk::conversation::{
    api::open_chat,
    view::{open::Open, thread::Scroller},
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
    message::{AuthorKind, Line},
    widget::{Policy, WidgetConfig},
    wire::Json,
};
use crate::tr;
use leptos::{prelude::*, task::spawn_local};

#[derive(Clone, Copy)]
pub struct Frame {
    pub widget: WidgetId,
    pub config: StoredValue<WidgetConfig>,
    pub workspace: StoredValue<String>,
    /// For a message without WASM.
    pub client: ClientId,
    pub me: RwSignal<Option<Myself>>,
    pub open: Open<PublicConversation>,
    pub(super) cursor: RwSignal<Option<Cursor>>,
    pub online: RwSignal<bool>,
    /// Who is there, before a chat begins.
    pub here: RwSignal<Vec<Face>>,
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
    /// It was asked for once more, meanwhile.
    again: StoredValue<bool>,
    /// What the form before the first message said: name and address.
    pub(super) introduced: StoredValue<(Option<String>, Option<String>)>,
    /// The session began in this page's life, so a refusal of the first message means a refused cookie.
    pub(super) began: StoredValue<bool>,
    /// The session ended under us; only the person may go on, as somebody new.
    pub(super) lost: StoredValue<bool>,
    /// The site's word is being asked about: the session may be an old one already.
    pub(super) identifying: StoredValue<bool>,
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
        let doors = Visitor(chat.config.id);
        let open = Open::new(chat.thread, chat.cursor.clone(), doors);
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
            open,
            cursor: RwSignal::new(chat.cursor),
            host: Host::new(),
            scroller: Scroller::default(),
            awake: RwSignal::new(false),
            visible: RwSignal::new(true),
            text: RwSignal::new(text),
            live: Live::provide(),
            again: StoredValue::new(false),
            introduced: StoredValue::new((None, None)),
            began: StoredValue::new(false),
            lost: StoredValue::new(false),
            identifying: StoredValue::new(false),
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
        self.open
            .thread
            .with(|t| t.as_ref().is_some_and(|t| !t.messages.is_empty() || t.more))
    }

    /// That nobody is there, in the admin's words.
    pub fn away(self) -> String {
        let words = self.config.with_value(|c| c.offline_message.clone());
        if words.trim().is_empty() {
            tr!(chat.nobody).to_owned()
        } else {
            words
        }
    }

    pub fn status(self) -> Option<Status> {
        self.open
            .thread
            .with(|t| t.as_ref().map(|t| t.seen.conversation.status))
    }

    pub(super) fn conversation(self) -> Option<ConversationId> {
        self.open.id_now()
    }

    /// The reader sees what arrives.
    pub fn watching(self) -> bool {
        self.host.open.get() && self.visible.get() && self.scroller.at_end().get()
    }

    pub(super) fn unread(self) -> i64 {
        let unread = self
            .open
            .thread
            .with(|t| t.as_ref().map_or(0, |t| t.seen.unread_count));
        if self.watching() { 0 } else { unread }
    }

    // ---- What comes

    /// Fetch everything again, in place. Nothing that is heard meanwhile is lost; asked for meanwhile, it is
    /// fetched once more.
    pub async fn refresh(self) -> Result<()> {
        if self.open.is_asking() {
            self.again.try_set_value(true);
            return Ok(());
        }
        loop {
            self.again.try_set_value(false);
            let asked = self.open.ask();
            let fresh = match open_chat(self.widget).await {
                Ok(fresh) => fresh,
                Err(error) => {
                    self.open.failed(asked);
                    // Whoever asked meanwhile counts on a page that is newer than this one would have been.
                    if self.again.try_get_value() == Some(true) {
                        continue;
                    }
                    return Err(error);
                }
            };
            let shown = self.open.id_now();
            let since = self.open.answered(asked, fresh.cursor.as_ref());
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
            self.open.show(fresh.thread);
            self.cursor.try_set(fresh.cursor);
            for event in since.unwrap_or_default() {
                // What was not on the screen when it was heard has not been told either.
                let about = event.news.conversation();
                if self.fold(&event) && about.is_some() && about != shown {
                    self.announce(&event);
                }
            }
            if self.again.try_get_value() != Some(true) {
                return Ok(());
            }
        }
    }

    pub(super) fn refetch(self) {
        spawn_local(async move { _ = self.refresh().await });
    }

    /// For what was written and is not on the screen yet: a page that does not come is asked for again, a few times.
    pub(super) async fn refresh_surely(self) {
        for pause in [500, 1_000, 2_000, 4_000] {
            if self.refresh().await.is_ok() {
                return;
            }
            browser::sleep(pause).await;
        }
        _ = self.refresh().await;
    }

    pub(super) fn hear(self, event: &CustomerEvent) {
        if matches!(event.news, News::Reset {}) {
            self.open.reset(event);
            return self.refetch();
        }
        if self.open.hear(event) && self.fold(event) {
            self.announce(event);
        }
    }

    /// `true` if anything changed.
    fn fold(self, event: &CustomerEvent) -> bool {
        if let News::Availability { online, .. } = &event.news {
            self.online.try_set(*online);
            return true;
        }
        let about = event.news.conversation();
        if about.is_none() || about == self.conversation() {
            return self.open.fold(event);
        }
        // A conversation that is not on the screen, begun elsewhere or by an agent. If a page is on its way, it is
        // folded into that first.
        let passing = matches!(
            event.news,
            News::Typing { .. } | News::Presence { .. } | News::Read { .. }
        );
        if !passing && !self.open.is_asking() {
            self.refetch();
        }
        false
    }

    /// The site around hears of it, and so does whoever looks elsewhere.
    fn announce(self, event: &CustomerEvent) {
        match &event.news {
            News::Availability { online, .. } => self
                .host
                .event("status", Json::of([("online", (*online).into())])),
            News::Said { message, .. }
                if message.is_text() && message.author().kind != AuthorKind::Contact =>
            {
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
            News::Closed(_) => self.host.event("conversation:ended", Json::of([])),
            _ => {}
        }
    }
}
