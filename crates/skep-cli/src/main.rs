//! The `skep` command: one file per subcommand, argument mapping and printing only.

mod caps;
mod doctor;
mod features;
mod fire;
mod input;
mod map_dump;
mod objects;
mod packets;
mod report;
mod retval;
mod run;
mod session;
mod source;
mod test_run;
mod value;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Linux's eBPF in user space: verify compiled programs and run them, without root.
///
/// Exit status: 0 accepted, 1 rejected, 2 could not try.
#[derive(Parser)]
#[command(name = "skep", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Verify(verify::Args),
    TestRun(test_run::Args),
    Features(features::Args),
    Run(run::Args),
    Fire(fire::Args),
    Objects(objects::Args),
    Doctor(doctor::Args),
}

/// What a command came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Accepted,
    Rejected,
    NotTried,
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        Self::from(match verdict {
            Verdict::Accepted => 0,
            Verdict::Rejected => 1,
            Verdict::NotTried => 2,
        })
    }
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Verify(args) => verify::run(&args),
        Command::TestRun(args) => test_run::run(&args),
        Command::Features(args) => features::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Fire(args) => fire::run(&args),
        Command::Objects(args) => objects::run(&args),
        Command::Doctor(args) => doctor::run(&args),
    };
    match result {
        Ok(verdict) => verdict.into(),
        Err(error) => {
            eprintln!("skep: {error:#}");
            Verdict::NotTried.into()
        }
    }
}
