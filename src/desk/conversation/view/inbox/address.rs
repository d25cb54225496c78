//! The inbox's addresses: which view, in which order, and which conversation is open.

use crate::model::{
    conversation::{Shelf, View},
    id::ConversationId,
};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// What the address says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wanted {
    pub shelf: Shelf,
    pub open: Option<ConversationId>,
}

impl Wanted {
    /// A view in its own order, with nothing open.
    pub fn view(view: View) -> Wanted {
        Wanted {
            shelf: view.into(),
            open: None,
        }
    }

    /// `/desk/c/{id}?view=…&sort=…`
    pub fn address(self) -> String {
        let mut address = self
            .open
            .map_or_else(|| "/desk".to_owned(), |id| format!("/desk/c/{id}"));
        let Shelf { view, order } = self.shelf;
        let said = [
            ("view", view.word(), view != View::Mine),
            ("sort", order.word(), order != view.order()),
        ];
        for (name, word, _) in said.into_iter().filter(|(.., differs)| *differs) {
            let mark = if address.contains('?') { '&' } else { '?' };
            address.push_str(&format!("{mark}{name}={word}"));
        }
        address
    }
}

/// Shows another conversation, in the same view. Call where the router is known.
pub fn go_to(wanted: Memo<Wanted>) -> impl Fn(ConversationId) + Clone + Send + Sync + 'static {
    let navigate = use_navigate();
    move |id| {
        let there = Wanted {
            open: Some(id),
            ..wanted.get_untracked()
        };
        let options = NavigateOptions {
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&there.address(), options);
    }
}
