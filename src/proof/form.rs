//! How much of it: the quick form runs with every change, the long one (`DESKBELL_LONG=1`) with a release. And
//! where what was counted is said.

use std::io::Write;

pub fn long() -> bool {
    std::env::var("DESKBELL_LONG").is_ok_and(|v| v == "1")
}

pub fn either<T>(quick: T, long: T) -> T {
    if self::long() { long } else { quick }
}

/// A line that is seen although the test passes.
pub fn report(line: &str) {
    let _ = writeln!(std::io::stderr(), "proof: {line}");
}

/// Something that this machine cannot do: said loudly, and not good enough where changes are accepted.
pub fn skipped(what: &str, why: &str) {
    report(&format!("{what}: SKIPPED, {why}"));
    assert!(
        std::env::var_os("CI").is_none(),
        "{what} was skipped: {why}"
    );
}
