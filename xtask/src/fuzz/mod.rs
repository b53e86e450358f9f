//! `cargo xtask fuzz`: calls through the dispatcher, half of them made from valid objects and then mutated, half of
//! random bytes, sizes and pointers.
//!
//! [`target`] is the session under test, [`request`] makes valid calls, [`mutate`] spoils them, [`live`] remembers what
//! they made, [`watchdog`] interrupts long calls and reports those that do not stop, [`tally`] counts. [`programs`] is about programs alone.

mod live;
mod mutate;
mod programs;
mod request;
mod tally;
mod target;
mod watchdog;

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use skep_kernel::Engine;

use self::live::Live;
use self::tally::Tally;
use self::target::{Outcome, Target};
use self::watchdog::Watchdog;
use crate::corpus::{Filter, Folder, Mode, Unit};
use crate::rng::Rng;
use crate::root;

/// Rows of the corpus that take longer to verify are not used.
const LONG_LOAD: u64 = 10_000;

/// Call the dispatcher with valid, spoiled and random requests
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many calls.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    calls: u64,
    /// Where the random numbers start; a failure names it.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Load spoiled and made-up programs, and run what is accepted in the checking interpreter.
    #[arg(long)]
    programs: bool,
    /// With --programs: the first attempt, to repeat one.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "programs")]
    from: u64,
    /// With --programs: stop after this time.
    #[arg(long, value_name = "N", requires = "programs")]
    seconds: Option<u64>,
    /// Threads, each with a session of its own.
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: u64,
}

/// Calls, prints the counts, and answers 1 after a panic or where a served command hardly ever succeeded.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if args.programs {
        return programs::run(args);
    }
    let folder = Folder::open(&root::root().join("corpus"))?;
    let units = pool(&folder)?;
    let identity = skep_kernel::Identity::host();
    let jobs = args.jobs.max(1);
    let parts: Vec<Result<Tally>> = std::thread::scope(|scope| {
        let (folder, units, identity) = (&folder, &units, &identity);
        let workers: Vec<_> = (0..jobs)
            .map(|job| {
                let calls = args.calls / jobs + u64::from(job < args.calls % jobs);
                let seed = args.seed.wrapping_add(job);
                scope.spawn(move || worker(folder, units, identity, seed, calls))
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| {
                worker
                    .join()
                    .map_err(|_| anyhow!("a fuzzing thread panicked"))?
            })
            .collect()
    });
    let mut total = Tally::default();
    for part in parts {
        total.add(part?);
    }
    total.print();
    Ok(ExitCode::from(u8::from(!total.good())))
}

/// Programs to load: the repository's own.
fn pool(folder: &Folder) -> Result<Vec<Unit>> {
    let rows = folder.rows(&Filter {
        mode: Mode::Priv,
        name: None,
    })?;
    Ok(rows
        .into_iter()
        .map(|row| row.unit)
        .filter(|unit| unit.processed_insns.is_none_or(|count| count < LONG_LOAD))
        .collect())
}

fn worker(
    folder: &Folder,
    units: &[Unit],
    identity: &skep_kernel::Identity,
    seed: u64,
    calls: u64,
) -> Result<Tally> {
    let mut rng = Rng::new(seed);
    let watchdog = Watchdog::start(seed);
    let mut target = Target::new(identity.clone(), Engine::Jit);
    let mut live = Live::new(folder, units);
    let mut tally = Tally::default();
    for number in 0..calls {
        target.forget_memory();
        let mut call = if rng.chance(1, 2) {
            let mut call = request::valid(&mut rng, &target, &mut live)?;
            mutate::spoil(&mut rng, &target, &mut call);
            call
        } else {
            mutate::random(&mut rng, &target, &live)
        };
        let (outcome, time) = watchdog.watch(number, |cancel| target.call(&mut call, cancel));
        tally.count(call.command, outcome, time);
        match outcome {
            Outcome::Value(value) => live.learn(&target, &call, value),
            Outcome::Errno(_) => {}
            Outcome::Panicked | Outcome::Trapped => {
                println!(
                    "{outcome:?}: seed {seed}, call {number}: command {} attr {:02x?}",
                    call.command, call.attr
                );
                target = Target::new(identity.clone(), Engine::Jit);
                live = Live::new(folder, units);
            }
        }
    }
    Ok(tally)
}
