//! Counts: calls and time by command and map type, and the differences.

use std::collections::BTreeMap;
use std::time::Duration;

use skep_uapi::Cmd;

use super::allowed::{ALLOWED, note};
use super::step::{Action, Step};

#[derive(Clone, Copy, Default)]
struct Count {
    calls: u64,
    succeeded: u64,
    time: Duration,
}

#[derive(Default)]
pub(super) struct Tally {
    commands: BTreeMap<&'static str, Count>,
    map_types: BTreeMap<&'static str, Count>,
    calls: u64,
    sequences: u64,
    allowed: [u64; ALLOWED.len()],
    pub(super) differences: u64,
}

impl Tally {
    pub(super) fn count(&mut self, step: &Step, answer: i64, calls: u64, time: Duration) {
        self.calls += calls;
        let counts = [
            Some(self.commands.entry(command(step)).or_default()),
            step.map_type
                .map(|map_type| self.map_types.entry(map_type.name()).or_default()),
        ];
        for count in counts.into_iter().flatten() {
            count.calls += calls;
            count.succeeded += if answer >= 0 { calls } else { 0 };
            count.time += time;
        }
    }

    pub(super) fn sequence(&mut self) {
        self.sequences += 1;
    }

    pub(super) fn allow(&mut self, entry: usize) {
        self.allowed[entry] += 1;
    }

    pub(super) fn print(&self, seed: u64, time: Duration) {
        println!(
            "{:28} {:>9} {:>9} {:>9}",
            "both sides", "calls", "succeed", "calls/s"
        );
        for (name, count) in self.commands.iter().chain(&self.map_types) {
            println!(
                "{name:28} {:>9} {:>8.0}% {:>9.0}",
                count.calls,
                100.0 * count.succeeded as f64 / count.calls.max(1) as f64,
                count.calls as f64 / count.time.as_secs_f64().max(1e-9),
            );
        }
        for (allowed, count) in ALLOWED.iter().zip(self.allowed) {
            let (_, name) = allowed.feature;
            println!(
                "listed: {name}: {} ({count} times; skep features: {})",
                allowed.reason,
                note(allowed).unwrap_or("nothing, which is wrong")
            );
        }
        println!(
            "seed {seed}: {} calls in {} sequences and {:.0} s, {} listed differences, {} unlisted",
            self.calls,
            self.sequences,
            time.as_secs_f64(),
            self.allowed.iter().sum::<u64>(),
            self.differences
        );
    }
}

/// What a step is counted as.
pub(super) fn command(step: &Step) -> &'static str {
    match &step.action {
        Action::Call(call) => call.cmd.name(),
        Action::Keys { .. } => Cmd::MapGetNextKey.name(),
        Action::Ids(kind) => kind.next_id().name(),
        Action::Close(_) => "close(2)",
        Action::Unlink(_) => "unlink(2)",
    }
}
