//! `skep verify`: the verdict Linux would give, program by program.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::{Value, json};
use skep_kernel::{Engine, LoadReply};
use skep_loader::{LoadOptions, LoadedProgram, Object, ProgramOutcome, ProgramSpec, Selection};
use skep_uapi::LogLevel;

use crate::report::Report;
use crate::{Verdict, session};

/// Say what Linux's verifier would say of each program of a compiled object
///
/// For a rejection: the C line, the instruction, what the verifier knew there, the rule, and what usually helps; the last
/// lines are those Linux prints. Exit status: 0 all accepted, 1 one was rejected, 2 one could not be tried.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Compiled object (clang -g -O2 --target=bpf)
    object: PathBuf,
    /// Only this program (its function's name)
    #[arg(long, value_name = "NAME")]
    prog: Option<String>,
    /// Print the verifier's log as Linux writes it; twice: with the state at every instruction
    #[arg(short, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    session: session::Options,
}

/// Room for a log that is tried first.
const LOG_ROOM: u32 = 1 << 20;

pub(crate) fn run(args: &Args) -> Result<Verdict> {
    let client = args.session.client(Engine::Check)?;
    let object = session::open(&client, &args.object)?;
    if let Some(name) = &args.prog {
        exists(&object, name)?;
    }
    let wanted = |name: &str| args.prog.as_ref().is_none_or(|prog| prog == name);
    let loaded = object.load(
        &client,
        &LoadOptions {
            selection: args.prog.as_deref().map_or(Selection::All, Selection::Only),
            log_level: log_level(args.verbose),
            log_size: LOG_ROOM,
        },
    );
    let mut results = Vec::new();
    for program in &loaded.programs {
        if let Some(spec) = object.programs.get(program.index) {
            results.push(One::new(&object, &args.object, spec, program));
        }
    }
    for broken in object.broken.iter().filter(|broken| wanted(&broken.name)) {
        results.push(One::not_tried(&broken.name, "?", broken.why.to_string()));
    }
    if args.json {
        let programs: Vec<Value> = results.iter().map(|one| one.json(args.verbose)).collect();
        let all = json!({"object": args.object.display().to_string(), "programs": programs});
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else {
        for one in &results {
            one.print(args.verbose);
        }
    }
    let any = |verdict| results.iter().any(|one| one.verdict == verdict);
    Ok(if any(Verdict::Rejected) {
        Verdict::Rejected
    } else if any(Verdict::NotTried) {
        Verdict::NotTried
    } else {
        Verdict::Accepted
    })
}

/// Fails if an object has no program of a name.
pub(crate) fn exists(object: &Object, name: &str) -> Result<()> {
    let names: Vec<&str> = names(object).collect();
    if names.contains(&name) {
        return Ok(());
    }
    bail!(
        "there is no program '{name}'; there are {}",
        names.join(", ")
    );
}

/// Names of an object's programs.
pub(crate) fn names(object: &Object) -> impl Iterator<Item = &str> {
    let broken = object.broken.iter().map(|broken| broken.name.as_str());
    object
        .programs
        .iter()
        .map(|program| program.name.as_str())
        .chain(broken)
}

fn log_level(verbose: u8) -> LogLevel {
    match verbose {
        0 | 1 => LogLevel::from_bits_retain(1),
        _ => LogLevel::from_bits_retain(2),
    }
}

/// The verdict over one program.
pub(crate) struct One {
    pub(crate) verdict: Verdict,
    name: String,
    prog_type: String,
    summary: String,
    report: Option<Report>,
    log: String,
    numbers: Value,
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
            let stack: u32 = statistics.stack_depths.iter().copied().max().unwrap_or(0);
            format!(
                ": {} insns processed, {} states, stack {stack} bytes",
                statistics.processed_insns, statistics.total_states
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
            log: reply.log.clone(),
            numbers: statistics.map_or(Value::Null, |statistics| {
                json!({
                    "processed_insns": statistics.processed_insns,
                    "total_states": statistics.total_states,
                    "peak_states": statistics.peak_states,
                    "stack_depths": statistics.stack_depths,
                })
            }),
        }
    }

    pub(crate) fn not_tried(name: &str, prog_type: &str, why: String) -> Self {
        Self {
            verdict: Verdict::NotTried,
            name: name.to_owned(),
            prog_type: prog_type.to_owned(),
            summary: format!("not tried: {why}"),
            report: None,
            log: String::new(),
            numbers: Value::Null,
        }
    }

    pub(crate) fn print(&self, verbose: u8) {
        println!("{} ({}) {}", self.name, self.prog_type, self.summary);
        if verbose > 0 && !self.log.is_empty() {
            print!("{}", self.log);
        }
        if let Some(report) = &self.report {
            print!("{}", report.text());
        }
    }

    pub(crate) fn json(&self, verbose: u8) -> Value {
        let verdict = match self.verdict {
            Verdict::Accepted => "accepted",
            Verdict::Rejected => "rejected",
            Verdict::NotTried => "not tried",
        };
        let mut value = json!({
            "name": self.name,
            "type": self.prog_type,
            "verdict": verdict,
            "summary": self.summary,
            "statistics": self.numbers,
            "rejection": self.report.as_ref().map(Report::json),
        });
        if verbose > 0 {
            value["log"] = json!(self.log);
        }
        value
    }
}
