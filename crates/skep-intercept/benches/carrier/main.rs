//! What a call costs under skep, against the least any supervisor must do, in one run on one machine.
//!
//! This program is four: the rounds, the bare supervisor, skep, and the client of either. It prints ratios and asserts
//! no times; `cargo xtask bench carrier` runs it.

mod bare;
mod client;

use std::process::{Command, Stdio};

use client::Kind;
use skep_intercept::{BpffsPlace, Options, Trace};
use skep_kernel::{Caps, Identity, Kernel};

const ROUNDS: usize = 9;
const CALLS: u32 = 20_000;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.get(1..) {
        Some(["--client", kind, threads]) => {
            client::run(Kind::of(kind), threads.parse().expect("a number"), CALLS);
        }
        Some(["--bare", kind, threads]) => bare::run(me("--client", kind, threads), Kind::of(kind)),
        Some(["--skep", kind, threads]) => skep(me("--client", kind, threads)),
        _ => rounds(),
    }
}

fn me(role: &str, kind: &str, threads: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args([role, kind, threads]);
    command
}

fn skep(client: Command) {
    let options = Options {
        caps: Caps::all(),
        trace: Trace::Off,
        bpffs: BpffsPlace::Mounted,
    };
    let kernel = Kernel::builder_for(Identity::without_btf()).build();
    match skep_intercept::run(&kernel, client, &options) {
        Ok(ended) => ended.leave(),
        Err(error) => panic!("{error}"),
    }
}

/// Nanoseconds of a call.
fn measure(role: &str, kind: Kind, threads: &str) -> f64 {
    let mut command = me(role, kind.name(), threads);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .expect("a supervisor");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().expect("nanoseconds")
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

fn rounds() {
    println!(
        "call       threads      bare      skep   ratio  (us a call, medians of {ROUNDS} interleaved rounds)"
    );
    for kind in Kind::ALL {
        for threads in ["1", "2"] {
            let (mut bare, mut skep, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                let (peer, ours) = (
                    measure("--bare", kind, threads),
                    measure("--skep", kind, threads),
                );
                bare.push(peer);
                skep.push(ours);
                ratios.push(ours / peer);
            }
            println!(
                "{:10} {threads:7} {:9.2} {:9.2} {:7.2}",
                kind.name(),
                median(bare) / 1000.0,
                median(skep) / 1000.0,
                median(ratios)
            );
        }
    }
}
