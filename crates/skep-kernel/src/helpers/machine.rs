//! Clocks, randomness, CPU.

use skep_exec::{HelperCall, HelperResult};
use skep_object::Clock;

/// Ticks a second, CONFIG_HZ of the reference kernel.
const HZ: u64 = 250;
/// INITIAL_JIFFIES: the counter starts five minutes before it passes 32 bits.
const INITIAL_JIFFIES: u64 = (1 << 32) - 300 * HZ;
const NS_PER_TICK: u64 = 1_000_000_000 / HZ;

fn now(call: &HelperCall<'_, '_>, clock: Clock) -> HelperResult {
    Ok(call.context().platform().now_ns(clock))
}

pub(super) fn ktime_get_ns(call: &HelperCall<'_, '_>) -> HelperResult {
    now(call, Clock::Monotonic)
}

pub(super) fn ktime_get_boot_ns(call: &HelperCall<'_, '_>) -> HelperResult {
    now(call, Clock::Boottime)
}

pub(super) fn ktime_get_coarse_ns(call: &HelperCall<'_, '_>) -> HelperResult {
    now(call, Clock::MonotonicCoarse)
}

pub(super) fn ktime_get_tai_ns(call: &HelperCall<'_, '_>) -> HelperResult {
    now(call, Clock::Tai)
}

pub(super) fn jiffies64(call: &HelperCall<'_, '_>) -> HelperResult {
    let ticks = call.context().platform().now_ns(Clock::Monotonic) / NS_PER_TICK;
    Ok(ticks.wrapping_add(INITIAL_JIFFIES))
}

pub(super) fn get_prandom_u32(call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(u64::from(call.context().platform().random_u32()))
}

pub(super) fn get_smp_processor_id(call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(u64::from(call.context().cpu()))
}

/// There is one node.
pub(super) fn get_numa_node_id(_call: &HelperCall<'_, '_>) -> HelperResult {
    Ok(0)
}
