//! The proofs: what `promises.md` promises, broken on purpose and counted. Each has a quick form, which is part of
//! `cargo test`, and a long one (`DESKBELL_LONG=1`). What was counted is printed even when the test passes.

mod crash;
mod dice;
mod served;
mod wire;

use std::io::Write;

/// The form in which a release is tested, not a change.
pub fn long() -> bool {
    std::env::var("DESKBELL_LONG").is_ok_and(|v| v == "1")
}

/// A line that is seen although the test passes.
pub fn report(line: &str) {
    let _ = writeln!(std::io::stderr(), "proof: {line}");
}
