//! Pages of conversations and messages for programs and for the inbox, with signed cursors.

pub use super::store::Filter;
use super::{
    sight::{may_read, seen_by_contact},
    store,
};
use crate::base::{db::Conn, secrets};
use crate::desk::account;
use crate::desk::account::ops::who::Asker;
use crate::desk::state::Desk;
use crate::live::bus::rows::{self, ConversationRow, MessageRow};
use crate::model::refusal::Refusal;
use crate::model::{
    conversation::{Conversation, ForReader, PublicConversation},
    error::{Error, Result},
    event::Listener,
    id::*,
    limits,
    time::Time,
};
use uuid::Uuid;

/// A page and where the next one begins.
pub struct Page<T> {
    pub rows: Vec<T>,
    pub next: Option<String>,
}

/// Either kind of conversation, as the asker may see it.
pub enum Shown {
    Staff(ForReader<Conversation>),
    Customer(ForReader<PublicConversation>),
}

/// What a cursor is bound to: who asks, and the filter.
fn about(asker: Uuid, filter: &Filter) -> String {
    format!("{asker} {filter:?}")
}

/// `<milliseconds>.<id>.<mac>`
fn sign(secret: &[u8], asker: Uuid, filter: &Filter, at: Time, id: Uuid) -> String {
    let place = format!("{}.{}", at.0.timestamp_millis(), id.simple());
    secrets::signed(secret, &about(asker, filter), &place)
}

fn verify(secret: &[u8], asker: Uuid, filter: &Filter, cursor: &str) -> Result<(Time, Uuid)> {
    let read = || {
        let place = secrets::place(secret, &about(asker, filter), cursor)?;
        let (ms, id) = place.split_once('.')?;
        let at = chrono::DateTime::from_timestamp_millis(ms.parse().ok()?)?;
        Some((Time(at), id.parse().ok()?))
    };
    read().ok_or_else(|| Error::field("cursor", Refusal::from_another_list()))
}

/// For the parsers' tests: a cursor that comes from outside.
#[cfg(any(test, fuzzing))]
pub fn list_cursor(cursor: &str) -> Result<()> {
    verify(b"secret", Uuid::nil(), &Filter::default(), cursor).map(|_| ())
}

#[allow(clippy::too_many_arguments)]
async fn part(
    snapshot: &mut Conn,
    desk: &Desk,
    workspace: WorkspaceId,
    who: &Listener,
    asker: Uuid,
    filter: &Filter,
    cursor: Option<String>,
    limit: usize,
) -> Result<Page<ConversationRow>> {
    let secret = account::ops::cursor_secret(snapshot, desk, workspace).await?;
    let after = cursor
        .filter(|c| !c.is_empty())
        .map(|c| verify(&secret, asker, filter, &c))
        .transpose()?;
    let mut rows = store::list(snapshot, workspace, who, filter, after, limit as i64 + 1).await?;
    let next = (rows.len() > limit).then(|| {
        rows.truncate(limit);
        rows.last()
            .map(|(at, last)| sign(&secret, asker, filter, *at, last.id))
    });
    Ok(Page {
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        next: next.flatten(),
    })
}

/// A page for staff, in a read transaction of the caller's.
#[allow(clippy::too_many_arguments)]
pub(super) async fn page(
    snapshot: &mut Conn,
    desk: &Desk,
    workspace: WorkspaceId,
    who: &Listener,
    me: Uuid,
    filter: &Filter,
    cursor: Option<String>,
    limit: usize,
) -> Result<Page<ForReader<Conversation>>> {
    let page = part(snapshot, desk, workspace, who, me, filter, cursor, limit).await?;
    let read = store::receipts(snapshot, workspace, me, &page.rows).await?;
    let queued = store::queued(snapshot, workspace, &page.rows).await?;
    let seen = page.rows.iter().map(|row| {
        let (contact, _) = read.get(&row.id).copied().unwrap_or_default();
        ForReader {
            conversation: row.staff(),
            unread_count: row.contact_texts - contact,
            queue_position: queued.get(&row.id).copied(),
        }
    });
    Ok(Page {
        rows: seen.collect(),
        next: page.next,
    })
}

/// Conversations that whoever asks may see, the latest first.
pub async fn list(
    who: &Asker,
    filter: &Filter,
    cursor: Option<String>,
    limit: Option<usize>,
) -> Result<Page<Shown>> {
    let limit = limits::page(limit)?;
    let mut snapshot = who.desk().db().snapshot().await?;
    let subscription = who.subscription(None);
    match who {
        Asker::Staff(_) => {
            let page = page(
                &mut snapshot,
                who.desk(),
                who.workspace(),
                &subscription.listener,
                who.person(),
                filter,
                cursor,
                limit,
            )
            .await?;
            Ok(Page {
                rows: page.rows.into_iter().map(Shown::Staff).collect(),
                next: page.next,
            })
        }
        Asker::Visitor(_) => {
            let page = part(
                &mut snapshot,
                who.desk(),
                who.workspace(),
                &subscription.listener,
                who.person(),
                filter,
                cursor,
                limit,
            )
            .await?;
            let read =
                store::receipts(&mut snapshot, who.workspace(), who.person(), &page.rows).await?;
            let queued = store::queued(&mut snapshot, who.workspace(), &page.rows).await?;
            let shown = page.rows.iter().map(|row| {
                let (_, staff) = read.get(&row.id).copied().unwrap_or_default();
                Shown::Customer(ForReader {
                    conversation: row.public(),
                    unread_count: row.staff_texts - staff,
                    queue_position: queued.get(&row.id).copied(),
                })
            });
            Ok(Page {
                rows: shown.collect(),
                next: page.next,
            })
        }
    }
}

/// One conversation, if whoever asks may read it.
pub async fn one(who: &Asker, id: ConversationId) -> Result<Shown> {
    match who {
        Asker::Staff(s) => super::one_for_staff(s, id).await.map(Shown::Staff),
        Asker::Visitor(v) => {
            let mut snapshot = v.db().snapshot().await?;
            let row = rows::conversation(&mut snapshot, v.workspace(), id).await?;
            may_read(&mut snapshot, v.workspace(), &row, &v.listener()).await?;
            seen_by_contact(&mut snapshot, v.workspace(), &row)
                .await
                .map(Shown::Customer)
        }
    }
}

/// A page of a thread by seq, ascending, of what whoever asks may see of it.
pub async fn messages(
    who: &Asker,
    id: ConversationId,
    before: Option<i64>,
    after: Option<i64>,
    limit: Option<usize>,
) -> Result<Page<MessageRow>> {
    let limit = limits::page(limit)?;
    if before.is_some() && after.is_some() {
        return Err(Error::field("after", Refusal::before_or_after()));
    }
    let mut snapshot = who.desk().db().snapshot().await?;
    let row = rows::conversation(&mut snapshot, who.workspace(), id).await?;
    may_read(
        &mut snapshot,
        who.workspace(),
        &row,
        &who.subscription(None).listener,
    )
    .await?;
    let after = if before.is_none() {
        Some(after.unwrap_or(0))
    } else {
        None
    };
    let whose = match who {
        Asker::Staff(_) => store::Whose::Staffs,
        Asker::Visitor(_) => store::Whose::Customers,
    };
    let (rows, more) = store::thread(
        &mut snapshot,
        who.workspace(),
        id,
        whose,
        before,
        after,
        limit,
    )
    .await?;
    let next = match (more, before) {
        (false, _) => None,
        (true, None) => rows.last().map(|m| m.seq.to_string()),
        (true, Some(_)) => rows.first().map(|m| m.seq.to_string()),
    };
    Ok(Page { rows, next })
}
