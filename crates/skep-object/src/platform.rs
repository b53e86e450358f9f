//! What a run takes from the machine: time, randomness, the current CPU.

mod deterministic;
mod host;

use std::time::Duration;

pub use deterministic::Deterministic;
pub use host::Host;

/// The clocks helpers read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clock {
    /// Since boot, without suspend (`bpf_ktime_get_ns`).
    Monotonic,
    /// Since boot, with suspend (`bpf_ktime_get_boot_ns`).
    Boottime,
    /// International atomic time (`bpf_ktime_get_tai_ns`).
    Tai,
    /// As monotonic, cheap and as coarse as a tick (`bpf_ktime_get_coarse_ns`).
    MonotonicCoarse,
    /// Since 1970, for timers.
    Realtime,
}

/// Where clock readings, random numbers and CPU choice come from.
pub trait Platform: Send + Sync {
    /// A clock's reading in nanoseconds.
    fn now_ns(&self, clock: Clock) -> u64;

    /// A pseudo-random number, not for secrets.
    fn random_u32(&self) -> u32;

    /// The CPU this thread runs on, as a hint; callers reduce it to the possible CPUs.
    fn current_cpu(&self) -> u32;

    /// How long a thread may sleep that waits for the monotonic clock to go on by `left_ns`, before it looks again.
    fn patience(&self, left_ns: u64) -> Duration {
        Duration::from_nanos(left_ns)
    }
}

/// One step of splitmix64: a well-mixed number for each input.
pub(crate) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What splitmix64 adds between two numbers.
pub(crate) const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
