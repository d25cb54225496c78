//! What goes: the first message begins the session, everything else follows it through the outbox.

use super::{
    host::Identity,
    state::{Frame, Sends},
};
use crate::desk::conversation::{
    api::{chat_end, say},
    view::open::Unsents,
};
use crate::desk::widget::api::begin;
use crate::kit::browser;
use crate::live::{Carry, Outbox, Unsent, bearer};
use crate::model::{
    error::{Error, Result},
    id::ClientId,
    inbox::Said,
    message::Line,
    widget::Policy,
    wire::Json,
};
use leptos::{prelude::*, task::spawn_local};

impl Frame {
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
        browser::session_set(&self.token_key(), begun.token.as_deref());
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
            self.refresh_surely().await;
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
        let first = self.open.thread.with_untracked(|t| {
            t.as_ref()
                .is_none_or(|t| t.messages.iter().filter(|m| m.is_text()).count() < 2)
        });
        let now = &said.conversation;
        self.open.update(now.conversation.id, |t| {
            let newer = now.conversation.revision >= t.seen.conversation.revision;
            if newer {
                t.seen = now.clone();
            }
            t.insert(said.message.clone()) || newer
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

    /// What is on its way; the person may be another by now, who wants it sent all the same.
    pub fn unsents(self, sends: Sends) -> Unsents {
        Unsents {
            retry: Callback::new(move |client| self.retry(sends, client)),
            ..Unsents::of(sends, None)
        }
    }

    pub fn write(self, sends: Sends, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            sends.put(ClientId::fresh(), "chat", "text", text);
            self.open.stops();
            self.scroller.to_end();
        }
    }

    /// The person wants it sent, whoever they are now.
    fn retry(self, sends: Sends, client: ClientId) {
        if self.lost.try_update_value(std::mem::take) == Some(true) {
            self.me.set(None);
            self.began.set_value(false);
            bearer::set(None);
            browser::session_set(&self.token_key(), None);
        }
        sends.retry(client);
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
}
