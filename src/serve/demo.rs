//! The demo: a shop's desk with people and three weeks of conversations, told relative to the first start.
//! It is written through the same verbs that people use; the threads stand in `demo/threads.txt`.

use super::shop;
use crate::base::secrets;
use crate::desk::{
    account::ops::{
        self as account,
        who::{Asker, Machine, Staff},
    },
    contact::ops as contact,
    conversation::ops::{
        self as conversation,
        import::{ImportAuthor, ImportMessage, ImportThread, import},
    },
    state::Desk,
    widget::ops as widget,
};
use crate::model::{
    agent::Role,
    contact::Reference,
    conversation::Status,
    error::{Error, Result},
    id::*,
    message::Kind,
    time::{Time, now},
    widget::{Preset, WidgetForm},
};
use axum::{
    extract::FromRequestParts,
    http::{Request, header},
};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

pub const WORKSPACE: &str = "Lumen & Oak";
const THREADS: &str = include_str!("demo/threads.txt");

/// First name as the threads write it, name, role.
const STAFF: [(&str, &str, Role); 5] = [
    ("Alex", "Alex Morgan", Role::Admin),
    ("Noor", "Noor Haddad", Role::Supervisor),
    ("Sam", "Sam Ortiz", Role::Agent),
    ("Priya", "Priya Raman", Role::Agent),
    ("Kim", "Kim Larsen", Role::Agent),
];

/// What later starts need to know; kept in the data folder.
#[derive(Serialize, Deserialize)]
pub struct Demo {
    pub widget: WidgetId,
    agent: AgentId,
    supervisor: AgentId,
    admin: AgentId,
}

/// Somebody of the demo's staff, signed in.
struct Colleague {
    id: AgentId,
    proof: Staff,
}

/// The demo, filled in if the workspace is empty; `None` if it is somebody's own.
pub async fn ready(desk: &Desk, workspace: WorkspaceId) -> anyhow::Result<Option<Demo>> {
    let mark = desk.config().data.join("demo.json");
    if let Ok(text) = std::fs::read_to_string(&mark)
        && let Ok(demo) = serde_json::from_str::<Demo>(&text)
    {
        return Ok(Some(demo));
    }
    if !account::front(desk, workspace).await?.needs_setup {
        return Ok(None);
    }
    let demo = fill(desk, workspace).await?;
    std::fs::write(mark, serde_json::to_vec(&demo)?)?;
    Ok(Some(demo))
}

/// Fresh one-click sign-in links.
pub async fn links(
    desk: &Desk,
    workspace: WorkspaceId,
    demo: &Demo,
) -> Result<Vec<(&'static str, String)>> {
    let machine = Machine::running(desk, workspace);
    let mut links = vec![];
    for (who, id) in [
        ("Sam Ortiz, agent", demo.agent),
        ("Noor Haddad, supervisor", demo.supervisor),
        ("Alex Morgan, admin", demo.admin),
    ] {
        let token = account::sign_in_link(&machine, id).await?;
        links.push((
            who,
            format!("{}/enter?token={token}", desk.config().origin()),
        ));
    }
    Ok(links)
}

async fn fill(desk: &Desk, workspace: WorkspaceId) -> Result<Demo> {
    let machine = Machine::running(desk, workspace);
    let staff = hire(desk, &machine).await?;
    let admin = staff["Alex"].proof.clone().admin()?;
    let settings = account::settings(&admin).await?;
    // Conversations wait to be taken, so that there is something to take.
    let revision = settings.revision;
    let wanted = account::SettingsForm {
        name: WORKSPACE.into(),
        host: String::new(),
        auto_assign: false,
        ..settings.into()
    };
    account::save_settings(&admin, wanted, Some(revision)).await?;
    let port = shop::address(desk.config()).port();
    let form = WidgetForm {
        name: "Lumen & Oak shop".into(),
        domains: vec![format!("127.0.0.1:{port}"), format!("localhost:{port}")],
        welcome_message: "Hi! Ask us about a lamp, an order or a dent in the oak.".into(),
        offline_message:
            "The workshop is closed right now. Leave a message, we answer in the morning.".into(),
        preset: Preset::Teal,
        ..WidgetForm::default()
    };
    let widget = widget::create(&admin, form).await?.id;
    write_threads(&machine, &staff, widget).await?;
    for colleague in staff.values() {
        account::sign_out(&Asker::Staff(colleague.proof.clone())).await?;
    }
    Ok(Demo {
        widget,
        agent: staff["Sam"].id,
        supervisor: staff["Noor"].id,
        admin: staff["Alex"].id,
    })
}

/// Everybody joins as people do: the admin by the command line's verb, the others by invitation. Nobody knows
/// their passwords.
async fn hire(desk: &Desk, machine: &Machine) -> Result<HashMap<&'static str, Colleague>> {
    let mut staff = HashMap::new();
    for (short, name, role) in STAFF {
        let email = format!("{}@lumen-oak.example", short.to_lowercase());
        let token = match staff.get("Alex").map(|c: &Colleague| c.proof.clone()) {
            None => {
                let admin =
                    account::add_admin(desk, machine.workspace(), &email, name, &secrets::token())
                        .await?;
                let link = account::sign_in_link(machine, admin.id).await?;
                account::sign_in_by_link(desk, &link, "The demo", None)
                    .await?
                    .token
            }
            Some(alex) => {
                let (_, link) = account::invite(&alex.admin()?, &email, name, role).await?;
                account::accept(desk, &link, name, &secrets::token(), "The demo")
                    .await?
                    .token
            }
        };
        let proof = proof(desk, &token).await?;
        staff.insert(
            short,
            Colleague {
                id: proof.id(),
                proof,
            },
        );
    }
    Ok(staff)
}

/// The proof that a token stands for, as at any door.
async fn proof(desk: &Desk, token: &str) -> Result<Staff> {
    let request = Request::builder()
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(());
    let mut parts = request.map_err(|_| Error::Unavailable)?.into_parts().0;
    Staff::from_request_parts(&mut parts, desk)
        .await
        .map_err(|problem| problem.0)
}

/// One thread of the file.
struct Thread {
    customer: String,
    status: String,
    assignee: Option<&'static str>,
    product: Option<Reference>,
    started: Time,
    lines: Vec<Line>,
}

struct Line {
    at: Time,
    /// `None`: the customer.
    by: Option<&'static str>,
    note: bool,
    text: String,
}

async fn write_threads(
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

/// See the head of the file itself for how it is written.
fn read_threads(now: Time) -> Result<Vec<Thread>> {
    let wrong = |line: &str| Error::Malformed {
        detail: format!("The demo's threads: {line}"),
    };
    let short = |name: &str| STAFF.iter().map(|(short, ..)| *short).find(|s| *s == name);
    let products = shop::products();
    let mut threads: Vec<Thread> = vec![];
    for line in THREADS
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
    {
        if let Some(head) = line.strip_prefix("= ") {
            let parts: Vec<&str> = head.split('|').map(str::trim).collect();
            let [customer, status, assignee, ago, slug] = parts[..] else {
                return Err(wrong(line));
            };
            let started = now.minus(span(ago).ok_or_else(|| wrong(line))?);
            let product = products
                .iter()
                .find(|p| shop::text(p, "slug") == slug)
                .map(reference);
            if product.is_none() && slug != "-" {
                return Err(wrong(line));
            }
            threads.push(Thread {
                customer: customer.into(),
                status: status.into(),
                assignee: short(assignee),
                product,
                started,
                lines: vec![],
            });
            continue;
        }
        let (thread, (who, rest)) = threads
            .last_mut()
            .zip(line.split_once(' '))
            .ok_or_else(|| wrong(line))?;
        let (after, text) = rest.split_once(' ').ok_or_else(|| wrong(line))?;
        let at = thread.started.plus(span(after).ok_or_else(|| wrong(line))?);
        let (who, note) = who.strip_suffix('!').map_or((who, false), |w| (w, true));
        let by = match who {
            ">" => None,
            name => Some(short(name).ok_or_else(|| wrong(line))?),
        };
        if at > now || thread.lines.last().is_some_and(|l| l.at > at) {
            return Err(wrong(line));
        }
        thread.lines.push(Line {
            at,
            by,
            note,
            text: text.replace("\\n", "\n"),
        });
    }
    Ok(threads)
}

/// `3d4h20m`
fn span(text: &str) -> Option<Duration> {
    let (mut all, mut number) = (Duration::zero(), String::new());
    for c in text.chars() {
        match c {
            '0'..='9' => number.push(c),
            'd' | 'h' | 'm' => {
                let n: i64 = std::mem::take(&mut number).parse().ok()?;
                all += match c {
                    'd' => Duration::days(n),
                    'h' => Duration::hours(n),
                    _ => Duration::minutes(n),
                };
            }
            _ => return None,
        }
    }
    number.is_empty().then_some(all)
}

fn reference(product: &shop::Product) -> Reference {
    Reference {
        kind: "product".into(),
        id: shop::text(product, "sku").into(),
        url: Some(format!(
            "https://lumen-oak.example/p/{}",
            shop::text(product, "slug")
        )),
        label: Some(shop::text(product, "label").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threads_can_be_told() {
        let threads = read_threads(now()).unwrap();
        assert!((24..=40).contains(&threads.len()), "{}", threads.len());
        let customers: std::collections::HashSet<_> = threads.iter().map(|t| &t.customer).collect();
        assert!(customers.len() >= 12);
        for status in ["waiting", "active", "snoozed", "closed"] {
            assert!(
                threads.iter().any(|t| t.status == status),
                "nobody is {status}"
            );
        }
        for thread in &threads {
            let open = threads
                .iter()
                .filter(|t| t.customer == thread.customer && t.status != "closed")
                .count();
            assert!(open <= 1, "{} has {open} open ones", thread.customer);
            assert!(
                !thread.lines.is_empty() && thread.lines[0].by.is_none(),
                "{} writes first",
                thread.customer
            );
            assert_eq!(
                thread.status == "waiting",
                thread.lines.iter().all(|l| l.by.is_none() || l.note),
                "{}",
                thread.customer
            );
        }
    }
}
