//! 11: what a page of a conversation of fifty of the worst texts costs the server, beside one of plain texts of the
//! same length. Every text is as long as a message may be; the rows of the list end with such texts too. Asked for as
//! browsers ask, so that making it smaller is in the price.

use crate::{
    Bench,
    client::{Line, json, request},
    clock::Watched,
    desk::Desk,
    report::Goal,
};
use anyhow::{Result, ensure};

const TEXTS: usize = 50;
const LENGTH: usize = 10_000;
/// Of texts of this length a page takes as many.
const AT_ONCE: usize = 6;

/// Begin, and what is repeated until the text is as long as it may be: each has made some reader of texts slow.
const WORST: [(&str, &str, &str); 12] = [
    ("brackets", "http://a.example/", ")"),
    ("links", "", "http://a.example "),
    ("schemes", "", "http://"),
    ("code", "", "`a` "),
    ("fences", "", "```\n"),
    ("markup", "", "<"),
    ("entities", "", "&\""),
    ("controls", "", "\u{1}"),
    ("marks", "a", "\u{301}"),
    ("emoji", "", "\u{1f469}\u{200d}"),
    ("directions", "", "a\u{5d0}"),
    ("nobody's signs", "", "\u{10fffd}"),
];

fn text(begin: &str, middle: &str) -> String {
    let often = (LENGTH - begin.chars().count()) / middle.chars().count();
    format!("{begin}{}", middle.repeat(often))
}

/// The requests for the three pages of one conversation of fifty texts.
struct Pages {
    name: &'static str,
    all: [Vec<u8>; 3],
}

const PLACES: [&str; 3] = [
    "the inbox with the thread",
    "the widget's frame",
    "the list of the API",
];

pub async fn run(bench: &mut Bench) -> Result<()> {
    let desk = Desk::open(bench, "hostile", 1, None).await?;
    desk.without_routing().await?;
    let plain = ("plain", "", "Where is my parcel? ");
    let pages = conversations(&desk, plain).await?;
    let mut worst = vec![];
    for case in WORST {
        worst.push(conversations(&desk, case).await?);
    }
    let asked = if bench.smoke { 3 } else { 20 };
    let (watched, mut line) = (desk.process.watched(), Line::open(desk.at).await?);
    for (place, what) in PLACES.iter().enumerate() {
        let mut found = vec![];
        let mut slowest = (String::new(), 0.0);
        for _ in 0..bench.rounds() {
            let ruler = cost(watched, &mut line, &pages.all[place], asked).await?;
            let mut most = 0.0_f64;
            for case in &worst {
                let it = cost(watched, &mut line, &case.all[place], asked).await?;
                most = most.max(it);
                if it > slowest.1 {
                    slowest = (case.name.to_owned(), it);
                }
            }
            found.push((ruler, most));
        }
        let ours: Vec<f64> = found.iter().map(|(_, ours)| *ours).collect();
        let report = &mut bench.report;
        report.pairs(
            &format!("{what}, processor, ÷ plain texts"),
            "ms",
            &found,
            Goal::None,
        );
        report.figure(
            &format!("{what}, the worst"),
            "ms",
            &ours,
            Goal::AtMost(100.0),
        );
        report.fact(&format!("{what}, the worst are"), slowest.0);
    }
    Ok(())
}

/// Milliseconds of the server's processor for one page.
async fn cost(watched: Watched, line: &mut Line, request: &[u8], times: u32) -> Result<f64> {
    line.ask(request).await?;
    let before = watched.cpu();
    for _ in 0..times {
        let answer = line.ask(request).await?;
        ensure!(answer.status == 200, "a page answered {}", answer.status);
    }
    Ok((watched.cpu() - before).as_secs_f64() * 1e3 / f64::from(times))
}

/// One conversation of fifty such texts, and rows that end with one.
async fn conversations(
    desk: &Desk,
    (name, begin, middle): (&'static str, &str, &str),
) -> Result<Pages> {
    let rows = 4;
    let visitors = desk.visitors(rows, true).await?;
    let mut line = Line::open(desk.at).await?;
    let body = serde_json::to_string(&text(begin, middle))?;
    let all = visitors[1..]
        .iter()
        .chain(std::iter::repeat_n(&visitors[0], TEXTS - 1));
    let said: Vec<Vec<u8>> = all
        .map(|visitor| {
            let path = format!(
                "POST /api/v1/conversations/{}/messages",
                visitor.conversation
            );
            let client = uuid::Uuid::new_v4();
            json(
                &path,
                &visitor.token,
                &format!(r#"{{"client_id":"{client}","body":{body}}}"#),
            )
        })
        .collect();
    for one in &said {
        line.ask(one).await?.json()?;
    }
    let who = |token: &str| {
        let as_browsers = "accept: text/html\r\naccept-encoding: gzip, deflate, br\r\n";
        format!("{as_browsers}authorization: Bearer {token}\r\n")
    };
    let (ada, agent) = (&visitors[0], &desk.agents[0]);
    let paths = [
        (format!("GET /desk/c/{}?view=all", ada.conversation), agent),
        (format!("GET /widget/{}", desk.widget), &ada.token),
        (
            format!(
                "GET /api/v1/conversations/{}/messages?limit=50",
                ada.conversation
            ),
            &ada.token,
        ),
    ];
    // Read once as it is: as many of the texts are in it as a page takes.
    for (path, token) in &paths {
        let bare = format!("accept: text/html\r\nauthorization: Bearer {token}\r\n");
        let page = line.ask(&request(path, &bare, "")).await?;
        ensure!(
            page.status == 200,
            "{name}: {path} answered {}",
            page.status
        );
        ensure!(
            page.body.len() > (AT_ONCE - 1) * LENGTH,
            "{name}: {path} is of {} bytes only",
            page.body.len()
        );
    }
    let all = paths.map(|(path, token)| request(&path, &who(token), ""));
    Ok(Pages { name, all })
}
