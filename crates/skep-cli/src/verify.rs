//! `skep verify`: the verdict Linux would give, program by program, over one object or many.

mod compare;
mod files;
mod filter;
mod lacks;
mod one;
mod record;
mod stat;
mod table;
mod work;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::{Value, json};
use skep_kernel::{Engine, Identity};
use skep_loader::{LoadOptions, Logging, Object, Selection};
use skep_uapi::LogLevel;

use self::files::Files;
use self::filter::{Filter, Line, Order};
pub(crate) use self::one::One;
use self::record::Record;
use crate::{Verdict, session};

/// Say what Linux's verifier would say of each program of compiled objects
///
/// For a rejection: the C line, the instruction, where the values of its registers came from, the rule, and what usually
/// helps; the last lines are those Linux prints. Several objects, or a directory, give a table. The rules are always those
/// of Linux 6.18; --kernel-btf says what the kernel has. Exit status: 0 all accepted, 1 one was rejected, 2 one could not
/// be tried.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Compiled objects (clang -g -O2 --target=bpf), or directories with them
    #[arg(required_unless_present = "compare", value_name = "OBJECT|DIRECTORY")]
    objects: Vec<PathBuf>,
    /// Only programs of this name (their function's)
    #[arg(long, value_name = "NAME")]
    prog: Option<String>,
    /// Print the verifier's log as Linux writes it; twice: with the state at every instruction
    #[arg(short, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Print JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print a run as CSV, in veristat's columns
    #[arg(long)]
    csv: bool,
    /// Compare two runs, kept as CSV (skep's or veristat's): programs whose verdict or numbers differ
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with_all = ["objects", "csv", "prog"])]
    compare: Vec<PathBuf>,
    /// Only lines that pass: `*name*/prog*`, `!name*`, `insns>1000`, `verdict=failure`; with --compare `insns_pct>5`,
    /// `states_diff<0`, `verdict_a=success`
    #[arg(short = 'f', long = "filter", value_name = "FILTER")]
    filters: Vec<Filter>,
    /// Order of lines: largest insns, states, peak_states, max_states, stack, size or duration first (`insns^`: smallest);
    /// with --compare also insns_diff, insns_pct
    #[arg(long, value_name = "NUMBER")]
    sort: Option<Order>,
    /// Only the first lines
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Objects at once; as many as there are CPUs by default
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    #[command(flatten)]
    session: session::Options,
}

/// Room for a log that is tried first.
const LOG_ROOM: u32 = 1 << 20;
/// Whose rules these are.
const RULES: &str = "6.18";

pub(crate) fn run(args: &Args) -> Result<Verdict> {
    if let [old, new] = args.compare.as_slice() {
        return compare_runs(args, old, new);
    }
    let files = Files::named(&args.objects)?;
    let identity = args.session.identity()?;
    let jobs = args.jobs.unwrap_or_else(|| {
        std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
    });
    let mut results = work::all(&files.paths, jobs, |path| object(args, &identity, path))?;
    if files.single
        && let Some(Err(_)) = results.first()
    {
        return results.remove(0).map(|_| Verdict::NotTried);
    }
    let results: Vec<Verified> = files
        .paths
        .iter()
        .zip(results)
        .map(|(path, programs)| Verified {
            path: path.clone(),
            programs,
        })
        .collect();
    if let Some(name) = &args.prog
        && !results
            .iter()
            .any(|object| object.programs().next().is_some())
    {
        bail!("no object has a program '{name}'");
    }
    if args.csv {
        print_csv(args, &results)?;
    } else if args.json {
        print_json(args, &files, &results)?;
    } else if files.single {
        println!("{}", args.session.describe(&identity, RULES));
        for one in results.iter().flat_map(Verified::programs) {
            one.print(args.verbose);
        }
    } else {
        println!("{}", args.session.describe(&identity, RULES));
        print_table(args, &results);
    }
    Ok(overall(&results))
}

/// One object and what came of it.
struct Verified {
    path: PathBuf,
    programs: Result<Vec<One>>,
}

impl Verified {
    fn programs(&self) -> impl Iterator<Item = &One> {
        self.programs.iter().flatten()
    }

    /// The name without directories.
    fn file(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    fn json(&self, verbose: u8) -> Value {
        let programs: Vec<Value> = self.programs().map(|one| one.json(verbose)).collect();
        let mut value = json!({"object": self.path.display().to_string(), "programs": programs});
        if let Err(why) = &self.programs {
            value["error"] = json!(format!("{why:#}"));
        }
        value
    }
}

/// Verifies the programs of one object, in a session of its own.
fn object(args: &Args, identity: &Identity, path: &Path) -> Result<Vec<One>> {
    let client = args.session.client_of(identity.clone(), Engine::Check);
    let object = session::open(&client, path)?;
    let wanted = |name: &str| args.prog.as_ref().is_none_or(|prog| prog == name);
    if let Some(name) = &args.prog
        && args.objects.len() == 1
        && !path.is_dir()
        && args.objects.first().is_some_and(|named| named == path)
    {
        exists(&object, name)?;
    }
    let loaded = object.load(
        &client,
        &LoadOptions {
            selection: args.prog.as_deref().map_or(Selection::All, Selection::Only),
            logging: logging(args.verbose),
            log_size: LOG_ROOM,
        },
    );
    let mut results = Vec::new();
    for program in &loaded.programs {
        if let Some(spec) = object.programs.get(program.index) {
            let lacks = lacks::of(client.kernel(), &object, spec);
            results.push(One::new(&object, path, spec, program).with_lacks(lacks));
        }
    }
    for broken in object.broken.iter().filter(|broken| wanted(&broken.name)) {
        results.push(One::not_tried(&broken.name, "?", broken.why.to_string()));
    }
    Ok(results)
}

/// Fails if an object has no program of a name.
pub(crate) fn exists(object: &Object, name: &str) -> Result<()> {
    let names: Vec<&str> = names(object).collect();
    if names.contains(&name) {
        return Ok(());
    }
    bail!(
        "there is no program '{name}'; there are {}",
        names.join(", ")
    );
}

/// Names of an object's programs.
pub(crate) fn names(object: &Object) -> impl Iterator<Item = &str> {
    let broken = object.broken.iter().map(|broken| broken.name.as_str());
    object
        .programs
        .iter()
        .map(|program| program.name.as_str())
        .chain(broken)
}

fn logging(verbose: u8) -> Logging {
    match verbose {
        0 => Logging::OnRejection(LogLevel::LEVEL1),
        1 => Logging::Always(LogLevel::LEVEL1),
        _ => Logging::Always(LogLevel::LEVEL2),
    }
}

fn overall(results: &[Verified]) -> Verdict {
    let any = |verdict| {
        let mut all = results.iter().flat_map(Verified::programs);
        all.any(|one| one.verdict == verdict)
    };
    if any(Verdict::Rejected) {
        Verdict::Rejected
    } else if any(Verdict::NotTried) || results.iter().any(|object| object.programs.is_err()) {
        Verdict::NotTried
    } else {
        Verdict::Accepted
    }
}

fn records(results: &[Verified]) -> Vec<Record> {
    let records = results.iter().flat_map(|object| {
        let file = object.file();
        object.programs().filter_map(move |one| one.record(&file))
    });
    records.collect()
}

/// The lines of a run that the arguments ask for, in the order they ask for.
fn chosen<'a>(args: &Args, mut lines: Vec<Line<'a>>) -> Vec<Line<'a>> {
    lines.retain(|line| filter::passes(&args.filters, line));
    if let Some(order) = args.sort {
        order.sort(&mut lines);
    }
    lines.truncate(args.top.unwrap_or(usize::MAX));
    lines
}

fn of_run(record: &Record) -> Line<'_> {
    Line {
        a: None,
        b: Some(record),
    }
}

fn print_csv(args: &Args, results: &[Verified]) -> Result<()> {
    let records = records(results);
    let lines = chosen(args, records.iter().map(of_run).collect());
    let records: Vec<Record> = lines.iter().filter_map(|line| line.b.cloned()).collect();
    record::write(std::io::stdout().lock(), &records)?;
    for line in untried(results) {
        eprintln!("skep: {line}");
    }
    Ok(())
}

fn print_json(args: &Args, files: &Files, results: &[Verified]) -> Result<()> {
    let mut objects: Vec<Value> = results
        .iter()
        .map(|object| object.json(args.verbose))
        .collect();
    let mut all = if files.single {
        objects.remove(0)
    } else {
        json!({"objects": objects})
    };
    all["rules"] = json!(RULES);
    println!("{}", serde_json::to_string_pretty(&all)?);
    Ok(())
}

fn print_table(args: &Args, results: &[Verified]) {
    let records = records(results);
    let lines = chosen(args, records.iter().map(of_run).collect());
    table::run(&lines);
    println!();
    for object in results {
        for one in object.programs() {
            if let (Verdict::Rejected, Some(reason)) = (one.verdict, one.reason()) {
                println!("rejected  {} {}: {reason}", object.file(), one.name);
            }
        }
    }
    for line in untried(results) {
        println!("not tried {line}");
    }
    let count = |verdict| {
        let all = results.iter().flat_map(Verified::programs);
        all.filter(|one| one.verdict == verdict).count()
    };
    println!(
        "{} objects: {} programs accepted, {} rejected, {} not tried; `skep verify OBJECT` reports on one",
        results.len(),
        count(Verdict::Accepted),
        count(Verdict::Rejected),
        count(Verdict::NotTried),
    );
}

/// Objects and programs without a verdict, and why.
fn untried(results: &[Verified]) -> Vec<String> {
    let mut lines = Vec::new();
    for object in results {
        if let Err(why) = &object.programs {
            lines.push(format!("{why:#}"));
        }
        for one in object.programs() {
            if let (Verdict::NotTried, Some(reason)) = (one.verdict, one.reason()) {
                lines.push(format!("{} {}: {reason}", object.file(), one.name));
            }
        }
    }
    lines
}

/// Answers [`Verdict::Rejected`] where a program's verdict differs.
fn compare_runs(args: &Args, old: &Path, new: &Path) -> Result<Verdict> {
    let (old, new) = (record::read(old)?, record::read(new)?);
    let all = compare::lines(&old, &new);
    let other_verdict = |line: &&Line<'_>| {
        let outcome = |record: Option<&Record>| record.map(|record| record.outcome);
        outcome(line.a) != outcome(line.b)
    };
    let verdicts = all.iter().filter(other_verdict).count();
    let different = all.iter().filter(|line| compare::differs(line)).count();
    let total = all.len();
    // Whoever filters says what is of interest; otherwise it is what differs.
    let lines = if args.filters.is_empty() {
        all.into_iter().filter(compare::differs).collect()
    } else {
        all
    };
    let lines = chosen(args, lines);
    if args.json {
        let value = table::comparison_json(&lines);
        println!("{}", serde_json::to_string_pretty(&value)?);
    } else {
        if !lines.is_empty() {
            table::comparison(&lines);
            println!();
        }
        println!("{total} programs: {different} differ, {verdicts} in their verdict");
    }
    Ok(if verdicts == 0 {
        Verdict::Accepted
    } else {
        Verdict::Rejected
    })
}
