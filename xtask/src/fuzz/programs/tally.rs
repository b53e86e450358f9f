//! What the attempts came to.

use std::collections::BTreeMap;
use std::time::Duration;

use skep_uapi::Errno;

use super::super::target::Outcome;

#[derive(Debug, Default)]
pub(super) struct Tally {
    accepted: u64,
    rejected: BTreeMap<u16, u64>,
    ran: u64,
    not_run: BTreeMap<u16, u64>,
    pub(super) findings: u64,
    slowest_load: Duration,
    slowest_run: Duration,
}

impl Tally {
    pub(super) fn load(&mut self, outcome: Outcome, time: Duration) {
        self.slowest_load = self.slowest_load.max(time);
        match outcome {
            Outcome::Value(_) => self.accepted += 1,
            Outcome::Errno(errno) => *self.rejected.entry(errno).or_default() += 1,
            Outcome::Panicked | Outcome::Trapped => {}
        }
    }

    pub(super) fn run(&mut self, outcome: Outcome, time: Duration) {
        self.slowest_run = self.slowest_run.max(time);
        match outcome {
            Outcome::Value(_) => self.ran += 1,
            Outcome::Errno(errno) => *self.not_run.entry(errno).or_default() += 1,
            Outcome::Panicked | Outcome::Trapped => {}
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.ran += other.ran;
        self.findings += other.findings;
        self.slowest_load = self.slowest_load.max(other.slowest_load);
        self.slowest_run = self.slowest_run.max(other.slowest_run);
        for (errno, count) in other.rejected {
            *self.rejected.entry(errno).or_default() += count;
        }
        for (errno, count) in other.not_run {
            *self.not_run.entry(errno).or_default() += count;
        }
    }

    /// Nothing was found, and something was tested.
    pub(super) fn good(&self) -> bool {
        self.findings == 0 && self.accepted > 0
    }

    pub(super) fn print(&self) {
        let rejected: u64 = self.rejected.values().sum();
        println!(
            "loads: {} accepted, {rejected} rejected: {}",
            self.accepted,
            names(&self.rejected)
        );
        println!("runs: {} ran, not run: {}", self.ran, names(&self.not_run));
        println!(
            "fuzz programs: {} loads, {} runs, {} findings, slowest load {:.3} s, slowest run {:.3} s",
            self.accepted + rejected,
            self.ran,
            self.findings,
            self.slowest_load.as_secs_f64(),
            self.slowest_run.as_secs_f64(),
        );
    }
}

fn names(errnos: &BTreeMap<u16, u64>) -> String {
    let each = errnos
        .iter()
        .map(|(errno, count)| match Errno(*errno).name() {
            Some(name) => format!("{name} {count}"),
            None => format!("{errno} {count}"),
        });
    each.collect::<Vec<_>>().join("  ")
}
