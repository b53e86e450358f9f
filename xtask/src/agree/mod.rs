//! `cargo xtask agree`: how often skep and Linux say the same about recorded programs.
//!
//! [`score`] loads the rows, [`tally`] counts, [`report`] prints, [`floor`] keeps the figure from falling.

mod floor;
mod report;
mod score;
mod states;
mod tally;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use regex::Regex;

use crate::corpus::{Backend, Filter, Folder, Mode, Session};
use crate::root;

/// Score a corpus of recorded loads, by default the repository's own.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Directory in the corpus format: units/*.jsonl[.gz] and btf/.
    dir: Option<PathBuf>,
    /// Only rows whose corpus/object/program matches.
    #[arg(long = "match", value_name = "RE")]
    name: Option<Regex>,
    /// Stop after this many rows.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Rows loaded with or without capabilities.
    #[arg(long, value_enum, default_value_t = Mode::Priv)]
    mode: Mode,
    /// Who answers.
    #[arg(long, value_enum, default_value_t)]
    backend: Backend,
    /// Threads.
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
    /// How many differing rows and reasons to list.
    #[arg(long, value_name = "N", default_value_t = 15)]
    differences: usize,
    /// Also compare the state lines of the recorded level 2 logs.
    #[arg(long)]
    log2: bool,
    /// Log level of the scored loads; 4 asks for errors and statistics only.
    #[arg(long, value_name = "LEVEL", default_value_t = 4)]
    log: u32,
    /// Print the log of each row.
    #[arg(long)]
    show: bool,
    /// Write one line of JSON per row.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Succeed if the figures reach the floor of this name in corpus/floor.json.
    #[arg(long, value_name = "NAME")]
    floor: Option<String>,
    /// Raise that floor to the figures reached.
    #[arg(long, requires = "floor")]
    raise: bool,
}

/// Scores, prints, and answers 1 where a verdict differs or, with `--floor`, where the floor is not reached.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let directory = args
        .dir
        .clone()
        .unwrap_or_else(|| root::root().join("corpus"));
    let folder = Folder::open(&directory)?;
    let mut rows = folder.rows(&Filter {
        mode: args.mode,
        name: args.name.clone(),
    })?;
    let all = rows.len();
    rows.retain(|row| !row.unit.left_out());
    let left_out = all - rows.len();
    rows.truncate(args.limit.unwrap_or(usize::MAX));

    let logs = if args.log2 {
        states::Recorded::read(&folder)?
    } else {
        states::Recorded::default()
    };
    let scored = score::all(
        &folder,
        &rows,
        &logs,
        &score::Settings {
            session: Session::new(args.backend, args.mode, &folder)?,
            jobs: args.jobs.max(1),
            log_level: args.log,
        },
    )?;
    if args.show {
        report::show_logs(&rows, &scored);
    }
    if let Some(path) = &args.json {
        report::write_json(path, &rows, &scored)?;
    }
    let tally = tally::Tally::count(&rows, &scored, left_out);
    report::print(&tally, args.differences, &logs);

    let Some(name) = &args.floor else {
        return Ok(ExitCode::from(u8::from(
            tally.rows.right() != tally.rows.total(),
        )));
    };
    floor::check(name, &tally.rows, floor::Update::from_flag(args.raise))
}
