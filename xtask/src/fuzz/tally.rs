//! Counts per command and errno.

use std::collections::BTreeMap;
use std::time::Duration;

use skep_catalog::support::{self, Support};
use skep_uapi::{Cmd, Errno};

use super::request;
use super::target::Outcome;

/// A served command must have succeeded at least once in this many calls.
const CALLS_PER_SUCCESS: u64 = 1000;

#[derive(Debug, Default)]
pub(super) struct Tally {
    calls: u64,
    panics: u64,
    slowest: Duration,
    /// Successes and errnos by command; numbers that are no command stand together.
    outcomes: BTreeMap<Option<Cmd>, BTreeMap<u16, u64>>,
}

/// The place of a success among the errnos.
const SUCCESS: u16 = 0;

impl Tally {
    pub(super) fn count(&mut self, command: u32, outcome: Outcome, time: Duration) {
        self.calls += 1;
        self.slowest = self.slowest.max(time);
        let errno = match outcome {
            Outcome::Value(_) => SUCCESS,
            Outcome::Errno(errno) => errno,
            Outcome::Panicked | Outcome::Trapped => {
                self.panics += 1;
                return;
            }
        };
        let command = Cmd::ALL.get(command as usize).copied();
        let errnos = self.outcomes.entry(command).or_default();
        *errnos.entry(errno).or_default() += 1;
    }

    pub(super) fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.panics += other.panics;
        self.slowest = self.slowest.max(other.slowest);
        for (command, errnos) in other.outcomes {
            let mine = self.outcomes.entry(command).or_default();
            for (errno, count) in errnos {
                *mine.entry(errno).or_default() += count;
            }
        }
    }

    /// Served commands that succeeded too rarely to have been tested.
    fn rare(&self) -> Vec<(Cmd, u64)> {
        let successes = |command| {
            let errnos = self.outcomes.get(&Some(command));
            errnos
                .and_then(|errnos| errnos.get(&SUCCESS))
                .copied()
                .unwrap_or(0)
        };
        Cmd::ALL
            .into_iter()
            .filter(|command| request::makes(*command) && is_served(*command))
            .map(|command| (command, successes(command)))
            .filter(|(_, count)| count * CALLS_PER_SUCCESS < self.calls)
            .collect()
    }

    /// No panic, and every served command succeeded often enough.
    pub(super) fn good(&self) -> bool {
        self.panics == 0 && self.rare().is_empty()
    }

    pub(super) fn print(&self) {
        for (command, errnos) in &self.outcomes {
            let name = command.map_or("(no command)", Cmd::name);
            let total: u64 = errnos.values().sum();
            let succeeded = errnos.get(&SUCCESS).copied().unwrap_or(0);
            let others: Vec<String> = errnos
                .iter()
                .filter(|(errno, _)| **errno != SUCCESS)
                .map(|(errno, count)| match Errno(*errno).name() {
                    Some(name) => format!("{name} {count}"),
                    None => format!("{errno} {count}"),
                })
                .collect();
            println!(
                "{name:26} calls {total:8}  succeeded {succeeded:8}  {}",
                others.join("  ")
            );
        }
        for (command, count) in self.rare() {
            println!("too rare: {} succeeded {count} times", command.name());
        }
        for command in Cmd::ALL {
            if is_served(command) && !request::makes(command) {
                println!("no valid calls are made of {}", command.name());
            }
        }
        println!(
            "fuzz: {} calls, {} panics, slowest {:.3} s",
            self.calls,
            self.panics,
            self.slowest.as_secs_f64()
        );
    }
}

fn is_served(command: Cmd) -> bool {
    support::command(command) != Support::Absent
}
