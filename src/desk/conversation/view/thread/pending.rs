//! A text of one's own that is on its way, or stuck.

use super::super::bubble::{by, mine, paper};
use crate::{
    kit::Icon,
    model::{
        conversation::Side,
        id::ClientId,
        message::{Author, AuthorKind},
    },
    tr,
};
use leptos::prelude::*;

/// A text of one's own that is not in the thread yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    pub client: ClientId,
    pub body: String,
    pub note: bool,
    pub state: Way,
}

/// How far it came.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    Sending,
    /// For the network, or for the one before it.
    Waiting,
    /// Refused: why. The person decides.
    Failed(String),
}

/// A text of one's own on its way, or stuck.
pub(super) fn unsent<C: Side>(
    one: Pending,
    on_retry: Callback<ClientId>,
    on_discard: Callback<ClientId>,
) -> AnyView {
    let (own, client) = (mine::<C>(), one.client);
    let author = Author {
        kind: AuthorKind::Contact,
        id: client.0,
        name: String::new(),
    };
    let foot = match &one.state {
        Way::Sending => {
            view! {
                <Icon name="clock" />
                <span>{tr!(thread.sending)}</span>
            }
            .into_any()
        }
        Way::Waiting => {
            view! {
                <Icon name="clock" />
                <span>{tr!(thread.waiting)}</span>
            }
            .into_any()
        }
        Way::Failed(why) => {
            view! {
                <Icon name="circle-alert" />
                <span title=why.clone()>{tr!(thread.not_sent)}</span>
                " · "
                <button class="button" data-kind="link" type="button" on:click=move |_| on_retry.run(client)>
                    {tr!(thread.retry)}
                </button>
                " · "
                <button class="button" data-kind="link" type="button" on:click=move |_| on_discard.run(client)>
                    {tr!(thread.discard)}
                </button>
            }
            .into_any()
        }
    };
    let state = if matches!(one.state, Way::Failed(_)) {
        "failed"
    } else {
        "sending"
    };
    view! {
        <li class="message" data-from=own data-pending=state data-audience=one.note.then_some("team")>
            {(own == "contact").then(|| by(&author, "contact", false))}
            {paper(&one.body)}
            <p class="message-foot">{foot}</p>
        </li>
    }
    .into_any()
}
