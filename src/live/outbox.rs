//! What was written and has not arrived. Each text is kept in the browser's storage with its client id *before*
//! the first attempt, so that neither a reload nor a lost answer loses or doubles it: the server knows the id.
//! One attempt at a time, in order. The storage's key names the [`Writer`]: nothing is ever shown to or posted as
//! somebody else.

use super::browser::{self, Shelf};
use crate::model::{
    error::{Error, Result},
    id::ClientId,
    time::{Time, now},
    wire,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::{future::Future, pin::Pin, sync::Arc};

/// Whose texts these are: drafts, and what waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    name: String,
    shelf: Shelf,
}

impl Writer {
    /// Somebody with a session; their texts outlive the tab.
    pub fn known(name: impl Into<String>) -> Writer {
        Writer {
            name: name.into(),
            shelf: Shelf::Browser,
        }
    }

    /// Whoever sits here before there is a session; their texts end with the tab, as the next person at this browser
    /// may be somebody else.
    pub fn passing(name: impl Into<String>) -> Writer {
        Writer {
            name: name.into(),
            shelf: Shelf::Tab,
        }
    }

    fn unsent(&self) -> String {
        format!("deskbell.unsent.{}.", self.name)
    }

    fn drafts(&self) -> String {
        format!("deskbell.draft.{}.", self.name)
    }

    /// What they were writing in one place.
    pub fn draft(&self, place: &str) -> Option<String> {
        browser::read(self.shelf, &format!("{}{place}", self.drafts()))
    }

    /// What they are writing there; blank text is none.
    pub fn set_draft(&self, place: &str, text: &str) {
        let text = Some(text).filter(|t| !t.trim().is_empty());
        browser::write(self.shelf, &format!("{}{place}", self.drafts()), text);
    }

    /// Leave nothing in this browser of anybody whose name begins so.
    pub fn forget(name: &str) {
        for shelf in [Shelf::Browser, Shelf::Tab] {
            for of in ["unsent", "draft"] {
                for key in browser::keys(shelf, &format!("deskbell.{of}.{name}.")) {
                    browser::write(shelf, &key, None);
                }
            }
        }
    }
}

/// Which texts go along when somebody else writes from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carry {
    /// It is the same person, who has a name or a session now.
    All,
    /// What was written since this page was loaded. What an earlier page left may be another person's.
    Here,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    pub client: ClientId,
    /// The conversation, or whatever the page calls where it goes.
    pub to: String,
    /// `reply`, `note`, or what the page makes of it.
    pub kind: String,
    pub body: String,
    pub at: Time,
    pub state: Sending,
    /// Written since this page was loaded.
    #[serde(skip)]
    pub here: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sending {
    /// On its way.
    Sending,
    /// Tried, or behind one that is; will be tried by itself.
    Waiting,
    /// Will not be tried by itself: the person decides.
    Failed(Error),
}

type Posting<M> = Pin<Box<dyn Future<Output = Result<M>>>>;

/// One person's outbox, for all conversations.
pub struct Outbox<M: 'static> {
    items: RwSignal<Vec<Unsent>>,
    writer: StoredValue<Writer>,
    post: StoredValue<Arc<dyn Fn(Unsent) -> Posting<M> + Send + Sync>>,
    sent: StoredValue<Arc<dyn Fn(Unsent, M) + Send + Sync>>,
    busy: StoredValue<bool>,
    /// Nothing is tried while it is being found out who is here.
    held: StoredValue<bool>,
    /// Counts the calls to hurry.
    hurry: StoredValue<u32>,
}

impl<M> Copy for Outbox<M> {}
impl<M> Clone for Outbox<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: 'static> Outbox<M> {
    /// `post` makes one attempt, `sent` hears what came of it (before the text leaves the outbox). Empty until
    /// [`Outbox::load`].
    pub fn new<F>(
        writer: Writer,
        post: impl Fn(Unsent) -> F + Send + Sync + 'static,
        sent: impl Fn(Unsent, M) + Send + Sync + 'static,
    ) -> Outbox<M>
    where
        F: Future<Output = Result<M>> + 'static,
    {
        Outbox {
            items: RwSignal::new(vec![]),
            writer: StoredValue::new(writer),
            post: StoredValue::new(Arc::new(move |unsent| Box::pin(post(unsent)) as Posting<M>)),
            sent: StoredValue::new(Arc::new(sent)),
            busy: StoredValue::new(false),
            held: StoredValue::new(false),
            hurry: StoredValue::new(0),
        }
    }

    /// Somebody else writes from now on. What does not go along leaves the screen and stays with its writer; what the
    /// new one left here comes up.
    pub fn hand_over(self, writer: Writer, carry: Carry) {
        if self.writer.with_value(|now| *now == writer) {
            return;
        }
        let (along, left): (Vec<_>, Vec<_>) = self
            .items
            .get_untracked()
            .into_iter()
            .partition(|item| carry == Carry::All || item.here);
        for item in &along {
            self.drop_stored(item.client);
        }
        self.writer.set_value(writer);
        for item in &along {
            self.persist(item);
        }
        if !left.is_empty() {
            self.items.set(along);
        }
        self.load();
    }

    /// Try nothing until [`Outbox::go_on`]: who is here is being found out.
    pub fn hold(self) {
        self.held.try_set_value(true);
    }

    pub fn go_on(self) {
        self.held.try_set_value(false);
        self.nudge();
    }

    /// Leave nothing on the screen; and of this writer, nothing in the browser.
    pub fn forget(self) {
        self.writer.with_value(|w| Writer::forget(&w.name));
        self.items.try_set(vec![]);
    }

    /// Take up what an earlier page left. Call in an effect: the first render is the server's.
    pub fn load(self) {
        let known: Vec<_> = self
            .items
            .with_untracked(|all| all.iter().map(|i| i.client).collect());
        let writer = self.writer.get_value();
        let mut found: Vec<Unsent> = (browser::keys(writer.shelf, &writer.unsent()).iter())
            .filter_map(|key| wire::read(&browser::read(writer.shelf, key)?).ok())
            .filter(|item: &Unsent| !known.contains(&item.client))
            .collect();
        if found.is_empty() {
            return;
        }
        for item in &mut found {
            if item.state == Sending::Sending {
                item.state = Sending::Waiting;
            }
        }
        self.items.update(|all| {
            for item in found {
                let place = all.partition_point(|i| i.at <= item.at);
                all.insert(place, item);
            }
        });
        self.pump();
    }

    /// All of it, oldest first. Tracks.
    pub fn items(self) -> Vec<Unsent> {
        self.items.get()
    }

    /// What goes to one place. Tracks.
    pub fn to(self, to: &str) -> Vec<Unsent> {
        self.items
            .with(|all| all.iter().filter(|i| i.to == to).cloned().collect())
    }

    /// Send a text. Stored first.
    pub fn put(
        self,
        client: ClientId,
        to: impl Into<String>,
        kind: impl Into<String>,
        body: impl Into<String>,
    ) {
        let item = Unsent {
            client,
            to: to.into(),
            kind: kind.into(),
            body: body.into(),
            at: now(),
            state: Sending::Waiting,
            here: true,
        };
        self.persist(&item);
        self.items.update(|all| all.push(item));
        self.pump();
    }

    /// Try a failed one again.
    pub fn retry(self, client: ClientId) {
        self.set(client, Sending::Waiting);
        self.nudge();
    }

    /// Forget it.
    pub fn discard(self, client: ClientId) {
        self.drop_stored(client);
        self.items
            .try_update(|all| all.retain(|i| i.client != client));
    }

    /// Try now: the connection is back, or the person asks.
    pub fn nudge(self) {
        self.hurry.try_update_value(|n| *n += 1);
        self.pump();
    }

    fn drop_stored(self, client: ClientId) {
        self.writer
            .try_with_value(|w| browser::write(w.shelf, &format!("{}{client}", w.unsent()), None));
    }

    fn persist(self, item: &Unsent) {
        if let Ok(json) = serde_json::to_string(item) {
            self.writer.try_with_value(|w| {
                let key = format!("{}{}", w.unsent(), item.client);
                browser::write(w.shelf, &key, Some(&json));
            });
        }
    }

    /// Keep what became of it, unless it was taken out of the storage meanwhile: sent by another tab, or gone with the
    /// person who signed out there.
    fn keep_if_stored(self, item: &Unsent) {
        let stored = self.writer.try_with_value(|w| {
            let key = format!("{}{}", w.unsent(), item.client);
            browser::read(w.shelf, &key).is_some()
        });
        if stored == Some(true) {
            self.persist(item);
        }
    }

    fn set(self, client: ClientId, state: Sending) {
        let changed = self.items.try_update(|all| {
            let item = all.iter_mut().find(|i| i.client == client)?;
            item.state = state;
            Some(item.clone())
        });
        if let Some(Some(item)) = changed {
            self.keep_if_stored(&item);
        }
    }

    /// The next that goes by itself.
    fn next(self) -> Option<Unsent> {
        if self.held.try_get_value() != Some(false) {
            return None;
        }
        self.items.try_with_untracked(|all| {
            all.iter()
                .find(|i| !matches!(i.state, Sending::Failed(_)))
                .cloned()
        })?
    }

    /// Work through it, one at a time, unless that is being done.
    fn pump(self) {
        if self.busy.try_get_value() != Some(false) || self.next().is_none() {
            return;
        }
        self.busy.set_value(true);
        leptos::task::spawn_local(async move {
            let mut failures = 0_u32;
            while let Some(item) = self.next() {
                failures = match self.attempt(item, failures).await {
                    None => 0,
                    Some(error) => {
                        self.pause(&error, failures).await;
                        failures + 1
                    }
                };
            }
            self.busy.try_set_value(false);
        });
    }

    /// One attempt, after so many failures. The error, if trying again can help. Without an answer in time it counts
    /// as "cannot be reached"; the client id makes the next one safe.
    async fn attempt(self, item: Unsent, failures: u32) -> Option<Error> {
        let post = self.post.try_get_value()?;
        self.set(item.client, Sending::Sending);
        let answer = match futures::future::select(
            post(item.clone()),
            Box::pin(browser::sleep(super::retry_delay(failures))),
        )
        .await
        {
            futures::future::Either::Left((answer, _)) => answer,
            futures::future::Either::Right(_) => Err(Error::Offline),
        };
        match answer {
            Ok(message) => {
                if let Some(sent) = self.sent.try_get_value() {
                    sent(item.clone(), message);
                }
                self.discard(item.client);
                None
            }
            Err(error) if error.passes() => {
                self.set(item.client, Sending::Waiting);
                Some(error)
            }
            Err(error) => {
                self.set(item.client, Sending::Failed(error));
                None
            }
        }
    }

    /// Full jitter, doubling, at most 15 seconds, or what the server said; cut short by a nudge.
    async fn pause(self, error: &Error, failures: u32) {
        let most = 1000.0 * f64::from(2_u32.pow(failures.min(4))).min(15.0);
        let wait = match error {
            Error::RateLimited { retry_after } => {
                (*retry_after as f64 * 1000.0).min(120_000.0) + browser::random() * 500.0
            }
            _ => 300.0 + browser::random() * most,
        };
        let hurry = self.hurry.try_get_value();
        let mut left = wait as u32;
        while left > 0 && self.hurry.try_get_value() == hurry && hurry.is_some() {
            browser::sleep(left.min(250)).await;
            left = left.saturating_sub(250);
        }
    }
}
