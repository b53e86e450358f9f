//! A machine that does the same every time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{Clock, Platform, STEP, mix};

/// Numbers from a seed, virtual time, one CPU. Each reading of a clock lets a microsecond pass, so that
/// programs that wait for time to pass come to an end.
#[derive(Debug)]
pub struct Deterministic {
    state: AtomicU64,
    now_ns: AtomicU64,
}

/// Virtual time that one clock reading takes.
const TICK_NS: u64 = 1_000;
/// Virtual time between boot and the start of the session.
const UPTIME_NS: u64 = 1_000_000_000;
/// The virtual boot: 2026-01-01T00:00:00Z in nanoseconds since 1970.
const BOOT_NS: u64 = 1_767_225_600_000_000_000;
/// Atomic time is ahead of UTC by this since 2017.
const TAI_OFFSET_NS: u64 = 37_000_000_000;
/// A tick of the coarse clock at 250 Hz.
const COARSE_NS: u64 = 4_000_000;

impl Deterministic {
    /// A platform whose every run with this seed is the same.
    pub fn new(seed: u64) -> Self {
        Self {
            state: AtomicU64::new(seed),
            now_ns: AtomicU64::new(UPTIME_NS),
        }
    }

    /// Lets virtual time pass.
    pub fn advance(&self, ns: u64) {
        self.now_ns.fetch_add(ns, Ordering::Relaxed);
    }
}

impl Platform for Deterministic {
    fn now_ns(&self, clock: Clock) -> u64 {
        let now = self
            .now_ns
            .fetch_add(TICK_NS, Ordering::Relaxed)
            .wrapping_add(TICK_NS);
        match clock {
            Clock::Monotonic | Clock::Boottime => now,
            Clock::MonotonicCoarse => now - now % COARSE_NS,
            Clock::Realtime => now.wrapping_add(BOOT_NS),
            Clock::Tai => now.wrapping_add(BOOT_NS).wrapping_add(TAI_OFFSET_NS),
        }
    }

    fn random_u32(&self) -> u32 {
        mix(self.state.fetch_add(STEP, Ordering::Relaxed)) as u32
    }

    fn current_cpu(&self) -> u32 {
        0
    }

    fn patience(&self, _left_ns: u64) -> Duration {
        // Virtual time goes on when someone says so, and nobody is told.
        Duration::from_millis(1)
    }
}
