//! `cargo xtask bench verifier`: verification time of recorded programs, skep's and the running kernel's.
//!
//! Both times are the `verification time` of the log at level 4, taken row by row in one run, the better of several.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use regex::Regex;

use super::memory;
use crate::corpus::{Backend, Filter, Folder, Loader, Mode, Row, Session, Unit, log_lines};
use crate::root;

/// Log of statistics only.
const STATISTICS: u32 = 4;
const MEGABYTE: f64 = (1 << 20) as f64;

/// Verification time of recorded programs beside the running kernel's, by default of the shared corpus
#[derive(clap::Args)]
pub(super) struct Args {
    /// Directory in the corpus format.
    dir: Option<PathBuf>,
    /// Only rows whose corpus/object/program matches.
    #[arg(long = "match", value_name = "RE")]
    name: Option<Regex>,
    /// Rows loaded with or without capabilities.
    #[arg(long, value_enum, default_value_t = Mode::Priv)]
    mode: Mode,
    /// How often each row is loaded; the fastest counts.
    #[arg(long, value_name = "N", default_value_t = 2)]
    repeat: u32,
    /// How many of the slowest rows, against the kernel, to list.
    #[arg(long, value_name = "N", default_value_t = 5)]
    slowest: usize,
}

/// Instructions processed in a time.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    insns: u64,
    micros: u64,
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.insns += other.insns;
        self.micros += other.micros;
    }

    /// Whether both processed as much, within a tenth: a program that this very kernel refuses early says nothing.
    fn is_same_walk(self, other: Self) -> bool {
        self.insns.abs_diff(other.insns) * 10 <= self.insns.max(other.insns)
    }

    fn per_millisecond(self) -> String {
        match self.micros {
            0 => "-".to_owned(),
            micros => format!("{:.0}", self.insns as f64 * 1000.0 / micros as f64),
        }
    }

    fn milliseconds(self) -> f64 {
        self.micros as f64 / 1000.0
    }
}

/// Rows that both sides verified.
#[derive(Clone, Copy, Debug, Default)]
struct Both {
    rows: usize,
    skep: Cost,
    kernel: Cost,
}

impl Both {
    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.skep.add(other.skep);
        self.kernel.add(other.kernel);
    }

    fn print(&self, name: &str) {
        let ratio = match self.kernel.micros {
            0 => "-".to_owned(),
            micros => format!("{:.2}", self.skep.micros as f64 / micros as f64),
        };
        println!(
            "{name:20} {:5} {:10} {:10.1} {:10} {:10.1} {:10} {ratio:>6}",
            self.rows,
            self.skep.insns,
            self.skep.milliseconds(),
            self.skep.per_millisecond(),
            self.kernel.milliseconds(),
            self.kernel.per_millisecond(),
        );
    }
}

/// The memory one row took.
struct Memory {
    name: String,
    insns: u64,
    /// More than before it.
    more: u64,
    /// Of the whole process.
    peak: u64,
}

/// Measures and prints; one thread, so that rows do not slow each other.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let directory = args.dir.clone().unwrap_or_else(root::shared_corpus);
    let folder = Folder::open(&directory)?;
    let mut rows = folder.rows(&Filter {
        mode: args.mode,
        name: args.name.clone(),
    })?;
    rows.retain(|row| !row.unit.left_out());
    let loader = |backend| -> Result<Loader> {
        let session = Session::new(backend, args.mode, &folder)?;
        Ok(Loader::new(folder.clone(), session.open()))
    };
    let (mut ours, mut native) = (loader(Backend::Check)?, loader(Backend::Native)?);
    let mut corpora: BTreeMap<&str, Both> = BTreeMap::new();
    let mut ratios = Vec::new();
    let mut largest: Option<Memory> = None;
    let mut answered = false;
    let mut other_walks = 0_u32;
    for row in &rows {
        let before = memory::resident().unwrap_or(0);
        let forgot = memory::forget_peak();
        let Some(skep) = cost(&mut ours, &row.unit, args.repeat) else {
            continue;
        };
        let peak = memory::peak().filter(|_| forgot);
        let kernel = cost(&mut native, &row.unit, args.repeat);
        answered |= kernel.is_some();
        if let Some(peak) = peak
            && largest
                .as_ref()
                .is_none_or(|most| peak.saturating_sub(before) > most.more)
        {
            largest = Some(Memory {
                name: row.name.clone(),
                insns: skep.insns,
                more: peak.saturating_sub(before),
                peak,
            });
        }
        let Some(kernel) = kernel.or((!answered).then(Cost::default)) else {
            continue;
        };
        if answered && !skep.is_same_walk(kernel) {
            other_walks += 1;
            continue;
        }
        let both = Both {
            rows: 1,
            skep,
            kernel,
        };
        corpora.entry(&row.corpus).or_default().add(&both);
        ratios.push((row, skep, kernel));
    }
    print(&corpora);
    if answered {
        println!("{other_walks} rows that this kernel walks otherwise left out");
        list_slowest(ratios, args.slowest);
    } else {
        println!("skipped: no kernel bpf(2)");
    }
    if let Some(most) = largest {
        println!(
            "most memory: {:.1} MB, {:.1} MB more than before, {} insns: {}",
            most.peak as f64 / MEGABYTE,
            most.more as f64 / MEGABYTE,
            most.insns,
            most.name
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// The fastest of several loads; `None` where the verifier said nothing.
fn cost(loader: &mut Loader, unit: &Unit, repeat: u32) -> Option<Cost> {
    let mut fastest: Option<Cost> = None;
    for _ in 0..repeat.max(1) {
        let log = loader.load(unit, STATISTICS, |_, _| ()).ok()?.log;
        let cost = Cost {
            insns: log_lines::processed_insns(&log)?,
            micros: log_lines::verification_micros(&log)?,
        };
        if fastest.is_none_or(|other| cost.micros < other.micros) {
            fastest = Some(cost);
        }
    }
    fastest
}

fn print(corpora: &BTreeMap<&str, Both>) {
    println!(
        "{:20} {:>5} {:>10} {:>10} {:>10} {:>10} {:>10} {:>6}",
        "corpus", "rows", "insns", "skep ms", "insns/ms", "kernel ms", "insns/ms", "ratio"
    );
    let mut total = Both::default();
    for (name, both) in corpora {
        both.print(name);
        total.add(both);
    }
    total.print("all");
}

fn list_slowest(mut ratios: Vec<(&Row, Cost, Cost)>, most: usize) {
    ratios.sort_by_key(|(_, skep, kernel)| {
        std::cmp::Reverse(skep.micros.saturating_sub(kernel.micros))
    });
    for (row, skep, kernel) in ratios.iter().take(most) {
        println!(
            "{:.1} ms, kernel {:.1} ms, {} insns: {}",
            skep.milliseconds(),
            kernel.milliseconds(),
            skep.insns,
            row.name
        );
    }
}
