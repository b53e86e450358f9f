//! The machine skep runs on.

use std::sync::atomic::{AtomicU64, Ordering};

use rustix::rand::{GetRandomFlags, getrandom};
use rustix::time::{ClockId, DynamicClockId, Timespec, clock_gettime, clock_gettime_dynamic};

use super::{Clock, Platform, STEP, mix};

/// Real time, numbers seeded by the system, the CPU the thread is on.
#[derive(Debug)]
pub struct Host {
    state: AtomicU64,
}

impl Host {
    /// A host platform with a fresh seed.
    pub fn new() -> Self {
        let mut seed = [0u8; 8];
        if getrandom(&mut seed, GetRandomFlags::empty()).is_err() {
            // Not for secrets: the clock will do.
            seed = read(ClockId::Monotonic).to_ne_bytes();
        }
        Self {
            state: AtomicU64::new(u64::from_ne_bytes(seed)),
        }
    }
}

impl Default for Host {
    fn default() -> Self {
        Self::new()
    }
}

impl Platform for Host {
    fn now_ns(&self, clock: Clock) -> u64 {
        match clock {
            Clock::Monotonic => read(ClockId::Monotonic),
            Clock::Boottime => read(ClockId::Boottime),
            Clock::MonotonicCoarse => read(ClockId::MonotonicCoarse),
            Clock::Realtime => read(ClockId::Realtime),
            // Only a kernel before 3.10 has no TAI clock; real time is then the nearest.
            Clock::Tai => match clock_gettime_dynamic(DynamicClockId::Tai) {
                Ok(now) => nanoseconds(now),
                Err(_) => read(ClockId::Realtime),
            },
        }
    }

    fn random_u32(&self) -> u32 {
        mix(self.state.fetch_add(STEP, Ordering::Relaxed)) as u32
    }

    fn current_cpu(&self) -> u32 {
        u32::try_from(rustix::thread::sched_getcpu()).unwrap_or(0)
    }
}

fn read(clock: ClockId) -> u64 {
    nanoseconds(clock_gettime(clock))
}

fn nanoseconds(time: Timespec) -> u64 {
    (time.tv_sec as u64)
        .wrapping_mul(1_000_000_000)
        .wrapping_add(time.tv_nsec as u64)
}
