//! What the tests need beyond a Rust compiler: nothing but rustfmt and clippy, which rustup can add.

use std::process::{Command, Stdio};

/// Makes sure that `cargo SUBCOMMAND` runs, by way of its rustup component; else the line that says what to do.
pub(super) fn need(component: &str, subcommand: &str) -> Result<(), String> {
    let there = || runs(Command::new(env!("CARGO")).args([subcommand, "--version"]));
    if there() {
        return Ok(());
    }
    println!("rustup component add {component}");
    if runs(Command::new("rustup").args(["component", "add", component])) && there() {
        return Ok(());
    }
    Err(format!(
        "skipped: no {component}; install it with: rustup component add {component}"
    ))
}

fn runs(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
