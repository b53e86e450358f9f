//! What the clients in Rust share: arguments, the bursts of events, and the books on them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// Events of one run of the program (`events_per_run`).
pub const PER_RUN: u64 = 100;
/// Runs of a burst: their events fit into the ring.
const RUNS: u64 = 100;
/// How long the consumer is watched between bursts.
const PAUSE: Duration = Duration::from_millis(2);
/// Nothing takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// `CLIENT OBJECT DIRECTORY EVENTS`: the compiled program, a directory of a bpf file system, how many events.
pub struct Arguments {
    /// The compiled program.
    pub object: PathBuf,
    /// Where pins go.
    pub pins: PathBuf,
    /// How many events to wait for.
    pub events: u64,
}

impl Arguments {
    /// Those of this process.
    pub fn parse() -> Result<Self> {
        let mut words = std::env::args_os().skip(1);
        let mut next = || {
            words
                .next()
                .context("usage: CLIENT OBJECT DIRECTORY EVENTS")
        };
        Ok(Self {
            object: next()?.into(),
            pins: next()?.into(),
            events: next()?.to_string_lossy().parse()?,
        })
    }
}

/// What a consumer did, for the thread that makes events.
#[derive(Default)]
pub struct Consumer {
    thread: AtomicI32,
    received: AtomicU64,
    wakes: AtomicU64,
    /// Set when no events will come any more.
    pub done: AtomicBool,
}

impl Consumer {
    /// To be called by the consumer's thread, before it waits.
    pub fn register(&self) {
        // SAFETY: gettid(2) cannot fail.
        self.thread
            .store(unsafe { libc::gettid() }, Ordering::Release);
    }

    /// The consumer was woken and has now had so many events in all.
    pub fn woken(&self, received: u64) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
        self.received.store(received, Ordering::Release);
    }

    /// Processor time of the consumer's thread.
    fn cpu_time(&self) -> Result<Duration> {
        // The clock of a thread, as clock_getcpuclockid(3) makes it of a thread id.
        let clock = (!self.thread.load(Ordering::Acquire) << 3) | 6;
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: writes to `time`.
        let result = unsafe { libc::clock_gettime(clock, &mut time) };
        ensure!(result == 0, "the consumer's thread is gone");
        Ok(Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
    }

    fn wait_for(&self, wanted: u64) -> Result<()> {
        let start = Instant::now();
        while self.received.load(Ordering::Acquire) < wanted
            || self.thread.load(Ordering::Acquire) == 0
        {
            let received = self.received.load(Ordering::Acquire);
            ensure!(
                start.elapsed() < PATIENCE,
                "{received} of {wanted} events arrived"
            );
            std::thread::sleep(Duration::from_micros(100));
        }
        Ok(())
    }
}

/// Makes `events` events by bursts of test runs; after each the consumer gets them all and falls asleep.
pub fn bursts(
    consumer: &Consumer,
    events: u64,
    mut run: impl FnMut(u32) -> Result<()>,
) -> Result<()> {
    let (mut made, mut bursts) = (0, 0);
    let (mut awake, mut watched) = (Duration::ZERO, Duration::ZERO);
    consumer.wait_for(0)?;
    while made < events {
        let left = (events - made).div_ceil(PER_RUN);
        // Small and large ones in turn: the first event of any wakes.
        let runs = if bursts % 2 == 0 { RUNS } else { 1 }.min(left);
        run(runs as u32)?;
        made += runs * PER_RUN;
        bursts += 1;
        consumer.wait_for(made)?;
        // It may have woken late for events it had already; then it goes back to sleep.
        std::thread::sleep(PAUSE);
        let (before, start) = (consumer.cpu_time()?, Instant::now());
        std::thread::sleep(PAUSE);
        watched += start.elapsed();
        awake += consumer.cpu_time()? - before;
    }
    let wakes = consumer.wakes.load(Ordering::Relaxed);
    println!(
        "{made} events in {bursts} bursts, {wakes} wake-ups; consumer at work {awake:?} of {watched:?} between bursts"
    );
    ensure!(
        awake * 20 < watched,
        "the consumer does not sleep between bursts"
    );
    ensure!(wakes >= bursts, "fewer wake-ups than bursts");
    Ok(())
}

/// The books on events, which are numbered from 0.
pub struct Ledger {
    seen: Vec<bool>,
    received: u64,
    doubled: u64,
    foreign: u64,
}

impl Ledger {
    /// For so many events.
    pub fn new(events: u64) -> Self {
        Self {
            seen: vec![false; events as usize],
            received: 0,
            doubled: 0,
            foreign: 0,
        }
    }

    /// An event arrived.
    pub fn enter(&mut self, event: &[u8]) {
        self.received += 1;
        let number = event.try_into().map(u64::from_ne_bytes).unwrap_or(u64::MAX);
        match self.seen.get_mut(number as usize) {
            Some(seen) if *seen => self.doubled += 1,
            Some(seen) => *seen = true,
            None => self.foreign += 1,
        }
    }

    /// All that arrived.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Every event exactly once?
    pub fn check(&self) -> Result<()> {
        let missing = self.seen.iter().filter(|seen| !**seen).count();
        println!(
            "{} events, {missing} lost, {} doubled, {} foreign",
            self.received, self.doubled, self.foreign
        );
        ensure!(
            missing == 0 && self.doubled == 0 && self.foreign == 0,
            "events were lost or doubled"
        );
        Ok(())
    }
}
