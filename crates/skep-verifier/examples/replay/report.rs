//! Counting and printing.

use crate::Options;
use crate::units::Unit;
use skep_verifier::Outcome;
use std::collections::HashMap;

#[derive(Default)]
pub(crate) struct Report {
    total: usize,
    setup_failed: usize,
    verdicts: usize,
    accepts: usize,
    rejects: usize,
    wrong_accepts: usize,
    wrong_rejects: usize,
    errnos: usize,
    reasons: usize,
    both_reject: usize,
    both_accept: usize,
    cost_exact: usize,
    cost_near: usize,
    states_exact: usize,
    peaks_exact: usize,
    depths_exact: usize,
    logs: usize,
    logs_equal: usize,
    seconds: f64,
    lines: Vec<String>,
    causes: HashMap<String, (usize, String)>,
}

/// The last line of a log that says something.
pub(crate) fn last_line(log: &str) -> Option<String> {
    let statistics = ["verification time", "stack depth ", "processed "];
    let mut lines = log.lines().filter(|l| {
        !l.trim().is_empty() && !l.starts_with("; ") && !statistics.iter().any(|s| l.starts_with(s))
    });
    lines
        .next_back()
        .map(|l| l.split("verification time ").next().unwrap_or(l).to_owned())
}

impl Report {
    pub(crate) fn total(&self) -> usize {
        self.total
    }

    pub(crate) fn setup_failed(&mut self, unit: &Unit) {
        self.total += 1;
        self.setup_failed += 1;
        self.lines.push(format!("{}: setup failed", unit.name()));
    }

    fn differs(&mut self, unit: &Unit, what: String, cause: String) {
        self.lines.push(format!("{}: {what}", unit.name()));
        let entry = self.causes.entry(cause).or_insert_with(|| (0, unit.name()));
        entry.0 += 1;
    }

    pub(crate) fn add(
        &mut self,
        unit: &Unit,
        outcome: &Outcome,
        log: &str,
        difference: Option<(usize, String, String)>,
        seconds: f64,
    ) {
        self.total += 1;
        self.seconds += seconds;
        if seconds > 2.0 {
            self.lines
                .push(format!("{}: took {seconds:.1} s", unit.name()));
        }
        let linux = unit.errno();
        let ours = outcome
            .result
            .as_ref()
            .err()
            .map_or(0, |f| u64::from(f.errno.0));
        let same = (ours == 0) == (linux == 0);
        self.verdicts += usize::from(same);
        self.errnos += usize::from(ours == linux);
        *(if linux == 0 {
            &mut self.accepts
        } else {
            &mut self.rejects
        }) += 1;
        let last = last_line(log).unwrap_or_default();
        if !same && ours == 0 {
            self.wrong_accepts += 1;
            let said = unit.last_lines().first().cloned().unwrap_or_default();
            self.differs(
                unit,
                format!("WRONG ACCEPT, Linux {linux}: {said}"),
                format!("accepts: {}", shape(&said)),
            );
        } else if !same {
            self.wrong_rejects += 1;
            self.differs(
                unit,
                format!("WRONG REJECT {ours}: {last}"),
                format!("rejects: {}", shape(&last)),
            );
        } else if linux != 0 {
            self.both_reject += 1;
            let lines = unit.last_lines();
            let ok = lines.contains(&last) || (lines.is_empty() && last.is_empty());
            self.reasons += usize::from(ok);
            if !ok {
                let said = lines.first().cloned().unwrap_or_default();
                self.differs(
                    unit,
                    format!("reason: {last} | Linux: {said}"),
                    format!("reason: {} | Linux: {}", shape(&last), shape(&said)),
                );
            } else if ours != linux {
                self.differs(
                    unit,
                    format!("errno {ours}, Linux {linux}: {last}"),
                    format!("errno: {}", shape(&last)),
                );
            }
        } else if unit.number("processed_insns") != 0 {
            self.compare_cost(unit, outcome);
        }
        if let Some((line, ours, linux)) = difference {
            self.logs += 1;
            self.differs(
                unit,
                format!("log line {line}\n    ours:  {ours}\n    Linux: {linux}"),
                "log differs".into(),
            );
        } else if log.contains("Live regs") || linux != 0 {
            self.logs += 1;
            self.logs_equal += 1;
        }
    }

    fn compare_cost(&mut self, unit: &Unit, outcome: &Outcome) {
        self.both_accept += 1;
        let s = &outcome.statistics;
        let (ours, linux) = (u64::from(s.processed_insns), unit.number("processed_insns"));
        self.cost_exact += usize::from(ours == linux);
        self.cost_near += usize::from(ours.abs_diff(linux) * 10 <= linux);
        let depths: Vec<String> = s.stack_depths.iter().map(u32::to_string).collect();
        let depths = depths.join("+");
        let recorded = unit.text("stack_depth");
        self.depths_exact += usize::from(recorded.is_empty() || depths == recorded);
        if !recorded.is_empty() && depths != recorded {
            let text = format!("stack depth {depths}, Linux {recorded}");
            self.differs(unit, text, "stack depth".into());
        }
        let states = (u64::from(s.total_states), unit.number("total_states"));
        let peaks = (u64::from(s.peak_states), unit.number("peak_states"));
        self.states_exact += usize::from(states.0 == states.1);
        self.peaks_exact += usize::from(peaks.0 == peaks.1);
        if ours != linux || states.0 != states.1 || peaks.0 != peaks.1 {
            let text =
                format!("cost: processed {ours} Linux {linux}, total {states:?}, peak {peaks:?}");
            self.differs(unit, text, "cost".into());
        }
    }

    pub(crate) fn print(&self, options: &Options) {
        if options.summary {
            let mut causes: Vec<_> = self.causes.iter().collect();
            causes.sort_by_key(|(cause, (count, _))| (std::cmp::Reverse(*count), cause.as_str()));
            for (cause, (count, example)) in causes.iter().take(60) {
                println!("{count:5}  {cause}   [{example}]");
            }
        } else {
            for line in &self.lines {
                println!("{line}");
            }
        }
        println!(
            "units {} (setup failed {})  wrong accepts {}/{}  wrong rejects {}/{}  verify time {:.2} s",
            self.total,
            self.setup_failed,
            self.wrong_accepts,
            self.rejects,
            self.wrong_rejects,
            self.accepts,
            self.seconds
        );
        println!(
            "verdict {}/{}  errno {}/{}  reason {}/{}  cost within 10% {}/{n}  exact {}/{n}  total_states {}/{n}  peak {}/{n}  stack depth {}/{n}",
            self.verdicts,
            self.total,
            self.errnos,
            self.total,
            self.reasons,
            self.both_reject,
            self.cost_near,
            self.cost_exact,
            self.states_exact,
            self.peaks_exact,
            self.depths_exact,
            n = self.both_accept
        );
        if options.log2 {
            println!("level-2 logs equal {}/{}", self.logs_equal, self.logs);
        }
    }
}

/// A message without its numbers, to count equal causes together.
fn shape(line: &str) -> String {
    let mut shape = String::new();
    for c in line.chars() {
        match (c.is_ascii_digit(), shape.ends_with('#')) {
            (true, true) => {}
            (true, false) => shape.push('#'),
            (false, _) => shape.push(c),
        }
    }
    shape
}
