//! Calls that name files on bpffs.
//!
//! Where it is mounted, what Linux's bpffs refuses is refused here and the rest is native. Where it is not, every call
//! is carried out here, in the session's directory.

mod change;
mod look;
mod names;

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{OFlags, Stat};
use rustix::io::Errno;

use super::failed;
use crate::carrier::{ClientCall, Verdict};
use crate::client_path;
use crate::session::Session;
use crate::view::{Form, LastLink, Start};

/// A path argument: where a relative one starts, and which argument it is.
#[derive(Clone, Copy, Debug)]
struct Arg {
    start: Start,
    at: usize,
}

/// Relative to the working directory.
const fn cwd(at: usize) -> Arg {
    Arg {
        start: Start::WorkingDirectory,
        at,
    }
}

/// Relative to the directory of the argument before it.
fn at(call: &ClientCall, directory: usize) -> Arg {
    Arg {
        start: Start::at(call.arg(directory)),
        at: directory + 1,
    }
}

/// Follows the last link unless AT_SYMLINK_NOFOLLOW is among the flags.
fn last_link(flags: u64) -> LastLink {
    if flags as i32 & libc::AT_SYMLINK_NOFOLLOW == 0 {
        LastLink::Follow
    } else {
        LastLink::Keep
    }
}

/// Answers a call with paths.
pub(super) fn answer(session: &Session, call: &ClientCall) -> Verdict {
    let done = match session.view.form() {
        Form::Mounted => refuse(session, call).and_then(|verdict| match verdict {
            Verdict::Continue => look::stats(session, call),
            Verdict::Return(_) | Verdict::Given => Ok(verdict),
        }),
        Form::Private(_) => perform(session, call),
    };
    match done {
        Ok(verdict) => verdict,
        Err(error) => {
            let errno = error.raw_os_error();
            let what = format!("{} on bpffs", names::of(call.number));
            session.trace.answered(call, &what, Err(errno));
            failed(errno)
        }
    }
}

/// Answers a readlink whose path is argument `first` and whose buffer follows.
pub(super) fn readlink(
    session: &Session,
    call: &ClientCall,
    start: Start,
    first: usize,
) -> Verdict {
    match session.view.form() {
        Form::Mounted => match path(session, call, Arg { start, at: first }) {
            Some(path) => check_name(&path)
                .map_or_else(|error| failed(error.raw_os_error()), |()| Verdict::Continue),
            None => Verdict::Continue,
        },
        Form::Private(_) => look::readlink(session, call, start, first)
            .unwrap_or_else(|error| failed(error.raw_os_error())),
    }
}

type Done = rustix::io::Result<Verdict>;

/// Refuses names that bpffs does not allow, and files.
fn refuse(session: &Session, call: &ClientCall) -> Done {
    let (first, second) = match call.number {
        #[cfg(target_arch = "x86_64")]
        libc::SYS_mkdir | libc::SYS_mknod | libc::SYS_unlink | libc::SYS_rmdir => (cwd(0), None),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_symlink => (cwd(1), None),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_link | libc::SYS_rename => (cwd(0), Some(cwd(1))),
        libc::SYS_mkdirat | libc::SYS_mknodat | libc::SYS_unlinkat => (at(call, 0), None),
        libc::SYS_symlinkat => (at(call, 1), None),
        libc::SYS_linkat | libc::SYS_renameat | libc::SYS_renameat2 => {
            (at(call, 0), Some(at(call, 2)))
        }
        _ => return Ok(Verdict::Continue),
    };
    let Some(path) = path(session, call, first) else {
        return Ok(Verdict::Continue);
    };
    check_name(&path)?;
    if let Some(second) = second
        && let Some(path) = self::path(session, call, second)
    {
        check_name(&path)?;
    }
    match call.number {
        #[cfg(target_arch = "x86_64")]
        libc::SYS_mknod => change::mknod(session, &path, call.arg(1)),
        libc::SYS_mknodat => change::mknod(session, &path, call.arg(2)),
        _ => Ok(Verdict::Continue),
    }
}

/// Carries a call out if it is about bpffs.
fn perform(session: &Session, call: &ClientCall) -> Done {
    match call.number {
        #[cfg(target_arch = "x86_64")]
        libc::SYS_mkdir => change::mkdir(session, call, cwd(0), 1),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_mknod => change::make_node(session, call, cwd(0), 1),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_rmdir => change::remove(session, call, cwd(0), libc::AT_REMOVEDIR as u64),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_unlink => change::remove(session, call, cwd(0), 0),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_rename => change::rename(session, call, [cwd(0), cwd(1)], 0),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_link => change::link(session, call, [cwd(0), cwd(1)], 0),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_symlink => change::symlink(session, call, 0, cwd(1)),
        libc::SYS_mkdirat => change::mkdir(session, call, at(call, 0), 2),
        libc::SYS_mknodat => change::make_node(session, call, at(call, 0), 2),
        libc::SYS_unlinkat => change::remove(session, call, at(call, 0), call.arg(2)),
        libc::SYS_renameat => change::rename(session, call, [at(call, 0), at(call, 2)], 0),
        libc::SYS_renameat2 => {
            change::rename(session, call, [at(call, 0), at(call, 2)], call.arg(4))
        }
        libc::SYS_linkat => change::link(session, call, [at(call, 0), at(call, 2)], call.arg(4)),
        libc::SYS_symlinkat => change::symlink(session, call, 0, at(call, 1)),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_chmod => change::mode(session, call, cwd(0), 1, LastLink::Follow),
        libc::SYS_fchmodat => change::mode(session, call, at(call, 0), 2, LastLink::Follow),
        libc::SYS_fchmodat2 => change::mode(session, call, at(call, 0), 2, last_link(call.arg(3))),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_chown => change::owner(session, call, cwd(0), 1, LastLink::Follow),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_lchown => change::owner(session, call, cwd(0), 1, LastLink::Keep),
        libc::SYS_fchownat => change::owner(session, call, at(call, 0), 2, last_link(call.arg(4))),
        libc::SYS_utimensat => change::times(session, call, at(call, 0), last_link(call.arg(3))),
        libc::SYS_truncate => change::truncate(session, call, cwd(0)),
        _ => look::answer(session, call),
    }
}

/// A path on bpffs, from its root on; `None` if an argument names something else.
fn path(session: &Session, call: &ClientCall, arg: Arg) -> Option<PathBuf> {
    let path = client_path::argument(call, arg.start, call.arg(arg.at))?;
    session.view.inside(&path).map(Path::to_owned)
}

/// Names on bpffs have no dots. EPERM.
pub(super) fn check_name(inside: &Path) -> rustix::io::Result<()> {
    if inside.as_os_str().as_bytes().contains(&b'.') {
        return Err(Errno::PERM);
    }
    Ok(())
}

/// Whether a file's mode lets clients open it so. They have our uid.
pub(super) fn permits(stat: &Stat, flags: OFlags) -> bool {
    let mode = flags & OFlags::RWMODE;
    let reads = mode == OFlags::RDONLY || mode == OFlags::RDWR;
    let writes = mode != OFlags::RDONLY || flags.contains(OFlags::TRUNC);
    let wanted = u32::from(reads) * 4 + u32::from(writes) * 2;
    crate::pins::permits(stat, wanted)
}
