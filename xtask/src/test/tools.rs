//! What the tests need beyond a Rust compiler: rustfmt and clippy, which rustup can add, and for some a package of the system, which
//! root can.

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

/// Makes sure that a command runs, by way of a package if we may install one; else the line that says what to do.
pub(super) fn need_package(command: &str, argument: &str, package: &str) -> Result<(), String> {
    let there = || runs(Command::new(command).arg(argument));
    if there() {
        return Ok(());
    }
    let get = |arguments: &[&str]| {
        println!("apt-get {}", arguments.join(" "));
        let mut get = Command::new("apt-get");
        runs(get.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let install = ["install", "-y", "--no-install-recommends", package];
    // Without root both fail at once and change nothing.
    if (get(&install) || get(&["update"]) && get(&install)) && there() {
        return Ok(());
    }
    Err(format!(
        "skipped: no {command}; install it with: apt-get install -y {package}"
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
