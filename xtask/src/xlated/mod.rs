//! `cargo xtask xlated`: what OBJ_GET_INFO_BY_FD says of accepted programs, here and on the running kernel.
//!
//! Each row is loaded on both; [`info`] reads what they tell, [`normal`] lists what is left out of the comparison.

mod info;
mod normal;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use regex::Regex;

use crate::corpus::{Backend, Filter, Folder, Loader, Mode, Row, Session, pool};
use crate::root;
use info::Info;

/// Compare listings and infos of a corpus's accepted programs with the running kernel's (root).
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Directory in the corpus format, by default the repository's own.
    dir: Option<PathBuf>,
    /// Only rows whose corpus/object/program matches.
    #[arg(long = "match", value_name = "RE")]
    name: Option<Regex>,
    /// Threads.
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
    /// How many differing rows to list.
    #[arg(long, value_name = "N", default_value_t = 15)]
    differences: usize,
    /// Print both listings of each differing row.
    #[arg(long)]
    show: bool,
    /// Fail below this share of equal listings, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0)]
    at_least: f64,
}

/// Loads, compares, prints.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if let Some(why) = not_comparable() {
        println!("skipped: {why} to compare listings with");
        return Ok(ExitCode::SUCCESS);
    }
    let directory = args
        .dir
        .clone()
        .unwrap_or_else(|| root::root().join("corpus"));
    let folder = Folder::open(&directory)?;
    let mut rows = folder.rows(&Filter {
        mode: Mode::Priv,
        name: args.name.clone(),
    })?;
    rows.retain(|row| !row.unit.left_out() && row.unit.accepted());
    let ask = |backend| {
        let session = Session::new(backend, Mode::Priv, &folder)?;
        pool::map(&folder, &rows, &session, args.jobs, one)
    };
    // The checking interpreter: nothing is compiled for a question.
    let (here, kernel) = (ask(Backend::Check)?, ask(Backend::Native)?);
    let mut report = Report::default();
    for ((row, here), kernel) in rows.iter().zip(here).zip(kernel) {
        match (here.transpose(), kernel.transpose()) {
            (Ok(Some(here)), Ok(Some(kernel))) => report.add(row, &here, &kernel, args.show),
            (Err(why), _) => report.leave_out(format!("here: {why}")),
            (_, Err(why)) => report.leave_out(format!("Linux: {why}")),
            (Ok(None), _) | (_, Ok(None)) => report.leave_out("panicked".to_owned()),
        }
    }
    let share = report.print(args.differences);
    Ok(ExitCode::from(u8::from(share < args.at_least)))
}

/// Why the running kernel's listings say nothing about ours.
fn not_comparable() -> Option<&'static str> {
    const REFERENCE: &str = "6.18.";
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    if !crate::corpus::kernel_answers() {
        Some("no kernel bpf(2)")
    } else if !release.starts_with(REFERENCE) {
        Some("no Linux 6.18")
    } else {
        None
    }
}

/// The log level that says least; without a level a log buffer is refused.
const STATISTICS: u32 = 4;

/// What a border says of a row's program, or why it says nothing.
fn one(loader: &mut Loader, row: &Row) -> Result<Info, String> {
    let answer = loader.load(&row.unit, STATISTICS, |border, fd| Info::read(border, fd));
    let answer = answer.map_err(|why| why.kind())?;
    let info = answer
        .then
        .ok_or_else(|| format!("load: errno {}", answer.errno))?;
    info.map_err(|errno| format!("info: errno {errno}"))
}

#[derive(Default)]
struct Report {
    compared: usize,
    equal: usize,
    /// Rows that one side does not load, by reason.
    left_out: BTreeMap<String, usize>,
    /// Per field, how many rows differ.
    fields: BTreeMap<&'static str, usize>,
    differing: Vec<String>,
}

impl Report {
    fn add(&mut self, row: &Row, here: &Info, kernel: &Info, show: bool) {
        self.compared += 1;
        for field in here.differing_fields(kernel) {
            *self.fields.entry(field).or_default() += 1;
        }
        let (ours, theirs) = (normal::listing(here), normal::listing(kernel));
        if ours == theirs {
            self.equal += 1;
            return;
        }
        let first = ours.iter().zip(&theirs).position(|(a, b)| a != b);
        let first = first.unwrap_or(ours.len().min(theirs.len()));
        let at = |listing: &[normal::Line]| {
            listing
                .get(first)
                .map(ToString::to_string)
                .unwrap_or_default()
        };
        let line = format!(
            "{}  at {first}: {}  Linux {}",
            row.name,
            at(&ours),
            at(&theirs)
        );
        if show {
            println!("{line}");
            for index in first.saturating_sub(4)..(first + 24).min(ours.len().max(theirs.len())) {
                let text = |listing: &[normal::Line]| {
                    listing
                        .get(index)
                        .map(ToString::to_string)
                        .unwrap_or_default()
                };
                println!("{index:6}  {:40}  {}", text(&ours), text(&theirs));
            }
        }
        self.differing.push(line);
    }

    fn leave_out(&mut self, why: String) {
        *self.left_out.entry(why).or_default() += 1;
    }

    /// Prints; the share of equal listings in percent.
    fn print(&self, most: usize) -> f64 {
        for line in self.differing.iter().take(most) {
            println!("{line}");
        }
        for (field, count) in &self.fields {
            println!("{count:6}  differ in {field}");
        }
        for (why, count) in &self.left_out {
            println!("{count:6}  not loaded: {why}");
        }
        let not_loaded: usize = self.left_out.values().sum();
        let share = 100.0 * self.equal as f64 / self.compared.max(1) as f64;
        println!(
            "xlated: compared {}  equal {} ({share:.2} %)  not loaded on both {}",
            self.compared, self.equal, not_loaded
        );
        share
    }
}
