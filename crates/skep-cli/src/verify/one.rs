//! The verdict over one program, as text, JSON and a line of a run.

use std::path::Path;

use serde_json::{Value, json};
use skep_kernel::{LoadReply, Statistics};
use skep_loader::{LoadedProgram, Object, ProgramOutcome, ProgramSpec};

use super::record::{Outcome, Record};
use super::stat::Stat;
use crate::Verdict;
use crate::report::Report;

/// The verdict over one program.
pub(crate) struct One {
    pub(crate) verdict: Verdict,
    pub(super) name: String,
    prog_type: String,
    summary: String,
    report: Option<Report>,
    /// What it names that the kernel lacks.
    lacks: Vec<String>,
    log: String,
    /// Instructions of the program.
    size: u64,
    statistics: Option<Statistics>,
}

impl One {
    pub(crate) fn new(
        object: &Object,
        path: &Path,
        spec: &ProgramSpec,
        program: &LoadedProgram,
    ) -> Self {
        let prog_type = spec.prog_type.name().to_ascii_lowercase();
        match &program.outcome {
            ProgramOutcome::NotTried(why) => {
                Self::not_tried(&program.name, &prog_type, why.clone())
            }
            ProgramOutcome::Tried(reply) => Self::tried(object, path, spec, prog_type, reply),
        }
    }

    fn tried(
        object: &Object,
        path: &Path,
        spec: &ProgramSpec,
        prog_type: String,
        reply: &LoadReply,
    ) -> Self {
        if let Err(error) = &reply.result
            && error.why.starts_with("not implemented")
        {
            return Self::not_tried(&spec.name, &prog_type, error.why.to_string());
        }
        let statistics = reply.verdict.as_ref().map(|verdict| &verdict.statistics);
        let cost = statistics.map_or(String::new(), |statistics| {
            format!(
                ": {} insns processed, {} states, stack {} bytes",
                statistics.processed_insns,
                statistics.total_states,
                stack(statistics)
            )
        });
        let (verdict, word) = match &reply.result {
            Ok(_) => (Verdict::Accepted, "accepted"),
            Err(_) => (Verdict::Rejected, "rejected"),
        };
        Self {
            verdict,
            name: spec.name.clone(),
            prog_type,
            summary: format!("{word}{cost}"),
            report: (verdict == Verdict::Rejected).then(|| Report::new(object, path, spec, reply)),
            lacks: Vec::new(),
            log: reply.log.clone(),
            size: spec.insns.len() as u64,
            statistics: statistics.cloned(),
        }
    }

    pub(crate) fn not_tried(name: &str, prog_type: &str, why: String) -> Self {
        Self {
            verdict: Verdict::NotTried,
            name: name.to_owned(),
            prog_type: prog_type.to_owned(),
            summary: format!("not tried: {why}"),
            report: None,
            lacks: Vec::new(),
            log: String::new(),
            size: 0,
            statistics: None,
        }
    }

    /// Notes what the kernel lacks. A program that could not even be tried for that is one the kernel refuses.
    pub(super) fn with_lacks(mut self, lacks: Vec<String>) -> Self {
        if self.verdict == Verdict::NotTried && !lacks.is_empty() {
            self.verdict = Verdict::Rejected;
            self.summary = self.summary.replacen("not tried", "rejected", 1);
        }
        self.lacks = lacks;
        self
    }

    pub(crate) fn print(&self, verbose: u8) {
        println!("{} ({}) {}", self.name, self.prog_type, self.summary);
        if !self.lacks.is_empty() {
            println!("  this kernel lacks: {}", self.lacks.join(", "));
        }
        if verbose > 0 && !self.log.is_empty() {
            print!("{}", self.log);
        }
        if let Some(report) = &self.report {
            print!("{}", report.text());
        }
    }

    /// Why it was not accepted, in one line.
    pub(super) fn reason(&self) -> Option<String> {
        if self.verdict == Verdict::Accepted {
            return None;
        }
        if !self.lacks.is_empty() {
            return Some(format!("the kernel lacks {}", self.lacks.join(", ")));
        }
        let report = self.report.as_ref().map(Report::last_line);
        Some(report.unwrap_or(&self.summary).to_owned())
    }

    pub(crate) fn json(&self, verbose: u8) -> Value {
        let numbers = self.statistics.as_ref().map(|statistics| {
            json!({
                "processed_insns": statistics.processed_insns,
                "total_states": statistics.total_states,
                "peak_states": statistics.peak_states,
                "max_states_per_insn": statistics.max_states_per_insn,
                "stack_depths": statistics.stack_depths,
                "verification_us": statistics.verification_us,
            })
        });
        let mut value = json!({
            "name": self.name,
            "type": self.prog_type,
            "verdict": word(self.verdict),
            "summary": self.summary,
            "lacks": self.lacks,
            "statistics": numbers,
            "rejection": self.report.as_ref().map(Report::json),
        });
        if verbose > 0 {
            value["log"] = json!(self.log);
        }
        value
    }

    /// The line of a run; `None` for what could not be tried.
    pub(super) fn record(&self, file: &str) -> Option<Record> {
        let outcome = match self.verdict {
            Verdict::Accepted => Outcome::Success,
            Verdict::Rejected => Outcome::Failure,
            Verdict::NotTried => return None,
        };
        let known = self.statistics.as_ref();
        let numbers = known.into_iter().flat_map(|statistics| {
            [
                (Stat::Duration, statistics.verification_us),
                (Stat::Insns, statistics.processed_insns.into()),
                (Stat::States, statistics.total_states.into()),
                (Stat::PeakStates, statistics.peak_states.into()),
                (Stat::MaxStates, statistics.max_states_per_insn.into()),
                (Stat::Stack, stack(statistics).into()),
            ]
        });
        Some(Record {
            file: file.to_owned(),
            program: self.name.clone(),
            outcome,
            stats: numbers.chain([(Stat::Size, self.size)]).collect(),
        })
    }
}

/// The deepest of the functions.
fn stack(statistics: &Statistics) -> u32 {
    statistics.stack_depths.iter().copied().max().unwrap_or(0)
}

/// A verdict in a word.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "accepted",
        Verdict::Rejected => "rejected",
        Verdict::NotTried => "not tried",
    }
}
