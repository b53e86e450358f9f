//! `cargo xtask differ`: random sequences of bpf(2) about maps, on the kernel and on skep; every result and every byte
//! that comes out is compared.
//!
//! [`shape`] and [`types`] say what maps are asked for, [`generate`] makes the [`step`]s of a sequence, a [`side`]
//! carries them out ([`linux`], [`skep`]), [`pair`] compares and shrinks, [`allowed`] lists known differences,
//! [`tally`] counts.

mod allowed;
mod generate;
mod linux;
mod pair;
mod shape;
mod side;
mod skep;
mod step;
mod tally;
mod types;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use self::generate::Scene;
use self::linux::Linux;
use self::pair::{Difference, Pair};
use self::side::{Answerer, Side};
use self::skep::Skep;
use self::step::{Action, Step};
use self::tally::Tally;
use crate::corpus;
use crate::rng::Rng;

/// Steps of one sequence; each begins with nothing.
const STEPS: usize = 400;
/// Differences after which it stops looking for more.
const ENOUGH: u64 = 10;

/// Compare random sequences of bpf(2) about maps with the running kernel
#[derive(clap::Args)]
pub(crate) struct Args {
    /// For how long.
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
    /// Where the random numbers start.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The first sequence, to repeat one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    from: u64,
}

/// Compares, prints the counts, and answers 1 after a difference that is not listed.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if !corpus::kernel_answers() {
        println!("skipped: no kernel bpf(2)");
        return Ok(ExitCode::SUCCESS);
    }
    let directory = std::env::temp_dir().join(format!("skep-differ-{}", std::process::id()));
    std::fs::create_dir(&directory)?;
    let tally = compare(args, &directory);
    std::fs::remove_dir(&directory).context("cannot remove the directory of pins")?;
    let tally = tally?;
    Ok(ExitCode::from(u8::from(tally.differences > 0)))
}

fn compare(args: &Args, directory: &Path) -> Result<Tally> {
    let theirs = match Linux::new(directory) {
        Ok(theirs) => theirs,
        Err(error) => {
            println!("skipped: no mount namespace for the kernel's pins: {error:#}");
            return Ok(Tally::default());
        }
    };
    let ours = Skep::new(&directory.to_string_lossy());
    let mut pair = Pair {
        ours: Side::new(ours),
        theirs: Side::new(theirs),
    };
    let cpus = skep_kernel::Identity::without_btf().possible_cpus as usize;
    let mut tally = Tally::default();
    let start = Instant::now();
    let time = Duration::from_secs(args.seconds);
    for number in args.from.. {
        if start.elapsed() >= time || tally.differences >= ENOUGH {
            break;
        }
        tally.sequence();
        let rng = Rng::new(args.seed).derived(number);
        if let Some(steps) = sequence(&mut pair, rng, cpus, &mut tally, start + time) {
            tally.differences += 1;
            println!("difference in sequence {number} of seed {}:", args.seed);
            let (steps, difference) = pair.shrink(&steps);
            report(&steps, difference.as_ref());
        }
    }
    let left = pair.ours.answerer.objects();
    if left > 0 {
        println!("skep keeps {left} maps and programs that nothing holds");
        tally.differences += 1;
    }
    tally.print(args.seed, start.elapsed());
    Ok(tally)
}

/// One sequence; its steps up to the one that differs, if one does.
fn sequence<O: Answerer, T: Answerer>(
    pair: &mut Pair<O, T>,
    mut rng: Rng,
    cpus: usize,
    tally: &mut Tally,
    end: Instant,
) -> Option<Vec<Step>> {
    let mut scene = Scene::new(cpus);
    let mut steps = Vec::new();
    let mut differs = false;
    while steps.len() < STEPS && Instant::now() < end {
        let path = |name| pair.ours.answerer.path(name);
        let step = scene.step(&mut rng, &path);
        let seen = pair.act(&step, tally);
        steps.push(step);
        match seen {
            Ok(seen) => scene.learn(seen.answer),
            Err(_) => {
                differs = true;
                break;
            }
        }
    }
    pair.end();
    differs.then_some(steps)
}

/// The steps that are left, and what came of the last.
fn report(steps: &[&Step], difference: Option<&Difference>) {
    for step in steps {
        println!("  {}", describe(step));
    }
    match difference {
        None => println!("  but not when the sequence is repeated"),
        Some(difference) => {
            println!("  skep:   {:02x?}", difference.ours);
            println!("  kernel: {:02x?}", difference.theirs);
        }
    }
}

fn describe(step: &Step) -> String {
    let about = step.map_type.map_or("", |map_type| map_type.name());
    match &step.action {
        Action::Call(call) => {
            let buffers: Vec<&[u8]> = call
                .buffers
                .iter()
                .map(|buffer| &buffer[..buffer.len().min(64)])
                .collect();
            format!(
                "{about} {} {:?} attr {:02x?} {:?} buffers {:02x?} makes {:?}",
                call.cmd, call.caps, call.attr, call.patches, buffers, call.makes
            )
        }
        other => format!("{about} {other:02x?}"),
    }
}
