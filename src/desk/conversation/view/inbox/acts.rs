//! What is done to a conversation, and what its answer makes of the screen.

use super::screen::Screen;
use crate::{
    desk::conversation::api,
    kit::browser,
    model::{
        contact::Contact,
        conversation::{Conversation, ForReader},
        error::{Error, Result},
        id::ConversationId,
        thread::StaffThread,
    },
    tr,
};
use leptos::{prelude::*, task::spawn_local};
use std::future::Future;

impl Screen {
    /// Do something to a conversation; the answer is shown at once, a refusal is said.
    pub fn act(self, doing: impl Future<Output = Result<ForReader<Conversation>>> + 'static) {
        spawn_local(async move {
            match doing.await {
                Ok(seen) => self.took(seen),
                Err(error) => self.complain(error),
            }
        });
    }

    /// A conversation as an answer brought it.
    pub fn took(self, seen: ForReader<Conversation>) {
        let revision = seen.conversation.revision;
        self.open.update(seen.conversation.id, |t| {
            let newer = t.seen.conversation.revision <= revision;
            if newer {
                t.seen = seen.clone();
            }
            newer
        });
        self.rows.took(&seen, &self.rule());
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
        self.open.thread.update(|t| {
            if let Some(t) = t {
                set(&mut t.seen.conversation.contact);
                rename(t);
            }
        });
        self.rows.shown.update(|rows| {
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
                Err(Error::Conflict { refusal }) => self
                    .say
                    .say(tr!(inbox.somebody_else_named, detail = refusal.sentence())),
                Err(error) => self.complain(error),
            }
        });
    }
}

/// What a customer wrote is theirs, under the name of today. `true` if it was another.
pub(super) fn rename(thread: &mut StaffThread) -> bool {
    let contact = &thread.seen.conversation.contact;
    let (id, name) = (contact.id.0, contact.called());
    let mut changed = false;
    for message in &mut thread.messages {
        if message.author.id == id && message.author.name != name {
            message.author.name.clone_from(&name);
            changed = true;
        }
    }
    changed
}
