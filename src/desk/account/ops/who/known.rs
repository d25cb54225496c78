//! Which session a token is, kept for a while and forgotten when it ends.

use super::{Facts, Person, cookies::bearer};
use crate::base::{
    db::{Conn, Tx},
    limits::{Kind, Whose},
    secrets,
};
use crate::desk::account::ops::store;
use crate::desk::state::Desk;
use crate::live::bus::Inside;
use crate::model::{
    error::{Error, Result},
    event::EventKind,
    id::SessionId,
    limits,
    time::now,
};
use axum::{extract::FromRef, http::request::Parts};
use chrono::Duration;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Instant,
};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

/// The live session behind a token. Kept in memory for a few seconds: revocations and changes of rights
/// arrive as internal events and empty the place at once.
pub(super) async fn session_of(desk: &Desk, token: Option<String>) -> Result<Arc<Facts>> {
    let token = token.ok_or(Error::Unauthorized)?;
    if token.len() > 200 {
        return Err(Error::Unauthorized);
    }
    let facts = session(desk, secrets::hash(&token)).await?;
    desk.limits()
        .check(Kind::Ask, Whose::Person(facts.person.id()))?;
    Ok(facts)
}

pub(super) async fn session(desk: &Desk, hash: [u8; 32]) -> Result<Arc<Facts>> {
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

pub(super) async fn still(conn: &mut Conn, facts: &Facts) -> Result<()> {
    match standing(conn, std::iter::once(facts)).await?.is_empty() {
        true => Err(Error::Unauthorized),
        false => Ok(()),
    }
}

pub(super) async fn begin(desk: &Desk, facts: &Facts) -> Result<Tx> {
    desk.limits()
        .check(Kind::Write, Whose::Person(facts.person.id()))?;
    let mut tx = desk.db().begin(facts.workspace).await?;
    still(&mut tx, facts).await?;
    Ok(tx)
}

/// Slide the idle limit, at most once an hour and in the background.
pub(super) fn keep_alive(desk: &Desk, facts: &Arc<Facts>) {
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
pub(super) struct Known(Mutex<Places>);

pub(super) struct Places {
    by_token: HashMap<[u8; 32], (Instant, Arc<Facts>)>,
    /// Counts the times that something was thrown out.
    mark: u64,
    /// What ends sessions or changes them, as this node reads it in the log.
    inside: Receiver<Inside>,
}

pub(super) const KEPT: std::time::Duration = std::time::Duration::from_secs(20);

pub(super) const MOST_KEPT: usize = 50_000;

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

pub(super) fn is_about(news: &Inside, facts: &Facts) -> bool {
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

// The API takes no cookie.

pub(super) async fn bearing<S>(parts: &Parts, state: &S) -> Result<(Desk, Arc<Facts>)>
where
    Desk: FromRef<S>,
{
    let desk = Desk::from_ref(state);
    let facts = session_of(&desk, bearer(&parts.headers)).await?;
    Ok((desk, facts))
}
