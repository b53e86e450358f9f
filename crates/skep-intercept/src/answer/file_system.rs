//! File systems: ours says that it is bpffs, and the host's bpffs stays out of reach.

use skep_kernel::UserMemory;
use skep_uapi::UserPtr;

use crate::carrier::{ClientCall, Verdict};
use crate::client_path::{self, string};
use crate::session::Session;
use crate::sys::process_memory::ProcessMemory;
use crate::view::{LastLink, Start};

/// BPF_FS_MAGIC.
const MAGIC: u64 = 0xcafe_4a11;
const PAGE_SIZE: u64 = 4096;
/// ST_VALID, and nosuid, nodev, noexec, relatime as the table of mounts says.
const FLAGS: u64 = 0x20 | 0x2 | 0x4 | 0x8 | 0x1000;
const NAME_MAX: u64 = 255;

/// statfs(path, buffer).
pub(super) fn statfs(session: &Session, call: &ClientCall) -> Verdict {
    let Some(path) = string(call, call.arg(0)) else {
        return Verdict::Continue;
    };
    let start = Start::WorkingDirectory;
    match session
        .view
        .find(call.thread, start, &path, LastLink::Follow)
    {
        Ok(Some(_)) => describe(session, call),
        // Not ours, or not there: the kernel knows better what to say.
        Ok(None) | Err(_) => Verdict::Continue,
    }
}

/// fstatfs(fd, buffer).
pub(super) fn fstatfs(session: &Session, call: &ClientCall) -> Verdict {
    if session.view.has(call.thread, call.arg(0) as i32) {
        describe(session, call)
    } else {
        Verdict::Continue
    }
}

/// Writes a `struct statfs` as bpffs gives it.
fn describe(session: &Session, call: &ClientCall) -> Verdict {
    // f_type, f_bsize, three counts of blocks, two of files, f_fsid, f_namelen, f_frsize, f_flags, spare.
    let words = [
        MAGIC, PAGE_SIZE, 0, 0, 0, 0, 0, 0, NAME_MAX, PAGE_SIZE, FLAGS, 0, 0, 0, 0,
    ];
    let bytes: Vec<u8> = words
        .iter()
        .flat_map(|word: &u64| word.to_ne_bytes())
        .collect();
    if ProcessMemory(call.thread)
        .write(UserPtr(call.arg(1)), &bytes)
        .is_err()
    {
        return Verdict::Return(-i64::from(libc::EFAULT));
    }
    session.trace.answered(call, "statfs of bpffs", Ok(0));
    Verdict::Return(0)
}

/// mount(source, target, type, ...): where bpffs already is, mounting it does nothing; elsewhere there is none.
pub(super) fn mount(session: &Session, call: &ClientCall) -> Verdict {
    if string(call, call.arg(2)).as_deref() != Some(b"bpf") {
        return Verdict::Continue;
    }
    if is_root(session, call, 1) {
        session
            .trace
            .other(call, "mount(bpf, \"/sys/fs/bpf\") = 0 (it is there)");
        return Verdict::Return(0);
    }
    let why = "mount(bpf) = -1 EPERM (it is at /sys/fs/bpf only)";
    session.trace.other(call, why);
    Verdict::Return(-i64::from(libc::EPERM))
}

/// umount2(target, flags): ours stays, as the host's own is below it.
pub(super) fn unmount(session: &Session, call: &ClientCall) -> Verdict {
    if !is_root(session, call, 0) {
        return Verdict::Continue;
    }
    session
        .trace
        .other(call, "umount(\"/sys/fs/bpf\") = 0 (it stays)");
    Verdict::Return(0)
}

/// Whether a path leads to the root of our bpffs.
fn is_root(session: &Session, call: &ClientCall, path: usize) -> bool {
    let path = client_path::argument(call, Start::WorkingDirectory, call.arg(path));
    let inside = path.as_deref().and_then(|path| session.view.inside(path));
    inside.is_some_and(|inside| inside.as_os_str().is_empty())
}

/// fsopen(type, flags): the first step of mounting by the newer calls.
pub(super) fn fsopen(session: &Session, call: &ClientCall) -> Verdict {
    if string(call, call.arg(0)).as_deref() != Some(b"bpf") {
        return Verdict::Continue;
    }
    let why = "fsopen(bpf) = -1 EPERM (it is at /sys/fs/bpf only)";
    session.trace.other(call, why);
    Verdict::Return(-i64::from(libc::EPERM))
}
