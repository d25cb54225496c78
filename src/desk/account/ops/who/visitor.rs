//! The proof of a visitor: somebody at a widget, with a session for it.

use super::{Facts, Person, cookies::visitor_token, known::session_of, request::context};
use crate::desk::state::Desk;
use crate::model::{
    actor::Actor,
    error::{Error, Result},
    event::Listener,
    id::*,
};
use axum::http::HeaderMap;
use std::sync::Arc;

/// Somebody at a widget: the session stands for workspace, widget and contact.
#[derive(Clone)]
pub struct Visitor {
    pub(super) desk: Desk,
    pub(super) facts: Arc<Facts>,
    contact: ContactId,
    widget: WidgetId,
    only: Option<ConversationId>,
}

impl Visitor {
    pub(super) fn of(desk: &Desk, facts: Arc<Facts>) -> Option<Visitor> {
        match facts.person {
            Person::Visitor {
                contact,
                widget,
                only,
            } => Some(Visitor {
                desk: desk.clone(),
                facts,
                contact,
                widget,
                only,
            }),
            Person::Agent { .. } | Person::Customer { .. } => None,
        }
    }

    /// For a server function of the widget's frame: the session kept for this widget, as a cookie or, where
    /// the browser refuses it, as a bearer token.
    pub async fn asking(widget: WidgetId) -> Result<Visitor> {
        let (desk, parts) = context()?;
        Visitor::at(&desk, widget, &parts.headers).await
    }

    /// For a text that says who wrote it, as [`Staff::writing_as`](super::Staff::writing_as).
    pub fn writing_as(self, writer: Option<ContactId>) -> Result<Visitor> {
        match writer {
            Some(writer) if writer != self.id() => Err(Error::Unauthorized),
            _ => Ok(self),
        }
    }

    /// The same, from a request's headers.
    pub async fn at(desk: &Desk, widget: WidgetId, headers: &HeaderMap) -> Result<Visitor> {
        let facts = session_of(desk, visitor_token(desk, widget, headers)).await?;
        Visitor::of(desk, facts)
            .filter(|v| v.widget == widget)
            .ok_or(Error::Unauthorized)
    }

    pub fn id(&self) -> ContactId {
        self.contact
    }
    pub fn widget(&self) -> WidgetId {
        self.widget
    }
    /// The one thread that they were let in to, by a link; `None`: all of theirs at this widget.
    pub fn only(&self) -> Option<ConversationId> {
        self.only
    }
    pub fn listener(&self) -> Listener {
        Listener::Contact {
            id: self.contact,
            widget: Some(self.widget),
            only: self.only,
        }
    }
    pub fn actor(&self) -> Actor {
        Actor::visitor(self.contact)
    }
}
