//! `cargo xtask bench`: what skep costs, as ratios against a peer measured in the same run. Nothing is asserted.

mod make;
mod memory;
mod verifier;

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::root;

/// Measure what skep costs, against a peer in the same run
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

/// What can be measured.
#[derive(clap::Subcommand)]
enum What {
    /// Calls under `skep run` against the least a supervisor must do, and `make` with and without
    Carrier,
    Verifier(verifier::Args),
}

/// Measures.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    match &args.what {
        What::Carrier => {
            cargo(&["bench", "-p", "skep-intercept", "--bench", "carrier"])?;
            cargo(&["build", "--release", "-p", "skep-cli"])?;
            make::run(&root::target().join("release/skep"))?;
            Ok(ExitCode::SUCCESS)
        }
        What::Verifier(args) => verifier::run(args),
    }
}

fn cargo(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(env!("CARGO"));
    let status = command.args(arguments).current_dir(root::root()).status()?;
    if !status.success() {
        bail!("cargo {} failed", arguments.join(" "));
    }
    Ok(())
}
