//! `cargo xtask clients`: programs on loaders nobody here wrote (`clients/`), under the kernel and under `skep run`.
//!
//! Each loads a program, works on maps, pins and opens again, runs the program, and takes a million events out of a ring
//! buffer by mmap and epoll: none lost, none doubled, asleep between bursts. Under skep they are uid 65534 without
//! capabilities. A client that cannot be built here is skipped with a word.

mod build;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::Result;

use crate::root;
use crate::stage::{self, BPFFS, Stage};

pub(crate) use build::{LIBBPF_NEEDS, cargo, fetch, target};

/// Run the programs in clients/ under the kernel and under `skep run`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only clients whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Events through the ring buffer of each.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
}

/// A client takes seconds; one that hangs does not take minutes.
const SECONDS: u32 = 90;

/// A client that is ready to run.
pub(crate) struct Client {
    name: &'static str,
    program: PathBuf,
    /// The first arguments.
    with: Vec<String>,
}

/// Runs every client; answers 1 if one failed.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let stage = Stage::new("clients")?;
    let object = stage.add(&root::root().join("clients/events.bpf.o"))?;
    let native = stage::kernel_answers();
    if !native {
        println!("skipped: no kernel bpf(2)");
    }
    let mut failed = false;
    for build in build::ALL {
        let wanted = |only: &String| build.name.contains(only);
        if !args.only.as_ref().is_none_or(wanted) {
            continue;
        }
        let client = match (build.build)(&stage, &object)? {
            Ok(client) => client,
            Err(why) => {
                println!("{why} ({} client)", build.name);
                continue;
            }
        };
        let events = args.events.to_string();
        let mut arguments: Vec<&str> = client.with.iter().map(String::as_str).collect();
        arguments.extend([BPFFS, events.as_str()]);
        if native {
            let command = stage.native(&client.program, &arguments, SECONDS);
            failed |= !passes(client.name, "kernel", command)?;
        }
        let command = stage.under_skep(&client.program, &arguments, SECONDS);
        failed |= !passes(client.name, "skep", command)?;
    }
    Ok(ExitCode::from(u8::from(failed)))
}

/// Runs a client to its end and prints a line; and all it said if it failed.
fn passes(name: &str, by: &str, mut command: Command) -> Result<bool> {
    let start = Instant::now();
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let seconds = start.elapsed().as_secs_f64();
    let passed = output.status.success();
    let verdict = if passed { "ok" } else { "FAILED" };
    let figures = said.lines().next().unwrap_or_default();
    println!("{name:22} {by:6} {verdict:6} {seconds:5.1} s  {figures}");
    if !passed {
        println!("    {}", output.status);
        let complaints = String::from_utf8_lossy(&output.stderr);
        let all: Vec<&str> = said.lines().chain(complaints.lines()).collect();
        // What matters is at the end: a loader may show a whole log first.
        for line in all.iter().skip(all.len().saturating_sub(30)) {
            println!("    {line}");
        }
    }
    Ok(passed)
}
