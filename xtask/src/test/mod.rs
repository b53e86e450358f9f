//! `cargo xtask test`: the one test command.
//!
//! Every step is a command line, run with its output kept back; the output of a step that fails is printed. Lines
//! that begin with `skipped:` are gathered, whichever step they come from, and printed at the end. The last line is
//! `N passed, N failed, N skipped`.

mod outcome;
mod tools;

use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::Result;

use self::outcome::{Counting, Outcome};
use crate::root;

/// Run every check and test of the repository.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only steps whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// One thing to run.
struct Step {
    name: &'static str,
    command: Command,
    counting: Counting,
}

impl Step {
    fn cargo(name: &'static str, arguments: &str) -> Self {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments.split_whitespace());
        Self {
            name,
            command,
            counting: Counting::Whole,
        }
    }

    /// A subcommand of this program.
    fn xtask(name: &'static str, arguments: &str) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments.split_whitespace());
        Ok(Self {
            name,
            command,
            counting: Counting::Whole,
        })
    }

    fn counting_tests(mut self) -> Self {
        self.counting = Counting::Tests;
        self
    }

    fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }
}

/// Runs the steps; answers 1 if one failed.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let start = Instant::now();
    let mut total = Outcome::default();
    for step in steps(&mut total)? {
        if args
            .only
            .as_ref()
            .is_some_and(|only| !step.name.contains(only))
        {
            continue;
        }
        total.add(outcome::run(step)?);
    }
    println!("time {:.0} s", start.elapsed().as_secs_f64());
    total.print();
    Ok(ExitCode::from(u8::from(total.failed > 0)))
}

fn steps(total: &mut Outcome) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    let format = Step::cargo("format", "fmt --all --check");
    let clippy = Step::cargo("clippy", "clippy --workspace --all-targets -- -D warnings");
    for (component, subcommand, step) in [("rustfmt", "fmt", format), ("clippy", "clippy", clippy)]
    {
        match tools::need(component, subcommand) {
            Ok(()) => steps.push(step),
            Err(why) => total.skipped.push(why),
        }
    }
    if let Err(why) = tools::need_package("bpftool", "version", "bpftool") {
        total.skipped.push(why);
    }
    steps.extend([
        Step::xtask("tidy", "tidy")?,
        Step::xtask("generated tables", "codegen --check")?,
        // Not --release: overflow checks and debug assertions are half of what these tests find.
        Step::cargo("tests", "test --workspace --no-fail-fast -- --show-output").counting_tests(),
        Step::cargo(
            "loom",
            "test -p skep-object --release --test loom -- --show-output",
        )
        .counting_tests()
        .env("RUSTFLAGS", "--cfg loom")
        .env("CARGO_TARGET_DIR", root::target().join("loom")),
        Step::xtask("corpus", "agree --floor own")?,
        Step::xtask("listings", "xlated --at-least 100")?,
        Step::xtask("differ", "differ --seconds 10")?,
        Step::xtask("fuzz", "fuzz --calls 100000")?,
        Step::xtask("fuzz programs", "fuzz --programs --calls 50000")?,
        Step::xtask("static build", "static-build")?,
        Step::xtask("clients", "clients")?,
        Step::xtask("tests of libbpf-rs", "libbpf-rs-tests")?,
    ]);
    if root::shared_corpus().is_dir() {
        steps.push(Step::xtask(
            "shared corpus",
            "agree ../shared/corpus --floor shared",
        )?);
        steps.push(Step::xtask("shared corpus runs", "retval")?);
        steps.push(Step::xtask(
            "shared corpus listings",
            "xlated ../shared/corpus --at-least 99.8",
        )?);
        steps.push(Step::xtask("objects", "objects")?);
    } else {
        let why = "skipped: no corpus of real programs at ../shared/corpus";
        total.skipped.push(why.to_owned());
    }
    for step in &mut steps {
        step.command.current_dir(root::root());
    }
    Ok(steps)
}
