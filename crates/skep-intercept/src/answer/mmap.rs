//! mmap of handles: the client's mapping is the host's own, after Linux's rules for maps were asked.

use skep_kernel::{Fd, FdEntry, FdObject, FdTable, MapAccess, MapObject};
use skep_maps::perf_event::{Full, PerfEvent};
use skep_uapi::{Errno, MapFlags};

use super::failed;
use crate::carrier::{ClientCall, Verdict};
use crate::client_fds::ClientFds;
use crate::session::Session;

const PAGE: u64 = 4096;

/// What is to be mapped.
#[derive(Clone, Copy)]
struct Wanted {
    offset: u64,
    len: u64,
    writes: bool,
}

/// mmap(address, length, protection, flags, fd, offset) of a file, shared.
pub(super) fn answer(session: &Session, call: &ClientCall) -> Verdict {
    let fd = Fd(call.arg(4) as i32);
    let fds = ClientFds { session, call };
    let wanted = Wanted {
        offset: call.arg(5),
        len: call
            .arg(1)
            .checked_next_multiple_of(PAGE)
            .unwrap_or(u64::MAX),
        writes: call.arg(2) as i32 & libc::PROT_WRITE != 0,
    };
    let allowed = match fds.get(fd) {
        FdEntry::Closed | FdEntry::Foreign => return Verdict::Continue,
        FdEntry::Object(FdObject::PerfEvent(event)) => map_event(&event, wanted),
        FdEntry::Object(FdObject::Map { map, access }) => check(map.reference(), access, wanted),
        FdEntry::Object(
            FdObject::Prog(_) | FdObject::Btf(_) | FdObject::Link { .. } | FdObject::Statistics(_),
        ) => Err(Errno::ENODEV),
    };
    match allowed {
        Ok(()) => Verdict::Continue,
        Err(errno) => {
            let (len, offset) = (call.arg(1), call.arg(5));
            let (fd, protection) = (fd.0, call.arg(2));
            let errno = i32::from(errno.0);
            let what = format!("mmap({len}, prot={protection:#x}, fd={fd}, {offset:#x})");
            session.trace.answered(call, &what, Err(errno));
            failed(errno)
        }
    }
}

fn ensure(holds: bool, errno: Errno) -> Result<(), Errno> {
    if holds { Ok(()) } else { Err(errno) }
}

/// The first mapping of an event says how large its buffer is.
fn map_event(event: &PerfEvent, wanted: Wanted) -> Result<(), Errno> {
    // What lies behind the buffer is for processor traces.
    ensure(wanted.offset == 0, Errno::EINVAL)?;
    let full = if wanted.writes {
        Full::Loses
    } else {
        Full::Overwrites
    };
    let len = usize::try_from(wanted.len).map_err(|_| Errno::ENOMEM)?;
    event.map(len, full)
}

fn check(map: &MapObject, access: MapAccess, wanted: Wanted) -> Result<(), Errno> {
    match access {
        MapAccess::ReadWrite => {}
        MapAccess::WriteOnly => return Err(Errno::EACCES),
        MapAccess::ReadOnly if wanted.writes => return Err(Errno::EACCES),
        // Linux takes such a mapping for a private one.
        MapAccess::ReadOnly => return Err(Errno::EINVAL),
    }
    let map = map.map();
    let Some(memory) = map.client_memory() else {
        return Err(Errno::ENOTSUPP);
    };
    if wanted.writes {
        let base = map.base();
        ensure(!base.is_frozen(), Errno::EPERM)?;
        let constant = base.attr().flags.contains(MapFlags::RDONLY_PROG);
        ensure(!constant, Errno::EACCES)?;
        if map.as_ringbuf().is_some() {
            // The consumer's position, alone.
            let alone = wanted.offset == 0 && wanted.len == PAGE;
            ensure(alone, Errno::EPERM)?;
        } else if map.as_user_ringbuf().is_some() {
            // All but the consumer's position.
            ensure(wanted.offset != 0, Errno::EPERM)?;
        }
    }
    let size = rustix::fs::fstat(memory).map_or(0, |stat| stat.st_size as u64);
    let end = wanted.offset.checked_add(wanted.len);
    ensure(end.is_some_and(|end| end <= size), Errno::EINVAL)
}
