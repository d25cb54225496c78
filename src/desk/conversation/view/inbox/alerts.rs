//! What rings: a text for this agent, and a conversation that became theirs.

use super::{address::Wanted, screen::Screen, words::name_of};
use crate::{
    kit::browser,
    model::{
        conversation::View,
        event::{News, StaffEvent},
        id::ConversationId,
        message::{AuthorKind, Line},
    },
    tr,
};
use leptos::prelude::*;

impl Screen {
    /// A sound, and a notification while the page is not looked at.
    pub(super) fn ring(self, event: &StaffEvent) {
        let me = self.me.with_untracked(|me| me.id);
        let known = |id: ConversationId| {
            let row = untrack(|| self.rows.find(id)).map(|r| r.conversation);
            row.or_else(|| {
                self.open.thread.with_untracked(|t| {
                    let case = t.as_ref().map(|t| &t.seen.conversation);
                    case.filter(|c| c.id == id).cloned()
                })
            })
        };
        let address = |id: ConversationId| {
            Wanted {
                open: Some(id),
                ..Wanted::view(View::Mine)
            }
            .address()
        };
        match &event.news {
            News::Said {
                conversation_id,
                message,
            } if message.is_text() && message.author.kind == AuthorKind::Contact => {
                let mine =
                    known(*conversation_id).is_none_or(|c| c.assignee.is_none_or(|a| a.id == me));
                let before_me =
                    self.visible.get_untracked() && self.open.id_now() == Some(*conversation_id);
                if mine && !before_me {
                    browser::beep();
                    browser::notify(
                        &message.author.name,
                        &message.body,
                        &address(*conversation_id),
                    );
                }
            }
            News::Assigned(now)
                if now
                    .conversation
                    .assignee
                    .as_ref()
                    .is_some_and(|a| a.id == me) =>
            {
                let had = known(now.conversation_id)
                    .is_some_and(|c| c.assignee.is_some_and(|a| a.id == me));
                if !had {
                    browser::beep();
                    browser::notify(
                        &tr!(
                            inbox.assigned_to_you,
                            name = name_of(&now.conversation.contact)
                        ),
                        now.conversation
                            .last_message
                            .as_ref()
                            .map_or("", |m| &m.body),
                        &address(now.conversation_id),
                    );
                }
            }
            _ => {}
        }
    }
}
