//! What really happens with conversations and messages. Writing is in `say` (the hot verb), `moves` and
//! `ephemeral`, collected by `change`; reading is here, each screen in one read transaction.

mod change;
mod ephemeral;
mod guest;
#[cfg(test)]
mod held_tests;
pub mod import;
#[cfg(test)]
mod inbox_tests;
mod lists;
mod moves;
#[cfg(test)]
mod plain_http_tests;
#[cfg(test)]
mod plan_tests;
mod say;
#[cfg(test)]
mod sight_tests;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub use store::ALL as SQL;

pub use ephemeral::{hear_other_nodes, here, read, typing};
pub use guest::{LetIn, enter, link};
#[cfg(any(test, fuzzing))]
pub use lists::list_cursor;
pub use lists::{Filter, Page, Shown, list, messages, one};
pub use moves::{
    WAKE, assign, close, give_back, give_from_queue, put_back, reopen, set_status, snooze, take,
    wake,
};
pub use say::{Spoken, Target, speak};

use self::store::Whose::{Customers, Staffs};
use crate::base::db::{Conn, fresh};
use crate::desk::account::ops::who::{Asker, Staff, Visitor, anybody, context};
use crate::desk::{account, contact, widget};
use crate::live::bus::{
    log,
    rows::{self, ConversationRow, MessageRow},
    threads,
};
use crate::model::refusal::Refusal;
use crate::model::{
    agent::Availability,
    contact::Reference,
    conversation::{Conversation, Counts, ForReader, PublicConversation, Shelf, Status},
    error::{Error, Result},
    event::{Listener, Place},
    id::*,
    inbox::{Chat, Inbox, Older, Opened, Said},
    limits,
    message::{Kind, Message, PublicMessage},
    text::{Body, Email, Name},
    thread::Thread,
    time::now,
    widget::WidgetConfig,
};

/// Messages on one page of a thread.
const THREAD: usize = 50;

/// A customer has one open conversation at a widget: a closed one stays closed beside it.
fn another_is_open() -> Error {
    Error::conflict(Refusal::other_open())
}

// ---- Who may see what

/// Where it stands, if whoever asks may see it, now and not when their request began.
async fn visible_place(who: &Asker, id: ConversationId) -> Result<Place> {
    let mut snapshot = who.desk().db().snapshot().await?;
    who.still(&mut snapshot).await?;
    let row = rows::conversation(&mut snapshot, who.workspace(), id).await?;
    let sees = match who {
        Asker::Staff(s) => s.listener().sees(row.place()),
        Asker::Visitor(v) => v.listener().is_with(row.contact_id.into(), id),
    };
    if sees {
        Ok(row.place())
    } else {
        Err(Error::NotFound)
    }
}

/// Whoever may see a conversation may read the same person's others.
async fn may_read(
    conn: &mut Conn,
    workspace: WorkspaceId,
    row: &ConversationRow,
    who: &Listener,
) -> Result<()> {
    let sees = match who {
        Listener::Contact { .. } => who.is_with(row.contact_id.into(), row.id.into()),
        Listener::Staff { .. } => {
            who.sees(row.place())
                || threads::any_in_sight(conn, workspace, row.person_id.into(), who).await?
        }
    };
    if sees { Ok(()) } else { Err(Error::NotFound) }
}

async fn readable(staff: &Staff, id: ConversationId) -> Result<ConversationRow> {
    let mut snapshot = staff.db().snapshot().await?;
    let row = rows::conversation(&mut snapshot, staff.workspace(), id).await?;
    may_read(&mut snapshot, staff.workspace(), &row, &staff.listener()).await?;
    Ok(row)
}

/// `read` texts of the contact are known to the asker.
async fn seen_by_staff(
    conn: &mut Conn,
    workspace: WorkspaceId,
    row: &ConversationRow,
    read: i64,
) -> Result<ForReader<Conversation>> {
    let queued = store::queued(conn, workspace, std::slice::from_ref(row)).await?;
    Ok(ForReader {
        conversation: row.staff(),
        unread_count: row.contact_texts - read,
        queue_position: queued.get(&row.id).copied(),
    })
}

async fn seen_by_contact(
    conn: &mut Conn,
    workspace: WorkspaceId,
    row: &ConversationRow,
) -> Result<ForReader<PublicConversation>> {
    let (_, _, read) = store::receipt(conn, row.id.into(), row.contact_id).await?;
    let queued = store::queued(conn, workspace, std::slice::from_ref(row)).await?;
    Ok(ForReader {
        conversation: row.public(),
        unread_count: row.staff_texts - read,
        queue_position: queued.get(&row.id).copied(),
    })
}

// ---- Staff

/// The inbox at one moment.
pub async fn inbox(
    staff: &Staff,
    shelf: impl Into<Shelf>,
    cursor: Option<String>,
    open: Option<ConversationId>,
) -> Result<Inbox> {
    let shelf = shelf.into();
    let mut snapshot = staff.db().snapshot().await?;
    let (workspace, who) = (staff.workspace(), staff.listener());
    let head = log::head(&mut snapshot, workspace).await?;
    let colleagues = account::ops::agents_in(&mut snapshot, workspace).await?;
    let me = colleagues.iter().find(|a| a.id == staff.id());
    let me = me.cloned().ok_or(Error::NotFound)?;
    let filter = store::Filter {
        view: Some(shelf.view),
        order: shelf.order,
        ..Default::default()
    };
    let page = lists::page(
        &mut snapshot,
        staff.desk(),
        workspace,
        &who,
        staff.id().0,
        &filter,
        cursor,
        limits::PAGE.0,
    )
    .await?;
    let counts = counts_in(&mut snapshot, workspace, &who).await?;
    let opened = match open {
        Some(id) => opened(&mut snapshot, staff, id, head.cursor())
            .await
            .map(Some)
            .or_else(|e| {
                if e == Error::NotFound {
                    Ok(None)
                } else {
                    Err(e)
                }
            })?,
        None => None,
    };
    Ok(Inbox {
        workspace: account::ops::workspace_name(&mut snapshot, workspace).await?,
        widgets: widget::ops::names(&mut snapshot, workspace).await?,
        me,
        colleagues: colleagues
            .into_iter()
            .filter(|a| a.state == crate::model::agent::AgentState::Active)
            .collect(),
        shelf,
        rows: page.rows.into_iter().map(as_row).collect(),
        next: page.next,
        counts,
        missing: open.is_some() && opened.is_none(),
        open: opened,
        cursor: head.cursor(),
        client: ClientId::fresh(),
    })
}

/// How many conversations each view holds for the asker, and nothing else of the inbox.
pub async fn counts(staff: &Staff) -> Result<Counts> {
    let mut snapshot = staff.db().snapshot().await?;
    counts_in(&mut snapshot, staff.workspace(), &staff.listener()).await
}

async fn counts_in(snapshot: &mut Conn, workspace: WorkspaceId, who: &Listener) -> Result<Counts> {
    let today = account::ops::today(snapshot, workspace).await?;
    store::counts(snapshot, workspace, who, today).await
}

async fn opened(
    snapshot: &mut Conn,
    staff: &Staff,
    id: ConversationId,
    cursor: crate::model::event::Cursor,
) -> Result<Opened> {
    let workspace = staff.workspace();
    let row = rows::conversation(snapshot, workspace, id).await?;
    may_read(snapshot, workspace, &row, &staff.listener()).await?;
    let (_, read, _) = store::receipt(snapshot, id, staff.id().0).await?;
    let (messages, more) = screenful(snapshot, workspace, id, Staffs, None).await?;
    let seen = seen_by_staff(snapshot, workspace, &row, read).await?;
    let mut others = vec![];
    for other in store::of_person(snapshot, workspace, row.person_id.into()).await? {
        if other.id != row.id {
            others.push(as_row(ForReader {
                conversation: other.staff(),
                unread_count: 0,
                queue_position: None,
            }));
        }
    }
    Ok(Opened {
        widget: widget::ops::name_of(snapshot, workspace, row.widget_id.into()).await?,
        thread: Thread {
            seen,
            messages: messages.iter().map(|m| m.staff()).collect(),
            more,
            me: staff.id().0,
            cursor,
        },
        others,
    })
}

/// The newest messages before `before`, oldest first: as many as a screen draws at once, long ones being fewer.
async fn screenful(
    snapshot: &mut Conn,
    workspace: WorkspaceId,
    id: ConversationId,
    whose: store::Whose,
    before: Option<i64>,
) -> Result<(Vec<MessageRow>, bool)> {
    let (mut messages, more) =
        store::thread(snapshot, workspace, id, whose, before, None, THREAD).await?;
    let mut length = 0;
    let fit = messages.iter().rev().take_while(|m| {
        length += m.body.chars().count();
        length <= limits::SCREEN
    });
    let left_out = messages.len().saturating_sub(fit.count().max(1));
    messages.drain(..left_out);
    Ok((messages, more || left_out > 0))
}

/// A row of a list shows the beginning of what was said last, and is sent no more of it.
fn as_row(mut row: ForReader<Conversation>) -> ForReader<Conversation> {
    if let Some(last) = &mut row.conversation.last_message
        && let Some((end, _)) = last.body.char_indices().nth(limits::PREVIEW)
    {
        last.body.truncate(end);
    }
    row
}

/// Messages before `before`, oldest first.
pub async fn earlier(staff: &Staff, id: ConversationId, before: i64) -> Result<Older<Message>> {
    readable(staff, id).await?;
    let mut snapshot = staff.db().snapshot().await?;
    let (messages, more) =
        screenful(&mut snapshot, staff.workspace(), id, Staffs, Some(before)).await?;
    Ok(Older {
        messages: messages.iter().map(|m| m.staff()).collect(),
        more,
    })
}

/// Write to the customer.
pub async fn reply(
    staff: &Staff,
    id: ConversationId,
    client: ClientId,
    body: Body,
) -> Result<Message> {
    Ok(say::speak_as_staff(staff, id, Kind::Text, client, body)
        .await?
        .message
        .staff())
}

/// Write what only staff will see.
pub async fn note(
    staff: &Staff,
    id: ConversationId,
    client: ClientId,
    body: Body,
) -> Result<Message> {
    Ok(say::speak_as_staff(staff, id, Kind::Note, client, body)
        .await?
        .message
        .staff())
}

/// Begin a conversation with somebody by address; into the open one, if there is one.
pub async fn start(
    staff: &Staff,
    at: WidgetId,
    client: ClientId,
    email: &str,
    name: &str,
    body: Body,
) -> Result<ForReader<Conversation>> {
    Ok(begin(staff, at, client, email, name, body).await?.0)
}

/// The same, with the message: for programs.
pub async fn begin(
    staff: &Staff,
    at: WidgetId,
    client: ClientId,
    email: &str,
    name: &str,
    body: Body,
) -> Result<(ForReader<Conversation>, Spoken)> {
    let mut check = crate::model::text::Check::default();
    let address = check.take::<Email>("email", email);
    let name = (!name.trim().is_empty())
        .then(|| check.take::<Name>("name", name))
        .flatten();
    check.done()?;
    let Some(address) = address else {
        return Err(Error::Unavailable);
    };
    let workspace = staff.workspace();
    // Whom it is for and where belong to the request as much as its text does.
    let hash = say::hash_of(&[
        at.0.as_bytes(),
        b"begin",
        body.as_str().as_bytes(),
        address.as_str().as_bytes(),
        name.as_ref().map_or("", Name::as_str).as_bytes(),
    ]);
    let speak = async |id: ConversationId| {
        let (who, into) = (staff.clone().into(), Target::This(id));
        let body = body.clone();
        say::speak_hashed(&who, into, Kind::Text, client, body, None, hash).await
    };
    let mut tx = staff.begin().await?;
    if let Some(before) = store::sent(&mut tx, workspace, client, staff.id().0).await? {
        if before.request_hash != hash {
            return Err(Error::ClientIdReused);
        }
        // A retry: the conversation is where the message is.
        let row = rows::messages(&mut tx, workspace, &[before.id])
            .await?
            .pop()
            .ok_or(Error::NotFound)?;
        drop(tx);
        let spoken = speak(row.conversation_id.into()).await?;
        return Ok((
            one_for_staff(staff, row.conversation_id.into()).await?,
            spoken,
        ));
    }
    say::within_limits(&staff.clone().into())?;
    if !widget::ops::is_usable(&mut tx, workspace, at).await? {
        return Err(Error::field("widget_id", Refusal::no_widget()));
    }
    let contact = contact::ops::by_address(&mut tx, workspace, &address, name.as_ref()).await?;
    let open = store::lock_open_of(&mut tx, workspace, &[contact.0])
        .await?
        .into_iter()
        .find(|c| c.widget_id == at.0);
    let mut batch = change::Batch::new(workspace, staff.actor(), now());
    let id: ConversationId = match open {
        Some(locked) if staff.listener().sees(locked.place()) => {
            let id = locked.id;
            batch.hold(locked);
            id.into()
        }
        Some(_) => {
            return Err(Error::conflict(Refusal::colleague_has_it()));
        }
        None => {
            let id: ConversationId = fresh();
            let new = store::NewConversation {
                id,
                widget: at,
                contact,
                status: Status::Active,
                assignee: Some(staff.id()),
                team: account::ops::default_team(&mut tx, workspace).await?,
                reference: None,
                at: now(),
                waiting_since: None,
            };
            let name = contact::ops::name_of(&mut tx, workspace, contact).await?;
            batch
                .open(&mut tx, new, name)
                .await?
                .ok_or(Error::Unavailable)?;
            id
        }
    };
    // With its first text or not at all.
    let (who, into) = (staff.clone().into(), Target::This(id));
    let saying = say::Saying::of(&who, into, Kind::Text, client, body, None, hash)?;
    let spoken = say::say_in(&mut tx, &mut batch, &saying).await?;
    tx.commit().await?;
    Ok((one_for_staff(staff, id).await?, spoken))
}

/// An agent opened a stream: whoever is set to online is online from now on.
pub async fn came(staff: &Staff) {
    account::ops::came(staff.desk(), staff.workspace(), staff.id()).await;
}

/// One conversation as staff see it.
pub async fn one_for_staff(staff: &Staff, id: ConversationId) -> Result<ForReader<Conversation>> {
    let mut snapshot = staff.db().snapshot().await?;
    let row = rows::conversation(&mut snapshot, staff.workspace(), id).await?;
    may_read(&mut snapshot, staff.workspace(), &row, &staff.listener()).await?;
    let (_, read, _) = store::receipt(&mut snapshot, id, staff.id().0).await?;
    seen_by_staff(&mut snapshot, staff.workspace(), &row, read).await
}

// ---- The visitor

/// What the frame shows to whoever asks for it; without a session, the widget's public face.
pub async fn chat(at: WidgetId) -> Result<Chat> {
    let (desk, parts) = context()?;
    let visitor = match Visitor::at(&desk, at, &parts.headers).await {
        Ok(v) => Some(v),
        Err(Error::Unauthorized) => {
            anybody()?;
            None
        }
        Err(e) => return Err(e),
    };
    let (found, online) = widget::ops::public(&desk, at)
        .await?
        .ok_or(Error::NotFound)?;
    let mut snapshot = desk.db().snapshot().await?;
    let workspace = found.workspace_id;
    let head = log::head(&mut snapshot, workspace).await?;
    let (mut me, mut thread) = (None, None);
    if let Some(v) = &visitor {
        me = Some(contact::ops::myself(&mut snapshot, workspace, v.id()).await?);
        let newest = match v.only() {
            Some(only) => Some(only),
            None => store::newest(&mut snapshot, workspace, at, v.id()).await?,
        };
        if let Some(id) = newest {
            thread = Some(customer_thread(&mut snapshot, v, id, head.cursor()).await?);
        }
    }
    let here = if online && found.show_agent_avatars && thread.is_none() {
        account::ops::faces(&mut snapshot, workspace).await?
    } else {
        vec![]
    };
    Ok(Chat {
        here,
        config: WidgetConfig::of(
            &found,
            if online {
                Availability::Online
            } else {
                Availability::Offline
            },
        ),
        workspace: account::ops::workspace_name(&mut snapshot, workspace).await?,
        sites: found.domains.clone(),
        me,
        thread,
        cursor: visitor.map(|_| head.cursor()),
        client: ClientId::fresh(),
    })
}

async fn customer_thread(
    snapshot: &mut Conn,
    visitor: &Visitor,
    id: ConversationId,
    cursor: crate::model::event::Cursor,
) -> Result<Thread<PublicConversation>> {
    let row = rows::conversation(snapshot, visitor.workspace(), id).await?;
    may_read(snapshot, visitor.workspace(), &row, &visitor.listener()).await?;
    let (messages, more) = screenful(snapshot, visitor.workspace(), id, Customers, None).await?;
    let seen = seen_by_contact(snapshot, visitor.workspace(), &row).await?;
    let messages = messages.iter().filter_map(|m| m.public()).collect();
    Ok(Thread {
        seen,
        messages,
        more,
        me: visitor.id().0,
        cursor,
    })
}

/// Say something at the widget: into what it shows, or the first message of a new conversation.
pub async fn say(
    visitor: &Visitor,
    client: ClientId,
    body: Body,
    reference: Option<Reference>,
) -> Result<Said> {
    let newest = Target::Newest(visitor.widget());
    let into = visitor.only().map_or(newest, Target::This);
    let spoken = say::speak_as_visitor(visitor, into, client, body, reference).await?;
    said(visitor, spoken).await
}

/// A visitor's message with the conversation that it is in.
pub async fn said(visitor: &Visitor, spoken: Spoken) -> Result<Said> {
    let mut snapshot = visitor.db().snapshot().await?;
    let row = rows::conversation(
        &mut snapshot,
        visitor.workspace(),
        spoken.message.conversation_id.into(),
    )
    .await?;
    let conversation = seen_by_contact(&mut snapshot, visitor.workspace(), &row).await?;
    Ok(Said {
        conversation,
        message: spoken.message.public().ok_or(Error::NotFound)?,
    })
}

/// Messages before `before`, oldest first.
pub async fn chat_earlier(
    visitor: &Visitor,
    id: ConversationId,
    before: i64,
) -> Result<Older<PublicMessage>> {
    visible_place(&visitor.clone().into(), id).await?;
    let mut snapshot = visitor.db().snapshot().await?;
    let (messages, more) = screenful(
        &mut snapshot,
        visitor.workspace(),
        id,
        Customers,
        Some(before),
    )
    .await?;
    Ok(Older {
        messages: messages.iter().filter_map(|m| m.public()).collect(),
        more,
    })
}

/// End the chat.
pub async fn chat_end(visitor: &Visitor, id: ConversationId) -> Result<()> {
    moves::end(visitor, id).await
}

/// What a page would be given, for stories that compare it with what was heard.
#[cfg(test)]
pub(crate) async fn opened_for_test(staff: &Staff, id: ConversationId) -> Result<Opened> {
    let mut snapshot = staff.db().snapshot().await?;
    let head = log::head(&mut snapshot, staff.workspace()).await?;
    opened(&mut snapshot, staff, id, head.cursor()).await
}

#[cfg(test)]
async fn customer_thread_for_test(
    visitor: &Visitor,
    id: ConversationId,
) -> Result<Thread<PublicConversation>> {
    let mut snapshot = visitor.db().snapshot().await?;
    let head = log::head(&mut snapshot, visitor.workspace()).await?;
    customer_thread(&mut snapshot, visitor, id, head.cursor()).await
}
