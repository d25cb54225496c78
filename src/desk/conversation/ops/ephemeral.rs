//! What only passes by, and how far somebody has read: typing, who is looking, receipts.

use super::store;
use crate::desk::account;
use crate::desk::account::ops::who::{Asker, Staff};
use crate::desk::state::Desk;
use crate::live::bus::{
    log::{self, Facts, NewEntry},
    rows,
};
use crate::model::{
    agent::Face,
    contact::called,
    conversation::{Conversation, PublicConversation},
    error::{Error, Result},
    event::{Audience, Event, EventKind, News, Reader, Stamp},
    id::*,
    message::{Author, AuthorKind},
    time::now,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Everything up to `seq` has been seen. Going back, or reading what was read, changes nothing. The customer's tick
/// is the owner's reading, or that of somebody who answered; a colleague who looks in is known to colleagues alone.
pub async fn read(who: &Asker, id: ConversationId, seq: i64) -> Result<()> {
    let mut tx = who.begin().await?;
    let locked = store::lock(&mut tx, who.workspace(), id).await?;
    let staff = match who {
        Asker::Staff(s) if s.listener().sees(locked.place()) => true,
        Asker::Visitor(v) if v.listener().is_with(locked.contact_id.into(), id) => false,
        _ => return Err(Error::NotFound),
    };
    let (old, contact_texts, staff_texts) = store::receipt(&mut tx, id, who.person()).await?;
    let seq = store::shown_up_to(&mut tx, id, seq).await?;
    if seq <= old {
        return Ok(());
    }
    let (by_contact, by_staff) = store::texts_between(&mut tx, id, old, seq).await?;
    let at = (seq, contact_texts + by_contact, staff_texts + by_staff);
    store::save_receipt(&mut tx, who.workspace(), id, who.person(), at).await?;
    let ticks = if staff {
        locked.assignee_id == Some(who.person())
            || store::answered(&mut tx, id, who.person()).await?
    } else {
        store::read_by_contact(&mut tx, who.workspace(), id, seq).await?;
        true
    };
    if staff && ticks {
        store::tick(&mut tx, who.workspace(), id.0, seq).await?;
    }
    let stamp = Stamp {
        conversation: id,
        contact: locked.contact_id.into(),
        before: locked.place(),
        after: locked.place(),
    };
    let reader = Reader {
        kind: who.author_kind(),
        id: who.person(),
    };
    let facts = Facts {
        reader: Some(reader),
        read: Some(seq),
        ..Facts::default()
    };
    let audience = Audience::Conversation {
        stamp,
        customer: ticks,
    };
    let entry = NewEntry {
        facts,
        ..NewEntry::new(EventKind::ReceiptRead, who.actor(), audience, now())
    };
    log::append(&mut tx, who.workspace(), entry).await?;
    tx.commit().await
}

/// At most once a second per person and conversation; what is told more often is not told.
struct Lately(Mutex<HashMap<(Uuid, Uuid, bool), Instant>>);

fn too_soon(desk: &Desk, person: Uuid, id: ConversationId, on: bool) -> bool {
    let lately = desk.get_or_init(|| Lately(Mutex::default()));
    let mut lately = lately.0.lock().unwrap_or_else(|e| e.into_inner());
    if lately.len() > 10_000 {
        lately.retain(|_, at| at.elapsed() < Duration::from_secs(1));
    }
    let soon = lately
        .get(&(person, id.0, on))
        .is_some_and(|at| at.elapsed() < Duration::from_secs(1));
    if !soon {
        lately.insert((person, id.0, on), Instant::now());
    }
    soon
}

/// One thing that passes by, as it crosses nodes (well under 200 bytes).
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Ephemeral {
    w: Uuid,
    c: Uuid,
    p: Uuid,
    /// `true`: staff.
    s: bool,
    /// `true`: typing; `false`: looking.
    t: bool,
    on: bool,
    /// The node that told it already.
    n: u32,
}

/// The customer or an agent is typing, or stopped.
pub async fn typing(who: &Asker, id: ConversationId, on: bool) -> Result<()> {
    pass(who, id, true, on).await
}

/// An agent has the conversation on the screen, or left it. Where it went out of their sight meanwhile there is
/// nobody to tell, and nothing is wrong with leaving it.
pub async fn here(staff: &Staff, id: ConversationId, on: bool) -> Result<()> {
    match pass(&staff.clone().into(), id, false, on).await {
        Err(Error::NotFound) => Ok(()),
        done => done,
    }
}

async fn pass(who: &Asker, id: ConversationId, typing: bool, on: bool) -> Result<()> {
    super::sight::visible_place(who, id).await?;
    if typing && too_soon(who.desk(), who.person(), id, on) {
        return Ok(());
    }
    let ephemeral = Ephemeral {
        w: who.workspace().0,
        c: id.0,
        p: who.person(),
        s: matches!(who, Asker::Staff(_)),
        t: typing,
        on,
        n: node(who.desk()),
    };
    tell(who.desk(), ephemeral).await?;
    if let Some(pool) = who.desk().db().postgres() {
        let payload = serde_json::to_string(&ephemeral).unwrap_or_default();
        store::notify(pool, &payload).await?;
    }
    Ok(())
}

/// This node's number, so that it does not tell twice what it told itself.
struct Node(u32);

fn node(desk: &Desk) -> u32 {
    desk.get_or_init(|| {
        let [a, b, c, d, ..] = crate::base::secrets::random();
        Node(u32::from_le_bytes([a, b, c, d]))
    })
    .0
}

/// Tell the streams of this process.
async fn tell(desk: &Desk, p: Ephemeral) -> Result<()> {
    let (workspace, id) = (WorkspaceId(p.w), ConversationId(p.c));
    let mut snapshot = desk.db().snapshot().await?;
    let row = rows::conversation(&mut snapshot, workspace, id).await?;
    let stamp = Stamp {
        conversation: id,
        contact: row.contact_id.into(),
        before: row.place(),
        after: row.place(),
    };
    let (full, display) = if p.s {
        account::ops::agent_names(&mut snapshot, workspace, p.p.into()).await?
    } else {
        let (name, email) = (row.contact_name.as_deref(), row.contact_email.as_deref());
        let own = name.unwrap_or(rows::VISITOR).to_owned();
        (called(name, email, row.contact_id), own)
    };
    drop(snapshot);
    let kind = if p.s {
        AuthorKind::Agent
    } else {
        AuthorKind::Contact
    };
    let event = |news| Event::<Conversation> {
        news,
        cursor: None,
        at: now(),
        workspace_id: workspace,
    };
    if p.t {
        let author = |name: &str| Author {
            kind,
            id: p.p,
            name: name.to_owned(),
        };
        let staff = event(News::Typing {
            conversation_id: id,
            author: author(&full),
            typing: p.on,
        });
        let customer = Event::<PublicConversation> {
            news: News::Typing {
                conversation_id: id,
                author: author(&display),
                typing: p.on,
            },
            cursor: None,
            at: now(),
            workspace_id: workspace,
        };
        desk.bus()
            .pass(workspace, stamp, p.p, &staff, p.s.then_some(&customer));
    } else {
        let agent = Face {
            id: p.p.into(),
            name: full,
        };
        desk.bus().pass(
            workspace,
            stamp,
            p.p,
            &event(News::Presence {
                conversation_id: id,
                agent,
                here: p.on,
            }),
            None,
        );
    }
    Ok(())
}

/// PostgreSQL: hear what passes by on other nodes. Ends with the process.
pub async fn hear_other_nodes(desk: Desk) {
    let Some(pool) = desk.db().postgres().cloned() else {
        return;
    };
    loop {
        let heard = async {
            let mut listener = sqlx::postgres::PgListener::connect_with(&pool).await?;
            listener.listen("deskbell_passing").await?;
            loop {
                let news = listener.recv().await?;
                if let Ok(p) = serde_json::from_str::<Ephemeral>(news.payload())
                    && p.n != node(&desk)
                {
                    let _ = tell(&desk, p).await;
                }
            }
            #[allow(unreachable_code)]
            Ok::<(), sqlx::Error>(())
        };
        tokio::select! {
            _ = heard => tokio::time::sleep(Duration::from_millis(500)).await,
            () = desk.stop().cancelled() => return,
        }
    }
}
