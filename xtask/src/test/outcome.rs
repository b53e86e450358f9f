//! Running one step and adding up what came of it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result};

use super::Step;

/// How a step counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counting {
    /// As one test.
    Whole,
    /// By the `test result:` lines it prints.
    Tests,
}

/// What came of one or more steps.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) passed: usize,
    pub(super) failed: usize,
    /// One line per test that did not run, beginning with `skipped:`.
    pub(super) skipped: Vec<String>,
}

impl Outcome {
    pub(super) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped);
    }

    /// The reasons for skipping, each with how often, then the closing line.
    pub(super) fn print(&self) {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for line in &self.skipped {
            *reasons.entry(line).or_default() += 1;
        }
        for (line, count) in reasons {
            match count {
                1 => println!("{line}"),
                _ => println!("{line} ({count} times)"),
            }
        }
        println!(
            "{} passed, {} failed, {} skipped",
            self.passed,
            self.failed,
            self.skipped.len()
        );
    }

    /// Reads the output of a step that ended well or not.
    fn of(lines: &[String], counting: Counting, success: bool) -> Self {
        let skipped: Vec<String> = lines
            .iter()
            .map(|line| line.trim())
            .filter(|line| line.starts_with("skipped:"))
            .map(str::to_owned)
            .collect();
        let (mut passed, mut failed) = match counting {
            Counting::Whole => (usize::from(success), usize::from(!success)),
            Counting::Tests => count_tests(lines),
        };
        // A test that skips itself says so and passes.
        passed = passed.saturating_sub(skipped.len());
        if !success && failed == 0 {
            // It did not even compile, or a test process died.
            failed = 1;
        }
        Self {
            passed,
            failed,
            skipped,
        }
    }
}

/// Sums `test result: ok. 3 passed; 1 failed; ...` over all test binaries.
fn count_tests(lines: &[String]) -> (usize, usize) {
    let number = |line: &str, word: &str| -> usize {
        line.split([';', '.'])
            .find_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok())
            .unwrap_or(0)
    };
    lines
        .iter()
        .filter(|line| line.starts_with("test result:"))
        .fold((0, 0), |(passed, failed), line| {
            (
                passed + number(line, "passed"),
                failed + number(line, "failed"),
            )
        })
}

/// Runs a step, prints its name, time and outcome, and its output if it failed.
pub(super) fn run(mut step: Step) -> Result<Outcome> {
    print!("{:24}", step.name);
    std::io::stdout().flush()?;
    let start = Instant::now();
    let mut child = step
        .command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {:?}", step.command))?;
    let errors = child.stderr.take().context("no stderr")?;
    let errors = std::thread::spawn(move || read_lines(errors));
    let mut lines = read_lines(child.stdout.take().context("no stdout")?);
    let success = child.wait()?.success();
    let errors = errors.join().unwrap_or_default();

    let outcome = Outcome::of(&lines, step.counting, success);
    println!(
        "{}  {:.1} s  ({} passed, {} failed, {} skipped)",
        if success { "ok    " } else { "FAILED" },
        start.elapsed().as_secs_f64(),
        outcome.passed,
        outcome.failed,
        outcome.skipped.len()
    );
    if !success {
        lines.splice(0..0, errors);
        for line in &lines {
            println!("    {line}");
        }
    }
    Ok(outcome)
}

fn read_lines(pipe: impl std::io::Read) -> Vec<String> {
    BufReader::new(pipe)
        .split(b'\n')
        .map_while(|line| line.ok())
        .map(|line| String::from_utf8_lossy(&line).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn tests_are_summed_and_skips_taken_out() {
        let output = lines(
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s\n\
             ---- a stdout ----\nskipped: no kernel bpf(2)\n\
             test result: FAILED. 5 passed; 2 failed; 0 ignored\n",
        );
        assert_eq!(
            Outcome::of(&output, Counting::Tests, false),
            Outcome {
                passed: 7,
                failed: 2,
                skipped: vec!["skipped: no kernel bpf(2)".into()],
            }
        );
    }

    #[test]
    fn a_step_that_dies_has_failed() {
        let died = Outcome::of(&[], Counting::Tests, false);
        assert_eq!((died.passed, died.failed), (0, 1));
        let fine = Outcome::of(&[], Counting::Whole, true);
        assert_eq!((fine.passed, fine.failed), (1, 0));
    }
}
