//! File systems: ours says that it is bpffs, and the host's bpffs stays out of reach.

use skep_kernel::UserMemory;
use skep_uapi::UserPtr;

use super::string;
use crate::carrier::{ClientCall, Verdict};
use crate::session::Session;
use crate::sys::process_memory::ProcessMemory;
use crate::view::{LastLink, Start};

/// BPF_FS_MAGIC.
const MAGIC: u64 = 0xcafe_4a11;
const PAGE_SIZE: u64 = 4096;
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
        MAGIC, PAGE_SIZE, 0, 0, 0, 0, 0, 0, NAME_MAX, PAGE_SIZE, 0, 0, 0, 0, 0,
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
    session.trace.other(call, "statfs of bpffs = 0");
    Verdict::Return(0)
}

/// mount(source, target, type, ...): where bpffs already is, mounting it does nothing; elsewhere there is none.
pub(super) fn mount(session: &Session, call: &ClientCall) -> Verdict {
    if string(call, call.arg(2)).as_deref() != Some(b"bpf") {
        return Verdict::Continue;
    }
    if string(call, call.arg(1)).as_deref() == Some(b"/sys/fs/bpf") {
        session
            .trace
            .other(call, "mount of bpffs at /sys/fs/bpf = 0");
        return Verdict::Return(0);
    }
    let why = "mount of bpffs = -1 EPERM (it is at /sys/fs/bpf only)";
    session.trace.other(call, why);
    Verdict::Return(-i64::from(libc::EPERM))
}

/// fsopen(type, flags): the first step of mounting by the newer calls.
pub(super) fn fsopen(session: &Session, call: &ClientCall) -> Verdict {
    if string(call, call.arg(0)).as_deref() != Some(b"bpf") {
        return Verdict::Continue;
    }
    let why = "fsopen of bpffs = -1 EPERM (it is at /sys/fs/bpf only)";
    session.trace.other(call, why);
    Verdict::Return(-i64::from(libc::EPERM))
}
