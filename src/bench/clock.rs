//! What is read off: time, processor, memory, and what a sync costs right now.

use anyhow::{Context, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    fs,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

/// The value below which the share `q` lies; 0 of nothing.
pub fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() as f64 * q) as usize;
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0.0)
}

pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// Every stream is an open file, on this side too.
pub fn raise_file_limit() {
    let most = getrlimit(Resource::Nofile).maximum;
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: most,
            maximum: most,
        },
    );
}

/// A process and whatever it started, while they run.
#[derive(Clone, Copy)]
pub struct Watched(pub u32);

impl Watched {
    pub fn own() -> Watched {
        Watched(std::process::id())
    }

    fn all(self) -> Vec<u32> {
        let mut found = vec![self.0];
        let mut at = 0;
        while let Some(pid) = found.get(at).copied() {
            at += 1;
            for task in fs::read_dir(format!("/proc/{pid}/task"))
                .into_iter()
                .flatten()
                .flatten()
            {
                let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
                found.extend(
                    children
                        .split_whitespace()
                        .filter_map(|p| p.parse::<u32>().ok()),
                );
            }
        }
        found
    }

    /// Processor time of all threads that still run.
    pub fn cpu(self) -> Duration {
        self.all().into_iter().map(cpu).sum()
    }

    /// Bytes of memory, shared pages counted by their share.
    pub fn memory(self) -> Result<f64> {
        let of = |pid: u32| -> Result<f64> {
            let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
            let line = text
                .lines()
                .find_map(|l| l.strip_prefix("Pss:"))
                .context("no Pss")?;
            Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
        };
        self.all().into_iter().map(of).sum()
    }
}

fn cpu(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let nanos = threads.filter_map(|t| {
        let text = fs::read_to_string(t.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

/// The median of forty synced writes of a page.
pub fn sync_cost(folder: &Path) -> Result<f64> {
    fs::create_dir_all(folder)?;
    let path = folder.join("sync.probe");
    let mut file = fs::File::create(&path)?;
    let mut times = vec![];
    for _ in 0..40 {
        file.write_all(&[1; 4096])?;
        let since = Instant::now();
        file.sync_data()?;
        times.push(since.elapsed().as_secs_f64());
    }
    fs::remove_file(path)?;
    Ok(median(&times))
}

/// Do a durable part, and again if the disk changed its mind meanwhile.
pub async fn steady<T>(folder: &Path, tries: u32, part: impl AsyncFn() -> Result<T>) -> Result<T> {
    for left in (0..tries).rev() {
        let before = sync_cost(folder)?;
        let done = part().await?;
        let after = sync_cost(folder)?;
        let moved = (before / after).max(after / before);
        if moved <= 2.0 || left == 0 {
            eprintln!(
                "   a sync: {:.2} ms before, {:.2} ms after",
                before * 1e3,
                after * 1e3
            );
            return Ok(done);
        }
        eprintln!(
            "   a sync moved from {:.2} to {:.2} ms: again",
            before * 1e3,
            after * 1e3
        );
    }
    anyhow::bail!("not even tried")
}
