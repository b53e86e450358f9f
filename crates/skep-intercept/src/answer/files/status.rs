//! /proc/PID/status of a client: the capability sets agree with capget(2).

use crate::client_caps::CapSets;
use crate::session::Session;

/// The text for a thread; `None` if it is no client.
pub(super) fn of(session: &Session, thread: u32) -> Option<String> {
    let host = std::fs::read_to_string(format!("/proc/{thread}/status")).ok()?;
    let sets = CapSets::parse(&host)?;
    let seen = session.caps.seen(thread, sets);
    if seen == sets || !session.is_client(thread) {
        return None;
    }
    Some(replaced(&host, &seen))
}

fn replaced(host: &str, seen: &CapSets) -> String {
    let lines = host.lines().map(|line| match line.split_once('\t') {
        Some(("CapPrm:", _)) => format!("CapPrm:\t{:016x}\n", seen.permitted),
        Some(("CapEff:", _)) => format!("CapEff:\t{:016x}\n", seen.effective),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_lines_change() {
        let seen = CapSets {
            effective: 1 << 39,
            permitted: 2,
            inheritable: 4,
        };
        let host = "Name:\tx\nCapInh:\t0\nCapPrm:\t0\nCapEff:\t0\nCapBnd:\t0\n";
        assert_eq!(
            replaced(host, &seen),
            "Name:\tx\nCapInh:\t0\nCapPrm:\t0000000000000002\nCapEff:\t0000008000000000\nCapBnd:\t0\n"
        );
    }
}
