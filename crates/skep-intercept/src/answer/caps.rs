//! capget(2) and capset(2): what a client is told of its capabilities is what bpf(2) goes by.

use skep_kernel::UserMemory;
use skep_uapi::UserPtr;

use crate::carrier::{ClientCall, Verdict};
use crate::client_caps::CapSets;
use crate::session::Session;
use crate::sys::process_memory::ProcessMemory;

/// `_LINUX_CAPABILITY_VERSION_1`: sets of 32 bits.
const VERSION_1: u32 = 0x1998_0330;
/// Versions 2 and 3: sets of 64 bits, the low halves first.
const VERSIONS_2_AND_3: [u32; 2] = [0x2007_1026, 0x2008_0522];

/// How many times (effective, permitted, inheritable) of 32 bits each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Layout {
    halves: usize,
}

const WORDS: usize = 6;

/// The header: the layout of the data, and whom it is about; `None` if the kernel has to say what is wrong.
fn header(call: &ClientCall) -> Option<(Layout, u32)> {
    let mut bytes = [0; 8];
    ProcessMemory(call.thread)
        .read(UserPtr(call.arg(0)), &mut bytes)
        .ok()?;
    let [version, pid] = words(&bytes);
    let halves = match version {
        VERSION_1 => 1,
        version if VERSIONS_2_AND_3.contains(&version) => 2,
        _ => return None,
    };
    let who = if pid == 0 { call.thread } else { pid };
    Some((Layout { halves }, who))
}

fn words<const N: usize>(bytes: &[u8]) -> [u32; N] {
    let mut words = [0; N];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *word = u32::from_ne_bytes(*bytes);
    }
    words
}

fn host_sets(thread: u32) -> Option<CapSets> {
    CapSets::parse(&std::fs::read_to_string(format!("/proc/{thread}/status")).ok()?)
}

/// capget(header, data).
pub(super) fn get(session: &Session, call: &ClientCall) -> Verdict {
    // Asking for the version only.
    if call.arg(1) == 0 {
        return Verdict::Continue;
    }
    let Some((layout, who)) = header(call) else {
        return Verdict::Continue;
    };
    // Others of the host are as they are.
    if who != call.thread && !session.is_client(who) {
        return Verdict::Continue;
    }
    let Some(host) = host_sets(who) else {
        return Verdict::Continue;
    };
    let seen = session.caps.seen(who, host);
    let bytes = encode(layout, &seen);
    match ProcessMemory(call.thread).write(UserPtr(call.arg(1)), &bytes) {
        Ok(()) => Verdict::Return(0),
        Err(_) => Verdict::Return(-i64::from(libc::EFAULT)),
    }
}

/// capset(header, data): what is dropped of ours is dropped here; the rest is the host's to say.
pub(super) fn set(session: &Session, call: &ClientCall) -> Verdict {
    let Some((layout, who)) = header(call) else {
        return Verdict::Continue;
    };
    let mut bytes = [0; 4 * WORDS];
    let len = layout.halves * 12;
    let Some(part) = bytes.get_mut(..len) else {
        return Verdict::Continue;
    };
    let memory = ProcessMemory(call.thread);
    if who != call.thread || memory.read(UserPtr(call.arg(1)), part).is_err() {
        return Verdict::Continue;
    }
    let Some(host) = host_sets(who) else {
        return Verdict::Continue;
    };
    let wanted = decode(&bytes);
    if !session.caps.leave(who, &wanted) {
        return Verdict::Return(-i64::from(libc::EPERM));
    }
    if wanted.same_elsewhere(&host) {
        Verdict::Return(0)
    } else {
        Verdict::Continue
    }
}

fn encode(layout: Layout, sets: &CapSets) -> Vec<u8> {
    let shifts = [0, 32];
    let halves = shifts.iter().take(layout.halves).flat_map(|shift| {
        [sets.effective, sets.permitted, sets.inheritable].map(|set| (set >> shift) as u32)
    });
    halves.flat_map(u32::to_ne_bytes).collect()
}

fn decode(bytes: &[u8; 4 * WORDS]) -> CapSets {
    let [e, p, i, high_e, high_p, high_i] = words(bytes);
    let set = |low, high| u64::from(low) | u64::from(high) << 32;
    CapSets {
        effective: set(e, high_e),
        permitted: set(p, high_p),
        inheritable: set(i, high_i),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_halves() {
        let sets = CapSets {
            effective: 1 << 39 | 2,
            permitted: 1 << 38,
            inheritable: 4,
        };
        let bytes = encode(Layout { halves: 2 }, &sets);
        assert_eq!(words(&bytes), [2, 0, 4, 1 << 7, 1 << 6, 0]);
        assert_eq!(decode(bytes.as_slice().try_into().unwrap()), sets);
        assert_eq!(encode(Layout { halves: 1 }, &sets).len(), 12);
    }
}
