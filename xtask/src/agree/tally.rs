//! The counts of a scored corpus.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::score::{Loaded, Scored};
use crate::corpus::{Row, log_lines};

/// Verdicts right and total, accepts and rejects apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Verdicts {
    pub(super) accepts: Share,
    pub(super) rejects: Share,
}

/// `right` of `total`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) right: usize,
    pub(super) total: usize,
}

impl Share {
    fn count(&mut self, right: bool) {
        self.right += usize::from(right);
        self.total += 1;
    }

    pub(super) fn percent(self) -> f64 {
        if self.total == 0 {
            return 100.0;
        }
        100.0 * self.right as f64 / self.total as f64
    }
}

impl Verdicts {
    pub(super) fn right(&self) -> usize {
        self.accepts.right + self.rejects.right
    }

    pub(super) fn total(&self) -> usize {
        self.accepts.total + self.rejects.total
    }

    fn count(&mut self, linux_accepts: bool, right: bool) {
        if linux_accepts {
            self.accepts.count(right);
        } else {
            self.rejects.count(right);
        }
    }
}

/// A row whose answer is not Linux's.
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) name: String,
    pub(super) what: String,
    pub(super) detail: String,
}

/// How often one reason stood behind a difference, and where first.
#[derive(Debug, Default)]
pub(super) struct Reason {
    pub(super) count: usize,
    pub(super) example: String,
}

/// Everything the report prints.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) rows: Verdicts,
    pub(super) programs: Verdicts,
    pub(super) left_out: usize,
    pub(super) setup_failed: usize,
    pub(super) panicked: usize,
    pub(super) errno_equal: usize,
    pub(super) wrong_accepts: Vec<Difference>,
    pub(super) wrong_rejects: usize,
    /// Rejected by both: how often with Linux's last line.
    pub(super) reason: Share,
    /// Accepted by both, with statistics: how often within a tenth of Linux's instruction count, and how often equal.
    pub(super) cost_near: Share,
    pub(super) cost_exact: Share,
    pub(super) time: Duration,
    pub(super) slowest: Option<(Duration, String)>,
    pub(super) differences: Vec<Difference>,
    /// Why programs Linux accepts were not accepted, by shape of the last log line.
    pub(super) wrong_reject_reasons: BTreeMap<String, Reason>,
    pub(super) wrong_reason_shapes: BTreeMap<String, Reason>,
    /// Level 2 logs: units equal throughout, and state lines equal from the start.
    pub(super) states_units: Share,
    pub(super) states_lines: Share,
    pub(super) state_differences: Vec<Difference>,
}

impl Tally {
    pub(super) fn count(rows: &[Row], scored: &[Scored], left_out: usize) -> Self {
        let mut tally = Self {
            left_out,
            ..Self::default()
        };
        let mut programs: HashMap<String, (bool, bool)> = HashMap::new();
        for (row, scored) in rows.iter().zip(scored) {
            let linux_accepts = row.unit.accepted();
            let right = match scored {
                Scored::Setup(why) => {
                    tally.setup_failed += 1;
                    tally.not_loaded(row, "setup", &why.to_string(), &why.kind());
                    false
                }
                Scored::Panicked => {
                    tally.panicked += 1;
                    tally.not_loaded(row, "panic", "the code under test panicked", "panic");
                    false
                }
                Scored::Loaded(loaded) => tally.loaded(row, loaded),
            };
            tally.rows.count(linux_accepts, right);
            let program = programs
                .entry(row.unit.identity())
                .or_insert((linux_accepts, true));
            program.1 &= right;
        }
        for (linux_accepts, right) in programs.into_values() {
            tally.programs.count(linux_accepts, right);
        }
        tally
    }

    fn not_loaded(&mut self, row: &Row, what: &str, why: &str, kind: &str) {
        self.differences.push(Difference {
            name: row.name.clone(),
            what: what.to_owned(),
            detail: why.to_owned(),
        });
        if row.unit.accepted() {
            let kind = format!("{what}: {kind}");
            add_reason(&mut self.wrong_reject_reasons, kind, row);
        }
    }

    fn loaded(&mut self, row: &Row, loaded: &Loaded) -> bool {
        let unit = &row.unit;
        self.time += loaded.time;
        if self
            .slowest
            .as_ref()
            .is_none_or(|(time, _)| loaded.time > *time)
        {
            self.slowest = Some((loaded.time, row.name.clone()));
        }
        self.errno_equal += usize::from(loaded.errno == unit.errno);
        match (loaded.accepted(), unit.accepted()) {
            (true, true) => self.cost(row, loaded),
            (false, false) => self.reason(row, loaded),
            (true, false) => self.wrong_accept(row),
            (false, true) => self.wrong_reject(row, loaded),
        }
        self.states(row, loaded);
        loaded.accepted() == unit.accepted()
    }

    fn cost(&mut self, row: &Row, loaded: &Loaded) {
        let (Some(want), Some(got)) = (
            row.unit.processed_insns.filter(|count| *count > 0),
            log_lines::processed_insns(&loaded.log),
        ) else {
            return;
        };
        self.cost_exact.count(got == want);
        self.cost_near
            .count(got.abs_diff(want) as f64 <= 0.1 * want as f64);
    }

    fn reason(&mut self, row: &Row, loaded: &Loaded) {
        let linux: Vec<String> = [&row.unit.last_error_line, &row.unit.last_error_line2]
            .into_iter()
            .flatten()
            .flat_map(|lines| log_lines::last_lines(lines, 1))
            .collect();
        let got = loaded.reason();
        let right = match &got {
            Some(line) => linux.contains(line),
            None => linux.is_empty(),
        };
        self.reason.count(right);
        if !right {
            let show = |line: Option<&String>| line.cloned().unwrap_or_else(|| "(none)".into());
            self.differences.push(Difference {
                name: row.name.clone(),
                what: "reason".to_owned(),
                detail: format!("{} Linux: {}", show(got.as_ref()), show(linux.first())),
            });
            let shape = format!(
                "{}  <-  {}",
                log_lines::shape(&show(linux.first())),
                log_lines::shape(&show(got.as_ref()))
            );
            add_reason(&mut self.wrong_reason_shapes, shape, row);
        }
    }

    fn wrong_accept(&mut self, row: &Row) {
        let difference = || Difference {
            name: row.name.clone(),
            what: format!("errno 0, Linux {}", row.unit.errno),
            detail: format!(
                "Linux: {}",
                row.unit.last_error_line.as_deref().unwrap_or_default()
            ),
        };
        self.wrong_accepts.push(difference());
        self.differences.push(difference());
    }

    fn wrong_reject(&mut self, row: &Row, loaded: &Loaded) {
        self.wrong_rejects += 1;
        self.differences.push(Difference {
            name: row.name.clone(),
            what: format!("errno {}, Linux 0", loaded.errno),
            detail: log_lines::last_lines(&loaded.log, 2).join(" | "),
        });
        let shape = match loaded.reason() {
            Some(line) => log_lines::shape(&line),
            None => format!("errno {} without a log", loaded.errno),
        };
        add_reason(&mut self.wrong_reject_reasons, shape, row);
    }

    fn states(&mut self, row: &Row, loaded: &Loaded) {
        let Some(states) = &loaded.states else { return };
        self.states_units.count(states.first_difference.is_none());
        self.states_lines.right += states.equal;
        self.states_lines.total += states.lines;
        if let Some((want, got)) = &states.first_difference {
            self.state_differences.push(Difference {
                name: row.name.clone(),
                what: format!("line {} of {}", states.equal + 1, states.lines),
                detail: format!("{got}\n    Linux: {want}"),
            });
        }
    }
}

fn add_reason(reasons: &mut BTreeMap<String, Reason>, shape: String, row: &Row) {
    let reason = reasons.entry(shape).or_default();
    reason.count += 1;
    if reason.example.is_empty() {
        reason.example.clone_from(&row.name);
    }
}
