//! `skep test-run`: verify a program, run it over packets, show what it returned and what its maps hold.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};
use skep_kernel::{Client, Engine, Fd, TestRunSpec};
use skep_loader::{LoadOptions, Logging, Object, ProgramSpec, Selection};
use skep_uapi::{LogLevel, ProgType};

use crate::map_dump::{self, Dump, RecordTypes};
use crate::verify::{self, One};
use crate::{Verdict, input, packets, retval, session};

/// Verify a program and run it over packets; print return values by count and the maps
///
/// Linux's rules of BPF_PROG_TEST_RUN hold: socket filters and tc programs need at least an Ethernet header, and a packet
/// they cannot be run on counts as its errno. Exit status: 0 ran, 1 rejected by the verifier, 2 could not try.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Compiled object (clang -g -O2 --target=bpf)
    object: PathBuf,
    /// Program to run (its function's name); needed if there are several and none is named like the object
    #[arg(long, value_name = "NAME")]
    prog: Option<String>,
    /// Packets: an Ethernet capture, pcap or pcapng
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    pcap: Option<PathBuf>,
    /// One packet, as hexadecimal digits or @FILE; may be repeated
    #[arg(long, value_name = "HEX|@FILE")]
    data: Vec<String>,
    /// Context to run with (struct __sk_buff, struct xdp_md, or of a syscall program), as hexadecimal digits or @FILE
    #[arg(long, value_name = "HEX|@FILE")]
    ctx: Option<String>,
    /// Run each packet that often
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// What runs the program: compiled code, or the interpreter that checks every access
    #[arg(long, value_enum, default_value_t = Executor::Jit)]
    executor: Executor,
    /// Decode records of a ring buffer as a struct of the object
    #[arg(long = "record", value_name = "MAP=STRUCT")]
    records: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    session: session::Options,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Executor {
    Jit,
    Check,
}

/// More than any packet; what comes out is compared with what went in.
const OUTPUT_ROOM: u32 = 1 << 18;

pub(crate) fn run(args: &Args) -> Result<Verdict> {
    let inputs = inputs(args)?;
    let client = args.session.client(match args.executor {
        Executor::Jit => Engine::Jit,
        Executor::Check => Engine::Check,
    })?;
    let object = session::open(&client, &args.object)?;
    let records = RecordTypes::parse(&object, &args.records)?;
    let name = choose(&object, args.prog.as_deref())?;
    let loaded = object.load(
        &client,
        &LoadOptions {
            selection: Selection::AutoloadAnd(&name),
            logging: Logging::OnRejection(LogLevel::LEVEL1),
            log_size: 1 << 20,
        },
    );
    // Like libbpf, all or nothing: a tail call must not fall through because its target is missing.
    let mut failed = Verdict::Accepted;
    for program in &loaded.programs {
        let Some(spec) = object.programs.get(program.index) else {
            continue;
        };
        let one = One::new(&object, &args.object, spec, program);
        if one.verdict == Verdict::Accepted {
            continue;
        }
        one.print(0);
        if failed != Verdict::Rejected {
            failed = one.verdict;
        }
    }
    if failed != Verdict::Accepted {
        return Ok(failed);
    }
    let program = loaded.programs.iter().find(|program| program.name == name);
    let Some((fd, spec)) =
        program.and_then(|program| Some((program.fd()?, object.program(&name)?)))
    else {
        bail!("program '{name}' could not be loaded");
    };
    if inputs.is_empty() && spec.prog_type != ProgType::Syscall {
        bail!("there is nothing to run '{name}' on; give packets with --pcap FILE or --data HEX");
    }
    let results = execute(&client, fd, args, &inputs)?;
    let dumps = map_dump::all(&client, &object, &loaded, &records);
    if args.json {
        println!(
            "{}",
            serde_json::to_string_pretty(&as_json(args, spec, &results, &dumps))?
        );
    } else {
        print(spec, args, &results, &dumps);
    }
    Ok(Verdict::Accepted)
}

fn inputs(args: &Args) -> Result<Vec<Vec<u8>>> {
    match &args.pcap {
        Some(file) => packets::read(file),
        None => args.data.iter().map(|data| input::bytes(data)).collect(),
    }
}

/// The program that is asked for, the only one, or the one named like the object.
fn choose(object: &Object, asked: Option<&str>) -> Result<String> {
    if let Some(name) = asked {
        verify::exists(object, name)?;
    }
    let names: Vec<&str> = verify::names(object).collect();
    let name = match (asked, names.as_slice()) {
        (Some(name), _) => name,
        (None, [only]) => only,
        (None, _) if names.contains(&object.name.as_str()) => &object.name,
        (None, _) => bail!("name a program with --prog; there are {}", names.join(", ")),
    };
    if let Some(broken) = object.broken.iter().find(|broken| broken.name == name) {
        bail!("program '{name}' cannot be loaded: {}", broken.why);
    }
    Ok(name.to_owned())
}

/// What one input came to.
struct RunResult {
    /// The return value, or the name of the errno.
    answer: Result<u32, String>,
    duration_ns: u32,
    /// What it made of the data, where it changed it.
    changed: Option<Vec<u8>>,
}

fn execute(client: &Client, fd: Fd, args: &Args, inputs: &[Vec<u8>]) -> Result<Vec<RunResult>> {
    let ctx = args
        .ctx
        .as_deref()
        .map(input::bytes)
        .transpose()?
        .unwrap_or_default();
    let nothing = [Vec::new()];
    let inputs = if inputs.is_empty() {
        &nothing[..]
    } else {
        inputs
    };
    let mut results = Vec::new();
    for data in inputs {
        let output = client.prog_test_run(
            fd,
            &TestRunSpec {
                data: data.clone(),
                data_out_size: if data.is_empty() { 0 } else { OUTPUT_ROOM },
                ctx: ctx.clone(),
                // Once means once: syscall programs take no count.
                repeat: if args.repeat == 1 { 0 } else { args.repeat },
                ..TestRunSpec::default()
            },
        );
        let answer = match output.result {
            Ok(()) => Ok(output.retval),
            // A kernel error of a packet is an answer; what we lack is not.
            Err(error) if error.why.starts_with("not implemented") => bail!("{}", error.why),
            Err(error) => Err(error.errno.to_string()),
        };
        let changed = (answer.is_ok() && output.data != *data).then_some(output.data);
        results.push(RunResult {
            answer,
            duration_ns: output.duration_ns,
            changed,
        });
    }
    Ok(results)
}

/// How often each answer came.
fn counts(results: &[RunResult]) -> BTreeMap<Result<u32, String>, usize> {
    let mut counts = BTreeMap::new();
    for result in results {
        *counts.entry(result.answer.clone()).or_default() += 1;
    }
    counts
}

fn mean_ns(results: &[RunResult]) -> u64 {
    let ran = results.iter().filter(|result| result.answer.is_ok());
    let total: u64 = ran
        .clone()
        .map(|result| u64::from(result.duration_ns))
        .sum();
    total.checked_div(ran.count() as u64).unwrap_or(0)
}

fn print(spec: &ProgramSpec, args: &Args, results: &[RunResult], dumps: &[Dump]) {
    let prog_type = spec.prog_type.name().to_ascii_lowercase();
    let changed = results
        .iter()
        .filter(|result| result.changed.is_some())
        .count();
    println!(
        "{} ({prog_type}) accepted, run on {} inputs",
        spec.name,
        results.len()
    );
    println!("return values");
    for (answer, count) in counts(results) {
        let text = match answer {
            Ok(value) => match retval::name(spec.prog_type, value) {
                Some(name) => format!("{name} ({})", value.cast_signed()),
                None => value.to_string(),
            },
            Err(errno) => format!("error {errno}"),
        };
        println!("  {count:6}  {text}");
    }
    if changed != 0 {
        println!("  {changed:6}  packets changed");
    }
    for dump in dumps {
        println!();
        print!("{}", dump.text());
    }
    // Apart from the rest: it differs from run to run.
    let executor = match args.executor {
        Executor::Jit => "jit",
        Executor::Check => "check",
    };
    eprintln!(
        "mean duration of a run: {} ns ({executor}, repeat {})",
        mean_ns(results),
        args.repeat
    );
}

fn as_json(args: &Args, spec: &ProgramSpec, results: &[RunResult], dumps: &[Dump]) -> Value {
    let key = |answer: &Result<u32, String>| match answer {
        Ok(value) => value.to_string(),
        Err(errno) => errno.clone(),
    };
    let counted = counts(results)
        .into_iter()
        .map(|(answer, count)| (key(&answer), json!(count)));
    let numbered = results.iter().enumerate();
    let changed = numbered.filter_map(|(index, result)| {
        Some((
            index.to_string(),
            json!(input::hex(result.changed.as_ref()?)),
        ))
    });
    let answers = results.iter().map(|result| match &result.answer {
        Ok(value) => json!(value),
        Err(errno) => json!(errno),
    });
    json!({
        "object": args.object.display().to_string(),
        "program": spec.name,
        "type": spec.prog_type.name().to_ascii_lowercase(),
        "verdict": "accepted",
        "retval_counts": Value::Object(counted.collect::<Map<_, _>>()),
        "retvals": answers.collect::<Vec<_>>(),
        "changed_packets": Value::Object(changed.collect::<Map<_, _>>()),
        "duration_ns": mean_ns(results),
        "maps": Value::Object(dumps.iter().map(Dump::json).collect::<Map<_, _>>()),
    })
}
