//! `cargo xtask retval`: do accepted programs return what they returned on Linux?
//!
//! Every row of a type with `BPF_PROG_TEST_RUN` semantics of its own (socket filter, sched_cls, xdp, syscall) that has
//! a recorded return value is loaded and run. Rows that do not load or run are counted by the reason: our last log line,
//! or the helpers and kfuncs they call that are missing.

mod missing;
mod replayed;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use regex::Regex;
use skep_uapi::Cmd;

use self::missing::Missing;
use self::replayed::{Differing, Expect, Replayed};
use crate::corpus::{
    Backend, Border, Caller, Filter, Folder, Loader, Mode, Row, Session, Unit, from_hex, log_lines,
    pool,
    request::{self, Placed},
};
use crate::root;

const SOCKET_FILTER: u32 = 1;
const SCHED_CLS: u32 = 3;
const XDP: u32 = 6;
const SYSCALL: u32 = 31;
/// The errno of a run for which something is missing.
const ENOTSUPP: i32 = 524;
/// What the recording used where a row names no input.
const ZERO_PACKET: usize = 64;

/// Run recorded programs and compare what they return, by default of the shared corpus.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Directory in the corpus format.
    dir: Option<PathBuf>,
    /// Only rows whose corpus/object/program matches.
    #[arg(long = "match", value_name = "RE")]
    name: Option<Regex>,
    /// Who runs; several may be given.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Backend::executors())]
    backend: Vec<Backend>,
    /// Threads.
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
    /// How many differing rows to list.
    #[arg(long, value_name = "N", default_value_t = 15)]
    differences: usize,
    /// Write the values that differ to corpus/replayed-retvals.tsv; asks the running kernel.
    #[arg(long)]
    record: bool,
}

/// What came of one row.
enum Run {
    /// Not loaded, and why.
    NotLoaded(String),
    /// What each run gave: a value, or the errno of the call.
    Ran(Vec<Result<u32, i32>>),
}

/// Runs and prints; answers 1 where a value differs.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let directory = args.dir.clone().unwrap_or_else(root::shared_corpus);
    let folder = Folder::open(&directory)?;
    let mut rows = folder.rows(&Filter {
        mode: Mode::Priv,
        name: args.name.clone(),
    })?;
    rows.retain(|row| {
        let unit = &row.unit;
        !unit.left_out() && unit.accepted() && !recorded(unit).is_empty()
    });
    if args.record {
        return record(&folder, &rows, args);
    }
    let expected = Replayed::read()?;
    let missing = Missing::new(&folder)?;
    let mut all_right = true;
    for backend in &args.backend {
        let session = Session::new(*backend, Mode::Priv, &folder)?;
        let runs = pool::map(&folder, &rows, &session, args.jobs, one)?;
        let mut report = Report::default();
        for (row, run) in rows.iter().zip(runs) {
            report.add(row, run, &expected, &missing);
        }
        report.print(*backend, args.differences);
        all_right &= report.wrong.is_empty();
    }
    Ok(ExitCode::from(u8::from(!all_right)))
}

/// The recorded return values of a row we can run; Linux's are 32 bits, recorded with or without a sign.
fn recorded(unit: &Unit) -> Vec<u32> {
    if !matches!(unit.prog_type, SOCKET_FILTER | SCHED_CLS | XDP | SYSCALL) {
        return Vec::new();
    }
    let several = unit.run_retvals.iter().flatten();
    unit.run_retval
        .iter()
        .chain(several)
        .map(|value| *value as u32)
        .collect()
}

fn one(loader: &mut Loader, row: &Row) -> Run {
    let unit = &row.unit;
    let answer = match loader.load(unit, 4, |border, fd| run_all(border, fd, unit)) {
        Ok(answer) => answer,
        Err(why) => return Run::NotLoaded(format!("setup: {}", why.kind())),
    };
    match answer.then {
        Some(values) => Run::Ran(values),
        None => Run::NotLoaded(
            log_lines::last_lines(&answer.log, 1)
                .pop()
                .unwrap_or_else(|| format!("errno {} without a log", answer.errno)),
        ),
    }
}

fn run_all(border: &dyn Border, fd: i32, unit: &Unit) -> Vec<Result<u32, i32>> {
    match unit.runs.as_deref() {
        Some(runs) => runs
            .iter()
            .map(|run| {
                let packet = from_hex(&run.data).map_err(|_| libc::EINVAL)?;
                test_run(border, fd, unit.prog_type, &packet)
            })
            .collect(),
        None => vec![test_run(border, fd, unit.prog_type, &[0; ZERO_PACKET])],
    }
}

/// One `BPF_PROG_TEST_RUN`. Programs of type syscall take no packet: their input would be a context.
fn test_run(border: &dyn Border, fd: i32, prog_type: u32, packet: &[u8]) -> Result<u32, i32> {
    let packet = if prog_type == SYSCALL { &[] } else { packet };
    let mut attr = request::test_run(fd, Placed::here(packet)).done();
    border.bpf(Caller::Client, Cmd::ProgTestRun, &mut attr)?;
    let retval = attr.get(4..8).and_then(|bytes| bytes.try_into().ok());
    retval.map(u32::from_ne_bytes).ok_or(libc::EIO)
}

/// What the runs of one border came to.
#[derive(Default)]
struct Report {
    ran: usize,
    /// Runs without the expected value.
    wrong: Vec<String>,
    /// Runs that return addresses.
    not_compared: usize,
    /// Rows that were refused or could not run, by reason.
    not_run: BTreeMap<String, usize>,
}

impl Report {
    fn add(&mut self, row: &Row, run: Option<Run>, expected: &Replayed, missing: &Missing) {
        let values = match run {
            Some(Run::Ran(values)) => values,
            Some(Run::NotLoaded(why)) => {
                let why = format!("not loaded: {why}");
                *self.not_run.entry(why).or_default() += 1;
                return;
            }
            None => {
                self.wrong.push(format!("{}  panicked", row.name));
                return;
            }
        };
        if values.contains(&Err(ENOTSUPP)) {
            let absent = missing.in_program(&row.unit);
            if !absent.is_empty() {
                let names: Vec<String> = absent.into_iter().collect();
                let why = format!("missing {}", names.join(", "));
                *self.not_run.entry(why).or_default() += 1;
                return;
            }
        }
        self.ran += 1;
        for (index, (got, recorded)) in values.into_iter().zip(recorded(&row.unit)).enumerate() {
            match (got, expected.expect(&row.name, index, recorded)) {
                (Ok(_), Expect::Varies) => self.not_compared += 1,
                (Ok(got), Expect::Value(want)) if got == want => {}
                (got, want) => {
                    let line = format!("{}  run {index}: {got:?}, Linux {want:?}", row.name);
                    self.wrong.push(line);
                }
            }
        }
    }

    fn print(&self, backend: Backend, most: usize) {
        for line in self.wrong.iter().take(most) {
            println!("{line}");
        }
        let mut reasons: Vec<_> = self.not_run.iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (why, count) in reasons.iter().take(most) {
            println!("{count:6}  {why}");
        }
        let not_run: usize = self.not_run.values().sum();
        println!(
            "retval {backend:?}: rows {}  ran {}  wrong runs {}  addresses not compared {}  not run {not_run}",
            self.ran + not_run,
            self.ran,
            self.wrong.len(),
            self.not_compared
        );
    }
}

/// Replays every row twice on the running kernel and writes down what the rows alone give.
fn record(folder: &Folder, rows: &[Row], args: &Args) -> Result<ExitCode> {
    if args.name.is_some() || args.dir.is_some() {
        bail!("--record replays the whole shared corpus");
    }
    let session = Session::new(Backend::Native, Mode::Priv, folder)?;
    let replay = || -> Result<Differing> {
        let runs = pool::map(folder, rows, &session, args.jobs, one)?;
        let mut differing = Differing::new();
        for (row, run) in rows.iter().zip(runs) {
            let Some(Run::Ran(values)) = run else {
                continue;
            };
            for (index, (got, want)) in values.into_iter().zip(recorded(&row.unit)).enumerate() {
                if let Ok(value) = got
                    && value != want
                {
                    differing.insert((row.name.clone(), index), value);
                }
            }
        }
        Ok(differing)
    };
    replayed::write(&replay()?, &replay()?)?;
    Ok(ExitCode::SUCCESS)
}
