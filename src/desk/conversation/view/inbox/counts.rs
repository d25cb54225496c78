//! How much there is to do. What can be counted here is; for the rest the server is asked, once for all that changes
//! within a moment.

use super::screen::Screen;
use crate::{
    desk::conversation::api,
    kit::browser,
    model::{
        conversation::View,
        event::{News, StaffEvent},
        message::{AuthorKind, Line},
    },
};
use leptos::{prelude::*, task::spawn_local};
use std::time::Duration;

/// Milliseconds after a change until the counts are asked for again.
const CALM: u64 = 900;

impl Screen {
    /// Conversations of one's own with something unread, whichever view is on the screen. Where all of them are, they
    /// are counted here and now; elsewhere the server's count follows within a second or two.
    pub fn unread(self) -> i64 {
        let all_here = self.shelf.get().view == View::Mine && self.rows.next.with(Option::is_none);
        if !all_here {
            return self.counts.read().mine_unread;
        }
        self.rows.unread()
    }

    /// Something changed that only the server can count: ask, once for all that changes meanwhile.
    pub(super) fn stir(self) {
        if self.stirred.try_get_value() != Some(false) {
            return;
        }
        self.stirred.set_value(true);
        let wait = Duration::from_millis(CALM + (browser::random() * 400.0) as u64);
        set_timeout(
            move || {
                if self.stirred.try_set_value(false).is_none() {
                    self.recount();
                }
            },
            wait,
        );
    }

    fn recount(self) {
        spawn_local(async move {
            if let Ok(counts) = api::count().await {
                self.counts.try_set(counts);
            }
        });
    }

    /// Whether this may change how much of one's own is unread, in a way that only the server can count.
    pub(super) fn may_be_unread(self, event: &StaffEvent) -> bool {
        let me = self.me.with_untracked(|me| me.id);
        match &event.news {
            News::Read { reader, .. } => reader.id == me.0,
            News::Said {
                conversation_id,
                message,
            } if message.is_text() && message.author.kind == AuthorKind::Contact => {
                let row = untrack(|| self.rows.find(*conversation_id));
                row.is_none_or(|r| r.conversation.assignee.is_some_and(|a| a.id == me))
            }
            _ => false,
        }
    }
}
