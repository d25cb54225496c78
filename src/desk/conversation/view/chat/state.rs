//! What the frame knows and does: one visitor at one widget. The server's answer comes first; events keep it
//! current; what is written goes through the outbox, and its first message begins the session.

use super::{
    host::{Host, Identity},
    window,
};
use crate::desk::conversation::{
    api::{chat_earlier, chat_end, chat_read, chat_typing, open_chat, say},
    view::thread::{Pending, Scroller, Way},
};
use crate::desk::widget::api::{begin, identify, leave, page};
use crate::kit::{browser, effect};
use crate::live::{Carry, Connection, Live, Outbox, Sending, Source, Unsent, Writer, bearer};
use crate::model::{
    agent::Face,
    contact::Myself,
    conversation::{PublicConversation, Status},
    error::{Error, Result},
    event::{Cursor, CustomerEvent, News},
    id::{ClientId, ConversationId, WidgetId},
    inbox::{Chat, Said},
    message::{Author, AuthorKind, Line},
    thread::CustomerThread,
    time::{Time, now},
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
    cursor: RwSignal<Option<Cursor>>,
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
    writer: StoredValue<Writer>,
    live: Live<PublicConversation>,
    /// Events that come while everything is fetched anew; they are folded in afterwards.
    held: StoredValue<Option<Vec<CustomerEvent>>>,
    again: StoredValue<bool>,
    /// What the form before the first message said: name and address.
    introduced: StoredValue<(Option<String>, Option<String>)>,
    /// The session began in this page's life, so a refusal of the first message means a refused cookie.
    began: StoredValue<bool>,
    /// The session ended under us; only the person may go on, as somebody new.
    lost: StoredValue<bool>,
    /// The site's word is being asked about: the session may be an old one already.
    identifying: StoredValue<bool>,
    read: StoredValue<i64>,
    typed: StoredValue<Option<Time>>,
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
fn same_person(me: &Option<Myself>) -> String {
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

    fn principal(self) -> String {
        self.me
            .with_untracked(|me| format!("{}.{}", self.widget, same_person(me)))
    }

    fn token_key(self) -> String {
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
    fn settle(self, sends: Sends, carry: Carry) {
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

    fn conversation(self) -> Option<ConversationId> {
        self.thread
            .with_untracked(|t| t.as_ref().map(|t| t.seen.conversation.id))
    }

    /// The reader sees what arrives.
    pub fn watching(self) -> bool {
        self.host.open.get() && self.visible.get() && self.scroller.at_end().get()
    }

    fn unread(self) -> i64 {
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

    fn refetch(self) {
        spawn_local(async move { _ = self.refresh().await });
    }

    fn hear(self, event: &CustomerEvent) {
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

    // ---- What goes

    /// A session, made by the first message and with what the host page says of this person.
    async fn begin(self, keep: bool) -> Result<()> {
        let (name, email) = self.introduced.get_value();
        let said = self.host.identity.get_untracked();
        let known = said.clone().unwrap_or(Identity {
            id: String::new(),
            hash: None,
            name: None,
            email: None,
        });
        let (page_url, reference) = (
            self.host.page_url.get_untracked(),
            self.host.reference.get_untracked(),
        );
        let (name, email) = (name.or(known.name), email.or(known.email));
        let ask = |user: Option<String>, hash: Option<String>| {
            begin(
                self.widget,
                name.clone(),
                email.clone(),
                page_url.clone(),
                reference.clone(),
                user,
                hash,
                keep,
            )
        };
        let begun = match ask(said.map(|s| s.id), known.hash).await {
            Err(error)
                if error.about("user_hash").is_some() || error.about("user_id").is_some() =>
            {
                self.host.event(
                    "identify:error",
                    Json::of([("message", error.sentence().into())]),
                );
                if self.policy() == Policy::VerifiedOnly {
                    return Err(error);
                }
                ask(None, None).await?
            }
            answer => answer?,
        };
        // One of an earlier session is of no use any more.
        browser::keep(&self.token_key(), begun.token.as_deref());
        bearer::set(begun.token);
        self.began.try_set_value(true);
        self.me.try_set(Some(begun.me));
        Ok(())
    }

    /// Begin before the first message: the form asks for a name and an address, or the site vouches for somebody.
    pub async fn introduce(
        self,
        sends: Sends,
        name: Option<String>,
        email: Option<String>,
    ) -> Result<()> {
        self.introduced.set_value((name, email));
        self.begin(false).await?;
        self.settle(sends, Carry::All);
        Ok(())
    }

    /// One attempt to say something; made by the outbox.
    async fn deliver(self, unsent: Unsent) -> Result<Said> {
        if self.lost.get_value() {
            return Err(Error::Unauthorized);
        }
        if self.me.with_untracked(Option::is_none) {
            self.begin(false).await?;
        }
        let writer = self.me.with_untracked(|me| me.as_ref().and_then(|m| m.id));
        let attempt = || say(self.widget, unsent.client, unsent.body.clone(), writer);
        let said = match attempt().await {
            // Here or in another tab the site may have just proved who this is: then the session is a new one.
            Err(Error::Unauthorized) if !self.began.get_value() => {
                self.identified_or_not().await;
                attempt().await
            }
            // The cookie did not come back: the token travels by itself from now on.
            Err(Error::Unauthorized) if self.began.get_value() && bearer::token().is_none() => {
                self.begin(true).await?;
                attempt().await
            }
            answer => answer,
        };
        let said = match said {
            Err(Error::Unauthorized) => {
                self.lost.try_set_value(true);
                // Whether nobody is here by now, or somebody else.
                self.refetch();
                return Err(Error::Unauthorized);
            }
            answer => answer?,
        };
        // The cookie came back, so a refusal from here on is the end of the session.
        self.began.try_set_value(false);
        if self.conversation() != Some(said.conversation.conversation.id)
            || self.cursor.with_untracked(Option::is_none)
        {
            _ = self.refresh().await;
        }
        Ok(said)
    }

    /// Wait until a new session, if there is one, is known to this browser.
    async fn identified_or_not(self) {
        browser::sleep(300).await;
        while self.identifying.try_get_value() == Some(true) {
            browser::sleep(50).await;
        }
    }

    /// It arrived.
    fn arrived(self, sends: Option<Sends>, said: &Said) {
        let first = self.thread.with_untracked(|t| {
            t.as_ref()
                .is_none_or(|t| t.messages.iter().filter(|m| m.is_text()).count() < 2)
        });
        self.thread.try_update(|thread| {
            let Some(t) = thread
                .as_mut()
                .filter(|t| t.seen.conversation.id == said.conversation.conversation.id)
            else {
                return;
            };
            if said.conversation.conversation.revision >= t.seen.conversation.revision {
                t.seen = said.conversation.clone();
            }
            t.insert(said.message.clone());
        });
        if let Some(sends) = sends {
            self.settle(sends, Carry::All);
        }
        self.host.say("started", Json::of([]));
        if first {
            self.host.event(
                "conversation:started",
                Json::of([("id", said.conversation.conversation.id.to_string().into())]),
            );
        }
        self.host.event(
            "message:sent",
            Json::of([
                ("id", said.message.id.to_string().into()),
                ("body", said.message.body.clone().into()),
            ]),
        );
    }

    /// The outbox of this frame.
    pub fn outbox(self) -> Sends {
        let own: StoredValue<Option<Sends>> = StoredValue::new(None);
        let sends = Outbox::new(
            self.writer.get_value(),
            move |unsent| self.deliver(unsent),
            move |_, said| self.arrived(own.get_value(), &said),
        );
        own.set_value(Some(sends));
        sends
    }

    pub fn pending(self, sends: Sends) -> Vec<Pending> {
        let way = |state| match state {
            Sending::Sending => Way::Sending,
            Sending::Waiting => Way::Waiting,
            Sending::Failed(error) => Way::Failed(error.sentence()),
        };
        sends
            .items()
            .into_iter()
            .map(|i| Pending {
                client: i.client,
                body: i.body,
                note: false,
                state: way(i.state),
            })
            .collect()
    }

    pub fn write(self, sends: Sends, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            sends.put(ClientId::fresh(), "chat", "text", text);
            self.stop_typing();
            self.scroller.to_end();
        }
    }

    /// The person wants it sent, whoever they are now.
    pub fn retry(self, sends: Sends, client: ClientId) {
        if self.lost.try_update_value(std::mem::take) == Some(true) {
            self.me.set(None);
            self.began.set_value(false);
            bearer::set(None);
            browser::keep(&self.token_key(), None);
        }
        sends.retry(client);
    }

    /// A key was pressed in the composer; told at most every three seconds.
    pub fn types(self) {
        let (Some(id), now) = (self.conversation(), now()) else {
            return;
        };
        if self
            .typed
            .get_value()
            .is_some_and(|at| at.seconds_until(now) < 3)
        {
            return;
        }
        self.typed.set_value(Some(now));
        spawn_local(async move { _ = chat_typing(self.widget, id, true).await });
    }

    pub fn stop_typing(self) {
        if let (Some(id), Some(_)) = (
            self.conversation(),
            self.typed.try_update_value(Option::take).flatten(),
        ) {
            spawn_local(async move { _ = chat_typing(self.widget, id, false).await });
        }
    }

    pub fn end(self) {
        let Some(id) = self.conversation() else {
            return;
        };
        spawn_local(async move {
            if chat_end(self.widget, id).await.is_ok() {
                _ = self.refresh().await;
            }
        });
    }

    /// Everything on the screen has been seen.
    fn mark_read(self) {
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

    // ---- The browser's life

    /// Everything that only a browser does. Call once.
    pub fn wake(self, sites: Vec<crate::model::widget::Domain>, sends: Sends) {
        self.live.subscribe(move |event| self.hear(event));
        effect(move |_| {
            self.awake.set(true);
            window::tell("data-hydrated", Some(""));
            self.visible.set(browser::visible());
            let seen = window_event_listener_untyped("visibilitychange", move |_| {
                self.visible.set(browser::visible())
            });
            let back = window_event_listener_untyped("online", move |_| sends.nudge());
            on_cleanup(move || {
                seen.remove();
                back.remove();
            });
            self.host.listen(sites.clone(), move || self.greeted());
            sends.load();
            // A tab whose browser refuses the cookie: its session is in the tab.
            if let Some(token) =
                browser::kept(&self.token_key()).filter(|_| self.me.with_untracked(Option::is_none))
            {
                bearer::set(Some(token));
                spawn_local(async move {
                    if self.refresh().await == Err(Error::Unauthorized) {
                        bearer::set(None);
                        browser::keep(&self.token_key(), None);
                    }
                    self.settle(sends, Carry::Here);
                });
            }
        });
        effect(move |_| {
            let cursor = self.cursor.get();
            if self.me.read().is_some() && cursor.is_some() {
                self.live.listen(
                    Source::visitor(self.widget, self.principal(), bearer::token()),
                    cursor,
                );
            }
        });
        // What waits goes as soon as the news comes again.
        effect(move |before: Option<Connection>| {
            let now = self.live.state.get();
            if before.is_some_and(|before| before != now)
                && matches!(now, Connection::Live | Connection::Polling)
            {
                sends.nudge();
            }
            now
        });
        effect(move |_| self.mark_read());
        let unread = Memo::new(move |_| self.unread());
        effect(move |_| {
            self.host
                .say("unread", Json::of([("count", unread.get().into())]))
        });
        // Where one stands in line is not in any event.
        effect(move |before: Option<Option<IntervalHandle>>| {
            if let Some(Some(handle)) = before {
                handle.clear();
            }
            let wanted =
                self.place_in_line().is_some() && self.host.open.get() && self.visible.get();
            wanted
                .then(|| {
                    set_interval_with_handle(move || self.refetch(), Duration::from_secs(20)).ok()
                })
                .flatten()
        });
        self.attend(sends);
    }

    /// 1 is next; while nobody has taken it.
    pub fn place_in_line(self) -> Option<i64> {
        self.thread.with(|t| {
            let seen = &t.as_ref()?.seen;
            seen.queue_position.filter(|_| {
                seen.conversation.status == Status::Waiting && seen.conversation.assignee.is_none()
            })
        })
    }

    fn greeted(self) {
        self.host.say(
            "unread",
            Json::of([("count", untrack(|| self.unread()).into())]),
        );
        self.host.event(
            "status",
            Json::of([("online", self.online.get_untracked().into())]),
        );
        if self.conversation().is_some() {
            self.host.say("started", Json::of([]));
        }
    }

    /// What the host page tells.
    fn attend(self, sends: Sends) {
        effect(move |_| {
            let (page_url, reference) = (self.host.page_url.get(), self.host.reference.get());
            if self.me.with_untracked(Option::is_some)
                && (page_url.is_some() || reference.is_some())
            {
                spawn_local(async move { _ = page(self.widget, page_url, reference).await });
            }
        });
        effect(move |_| {
            let Some(said) = self.host.identity.get() else {
                return;
            };
            let open = self.host.open.get();
            self.settle(sends, Carry::Here);
            match self.me.get_untracked() {
                Some(me) => spawn_local(async move { self.identified(sends, me, said).await }),
                None if self.policy() == Policy::VerifiedOnly && said.hash.is_some() && open => {
                    spawn_local(async move {
                        if self.introduce(sends, None, None).await.is_ok() {
                            _ = self.refresh().await;
                        }
                    })
                }
                None => {}
            }
        });
        effect(move |_| match self.host.verb.get() {
            Some((verb, text)) if verb == "newMessage" => {
                if !text.is_empty() {
                    self.written_here.set_value(true);
                    self.text.set(text);
                }
                self.host.focused.update(|n| *n += 1);
            }
            Some((verb, text)) if verb == "setTheme" => {
                window::tell(
                    "data-theme",
                    Some(text.as_str()).filter(|t| matches!(*t, "light" | "dark")),
                );
            }
            Some((verb, _)) if verb == "reset" => spawn_local(async move {
                sends.hold();
                if self.me.with_untracked(Option::is_some) {
                    _ = leave(self.widget).await;
                }
                browser::keep(&self.token_key(), None);
                sends.forget();
                // And of whoever sat here before the page said who it was.
                Writer::forget(&self.widget.to_string());
                browser::reload();
            }),
            _ => {}
        });
    }

    /// The host page says who this is; asked once per tab for the same words.
    async fn identified(self, sends: Sends, me: Myself, said: Identity) {
        let (key, words) = (
            format!("deskbell.identified.{}", self.widget),
            format!("{} {said:?}", same_person(&Some(me.clone()))),
        );
        if browser::kept(&key).as_ref() == Some(&words) {
            return;
        }
        // The answer may make the cookie somebody else's, for whom nothing of this may be sent.
        sends.hold();
        self.identifying.try_set_value(true);
        let ask = || {
            let said = said.clone();
            identify(self.widget, said.id, said.hash, said.name, said.email)
        };
        let answer = match ask().await {
            // Another tab was faster.
            Err(Error::Unauthorized) => {
                browser::sleep(300).await;
                ask().await
            }
            answer => answer,
        };
        if let Ok(token) = answer.as_ref().map(|now| now.token.as_deref())
            && token.is_some()
        {
            browser::keep(&self.token_key(), token);
            bearer::set(token.map(str::to_owned));
        }
        self.identifying.try_set_value(false);
        match answer {
            Ok(now) if now.me.id == me.id => {
                browser::keep(&key, Some(&words));
                self.me.try_set(Some(now.me));
                // Whatever was asked with the session of before was answered as to nobody.
                if said.hash.is_some() {
                    _ = self.refresh().await;
                }
            }
            // Somebody else is here now: their chat, and nothing of the one before.
            Ok(_) => {
                sends.forget();
                return browser::reload();
            }
            Err(error) => self.host.event(
                "identify:error",
                Json::of([("message", error.sentence().into())]),
            ),
        }
        sends.go_on();
    }
}
