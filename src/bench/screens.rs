//! 9 and 10: bytes and times in a browser, measured by Playwright (`end2end/bench`), with the network and the processor
//! slowed down.

use crate::{Bench, report::Goal};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::{path::PathBuf, process::Command};

#[derive(Deserialize)]
struct Figure {
    what: String,
    unit: String,
    value: f64,
    goal: Option<f64>,
}

pub async fn run(bench: &mut Bench) -> Result<()> {
    let browser = std::env::var("CHROMIUM").unwrap_or_default();
    let tests = PathBuf::from(std::env::var("DESKBELL_END2END").unwrap_or_default());
    let playwright = tests.join("node_modules/.bin/playwright");
    if browser.is_empty() || !playwright.exists() {
        bench.report.fact(
            "skipped",
            "no browser, or no Playwright: see bin/bench".into(),
        );
        return Ok(());
    }
    let out = bench.work.folder("screens");
    let mut command = Command::new(playwright);
    command
        .current_dir(&tests)
        .args(["test", "--config", "bench/playwright.config.ts"]);
    command
        .env("DESKBELL_BIN", std::path::absolute(&bench.server)?)
        .env("DESKBELL_SCREENS", &out);
    if bench.smoke {
        command.env("DESKBELL_SMOKE", "1");
    }
    let said = tokio::task::spawn_blocking(move || command.output()).await??;
    ensure!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stdout)
    );
    let text = std::fs::read_to_string(&out).context("no figures")?;
    for line in text.lines() {
        let f: Figure = serde_json::from_str(line)?;
        bench.report.figure(
            &f.what,
            &f.unit,
            &[f.value],
            f.goal.map_or(Goal::None, Goal::AtMost),
        );
    }
    Ok(())
}
