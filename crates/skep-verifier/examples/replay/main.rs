//! Runs recorded loads through the verifier and compares with what Linux said.
//!
//! ```text
//! cargo run --release -p skep-verifier --example replay -- DIR [CORPUS..] [--match TEXT] [--limit N] [--mode priv|unpriv]
//!     [--show]      our level-2 log, then Linux's
//!     [--log2]      compare level-2 logs line by line
//!     [--level N]   log level (2 with --show and --log2, else 4)
//!     [--mutants FILE]  other instructions for the units: lines as `replay.py --mutate` prints them on Linux
//!     [--summary]   only counts, and the most frequent differences by reason
//! ```
//!
//! DIR has the format of the corpus: `units/*.jsonl.gz`, `btf/`, `log2/`, `vmlinux-*.btf.gz`.

mod environment;
mod logs;
mod report;
mod units;

use report::Report;
use std::process::ExitCode;
use std::time::Instant;

/// What the command line asks for.
#[derive(Default)]
pub(crate) struct Options {
    dir: String,
    corpora: Vec<String>,
    matching: Option<String>,
    limit: Option<usize>,
    unprivileged: bool,
    show: bool,
    log2: bool,
    summary: bool,
    mutants: Option<String>,
    level: Option<u32>,
}

impl Options {
    fn log_level(&self) -> u32 {
        self.level
            .unwrap_or(if self.log2 || self.show { 2 } else { 4 })
    }
}

fn options() -> Option<Options> {
    let mut options = Options::default();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--match" => options.matching = args.next(),
            "--limit" => options.limit = args.next()?.parse().ok(),
            "--mode" => options.unprivileged = args.next()? == "unpriv",
            "--show" => options.show = true,
            "--log2" => options.log2 = true,
            "--level" => options.level = args.next()?.parse().ok(),
            "--mutants" => options.mutants = args.next(),
            "--summary" => options.summary = true,
            _ if options.dir.is_empty() => options.dir = arg,
            _ => options.corpora.push(arg),
        }
    }
    (!options.dir.is_empty()).then_some(options)
}

fn main() -> ExitCode {
    let Some(options) = options() else {
        eprintln!(
            "usage: replay DIR [CORPUS..] [--match TEXT] [--limit N] [--mode priv|unpriv] [--show] [--log2] [--summary]"
        );
        return ExitCode::from(2);
    };
    let mut corpus = units::Corpus::open(&options.dir);
    let logs = if options.show || options.log2 {
        logs::recorded(&options)
    } else {
        Default::default()
    };
    let mut report = Report::default();
    for unit in corpus.selected(&options) {
        if options.limit.is_some_and(|limit| report.total() >= limit) {
            break;
        }
        let Some((environment, request)) = corpus.prepare(&unit, options.log_level()) else {
            report.setup_failed(&unit);
            continue;
        };
        let start = Instant::now();
        let outcome = skep_verifier::verify(&environment, &request);
        let seconds = start.elapsed().as_secs_f64();
        let text = String::from_utf8_lossy(
            outcome
                .log
                .bytes
                .strip_suffix(&[0])
                .unwrap_or(&outcome.log.bytes),
        )
        .into_owned();
        let linux = logs.get(&unit.log_key());
        if options.show {
            let none = String::from("(not recorded)\n");
            println!(
                "--- {} (Linux: errno {})\n{text}--- Linux\n{}",
                unit.name(),
                unit.errno(),
                linux.unwrap_or(&none)
            );
        }
        let difference = linux
            .filter(|_| options.log2)
            .and_then(|linux| logs::first_difference(&text, linux));
        report.add(&unit, &outcome, &text, difference, seconds);
    }
    report.print(&options);
    ExitCode::SUCCESS
}
