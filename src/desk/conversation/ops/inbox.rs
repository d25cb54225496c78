//! The staff’s screen.

use super::{
    THREAD,
    begin::begin,
    lists, say,
    sight::{may_read, readable, seen_by_staff},
    store::{self, Whose::Staffs},
};
use crate::base::db::Conn;
use crate::desk::account::ops::who::Staff;
use crate::desk::{account, widget};
use crate::live::bus::{
    log,
    rows::{self, MessageRow},
};
use crate::model::{
    conversation::{Conversation, Counts, ForReader, Shelf},
    error::{Error, Result},
    event::Listener,
    id::*,
    inbox::{Inbox, Older, Opened},
    limits,
    message::{Kind, Message},
    text::Body,
    thread::Thread,
};

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

pub(super) async fn counts_in(
    snapshot: &mut Conn,
    workspace: WorkspaceId,
    who: &Listener,
) -> Result<Counts> {
    let today = account::ops::today(snapshot, workspace).await?;
    store::counts(snapshot, workspace, who, today).await
}

pub(super) async fn opened(
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
pub(super) async fn screenful(
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
pub(super) fn as_row(mut row: ForReader<Conversation>) -> ForReader<Conversation> {
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

/// What a page would be given, for stories that compare it with what was heard.
#[cfg(test)]
pub(crate) async fn opened_for_test(staff: &Staff, id: ConversationId) -> Result<Opened> {
    let mut snapshot = staff.db().snapshot().await?;
    let head = log::head(&mut snapshot, staff.workspace()).await?;
    opened(&mut snapshot, staff, id, head.cursor()).await
}
