//! `make` of a small C tree, with and without `skep run`: what a whole build pays.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

const FILES: usize = 40;
const ROUNDS: usize = 7;

/// Prints the medians of interleaved rounds.
pub(super) fn run(skep: &Path) -> Result<()> {
    let tree = std::env::temp_dir().join(format!("skep-bench-{}", std::process::id()));
    fs::create_dir_all(&tree)?;
    write_tree(&tree)?;
    println!(
        "make       threads   without      with   ratio  (s, medians of {ROUNDS} interleaved rounds)"
    );
    let measured = ["-j1", "-j2"]
        .iter()
        .try_for_each(|jobs| measure(&tree, skep, jobs));
    fs::remove_dir_all(&tree)?;
    measured
}

fn write_tree(tree: &Path) -> Result<()> {
    let mut objects = String::new();
    for number in 0..FILES {
        let mut text =
            String::from("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n");
        for function in 0..40 {
            writeln!(
                text,
                "int f{number}_{function}(int n) {{ char b[64]; snprintf(b, sizeof b, \"%d\", n); \
                 for (int i = 0; i < n; i++) b[i & 63] ^= i * {function}; return (int)strlen(b) + atoi(b); }}"
            )?;
        }
        fs::write(tree.join(format!("f{number}.c")), text)?;
        write!(objects, " f{number}.o")?;
    }
    let rules = format!("all:{objects}\n%.o: %.c\n\tcc -O2 -c -o $@ $<\n");
    fs::write(tree.join("Makefile"), rules)?;
    Ok(())
}

fn measure(tree: &Path, skep: &Path, jobs: &str) -> Result<()> {
    let (mut without, mut with, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let plain = seconds(Command::new("make").args(["-B", jobs]), tree)?;
        let under = seconds(
            Command::new(skep).args(["run", "--", "make", "-B", jobs]),
            tree,
        )?;
        without.push(plain);
        with.push(under);
        ratios.push(under / plain);
    }
    println!(
        "{FILES} files   {jobs:>7} {:9.3} {:9.3} {:7.3}",
        median(without),
        median(with),
        median(ratios)
    );
    Ok(())
}

fn seconds(command: &mut Command, tree: &Path) -> Result<f64> {
    command.current_dir(tree).stdout(Stdio::null());
    let start = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("cannot run {command:?}"))?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(start.elapsed().as_secs_f64())
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}
