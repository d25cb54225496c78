//! Promise 7: a disk that is full, or that fails, is said as such; reading goes on; and it heals by itself.

use super::{
    books,
    form::{report, skipped},
    people::Crowd,
    served::{Home, Served},
    trace,
    wire::Wire,
};
use crate::test::{Engine, run_story, soon};
use rustix::process::Signal;
use std::{
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// A small disk of its own; gone when dropped.
struct Disk(PathBuf);

impl Disk {
    fn mounted(at: PathBuf) -> Option<Disk> {
        std::fs::create_dir_all(&at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=24m", "deskbell-proof"]);
        mount.arg(&at).stdout(Stdio::null()).stderr(Stdio::null());
        mount
            .status()
            .is_ok_and(|s| s.success())
            .then_some(Disk(at))
    }

    /// Not a byte is left.
    fn fill(&self) {
        use std::io::Write;
        let mut ballast = std::fs::File::create(self.0.join("ballast")).unwrap();
        while ballast.write_all(&[1; 4096]).is_ok() {}
    }

    fn empty(&self) {
        std::fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Everything that only reads is answered.
async fn reads(home: &Home, crowd: &Crowd) {
    let mut wire = Wire::to(home.at());
    let place = crowd.writers[0].kept[0].conversation;
    for path in [
        "/api/v1/conversations".to_owned(),
        format!("/api/v1/conversations/{place}/messages"),
        "/api/v1/events?after=0.0".into(),
        "/api/v1/health".into(),
        "/sign-in".into(),
    ] {
        let who = Some(&crowd.supervisor);
        let sent = wire.send(
            who,
            axum::http::Method::GET,
            &path,
            None,
            "application/json",
        );
        sent.await.unwrap();
        let answer = wire.answer().await.unwrap();
        assert_eq!(answer.status, 200, "{path} {}", answer.text);
        if path.ends_with("/messages") {
            assert!(answer.text.contains(&crowd.writers[0].kept[0].body));
        }
    }
}

/// Write, while the disk refuses; then, healed, write what was refused. How many were refused, how long it took.
async fn healed(home: &Home, crowd: &mut Crowd, heal: impl FnOnce()) -> (u64, Duration) {
    let refused = |crowd: &Crowd| crowd.writers.iter().map(|w| w.unavailable).sum::<u64>();
    let until = CancellationToken::new();
    let from = home.said().len();
    let writing = crowd.writing(home.at(), &until);
    soon("something is refused", async || {
        home.said()[from..].contains("status=503")
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    until.cancel();
    crowd.back(writing).await;
    let n = refused(crowd);
    assert!(n > 0, "nothing was refused");
    reads(home, crowd).await;
    heal();
    let since = Instant::now();
    crowd.finish(home.at()).await;
    let took = since.elapsed();
    assert!(took < Duration::from_secs(5), "healed only after {took:?}");
    (n, took)
}

async fn ends_well(home: &Home, crowd: &Crowd, mut served: Served) {
    assert_eq!(served.ended(), None, "it stayed up");
    served.signal(Signal::TERM);
    assert!(served.end_within(Duration::from_secs(9)).await.is_some());
    let mut snapshot = home.snapshot().await;
    books::in_order(&mut snapshot).await;
    books::hold(&mut snapshot, crowd, crowd.since).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_disk_refuses_to_write_and_heals() {
    run_story(Engine::Sqlite, async |desk| {
        let mut crowd = Crowd::gathered(&desk, 8, 7).await;
        // Somebody has listed before, ever: that makes what cursors are signed with.
        desk.admin().await.get("/conversations").await.ok();
        let prepared = Home::of(desk).await;
        let Some(disk) = Disk::mounted(prepared.config.data.join("disk")) else {
            return skipped("full disk Sqlite", "a small tmpfs cannot be mounted (it takes root)");
        };
        let home = prepared.copied_to(disk.0.clone());
        let (served, _) = home.serve(&[]).await;
        let until = CancellationToken::new();
        let writing = crowd.writing(home.at(), &until);
        tokio::time::sleep(Duration::from_secs(2)).await;
        disk.fill();
        soon("the disk is full", async || home.said().contains("full")).await;
        until.cancel();
        crowd.back(writing).await;
        assert!(crowd.writers.iter().all(|w| !w.kept.is_empty()), "nobody had written before");
        let (refused, took) = healed(&home, &mut crowd, || disk.empty()).await;
        ends_well(&home, &crowd, served).await;
        report(&format!(
            "full disk Sqlite (a tmpfs of 24 MB): {refused} writes answered 503 application/problem+json, reads went on, \
             all of it written {:.2} s after there was room; {} acknowledged, 0 lost",
            took.as_secs_f64(),
            crowd.acknowledged()
        ));
    })
    .await;
}

/// The log cannot be written, or not synced, for a while.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_disk_that_fails_is_said_and_heals() {
    if !trace::possible("failing disk Sqlite") {
        return;
    }
    run_story(Engine::Sqlite, async |desk| {
        let mut crowd = Crowd::gathered(&desk, 8, 8).await;
        let home = Home::of(desk).await;
        let file = home.config.data.join("deskbell.db-wal");
        let mut told = String::new();
        for (call, error, from) in [
            ("fsync,fdatasync", "EIO", 30),
            ("write,pwrite64", "ENOSPC", 400),
            ("write,pwrite64", "EIO", 400),
        ] {
            let strace = ["strace", "-f", "-o", "/dev/null", "-P"].map(str::to_owned);
            let mut under = strace.to_vec();
            under.extend([
                file.display().to_string(),
                "-e".into(),
                format!("trace={call}"),
            ]);
            // Counted by thread, and SQLite's writer is one: after it has started, eight calls in a row.
            under.extend([
                "-e".into(),
                format!("inject={call}:error={error}:when={from}..{}", from + 7),
            ]);
            let mut served = home.start_under(&under, &[]);
            assert!(served.ready().await.is_some(), "{}", home.said());
            let before: u64 = crowd.writers.iter().map(|w| w.unavailable).sum();
            let (refused, took) = healed(&home, &mut crowd, || {}).await;
            told += &format!(
                ", {call} {error}: {} refused, healed in {:.2} s",
                refused - before,
                took.as_secs_f64()
            );
            assert!(refused > before, "{call} {error}: nothing was refused");
            served.signal(Signal::TERM);
            assert!(served.end_within(Duration::from_secs(9)).await.is_some());
        }
        let (served, _) = home.serve(&[]).await;
        ends_well(&home, &crowd, served).await;
        report(&format!(
            "failing disk Sqlite{told}; {} acknowledged, 0 lost",
            crowd.acknowledged()
        ));
    })
    .await;
}
