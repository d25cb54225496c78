//! What goes: the first message begins the session, everything else follows it through the outbox.

use super::{
    host::Identity,
    state::{Frame, Sends},
};
use crate::desk::conversation::{
    api::{chat_end, chat_typing, say},
    view::thread::{Pending, Way},
};
use crate::desk::widget::api::begin;
use crate::kit::browser;
use crate::live::{Carry, Outbox, Sending, Unsent, bearer};
use crate::model::{
    error::{Error, Result},
    id::ClientId,
    inbox::Said,
    message::Line,
    time::now,
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
}
