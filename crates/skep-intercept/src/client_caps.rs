//! The capabilities that clients have for bpf(2), and see when they ask.
//!
//! A client has what the session gives, whatever it has on the host; tools that look before they call (bpftool's
//! probes) must find the same. Only the four capabilities that bpf(2) goes by are replaced in what they see: the host
//! still decides by the real ones, so a tool that believes in its CAP_SYS_ADMIN and mounts something gets EPERM.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use skep_kernel::Caps;

/// Capabilities and their numbers in capability sets.
const SHOWN: [(Caps, u32); 4] = [
    (Caps::NET_ADMIN, 12),
    (Caps::SYS_ADMIN, 21),
    (Caps::PERFMON, 38),
    (Caps::BPF, 39),
];

/// The bits of a capability set that are ours to say.
const OURS: u64 = 1 << 12 | 1 << 21 | 1 << 38 | 1 << 39;

/// Capability sets of a thread, as capget(2) has them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct CapSets {
    pub(crate) effective: u64,
    pub(crate) permitted: u64,
    pub(crate) inheritable: u64,
}

impl CapSets {
    /// The host's, from the text of /proc/PID/status.
    pub(crate) fn parse(status: &str) -> Option<Self> {
        let set = |name: &str| {
            let text = status.lines().find_map(|line| line.strip_prefix(name))?;
            u64::from_str_radix(text.trim(), 16).ok()
        };
        Some(Self {
            effective: set("CapEff:")?,
            permitted: set("CapPrm:")?,
            inheritable: set("CapInh:")?,
        })
    }

    /// Whether these differ from others in nothing but our bits.
    pub(crate) fn same_elsewhere(&self, other: &Self) -> bool {
        let differences = (self.effective ^ other.effective)
            | (self.permitted ^ other.permitted)
            | (self.inheritable ^ other.inheritable);
        differences & !OURS == 0
    }
}

/// What a process has left itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Left {
    effective: Caps,
    permitted: Caps,
}

/// A process, not mistaken for a later one of the same number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Process {
    pid: u32,
    started: u64,
}

/// The capabilities of a session's clients.
pub(crate) struct ClientCaps {
    given: Caps,
    /// Whether anyone gave some up: nobody else pays for looking.
    some_left: AtomicBool,
    left: Mutex<HashMap<Process, Left>>,
}

impl ClientCaps {
    /// Every client has these until it drops some.
    pub(crate) fn new(given: Caps) -> Self {
        Self {
            given,
            some_left: AtomicBool::new(false),
            left: Mutex::default(),
        }
    }

    /// What a thread has effectively.
    pub(crate) fn of(&self, thread: u32) -> Caps {
        self.left_to(thread).effective
    }

    /// What a thread sees, given the host's sets.
    pub(crate) fn seen(&self, thread: u32, host: CapSets) -> CapSets {
        let left = self.left_to(thread);
        CapSets {
            effective: replaced(host.effective, left.effective),
            permitted: replaced(host.permitted, left.permitted),
            ..host
        }
    }

    /// Sets what a thread's process has left. False: more than it had.
    pub(crate) fn leave(&self, thread: u32, sets: &CapSets) -> bool {
        let had = self.left_to(thread);
        let other = had.permitted.difference(shown());
        let left = Left {
            effective: caps_of(sets.effective) | (had.effective & other),
            permitted: caps_of(sets.permitted) | other,
        };
        if !had.permitted.contains(left.permitted) || !left.permitted.contains(left.effective) {
            return false;
        }
        if left != had
            && let Some((process, _)) = process(thread)
        {
            let mut all = self.left.lock();
            all.retain(|process, _| is_alive(*process));
            all.insert(process, left);
            self.some_left.store(true, Ordering::Release);
        }
        true
    }

    /// Children have what their parents had.
    fn left_to(&self, thread: u32) -> Left {
        let everything = Left {
            effective: self.given,
            permitted: self.given,
        };
        if !self.some_left.load(Ordering::Acquire) {
            return everything;
        }
        let all = self.left.lock();
        let mut next = process(thread);
        while let Some((process, parent)) = next {
            if let Some(left) = all.get(&process) {
                return *left;
            }
            next = self::process(parent);
        }
        everything
    }
}

fn shown() -> Caps {
    SHOWN
        .iter()
        .fold(Caps::empty(), |all, (caps, _)| all | *caps)
}

fn caps_of(set: u64) -> Caps {
    let held = SHOWN.iter().filter(|(_, number)| set >> number & 1 == 1);
    held.fold(Caps::empty(), |all, (caps, _)| all | *caps)
}

fn replaced(set: u64, caps: Caps) -> u64 {
    let held = SHOWN.iter().filter(|(cap, _)| caps.contains(*cap));
    held.fold(set & !OURS, |set, (_, number)| set | 1 << number)
}

/// A thread's process and its parent.
fn process(thread: u32) -> Option<(Process, u32)> {
    let status = std::fs::read_to_string(format!("/proc/{thread}/status")).ok()?;
    let number = |name: &str| {
        let text = status.lines().find_map(|line| line.strip_prefix(name))?;
        text.trim().parse::<u32>().ok()
    };
    let pid = number("Tgid:")?;
    let started = started(pid)?;
    Some((Process { pid, started }, number("PPid:")?))
}

/// Field 22 of /proc/PID/stat; the name before it may hold anything.
fn started(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(19)?.parse().ok()
}

fn is_alive(process: Process) -> bool {
    started(process.pid) == Some(process.started)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Name:\tx\nCapInh:\t0000000000000001\nCapPrm:\t0000000000201000\nCapEff:\t0000000000200002\n";

    #[test]
    fn the_host_keeps_its_own_bits() {
        let host = CapSets::parse(STATUS).unwrap();
        let seen = ClientCaps::new(Caps::BPF).seen(1, host);
        assert_eq!(seen.effective, 1 << 39 | 2);
        assert_eq!(seen.permitted, 1 << 39);
        assert_eq!(seen.inheritable, 1);
        assert!(seen.same_elsewhere(&host));
    }

    #[test]
    fn what_is_dropped_stays_dropped() {
        let me = std::process::id();
        let caps = ClientCaps::new(Caps::all());
        let keep = CapSets {
            permitted: OURS,
            ..CapSets::default()
        };
        assert!(caps.leave(me, &keep));
        assert_eq!(caps.of(me), Caps::empty() | (Caps::all() - shown()));
        let bpf = CapSets {
            effective: 1 << 39,
            permitted: 1 << 39,
            inheritable: 0,
        };
        assert!(caps.leave(me, &bpf), "permitted ones come back");
        assert!(caps.of(me).contains(Caps::BPF));
        assert!(!caps.leave(me, &keep), "others do not");
    }
}
