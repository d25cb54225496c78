//! Who is asking, as proof. The fields are private and every value is made here from a live session, so a verb
//! that takes a `&Staff` cannot be reached by anybody else, whichever door was used: server functions are
//! called directly while a page is rendered, and no layer runs then.
//!
//! Proofs carry the workspace and what they proved; every query uses it. A proof is made before the body of its
//! request has arrived, so a verb that writes begins with [`Staff::begin`] and its like, where it is made once more.

mod cookies;
mod known;

use crate::base::{
    db::{Conn, Db, Tx},
    limits::{Kind, Whose},
    net::ClientAddress,
};
use crate::desk::state::Desk;
use crate::live::{OWN, bus::Subscription};
use crate::model::{
    actor::{Actor, By},
    agent::Role,
    error::{Error, Result},
    event::Listener,
    id::*,
    message::{Author, AuthorKind},
    time::Time,
};
use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
pub use cookies::{bearer, device_cookie, left_cookie, set_cookie, staff_cookie, visitor_cookie};
use cookies::{staff_token, visitor_token};
use known::{bearing, begin, session_of, still};
pub use known::{forget, standing};
use std::{ops::Deref, sync::Arc};

/// What a session's row says, with the rights of the moment it was read.
#[derive(Clone, Debug)]
pub struct Facts {
    pub session: SessionId,
    pub workspace: WorkspaceId,
    pub person: Person,
    pub last_seen_at: Time,
    pub until: Time,
}

#[derive(Clone, Debug)]
pub enum Person {
    Agent {
        id: AgentId,
        login: LoginId,
        name: String,
        display_name: String,
        role: Role,
        teams: Vec<TeamId>,
    },
    Customer {
        contact: ContactId,
        login: LoginId,
    },
    Visitor {
        contact: ContactId,
        widget: WidgetId,
        /// The one thread that they were let in to, by a link.
        only: Option<ConversationId>,
    },
}

impl Person {
    fn id(&self) -> uuid::Uuid {
        match self {
            Person::Agent { id, .. } => id.0,
            Person::Customer { contact, .. } | Person::Visitor { contact, .. } => contact.0,
        }
    }
}

/// A signed-in colleague of any role.
#[derive(Clone)]
pub struct Staff {
    desk: Desk,
    facts: Arc<Facts>,
}

/// Staff who may watch and join everything: supervisors and admins.
#[derive(Clone)]
pub struct Supervisor(Staff);

/// Staff who configure.
#[derive(Clone)]
pub struct Admin(Staff);

/// Somebody outside with an account of their own.
#[derive(Clone)]
pub struct Customer {
    desk: Desk,
    facts: Arc<Facts>,
    contact: ContactId,
    login: LoginId,
}

/// Somebody at a widget: the session stands for workspace, widget and contact.
#[derive(Clone)]
pub struct Visitor {
    desk: Desk,
    facts: Arc<Facts>,
    contact: ContactId,
    widget: WidgetId,
    only: Option<ConversationId>,
}

/// Whoever is at a door that is open to staff and to visitors.
#[derive(Clone)]
pub enum Asker {
    Staff(Staff),
    Visitor(Visitor),
}

/// The desk itself, doing what nobody asked for: routing, timers. Held only by a running job.
#[derive(Clone)]
pub struct Machine {
    desk: Desk,
    workspace: WorkspaceId,
    cause: Option<i64>,
}

/// What every proof of a session knows, whoever it is of.
macro_rules! proofs {
    ($($proof:ty),*) => {$(
        impl $proof {
            pub fn desk(&self) -> &Desk {
                &self.desk
            }
            pub fn db(&self) -> &Db {
                self.desk.db()
            }
            /// A transaction in which the proof has been made once more.
            pub async fn begin(&self) -> Result<Tx> {
                begin(&self.desk, &self.facts).await
            }
            pub fn workspace(&self) -> WorkspaceId {
                self.facts.workspace
            }
            pub fn session(&self) -> SessionId {
                self.facts.session
            }
        }
    )*};
}

proofs!(Staff, Customer, Visitor);

impl Staff {
    fn of(desk: &Desk, facts: Arc<Facts>) -> Option<Staff> {
        matches!(facts.person, Person::Agent { .. }).then(|| Staff {
            desk: desk.clone(),
            facts,
        })
    }

    fn agent(&self) -> (AgentId, &str, &str, Role, &[TeamId]) {
        match &self.facts.person {
            Person::Agent {
                id,
                name,
                display_name,
                role,
                teams,
                ..
            } => (*id, name, display_name, *role, teams),
            Person::Customer { .. } | Person::Visitor { .. } => {
                unreachable!("Staff::of checks")
            }
        }
    }

    /// By which they signed in.
    pub fn login(&self) -> LoginId {
        match &self.facts.person {
            Person::Agent { login, .. } => *login,
            Person::Customer { .. } | Person::Visitor { .. } => {
                unreachable!("Staff::of checks")
            }
        }
    }

    /// For a server function: who sent this request, or who asked for the page that is being rendered.
    pub async fn asking() -> Result<Staff> {
        let (desk, parts) = context()?;
        let facts = session_of(&desk, staff_token(&desk, &parts.headers)).await?;
        Staff::of(&desk, facts).ok_or(Error::Unauthorized)
    }

    /// For a text that says who wrote it. A page of somebody who signed out meanwhile may not speak as whoever signed
    /// in at the same browser.
    pub fn writing_as(self, writer: Option<AgentId>) -> Result<Staff> {
        match writer {
            Some(writer) if writer != self.id() => Err(Error::Unauthorized),
            _ => Ok(self),
        }
    }

    pub fn id(&self) -> AgentId {
        self.agent().0
    }
    pub fn name(&self) -> &str {
        self.agent().1
    }
    pub fn display_name(&self) -> &str {
        self.agent().2
    }
    pub fn role(&self) -> Role {
        self.agent().3
    }
    pub fn teams(&self) -> &[TeamId] {
        self.agent().4
    }
    pub fn reads_all(&self) -> bool {
        self.role().reads_all()
    }
    pub fn listener(&self) -> Listener {
        Listener::Staff {
            id: self.id(),
            role: self.role(),
            teams: self.teams().to_vec(),
        }
    }
    pub fn author(&self) -> Author {
        Author {
            kind: AuthorKind::Agent,
            id: self.id().0,
            name: self.name().to_owned(),
        }
    }
    pub fn actor(&self) -> Actor {
        Actor::agent(self.id())
    }
    pub fn supervisor(self) -> Result<Supervisor> {
        if self.reads_all() {
            Ok(Supervisor(self))
        } else {
            Err(Error::Forbidden)
        }
    }
    pub fn admin(self) -> Result<Admin> {
        if self.role() == Role::Admin {
            Ok(Admin(self))
        } else {
            Err(Error::Forbidden)
        }
    }
}

impl Deref for Supervisor {
    type Target = Staff;
    fn deref(&self) -> &Staff {
        &self.0
    }
}

impl Supervisor {
    pub async fn asking() -> Result<Supervisor> {
        Staff::asking().await?.supervisor()
    }
}

impl Deref for Admin {
    type Target = Staff;
    fn deref(&self) -> &Staff {
        &self.0
    }
}

impl Admin {
    pub async fn asking() -> Result<Admin> {
        Staff::asking().await?.admin()
    }
}

impl Customer {
    fn of(desk: &Desk, facts: Arc<Facts>) -> Option<Customer> {
        match facts.person {
            Person::Customer { contact, login } => Some(Customer {
                desk: desk.clone(),
                facts,
                contact,
                login,
            }),
            Person::Agent { .. } | Person::Visitor { .. } => None,
        }
    }

    pub fn id(&self) -> ContactId {
        self.contact
    }
    pub fn login(&self) -> LoginId {
        self.login
    }
    pub fn listener(&self) -> Listener {
        Listener::Contact {
            id: self.contact,
            widget: None,
            only: None,
        }
    }
    pub fn actor(&self) -> Actor {
        Actor::customer(self.contact)
    }
}

impl Visitor {
    fn of(desk: &Desk, facts: Arc<Facts>) -> Option<Visitor> {
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

    /// For a text that says who wrote it, as [`Staff::writing_as`].
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

impl Asker {
    fn of(desk: &Desk, facts: Arc<Facts>) -> Option<Asker> {
        match facts.person {
            Person::Agent { .. } => Staff::of(desk, facts).map(Asker::Staff),
            Person::Visitor { .. } => Visitor::of(desk, facts).map(Asker::Visitor),
            Person::Customer { .. } => None,
        }
    }

    pub fn desk(&self) -> &Desk {
        match self {
            Asker::Staff(s) => s.desk(),
            Asker::Visitor(v) => v.desk(),
        }
    }
    pub fn workspace(&self) -> WorkspaceId {
        match self {
            Asker::Staff(s) => s.workspace(),
            Asker::Visitor(v) => v.workspace(),
        }
    }
    pub fn session(&self) -> SessionId {
        match self {
            Asker::Staff(s) => s.session(),
            Asker::Visitor(v) => v.session(),
        }
    }
    /// What was proved, for a verb that is done together with others: see [`standing`].
    pub fn facts(&self) -> Arc<Facts> {
        match self {
            Asker::Staff(s) => s.facts.clone(),
            Asker::Visitor(v) => v.facts.clone(),
        }
    }
    /// A transaction in which the proof has been made once more.
    pub async fn begin(&self) -> Result<Tx> {
        begin(self.desk(), &self.facts()).await
    }
    /// The proof once more, for what is told and not written.
    pub async fn still(&self, conn: &mut Conn) -> Result<()> {
        still(conn, &self.facts()).await
    }
    /// The agent's or contact's id.
    pub fn person(&self) -> uuid::Uuid {
        match self {
            Asker::Staff(s) => s.id().0,
            Asker::Visitor(v) => v.id().0,
        }
    }
    pub fn actor(&self) -> Actor {
        match self {
            Asker::Staff(s) => s.actor(),
            Asker::Visitor(v) => v.actor(),
        }
    }
    pub fn author_kind(&self) -> AuthorKind {
        match self {
            Asker::Staff(_) => AuthorKind::Agent,
            Asker::Visitor(_) => AuthorKind::Contact,
        }
    }
    pub fn subscription(&self, conversation: Option<ConversationId>) -> Subscription {
        let listener = match self {
            Asker::Staff(s) => s.listener(),
            Asker::Visitor(v) => v.listener(),
        };
        Subscription {
            workspace: self.workspace(),
            listener,
            session: self.session(),
            until: self.facts().until,
            conversation,
        }
    }
    pub fn staff(self) -> Result<Staff> {
        match self {
            Asker::Staff(s) => Ok(s),
            Asker::Visitor(_) => Err(Error::Forbidden),
        }
    }
    pub fn visitor(self) -> Result<Visitor> {
        match self {
            Asker::Visitor(v) => Ok(v),
            Asker::Staff(_) => Err(Error::Forbidden),
        }
    }

    /// For `GET /events` of our own pages alone: the session cookie, when the browser says that the request
    /// comes from our own origin. Over plain http on a name that is not loopback it says nothing (Fetch Metadata, 2.1);
    /// there a question that only our own scripts can send will do.
    /// `widget` chooses the visitor's cookie, otherwise the default session asks.
    pub async fn same_origin(
        desk: &Desk,
        headers: &HeaderMap,
        widget: Option<WidgetId>,
    ) -> Result<Asker> {
        let own = match headers.get("sec-fetch-site") {
            Some(site) => site == "same-origin",
            None => headers.contains_key(OWN),
        };
        if bearer(headers).is_none() && !own {
            return Err(Error::Unauthorized);
        }
        match widget {
            Some(widget) => Visitor::at(desk, widget, headers).await.map(Asker::Visitor),
            None => {
                let facts = session_of(desk, staff_token(desk, headers)).await?;
                Asker::of(desk, facts).ok_or(Error::Forbidden)
            }
        }
    }
}

impl Machine {
    /// For jobs that the process itself runs.
    pub fn running(desk: &Desk, workspace: WorkspaceId) -> Machine {
        Machine {
            desk: desk.clone(),
            workspace,
            cause: None,
        }
    }
    /// The same, because of this entry of the log.
    pub fn because(self, cause: Option<i64>) -> Machine {
        Machine { cause, ..self }
    }
    pub fn by(&self) -> By {
        By {
            actor: Actor::MACHINE,
            cause: self.cause,
        }
    }
    pub fn desk(&self) -> &Desk {
        &self.desk
    }
    pub fn db(&self) -> &Db {
        self.desk.db()
    }
    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }
}

/// What Leptos knows of the request that is being answered.
pub fn context() -> Result<(Desk, Parts)> {
    match (
        leptos::prelude::use_context::<Desk>(),
        leptos::prelude::use_context::<Parts>(),
    ) {
        (Some(desk), Some(parts)) => Ok((desk, parts)),
        _ => Err(Error::Unavailable),
    }
}

/// The same for a door that is open to anybody: one more of what their address may ask for. What a page asks for while
/// it is rendered was counted with the page.
pub fn anybody() -> Result<(Desk, Parts)> {
    let (desk, parts) = context()?;
    if parts.uri.path().starts_with("/_fn/") {
        from_anywhere(&desk, &parts)?;
    }
    Ok((desk, parts))
}

/// Whether the address that this comes from may ask for one more of what takes no session.
pub fn from_anywhere(desk: &Desk, parts: &Parts) -> Result<()> {
    let address = ClientAddress::of(&parts.extensions).0;
    desk.limits().check(Kind::Page, Whose::Address(address))
}

/// What an extractor answers: the problem document is made where REST answers are made.
macro_rules! extracted {
    ($type:ty, $make:expr) => {
        impl<S> FromRequestParts<S> for $type
        where
            S: Send + Sync,
            Desk: FromRef<S>,
        {
            type Rejection = crate::base::problem::Problem;
            async fn from_request_parts(
                parts: &mut Parts,
                state: &S,
            ) -> std::result::Result<Self, Self::Rejection> {
                let (desk, facts) = bearing(parts, state).await?;
                let make: fn(&Desk, Arc<Facts>) -> Result<$type> = $make;
                Ok(make(&desk, facts)?)
            }
        }
    };
}

// These doors are for staff and for visitors: a customer is known, and has no business there.
extracted!(Asker, |d, f| Asker::of(d, f).ok_or(Error::Forbidden));

extracted!(Staff, |d, f| Staff::of(d, f).ok_or(Error::Forbidden));

extracted!(Supervisor, |d, f| Staff::of(d, f)
    .ok_or(Error::Forbidden)?
    .supervisor());

extracted!(Admin, |d, f| Staff::of(d, f)
    .ok_or(Error::Forbidden)?
    .admin());

extracted!(Customer, |d, f| Customer::of(d, f).ok_or(Error::Forbidden));

extracted!(Visitor, |d, f| Visitor::of(d, f).ok_or(Error::Forbidden));

impl From<Staff> for Asker {
    fn from(s: Staff) -> Asker {
        Asker::Staff(s)
    }
}

impl From<Visitor> for Asker {
    fn from(v: Visitor) -> Asker {
        Asker::Visitor(v)
    }
}
