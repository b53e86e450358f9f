//! `cargo xtask libbpf-rs-tests`: the tests published with the libbpf-rs crate, by the running kernel and under
//! `skep run`.
//!
//! They come from the crate's archive and are built as they are. What passes by the kernel has to pass under skep, as
//! uid 65534 without capabilities, but for what `clients/libbpf-rs-tests.list` names with its reason. Tests that attach
//! to this machine's networking, tracing or cgroups are not run by the kernel: the list names those too.

mod list;
mod package;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Mutex;

use anyhow::Result;

use self::list::{Exception, List};
use crate::stage::{self, Stage};

/// Run the tests of the libbpf-rs crate by the kernel and under `skep run`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only tests whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Print what failing tests said.
    #[arg(long)]
    verbose: bool,
}

/// A test takes a second or two.
const SECONDS: u32 = 30;
/// Tests at a time.
const AT_ONCE: usize = 2;

/// What came of one run of one test.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Outcome {
    Pass,
    /// The test says that this machine lacks something.
    Ignored,
    Fail(String),
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Ignored => "ignored",
            Self::Fail(_) => "FAIL",
        }
    }
}

/// One test in both worlds.
struct Row {
    native: Option<Outcome>,
    skep: Outcome,
}

/// Runs all tests and prints the table; answers 1 if one fails under skep that should not.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let program = match package::build()? {
        Ok(program) => program,
        Err(why) => {
            println!("{why} (the tests of libbpf-rs)");
            return Ok(ExitCode::SUCCESS);
        }
    };
    let list = List::read()?;
    let stage = Stage::new("libbpf-rs")?;
    let program = stage.add(&program)?;
    let native = stage::kernel_answers();
    if !native {
        println!("skipped: no kernel bpf(2)");
    }
    let mut names = names(&program)?;
    if let Some(only) = &args.only {
        names.retain(|name| name.contains(only));
    }
    let rows = rows(&stage, &program, &names, |name| {
        native && !list.of(name).any(|entry| entry.kind == Exception::Attaches)
    })?;
    Ok(report(args, &list, &rows))
}

fn names(program: &Path) -> Result<Vec<String>> {
    let output = Command::new(program)
        .args(["--list", "--format", "terse"])
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
    Ok(names.map(str::to_owned).collect())
}

/// Runs the tests, each in processes of its own.
fn rows(
    stage: &Stage,
    program: &Path,
    names: &[String],
    native: impl Fn(&str) -> bool + Sync,
) -> Result<BTreeMap<String, Row>> {
    let waiting = Mutex::new(names.iter());
    let done = Mutex::new(BTreeMap::new());
    let work = || -> Result<()> {
        loop {
            let next = waiting.lock().map(|mut names| names.next());
            let Ok(Some(name)) = next else {
                return Ok(());
            };
            let arguments = ["--exact", name.as_str()];
            let native = if native(name) {
                Some(outcome(stage.native(program, &arguments, SECONDS))?)
            } else {
                None
            };
            let skep = outcome(stage.under_skep(program, &arguments, SECONDS))?;
            if let Ok(mut done) = done.lock() {
                done.insert(name.clone(), Row { native, skep });
            }
        }
    };
    std::thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker
                .join()
                .unwrap_or_else(|_| anyhow::bail!("a worker died"))?;
        }
        Ok(())
    })?;
    Ok(done.into_inner().unwrap_or_default())
}

fn outcome(mut command: Command) -> Result<Outcome> {
    let output = command.output()?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    let counted = |what: &str| text.contains(&format!("1 {what};"));
    Ok(if output.status.success() && counted("passed") {
        Outcome::Pass
    } else if output.status.success() && counted("ignored") {
        Outcome::Ignored
    } else {
        Outcome::Fail(format!("{}\n{text}", output.status))
    })
}

fn report(args: &Args, list: &List, rows: &BTreeMap<String, Row>) -> ExitCode {
    let (mut native_pass, mut both, mut excused, mut not_native) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    println!("{:62} {:8} {:8}", "test", "kernel", "skep");
    for (name, row) in rows {
        let native = row.native.as_ref().map_or("-", Outcome::word);
        let entries: Vec<_> = list.of(name).collect();
        let reasons: Vec<&str> = entries.iter().map(|entry| entry.reason.as_str()).collect();
        println!(
            "{name:62} {native:8} {:8} {}",
            row.skep.word(),
            reasons.join("; ")
        );
        let excuse = |kind: Exception| entries.iter().any(|entry| entry.kind == kind);
        // Where no kernel answers, what the list does not name is expected to pass.
        let due = match &row.native {
            Some(outcome) => *outcome == Outcome::Pass,
            None if excuse(Exception::Attaches) => {
                not_native += 1;
                false
            }
            None => !excuse(Exception::Native) && row.skep != Outcome::Ignored,
        };
        if due {
            native_pass += 1;
            match &row.skep {
                Outcome::Pass => both += 1,
                Outcome::Ignored | Outcome::Fail(_) if excuse(Exception::Skep) => excused += 1,
                Outcome::Ignored | Outcome::Fail(_) => wrong.push(name),
            }
        }
        if let (true, Outcome::Fail(text)) = (args.verbose, &row.skep) {
            let lines: Vec<&str> = text.lines().collect();
            for line in lines.iter().skip(lines.len().saturating_sub(25)) {
                println!("    {line}");
            }
        }
        if excuse(Exception::Skep) && row.skep == Outcome::Pass {
            println!("    passes under skep now: the list need not name it");
        }
    }
    println!(
        "{} tests: {native_pass} pass by the kernel, of which {both} pass under skep and {excused} are excused; {not_native} attach and are not run by the kernel",
        rows.len()
    );
    for name in &wrong {
        println!("fails under skep, and clients/libbpf-rs-tests.list does not say why: {name}");
    }
    ExitCode::from(u8::from(!wrong.is_empty()))
}
