//! open(2) and its kin: files we have something to say about.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use skep_kernel::UserMemory;
use skep_uapi::UserPtr;

use super::files::{self, Shown};
use super::{bpffs, failed};
use crate::carrier::{ClientCall, Give, OnExec, Verdict};
use crate::client_fds::own;
use crate::client_path;
use crate::session::Session;
use crate::sys::process_memory::ProcessMemory;
use crate::view::{Form, LastLink, Start};

/// openat2(directory, path, how, size).
pub(super) fn with_how(session: &Session, call: &ClientCall) -> Verdict {
    let mut flags = [0; 8];
    if ProcessMemory(call.thread)
        .read(UserPtr(call.arg(2)), &mut flags)
        .is_err()
    {
        return Verdict::Continue;
    }
    let flags = u64::from_ne_bytes(flags) as u32;
    answer(session, call, Start::at(call.arg(0)), 1, flags)
}

/// Opens the path of argument `path`.
pub(super) fn answer(
    session: &Session,
    call: &ClientCall,
    start: Start,
    path: usize,
    flags: u32,
) -> Verdict {
    let Some(path) = client_path::argument(call, start, call.arg(path)) else {
        return Verdict::Continue;
    };
    let flags = OFlags::from_bits_retain(flags);
    if let Some(inside) = session.view.inside(&path) {
        return on_bpffs(session, call, inside, flags);
    }
    let reads = flags & OFlags::RWMODE == OFlags::RDONLY;
    if !reads {
        // The session's settings are its user's, the host's are nobody's here.
        return match files::is_setting(session, &path) {
            true => refused(session, call, &path, Errno::ACCESS),
            false => Verdict::Continue,
        };
    }
    if flags.contains(OFlags::PATH) {
        return Verdict::Continue;
    }
    match files::open(session, call, &path) {
        None => Verdict::Continue,
        Some(Shown::Absent) => refused(session, call, &path, Errno::NOENT),
        Some(Shown::File(file)) => {
            let line = format!("open({:?}) = a text of the session", path);
            session.trace.other(call, &line);
            give(session, call, &file, flags)
        }
    }
}

/// Opens what is on bpffs: directories only, as pins cannot be read or written, and nothing is made by opening.
fn on_bpffs(session: &Session, call: &ClientCall, inside: &Path, flags: OFlags) -> Verdict {
    let last = if flags.contains(OFlags::NOFOLLOW) {
        LastLink::Keep
    } else {
        LastLink::Follow
    };
    let found = bpffs::check_name(inside).and_then(|()| session.view.open(inside, last));
    let opened = match found {
        Err(Errno::NOENT) if flags.contains(OFlags::CREATE) => {
            session.view.parent(inside).and(Err(Errno::ACCESS))
        }
        Err(error) => Err(error),
        Ok(found) => rustix::fs::fstat(&found)
            .and_then(|stat| may_open(&stat, flags))
            .map(|()| found),
    };
    match (opened, session.view.form()) {
        (Err(error), _) => refused(session, call, inside, error),
        (Ok(_), Form::Mounted) => Verdict::Continue,
        (Ok(found), Form::Private(_)) => match rustix::fs::open(
            own(&found),
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        ) {
            Ok(directory) => give(session, call, &directory, flags),
            // O_PATH of a pin cannot be handed over.
            Err(_) => refused(session, call, inside, Errno::ACCESS),
        },
    }
}

/// What Linux 6.18 says to opening a file of bpffs, in its order.
fn may_open(stat: &Stat, flags: OFlags) -> rustix::io::Result<()> {
    let writes = flags & OFlags::RWMODE != OFlags::RDONLY;
    let path_only = flags.contains(OFlags::PATH);
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory if path_only => Ok(()),
        FileType::Directory if flags.contains(OFlags::TMPFILE) => Err(Errno::OPNOTSUPP),
        FileType::Directory if flags.contains(OFlags::CREATE) || writes => Err(Errno::ISDIR),
        FileType::Directory => Ok(()),
        _ if flags.contains(OFlags::DIRECTORY) => Err(Errno::NOTDIR),
        _ if path_only => Ok(()),
        FileType::Symlink => Err(Errno::LOOP),
        _ if flags.contains(OFlags::CREATE | OFlags::EXCL) => Err(Errno::EXIST),
        _ if !bpffs::permits(stat, flags) => Err(Errno::ACCESS),
        _ => Err(Errno::IO),
    }
}

/// Gives the caller a file of ours.
fn give(session: &Session, call: &ClientCall, file: &OwnedFd, flags: OFlags) -> Verdict {
    let exec = if flags.contains(OFlags::CLOEXEC) {
        OnExec::Close
    } else {
        OnExec::Keep
    };
    match session
        .carrier
        .give(call, file.as_fd(), Give::AndAnswer, exec)
    {
        Ok(_) => Verdict::Given,
        Err(error) => Verdict::Return(-i64::from(error.raw_os_error().unwrap_or(libc::EMFILE))),
    }
}

fn refused(session: &Session, call: &ClientCall, path: &Path, error: Errno) -> Verdict {
    let errno = error.raw_os_error();
    session
        .trace
        .answered(call, &format!("open({path:?})"), Err(errno));
    failed(errno)
}
