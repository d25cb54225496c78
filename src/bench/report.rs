//! The figures: the ruler's, ours, the median of the pairwise ratios, and the goal.

use crate::clock::median;
use chrono::Utc;
use std::time::Duration;

#[derive(Clone, Copy)]
pub enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// Printed, not judged.
    None,
}

impl Goal {
    fn words(self, unit: &str) -> String {
        let unit = if unit.is_empty() {
            String::new()
        } else {
            format!(" {unit}")
        };
        match self {
            Goal::AtMost(g) => format!("≤ {}{unit}", short(g)),
            Goal::AtLeast(g) => format!("≥ {}{unit}", short(g)),
            Goal::None => String::new(),
        }
    }

    fn verdict(self, is: f64) -> String {
        let (met, by) = match self {
            Goal::AtMost(g) => (is <= g, is / g),
            Goal::AtLeast(g) => (is >= g, g / is.max(f64::MIN_POSITIVE)),
            Goal::None => return String::new(),
        };
        if met {
            "met".into()
        } else {
            format!("**missed** by × {}", short(by))
        }
    }
}

struct Row {
    benchmark: String,
    what: String,
    ruler: String,
    ours: String,
    ratio: String,
    goal: String,
    verdict: String,
}

#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
    now: String,
}

/// Three digits that mean something.
pub fn short(x: f64) -> String {
    match x.abs() {
        a if a >= 100.0 => {
            let (digits, mut out) = (format!("{x:.0}"), String::new());
            for (i, c) in digits.chars().enumerate() {
                if i > 0 && (digits.len() - i).is_multiple_of(3) {
                    out.push(',');
                }
                out.push(c);
            }
            out
        }
        a if a >= 10.0 => format!("{x:.1}"),
        a if a >= 0.1 || a == 0.0 => format!("{x:.2}"),
        _ => format!("{x:.5}"),
    }
}

fn with(x: f64, unit: &str) -> String {
    if unit.is_empty() {
        short(x)
    } else {
        format!("{} {unit}", short(x))
    }
}

impl Report {
    pub fn begin(&mut self, benchmark: &str) {
        self.now = benchmark.to_owned();
    }

    fn add(
        &mut self,
        what: &str,
        ruler: String,
        ours: String,
        ratio: String,
        goal: String,
        verdict: String,
    ) {
        let (benchmark, what) = (self.now.clone(), what.to_owned());
        self.rows.push(Row {
            benchmark,
            what,
            ruler,
            ours,
            ratio,
            goal,
            verdict,
        });
    }

    /// Pairs of one run each: `(ruler, ours)`. The goal is about ours ÷ ruler.
    pub fn pairs(&mut self, what: &str, unit: &str, pairs: &[(f64, f64)], goal: Goal) {
        let ratios: Vec<f64> = pairs.iter().map(|(ruler, ours)| ours / ruler).collect();
        let (ruler, ours): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let ratio = median(&ratios);
        self.add(
            what,
            with(median(&ruler), unit),
            with(median(&ours), unit),
            short(ratio),
            goal.words(""),
            goal.verdict(ratio),
        );
    }

    /// A figure of ours alone, with a goal of its own.
    pub fn figure(&mut self, what: &str, unit: &str, ours: &[f64], goal: Goal) {
        let is = median(ours);
        self.add(
            what,
            String::new(),
            with(is, unit),
            String::new(),
            goal.words(unit),
            goal.verdict(is),
        );
    }

    /// What was right, in words.
    pub fn fact(&mut self, what: &str, fact: String) {
        self.add(
            what,
            String::new(),
            fact,
            String::new(),
            String::new(),
            String::new(),
        );
    }

    /// The rows of the benchmark that just ended.
    pub fn print(&self, took: Duration) {
        println!("\n{} ({:.0} s)", self.now, took.as_secs_f64());
        println!(
            "  {:56} {:>16} {:>16} {:>9}  {:>12}",
            "", "ruler", "deskbell", "ratio", "goal"
        );
        for r in self.rows.iter().filter(|r| r.benchmark == self.now) {
            println!(
                "  {:56} {:>16} {:>16} {:>9}  {:>12}  {}",
                r.what, r.ruler, r.ours, r.ratio, r.goal, r.verdict
            );
        }
    }

    /// For the README: every row, with the command that makes it and the date.
    pub fn markdown(&self, smoke: bool) {
        println!("\n| measured | ruler | Deskbell | ratio | goal | |\n|---|--:|--:|--:|--:|---|");
        for r in &self.rows {
            println!(
                "| `bin/bench {}`: {} | {} | {} | {} | {} | {} |",
                r.benchmark, r.what, r.ruler, r.ours, r.ratio, r.goal, r.verdict
            );
        }
        let how = if smoke {
            "one round at a tenth of the size"
        } else {
            "medians of five interleaved rounds"
        };
        println!("\nMeasured on {}; {how}.", Utc::now().format("%Y-%m-%d"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_goal_says_by_how_much() {
        assert_eq!(Goal::AtMost(3.0).verdict(2.9), "met");
        assert_eq!(Goal::AtMost(3.0).verdict(6.0), "**missed** by × 2.00");
        assert_eq!(Goal::AtLeast(0.2).verdict(0.1), "**missed** by × 2.00");
        assert_eq!(short(1_234_567.0), "1,234,567");
        assert_eq!((short(12.34), short(0.5)), ("12.3".into(), "0.50".into()));
    }
}
