//! `cargo xtask fuzz --programs`: loads of spoiled and of made-up programs, and runs of those that are accepted.
//!
//! [`subject`] chooses a recorded program or makes one up, [`spoil`] changes its instructions, BTF, func_info and line_info,
//! [`attempt`] loads it and runs it in the checking interpreter on random inputs. A panic, a trap or a load that does not stop is a
//! finding; each attempt has random numbers of its own, so `--seed S --from N --calls 1` repeats one.

mod attempt;
mod make;
mod spoil;
mod subject;
mod tally;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use skep_kernel::{Engine, Identity};

use self::attempt::Attempt;
use self::subject::Pool;
use self::tally::Tally;
use super::Args;
use super::target::Target;
use super::watchdog::Watchdog;
use crate::corpus::Folder;
use crate::rng::Rng;
use crate::root;

/// Attempts after which a session is replaced.
const SESSION: u64 = 2_000;

/// Fuzzes on as many threads as asked for; answers 1 after a finding.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let own = Folder::open(&root::root().join("corpus"))?;
    let shared = Folder::open(&root::shared_corpus()).ok();
    let identity = match shared.as_ref().map(Folder::kernel).transpose()?.flatten() {
        Some(kernel) => Identity::without_btf()
            .with_btf(&kernel.btf)
            .map_err(|why| anyhow!("the corpus's kernel BTF: {why}"))?,
        None => Identity::host(),
    };
    let folders = [Some(own), shared].into_iter().flatten().collect();
    let pool = Pool::read(folders)?;
    println!("fuzz programs: {} programs to spoil", pool.len());
    let end = args
        .seconds
        .map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let jobs = args.jobs.max(1);
    let parts: Vec<Result<Tally>> = std::thread::scope(|scope| {
        let (pool, identity) = (&pool, &identity);
        let workers: Vec<_> = (0..jobs)
            .map(|job| {
                let numbers = (args.from + job..args.from + args.calls).step_by(jobs as usize);
                scope.spawn(move || worker(pool, identity, args.seed, numbers, end))
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

fn worker(
    pool: &Pool,
    identity: &Identity,
    seed: u64,
    numbers: impl Iterator<Item = u64>,
    end: Option<Instant>,
) -> Result<Tally> {
    let watchdog = Watchdog::start(seed);
    let mut target = Target::new(identity.clone(), Engine::Check);
    let mut tally = Tally::default();
    for (count, number) in (1_u64..).zip(numbers) {
        if end.is_some_and(|end| Instant::now() >= end) {
            break;
        }
        let mut rng = Rng::new(seed).derived(number);
        let mut subject = pool.choose(&mut rng)?;
        spoil::spoil(&mut rng, pool, &mut subject);
        let attempt = Attempt {
            target: &target,
            watchdog: &watchdog,
            number,
            subject: &subject,
        };
        let found = attempt.make(&mut rng, &mut tally);
        if let Some(what) = &found {
            println!(
                "{what}: seed {seed}, attempt {number}: {}",
                subject.describe()
            );
        }
        if found.is_some() || count.is_multiple_of(SESSION) {
            target = Target::new(identity.clone(), Engine::Check);
        }
    }
    Ok(tally)
}
