//! Who a client is, as programs and infos see it.

use std::sync::LazyLock;

use skep_kernel::TaskIds;

/// Our user and group, which are our clients'.
static OWN: LazyLock<(u32, u32)> = LazyLock::new(|| {
    (
        rustix::process::getuid().as_raw(),
        rustix::process::getgid().as_raw(),
    )
});

/// The ids of a thread, without asking: for commands that look at capabilities only.
pub(crate) fn of_thread(thread: u32) -> TaskIds {
    let (uid, gid) = *OWN;
    TaskIds {
        pid: thread,
        tgid: thread,
        uid,
        gid,
        comm: [0; 16],
    }
}

/// The ids and the name of a thread, from /proc.
pub(crate) fn of_process(thread: u32) -> TaskIds {
    let mut ids = of_thread(thread);
    let status = std::fs::read_to_string(format!("/proc/{thread}/status")).unwrap_or_default();
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
    let number = |name: &str| field(name)?.split_whitespace().next()?.parse().ok();
    ids.tgid = number("Tgid:").unwrap_or(ids.tgid);
    ids.uid = number("Uid:").unwrap_or(ids.uid);
    ids.gid = number("Gid:").unwrap_or(ids.gid);
    let name = field("Name:\t").unwrap_or_default();
    for (to, from) in ids.comm.iter_mut().take(15).zip(name.bytes()) {
        *to = from;
    }
    ids
}

/// The parent of a process.
pub(crate) fn parent(pid: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let text = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    text.trim().parse().ok()
}

/// Whether a signal waits to be delivered to a thread.
pub(crate) fn has_signal(thread: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{thread}/status")).unwrap_or_default();
    let set = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| u64::from_str_radix(line.trim(), 16).ok())
            .unwrap_or(0)
    };
    (set("SigPnd:") | set("ShdPnd:")) & !(set("SigBlk:") | set("SigIgn:")) != 0
}
