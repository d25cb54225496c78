//! The conversations of the demo, told as if they had been had.

use super::{
    shop,
    staff::Colleague,
    threads::{Line, Thread, read_threads},
};
use crate::desk::{
    account::ops::who::{Asker, Machine},
    contact::ops as contact,
    conversation::ops::{
        self as conversation,
        import::{ImportAuthor, ImportMessage, ImportThread, import},
    },
};
use crate::model::{
    conversation::Status,
    error::{Error, Result},
    id::*,
    message::Kind,
    time::now,
};
use chrono::Duration;
use std::collections::HashMap;

pub(super) async fn write_threads(
    machine: &Machine,
    staff: &HashMap<&str, Colleague>,
    widget: WidgetId,
) -> Result<()> {
    let mut contacts: HashMap<String, ContactId> = HashMap::new();
    let mut threads = read_threads(now())?;
    threads.sort_by_key(|t| t.started);
    for thread in threads {
        let contact = match contacts.get(&thread.customer) {
            Some(known) => *known,
            None => {
                let id = meet(machine, &thread).await?;
                contacts.insert(thread.customer.clone(), id);
                id
            }
        };
        // They were there when they wrote last.
        if let Some(line) = thread.lines.iter().rfind(|l| l.by.is_none()) {
            let mut tx = machine.db().begin(machine.workspace()).await?;
            contact::record(&mut tx, machine.workspace(), contact, None, None, line.at).await?;
            tx.commit().await?;
        }
        // What somebody sets aside is active first.
        let snoozed = thread.status == "snoozed";
        let status = if snoozed {
            Status::Active
        } else {
            thread.status.parse()?
        };
        let author = |l: &Line| {
            l.by.map_or(ImportAuthor::Contact, |short| {
                ImportAuthor::Agent(staff[short].id)
            })
        };
        let messages = thread.lines.iter().map(|l| {
            let kind = if l.note { Kind::Note } else { Kind::Text };
            Ok(ImportMessage {
                at: l.at,
                kind,
                author: author(l),
                body: l.text.parse()?,
            })
        });
        let messages = messages.collect::<Result<Vec<_>>>()?;
        let answered = thread
            .lines
            .iter()
            .rev()
            .find(|l| !l.note)
            .is_some_and(|l| l.by.is_some());
        let assignee = thread.assignee.map(|short| staff[short].id);
        let told = ImportThread {
            widget,
            contact,
            reference: thread.product,
            status,
            assignee,
            created_at: thread.started,
            messages,
        };
        let id = import(machine, told).await?;
        // The queue is unread for everybody; what a customer wrote last, for whoever has it.
        for (short, colleague) in staff {
            let waits = status == Status::Waiting
                || (!answered && status != Status::Closed && thread.assignee == Some(*short));
            if !waits {
                match conversation::read(&Asker::Staff(colleague.proof.clone()), id, i64::MAX).await
                {
                    Ok(()) | Err(Error::NotFound) => {}
                    Err(e) => return Err(e),
                }
            }
        }
        if let (true, Some(short)) = (snoozed, thread.assignee) {
            conversation::snooze(&staff[short].proof, id, now().plus(Duration::hours(18))).await?;
        }
    }
    Ok(())
}

async fn meet(machine: &Machine, thread: &Thread) -> Result<ContactId> {
    let name = thread.customer.as_str();
    // Some never said who they are.
    let known = name != "Visitor";
    let email = format!("{}@post.example", name.to_lowercase().replace(' ', ".")).parse()?;
    let shop = shop::address(machine.desk().config());
    let page = thread
        .product
        .as_ref()
        .and_then(|p| p.url.clone())
        .unwrap_or_else(|| format!("http://{shop}/"));
    let new = contact::New {
        name: known.then_some(name),
        email: known.then_some(&email),
        user: None,
        page_url: Some(&page),
        reference: thread.product.as_ref(),
    };
    let mut tx = machine.db().begin(machine.workspace()).await?;
    let id = contact::create(&mut tx, machine.workspace(), new, thread.started).await?;
    tx.commit().await?;
    Ok(id)
}
