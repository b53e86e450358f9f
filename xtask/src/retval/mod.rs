//! `cargo xtask retval`: do accepted programs return what they returned on Linux?
//!
//! Every row of a type with `BPF_PROG_TEST_RUN` semantics of its own (socket filter, sched_cls, xdp, syscall) that has
//! a recorded return value is loaded and run. Rows we do not accept are counted by our last log line, which names the
//! missing helper where that is the reason.

mod replayed;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use regex::Regex;
use skep_uapi::Cmd;

use self::replayed::{Differing, Expect, Replayed};
use crate::corpus::{
    Backend, Border, Caller, Filter, Folder, Loader, Mode, Row, Unit, from_hex, log_lines, pool,
    request::{self, Placed},
};
use crate::root;

const SOCKET_FILTER: u32 = 1;
const SCHED_CLS: u32 = 3;
const XDP: u32 = 6;
const SYSCALL: u32 = 31;
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
    let mut all_right = true;
    for backend in &args.backend {
        let runs = pool::map(&folder, &rows, *backend, args.jobs, one)?;
        all_right &= report(*backend, &rows, runs, &expected, args.differences);
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
        Err(why) => return Run::NotLoaded(format!("setup: {}", log_lines::shape(&why.0))),
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

fn report(
    backend: Backend,
    rows: &[Row],
    runs: Vec<Option<Run>>,
    expected: &Replayed,
    most: usize,
) -> bool {
    let (mut ran, mut wrong, mut not_compared) = (0, Vec::new(), 0);
    let mut not_loaded: BTreeMap<String, usize> = BTreeMap::new();
    for (row, run) in rows.iter().zip(runs) {
        let values = match run {
            Some(Run::Ran(values)) => values,
            Some(Run::NotLoaded(why)) => {
                *not_loaded.entry(why).or_default() += 1;
                continue;
            }
            None => {
                wrong.push(format!("{}  panicked", row.name));
                continue;
            }
        };
        ran += 1;
        for (index, (got, recorded)) in values.into_iter().zip(recorded(&row.unit)).enumerate() {
            match (got, expected.expect(&row.name, index, recorded)) {
                (Ok(_), Expect::Varies) => not_compared += 1,
                (Ok(got), Expect::Value(want)) if got == want => {}
                (got, want) => wrong.push(format!(
                    "{}  run {index}: {got:?}, Linux {want:?}",
                    row.name
                )),
            }
        }
    }
    for line in wrong.iter().take(most) {
        println!("{line}");
    }
    let mut reasons: Vec<_> = not_loaded.iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for (why, count) in reasons.iter().take(most) {
        println!("{count:6}  not loaded: {why}");
    }
    println!(
        "retval {backend:?}: rows {}  ran {ran}  wrong runs {}  addresses not compared {not_compared}  not loaded {}",
        rows.len(),
        wrong.len(),
        not_loaded.values().sum::<usize>()
    );
    wrong.is_empty()
}

/// Replays every row twice on the running kernel and writes down what the rows alone give.
fn record(folder: &Folder, rows: &[Row], args: &Args) -> Result<ExitCode> {
    if args.name.is_some() || args.dir.is_some() {
        bail!("--record replays the whole shared corpus");
    }
    let replay = || -> Result<Differing> {
        let runs = pool::map(folder, rows, Backend::Native, args.jobs, one)?;
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
