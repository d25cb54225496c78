//! Reads `threads.txt`, in which each conversation of the demo is written down.

use super::{shop, staff::STAFF};
use crate::model::{
    contact::Reference,
    error::{Error, Result},
    time::Time,
};
use chrono::Duration;

const THREADS: &str = include_str!("threads.txt");

/// One thread of the file.
pub(super) struct Thread {
    pub(super) customer: String,
    pub(super) status: String,
    pub(super) assignee: Option<&'static str>,
    pub(super) product: Option<Reference>,
    pub(super) started: Time,
    pub(super) lines: Vec<Line>,
}

pub(super) struct Line {
    pub(super) at: Time,
    /// `None`: the customer.
    pub(super) by: Option<&'static str>,
    pub(super) note: bool,
    pub(super) text: String,
}

/// See the head of the file itself for how it is written.
pub(super) fn read_threads(now: Time) -> Result<Vec<Thread>> {
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
