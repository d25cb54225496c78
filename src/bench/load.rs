//! Messages at a schedule or as fast as they are taken, and what became of each: acknowledged when, heard by whom.
//! On a schedule the clock of a message starts when it is due, so a slow server cannot hide behind its own queue.

use crate::{
    client::{Heard, Line, Subscription},
    clock::Watched,
};
use anyhow::{Result, ensure};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

pub type Say = Arc<dyn Fn(usize, u32) -> Vec<u8> + Send + Sync>;

/// Something that takes messages and tells listeners.
pub struct Relay {
    pub at: SocketAddr,
    /// The request that says the message of this number in this conversation.
    pub say: Say,
    pub ears: Vec<Seat>,
}

#[derive(Clone)]
pub struct Seat {
    pub at: SocketAddr,
    pub request: Vec<u8>,
    /// Hears only this one; `None`: all.
    pub conversation: Option<usize>,
}

pub struct Plan {
    pub senders: usize,
    pub conversations: usize,
    /// Messages a second; `None`: each sender says the next one when the last is acknowledged.
    pub rate: Option<f64>,
    pub length: Duration,
    /// How many hear each message.
    pub heard_by: u32,
    /// A tenth of the time before it counts.
    pub warm: bool,
}

#[derive(Default)]
pub struct Outcome {
    /// Seconds from due to the last listener.
    pub last: Vec<f64>,
    pub acked: Vec<u32>,
    /// Acknowledged a second.
    pub rate: f64,
    /// Share of one core that this side took.
    pub client: f64,
}

/// What is known of each message.
struct Board {
    began: Instant,
    due: Vec<AtomicU64>,
    last: Vec<AtomicU64>,
    heard: Vec<AtomicU32>,
    disorder: AtomicU64,
}

/// Numbers that one drive can hand out.
const MOST: usize = 1 << 20;

impl Board {
    fn now(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64
    }
}

async fn hear(mut subscription: Subscription, board: Arc<Board>, one: bool) {
    let (mut seq, mut mark) = (0, None);
    while let Ok(Heard {
        seq: now, mark: n, ..
    }) = subscription.next().await
    {
        if now != 0 && std::mem::replace(&mut seq, now) >= now {
            board.disorder.fetch_add(1, Relaxed);
        }
        let Some(n) = n else { continue };
        let (Some(heard), Some(last)) = (board.heard.get(n as usize), board.last.get(n as usize))
        else {
            continue;
        };
        heard.fetch_add(1, Relaxed);
        last.fetch_max(board.now(), Relaxed);
        // In one conversation there is one sender, who counts upwards.
        if one && mark.replace(n).is_some_and(|before| before >= n) {
            board.disorder.fetch_add(1, Relaxed);
        }
    }
}

/// Run the plan. With `power`, whatever it does to the server ends the senders without a complaint.
pub async fn drive(
    relay: &Relay,
    plan: &Plan,
    power: Option<&(dyn Fn() + Sync)>,
) -> Result<Outcome> {
    let counters = || (0..MOST).map(|_| AtomicU64::new(0)).collect();
    let board = Arc::new(Board {
        began: Instant::now(),
        due: counters(),
        last: counters(),
        heard: (0..MOST).map(|_| AtomicU32::new(0)).collect(),
        disorder: AtomicU64::new(0),
    });
    let ordered = plan.conversations >= plan.senders;
    let mut ears = JoinSet::new();
    for seat in &relay.ears {
        let subscription = Subscription::open(seat.at, None, &seat.request).await?;
        ears.spawn(hear(
            subscription,
            board.clone(),
            ordered && seat.conversation.is_some(),
        ));
    }
    tokio::time::sleep(Duration::from_millis(200)).await;

    let cut = Arc::new(AtomicBool::new(false));
    let (cpu, start) = (Watched::own().cpu(), Instant::now());
    let mut senders = JoinSet::new();
    for k in 0..plan.senders {
        let task = Sender {
            board: board.clone(),
            cut: cut.clone(),
            say: relay.say.clone(),
            k,
            senders: plan.senders,
            conversations: plan.conversations,
            each: plan.rate.map(|rate| plan.senders as f64 / rate),
            length: plan.length,
        };
        senders.spawn(task.run(Line::open(relay.at).await?, start));
    }
    if let Some(power) = power {
        tokio::time::sleep(plan.length.mul_f64(0.9)).await;
        cut.store(true, Relaxed);
        power();
    }
    let mut acked: Vec<u32> = vec![];
    while let Some(done) = senders.join_next().await {
        acked.extend(done??);
    }
    let wall = start.elapsed().as_secs_f64();
    let client = Watched::own().cpu().saturating_sub(cpu).as_secs_f64() / wall;
    if power.is_none() {
        settle(&board, &acked, plan.heard_by).await?;
    }
    ears.abort_all();

    let warm = if plan.warm {
        plan.length.as_nanos() as u64 / 10
    } else {
        0
    };
    let from = (start - board.began).as_nanos() as u64 + warm;
    let counted: Vec<u32> = acked
        .iter()
        .copied()
        .filter(|n| board.due[*n as usize].load(Relaxed) >= from)
        .collect();
    let heard = |n: u32| {
        let (due, last) = (
            board.due[n as usize].load(Relaxed),
            board.last[n as usize].load(Relaxed),
        );
        last.saturating_sub(due) as f64 / 1e9
    };
    Ok(Outcome {
        last: counted.into_iter().map(heard).collect(),
        rate: acked.len() as f64 / wall,
        acked,
        client,
    })
}

/// Wait until everything was heard; everything once by each listener, and in order.
async fn settle(board: &Board, acked: &[u32], by: u32) -> Result<()> {
    let since = Instant::now();
    let right = |n: &u32| board.heard[*n as usize].load(Relaxed) == by;
    loop {
        let missing = acked.iter().filter(|n| !right(n)).count();
        let times = acked
            .first()
            .map(|n| board.heard[*n as usize].load(Relaxed));
        if missing == 0 {
            break;
        }
        ensure!(
            since.elapsed() < Duration::from_secs(8),
            "{missing} of {} messages were not heard by exactly {by} (the first by {times:?})",
            acked.len()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    ensure!(!acked.is_empty(), "nothing was said");
    ensure!(
        board.disorder.load(Relaxed) == 0,
        "{} came out of order",
        board.disorder.load(Relaxed)
    );
    Ok(())
}

struct Sender {
    board: Arc<Board>,
    cut: Arc<AtomicBool>,
    say: Say,
    k: usize,
    senders: usize,
    conversations: usize,
    each: Option<f64>,
    length: Duration,
}

impl Sender {
    /// Returns the numbers that were acknowledged.
    async fn run(self, mut line: Line, start: Instant) -> Result<Vec<u32>> {
        let mut acked = vec![];
        for i in 0.. {
            let mut due = Instant::now();
            if let Some(each) = self.each {
                due = start
                    + Duration::from_secs_f64(
                        each * (i as f64 + self.k as f64 / self.senders as f64),
                    );
                tokio::time::sleep_until(due.into()).await;
            }
            let n = i * self.senders + self.k;
            if start.elapsed() > self.length || n >= MOST {
                break;
            }
            self.board.due[n].store((due - self.board.began).as_nanos() as u64, Relaxed);
            // Each conversation has one sender, as far as there are enough.
            let own = (self.conversations / self.senders).max(1);
            let conversation = ((i % own) * self.senders + self.k) % self.conversations;
            let answer = match line.ask(&(self.say)(conversation, n as u32)).await {
                Err(_) if self.cut.load(Relaxed) => break,
                answer => answer?,
            };
            ensure!(
                (200..300).contains(&answer.status),
                "{}",
                String::from_utf8_lossy(&answer.body)
            );
            acked.push(n as u32);
        }
        Ok(acked)
    }
}
