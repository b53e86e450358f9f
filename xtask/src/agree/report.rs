//! Prints a tally. The last two lines are those of the corpus's own replay script.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;

use super::score::Scored;
use super::states::Recorded;
use super::tally::{Difference, Reason, Tally, Verdicts};
use crate::corpus::{Row, log_lines};

const WIDTH: usize = 400;

/// Prints everything, at most `most` entries a list.
pub(super) fn print(tally: &Tally, most: usize, logs: &Recorded) {
    list(&tally.differences, most);
    reasons(
        "programs Linux accepts and we do not, by our last line",
        &tally.wrong_reject_reasons,
        most,
    );
    reasons(
        "rejected for another reason (Linux's <- ours)",
        &tally.wrong_reason_shapes,
        most,
    );
    if !tally.wrong_accepts.is_empty() {
        println!("\nwrong accepts:");
        list(&tally.wrong_accepts, usize::MAX);
    }
    if !logs.is_empty() {
        println!("\nlevel 2 logs, first difference:");
        list(&tally.state_differences, most);
        println!(
            "states equal throughout {}/{} units; lines equal from the start {}/{} ({:.1} %)",
            tally.states_units.right,
            tally.states_units.total,
            tally.states_lines.right,
            tally.states_lines.total,
            tally.states_lines.percent()
        );
    }
    println!();
    if tally.panicked > 0 {
        println!("PANICKED {}", tally.panicked);
    }
    if let Some((time, name)) = &tally.slowest {
        println!("slowest load {:.2} s: {name}", time.as_secs_f64());
    }
    verdicts("rows", &tally.rows);
    verdicts("unique programs", &tally.programs);
    println!(
        "units {} (left out {}, setup failed {})  wrong accepts {}  wrong rejects {}  load time {:.2} s",
        tally.rows.total(),
        tally.left_out,
        tally.setup_failed,
        tally.wrong_accepts.len(),
        tally.wrong_rejects,
        tally.time.as_secs_f64()
    );
    println!(
        "verdict {}/{}  errno {}/{}  reason {}/{}  cost within 10% {}/{}  exact {}/{}",
        tally.rows.right(),
        tally.rows.total(),
        tally.errno_equal,
        tally.rows.total(),
        tally.reason.right,
        tally.reason.total,
        tally.cost_near.right,
        tally.cost_near.total,
        tally.cost_exact.right,
        tally.cost_exact.total
    );
}

fn verdicts(what: &str, verdicts: &Verdicts) {
    println!(
        "{what}: accepts {}/{} ({:.2} %)  rejects {}/{} ({:.2} %)",
        verdicts.accepts.right,
        verdicts.accepts.total,
        verdicts.accepts.percent(),
        verdicts.rejects.right,
        verdicts.rejects.total,
        verdicts.rejects.percent()
    );
}

fn list(differences: &[Difference], most: usize) {
    for Difference { name, what, detail } in differences.iter().take(most) {
        let line: String = format!("{name}  {what}  {detail}")
            .chars()
            .take(WIDTH)
            .collect();
        println!("{line}");
    }
    if differences.len() > most {
        println!("... and {} more", differences.len() - most);
    }
}

fn reasons(title: &str, reasons: &BTreeMap<String, Reason>, most: usize) {
    if reasons.is_empty() {
        return;
    }
    let mut sorted: Vec<_> = reasons.iter().collect();
    sorted.sort_by_key(|(_, reason)| std::cmp::Reverse(reason.count));
    println!("\n{title}:");
    for (shape, reason) in sorted.iter().take(most) {
        println!("{:6}  {shape}   e.g. {}", reason.count, reason.example);
    }
    if sorted.len() > most {
        println!("        ... and {} more kinds", sorted.len() - most);
    }
}

/// Prints the whole log of each row.
pub(super) fn show_logs(rows: &[Row], scored: &[Scored]) {
    for (row, scored) in rows.iter().zip(scored) {
        match scored {
            Scored::Setup(why) => println!("--- {}: setup: {why}", row.name),
            Scored::Panicked => println!("--- {}: panicked", row.name),
            Scored::Loaded(loaded) => println!(
                "--- {}: errno {}, Linux {}\n{}",
                row.name, loaded.errno, row.unit.errno, loaded.log
            ),
        }
    }
}

/// One line of JSON per row: name, both errnos, both last lines, both instruction counts.
pub(super) fn write_json(path: &Path, rows: &[Row], scored: &[Scored]) -> Result<()> {
    let mut text = String::new();
    for (row, scored) in rows.iter().zip(scored) {
        let answer = match scored {
            Scored::Setup(why) => json!({ "setup": why.to_string() }),
            Scored::Panicked => json!({ "panicked": true }),
            Scored::Loaded(loaded) => json!({
                "errno": loaded.errno,
                "reason": loaded.reason().filter(|_| !loaded.accepted()),
                "processed_insns": log_lines::processed_insns(&loaded.log),
                "seconds": loaded.time.as_secs_f64(),
            }),
        };
        let line = json!({
            "name": row.name,
            "idx": row.unit.idx,
            "linux": {
                "errno": row.unit.errno,
                "reason": row.unit.last_error_line,
                "processed_insns": row.unit.processed_insns,
            },
            "answer": answer,
        });
        text.push_str(&line.to_string());
        text.push('\n');
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
