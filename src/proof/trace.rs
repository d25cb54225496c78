//! What a process asked of the kernel, as `strace` wrote it down: `<pid> <call>(<fd><<path>>, "…", …) = <result>`, in
//! two lines where another thread's call came between. Every text is in hexadecimal escapes, `\x68\x69`.

use super::form::skipped;
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// `strace` is here and may be used, if need be after installing it.
pub fn possible(what: &str) -> bool {
    let runs = || {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-o", "/dev/null", "true"]);
        strace.stdout(Stdio::null()).stderr(Stdio::null());
        strace.status().is_ok_and(|s| s.success())
    };
    if runs() {
        return true;
    }
    for words in [&["update", "-qq"][..], &["install", "-qq", "-y", "strace"]] {
        let mut apt = Command::new("apt-get");
        apt.args(words).env("DEBIAN_FRONTEND", "noninteractive");
        let _ = apt.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
    if !runs() {
        skipped(what, "strace cannot be run or may not trace here");
    }
    runs()
}

pub fn words(to: &Path, calls: &str) -> Vec<String> {
    let out = to.display().to_string();
    let all = ["strace", "-f", "--seccomp-bpf", "-y", "-xx", "-s", "4200"];
    let mut words: Vec<String> = all.iter().map(ToString::to_string).collect();
    words.extend(["-e".into(), format!("trace={calls}"), "-o".into(), out]);
    words
}

/// A line that matters, in the order in which the kernel was entered or left.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Into the write-ahead log: which of the messages this page holds.
    Page(Vec<u64>),
    /// The head of the log's frame that commits.
    Commit,
    /// A sync of the log begins, or is done.
    Syncs(u32),
    Synced(u32),
    /// Onto a socket: the messages that this acknowledges.
    Answer(Vec<u64>),
}

fn hex(text: &str) -> String {
    text.bytes().map(|b| format!("\\x{b:02x}")).collect()
}

/// The numbers, of eight digits, that stand behind `mark`.
fn marked(line: &str, mark: &str) -> Vec<u64> {
    let mark = hex(mark);
    let number = |at: usize| {
        let digits = line.get(at + mark.len()..at + mark.len() + 32)?;
        let digits = digits.split("\\x").skip(1);
        let text = digits.map(|d| u8::from_str_radix(d, 16).map(char::from));
        text.collect::<Result<String, _>>().ok()?.parse().ok()
    };
    let found = line.match_indices(mark.as_str());
    found.filter_map(|(at, _)| number(at)).collect()
}

/// Of a frame's head (SQLite's file format, 4.1) bytes 4 to 7 are not zero if it commits.
fn commits(line: &str) -> bool {
    let bytes: Vec<&str> = line
        .split('"')
        .nth(1)
        .unwrap_or_default()
        .split("\\x")
        .collect();
    bytes.len() == 25 && bytes[5..9].iter().any(|b| *b != "00")
}

pub fn steps(trace: &str, mark: &str) -> Vec<Step> {
    let (wal, socket) = (hex(".db-wal") + ">", hex("socket:"));
    let step = |line: &str| {
        let (pid, rest) = line.split_once(' ')?;
        let (pid, rest) = (pid.parse().ok()?, rest.trim_start());
        let sync = rest.starts_with("fdatasync(") || rest.starts_with("fsync(");
        let head = rest.split('"').next()?;
        if rest.starts_with("<... fdatasync resumed") || rest.starts_with("<... fsync resumed") {
            return rest.ends_with("= 0").then(|| vec![Step::Synced(pid)]);
        }
        if head.contains(&wal) {
            return Some(match (sync, rest.ends_with("= 0")) {
                (true, true) => vec![Step::Syncs(pid), Step::Synced(pid)],
                (true, false) => vec![Step::Syncs(pid)],
                _ if commits(rest) => vec![Step::Commit],
                _ => vec![Step::Page(marked(rest, mark))],
            });
        }
        head.contains(&socket)
            .then(|| vec![Step::Answer(marked(rest, mark))])
    };
    trace.lines().filter_map(step).flatten().collect()
}

#[test]
fn a_trace_is_read_as_it_is_written() {
    let (wal, log, peer) = (
        hex("/d/deskbell.db-wal"),
        hex("/d/x.log"),
        hex("socket:[5]"),
    );
    let (said, plain) = (hex("…mark-00000042!"), hex("123456789012345678901234"));
    let head: String = (0..24).map(|n| format!("\\x{:02x}", n % 3)).collect();
    let none = "\\x00".repeat(24);
    let trace = format!(
        "7 write(9<{wal}>, \"{none}\", 24) = 24\n7 pwrite64(9<{wal}>, \"{said}\", 4096, 8) = 4096\n\
         7 write(9<{wal}>, \"{head}\", 24) = 24\n7 fdatasync(9<{wal}> <unfinished ...>\n\
         8 write(2<{log}>, \"{plain}\", 24) = 24\n7 <... fdatasync resumed>) = 0\n\
         8 sendto(11<{peer}>, \"{said}\"..., 90, 0, NULL, 0) = 90\n7 fdatasync(9<{wal}>) = -1 EIO\n"
    );
    let expected = [
        Step::Page(vec![]),
        Step::Page(vec![42]),
        Step::Commit,
        Step::Syncs(7),
        Step::Synced(7),
        Step::Answer(vec![42]),
        Step::Syncs(7),
    ];
    assert_eq!(steps(&trace, "mark-"), expected);
}
