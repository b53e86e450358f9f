//! How much memory this process has had at most since it was last asked to forget.

use std::fs;

/// Starts a new peak; false where the system does not offer that.
pub(super) fn forget_peak() -> bool {
    fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// Bytes resident now.
pub(super) fn resident() -> Option<u64> {
    field("VmRSS:")
}

/// Most bytes resident since [`forget_peak`].
pub(super) fn peak() -> Option<u64> {
    field("VmHWM:")
}

fn field(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}
