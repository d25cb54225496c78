//! Who is asking, as proof. The fields are private and every value is made here from a live session, so a verb
//! that takes a `&Staff` cannot be reached by anybody else, whichever door was used: server functions are
//! called directly while a page is rendered, and no layer runs then.
//!
//! Proofs carry the workspace and what they proved; every query uses it. A proof is made before the body of its
//! request has arrived, so a verb that writes begins with [`Staff::begin`] and its like, where it is made once more.

use super::store;
use crate::base::{
    db::{Conn, Db, Tx},
    limits::{Kind, Whose},
    net::ClientAddress,
    secrets,
};
use crate::desk::state::Desk;
use crate::live::{
    OWN,
    bus::{Inside, Subscription},
};
use crate::model::{
    actor::{Actor, By},
    agent::Role,
    error::{Error, Result},
    event::{EventKind, Listener},
    id::*,
    limits,
    message::{Author, AuthorKind},
    time::{Time, now},
};
use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use chrono::Duration;
use std::{
    collections::{HashMap, HashSet},
    ops::Deref,
    sync::{Arc, Mutex},
    time::Instant,
};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

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

// ---- From a request to a proof.

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

/// `Authorization: Bearer <token>`.
pub fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
        .filter(|t| !t.is_empty())
}

fn staff_token(desk: &Desk, headers: &HeaderMap) -> Option<String> {
    bearer(headers).or_else(|| cookie(headers, &staff_cookie(desk)))
}

fn visitor_token(desk: &Desk, widget: WidgetId, headers: &HeaderMap) -> Option<String> {
    bearer(headers).or_else(|| cookie(headers, &visitor_cookie(desk, widget)))
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    CookieJar::from_headers(headers)
        .get(name)
        .map(|c| c.value().to_owned())
}

/// `__Host-` where cookies can be `Secure`; plain otherwise (an intranet without TLS), with a warning elsewhere.
fn named(desk: &Desk, name: &str) -> String {
    if desk.config().has_secure_cookies() {
        format!("__Host-{name}")
    } else {
        name.to_owned()
    }
}

pub fn staff_cookie(desk: &Desk) -> String {
    named(desk, "deskbell")
}

/// One per widget, by the last eight digits of its id (the first are a clock).
pub fn visitor_cookie(desk: &Desk, widget: WidgetId) -> String {
    let id = widget.0.simple().to_string();
    named(desk, &format!("deskbell-w-{}", &id[24..]))
}

/// Known devices have their own allowance of wrong passwords.
pub fn device_cookie(desk: &Desk) -> String {
    named(desk, "deskbell-device")
}

/// Who signed out here a moment ago: the next page takes their texts out of the browser (`app::SIGNED_OUT`).
pub fn left_cookie(desk: &Desk) -> String {
    named(desk, "deskbell-left")
}

/// A session cookie: HttpOnly, for the whole site; `foreign` for the frame on other people's sites.
pub fn set_cookie(
    desk: &Desk,
    name: String,
    value: String,
    days: i64,
    foreign: bool,
) -> Cookie<'static> {
    let secure = desk.config().has_secure_cookies();
    let mut cookie = Cookie::new(name, value);
    cookie.set_http_only(true);
    cookie.set_path("/");
    cookie.set_secure(secure);
    cookie.set_max_age(time::Duration::days(days));
    cookie.set_same_site(if foreign && secure {
        SameSite::None
    } else {
        SameSite::Lax
    });
    cookie.set_partitioned(foreign && secure);
    cookie
}

/// The live session behind a token. Kept in memory for a few seconds: revocations and changes of rights
/// arrive as internal events and empty the place at once.
async fn session_of(desk: &Desk, token: Option<String>) -> Result<Arc<Facts>> {
    let token = token.ok_or(Error::Unauthorized)?;
    if token.len() > 200 {
        return Err(Error::Unauthorized);
    }
    let facts = session(desk, secrets::hash(&token)).await?;
    desk.limits()
        .check(Kind::Ask, Whose::Person(facts.person.id()))?;
    Ok(facts)
}

async fn session(desk: &Desk, hash: [u8; 32]) -> Result<Arc<Facts>> {
    let known = desk.get_or_init(|| Known::start(desk));
    if let Some(facts) = known.get(&hash) {
        return Ok(facts);
    }
    // Read after the cache's mark, so that a change that happens meanwhile is not kept out.
    let mark = known.mark();
    let facts = store::session(desk.db(), hash, now())
        .await?
        .ok_or(Error::Unauthorized)?;
    desk.bus().watch(facts.workspace).await?;
    let facts = Arc::new(facts);
    known.put(hash, facts.clone(), mark);
    keep_alive(desk, &facts);
    Ok(facts)
}

/// Which of these sessions still stand for what was proved of them, at the moment that `conn` sees: neither ended nor
/// run out, the person active in the same role, the widget enabled.
pub async fn standing<'a>(
    conn: &mut Conn,
    proofs: impl Iterator<Item = &'a Facts> + Clone,
) -> Result<HashSet<SessionId>> {
    let asked: Vec<SessionId> = proofs.clone().map(|f| f.session).collect();
    let live: HashMap<SessionId, store::Standing> = store::standing(conn, &asked, now()).await?;
    let holds = |f: &&Facts| match (&f.person, live.get(&f.session)) {
        (Person::Agent { role, .. }, Some(now)) => now.role == Some(*role),
        (Person::Customer { contact, .. } | Person::Visitor { contact, .. }, Some(now)) => {
            now.contact_id == Some(contact.0)
        }
        (_, None) => false,
    };
    Ok(proofs.filter(holds).map(|f| f.session).collect())
}

async fn still(conn: &mut Conn, facts: &Facts) -> Result<()> {
    match standing(conn, std::iter::once(facts)).await?.is_empty() {
        true => Err(Error::Unauthorized),
        false => Ok(()),
    }
}

async fn begin(desk: &Desk, facts: &Facts) -> Result<Tx> {
    desk.limits()
        .check(Kind::Write, Whose::Person(facts.person.id()))?;
    let mut tx = desk.db().begin(facts.workspace).await?;
    still(&mut tx, facts).await?;
    Ok(tx)
}

/// Slide the idle limit, at most once an hour and in the background.
fn keep_alive(desk: &Desk, facts: &Arc<Facts>) {
    if facts.last_seen_at.seconds_until(now()) < 3600 {
        return;
    }
    let (desk, facts) = (desk.clone(), facts.clone());
    desk.clone().tasks().spawn(async move {
        let days = match facts.person {
            Person::Agent { .. } | Person::Customer { .. } => limits::STAFF_IDLE_DAYS,
            Person::Visitor { .. } => limits::VISITOR_IDLE_DAYS,
        };
        let Ok(mut tx) = desk.db().begin(facts.workspace).await else {
            return;
        };
        let at = now();
        if store::touch(&mut tx, facts.session, at, at.plus(Duration::days(days)))
            .await
            .is_ok()
        {
            let _ = tx.commit().await;
        }
    });
}

/// Sessions that were asked for lately.
struct Known(Mutex<Places>);

struct Places {
    by_token: HashMap<[u8; 32], (Instant, Arc<Facts>)>,
    /// Counts the times that something was thrown out.
    mark: u64,
    /// What ends sessions or changes them, as this node reads it in the log.
    inside: Receiver<Inside>,
}

const KEPT: std::time::Duration = std::time::Duration::from_secs(20);
const MOST_KEPT: usize = 50_000;

impl Places {
    fn throw_out(&mut self, about: impl Fn(&Facts) -> bool) {
        self.by_token.retain(|_, (_, facts)| !about(facts));
        self.mark += 1;
    }

    /// Everything that was read until now.
    fn hear(&mut self) {
        loop {
            match self.inside.try_recv() {
                Ok(news) => self.throw_out(|f| is_about(&news, f)),
                Err(TryRecvError::Lagged(_)) => self.throw_out(|_| true),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }
}

fn is_about(news: &Inside, facts: &Facts) -> bool {
    let subject = match (news.kind, &facts.person) {
        (EventKind::SessionRevoked, _) => facts.session.0,
        (EventKind::PersonChanged, Person::Agent { id, .. }) => id.0,
        (
            EventKind::PersonChanged,
            Person::Customer { contact, .. } | Person::Visitor { contact, .. },
        ) => contact.0,
        (EventKind::WidgetChanged | EventKind::WidgetShut, Person::Visitor { widget, .. }) => {
            widget.0
        }
        _ => return false,
    };
    news.subject == Some(subject)
}

impl Known {
    fn start(desk: &Desk) -> Known {
        Known(Mutex::new(Places {
            by_token: HashMap::new(),
            mark: 0,
            inside: desk.bus().inside(),
        }))
    }

    /// Up to date whenever it is looked at, so that nothing has to be told in time.
    fn places(&self) -> std::sync::MutexGuard<'_, Places> {
        let mut places = self.0.lock().unwrap_or_else(|e| e.into_inner());
        places.hear();
        places
    }

    fn get(&self, hash: &[u8; 32]) -> Option<Arc<Facts>> {
        let places = self.places();
        let (since, facts) = places.by_token.get(hash)?;
        (since.elapsed() < KEPT && facts.until > now()).then(|| facts.clone())
    }

    fn mark(&self) -> u64 {
        self.places().mark
    }

    fn put(&self, hash: [u8; 32], facts: Arc<Facts>, mark: u64) {
        let mut places = self.places();
        if places.mark != mark {
            return;
        }
        if places.by_token.len() >= MOST_KEPT {
            places
                .by_token
                .retain(|_, (since, _)| since.elapsed() < KEPT);
        }
        places.by_token.insert(hash, (Instant::now(), facts));
    }
}

/// Forget what is known of a person's sessions here, before the event of it comes round.
pub fn forget(desk: &Desk, session: SessionId) {
    let known = desk.get_or_init(|| Known::start(desk));
    known.places().throw_out(|f| f.session == session);
}

// ---- For REST: the proof is an extractor, so a stranger is refused before anything of the body is read.
// The API takes no cookie.

async fn bearing<S>(parts: &Parts, state: &S) -> Result<(Desk, Arc<Facts>)>
where
    Desk: FromRef<S>,
{
    let desk = Desk::from_ref(state);
    let facts = session_of(&desk, bearer(&parts.headers)).await?;
    Ok((desk, facts))
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
