//! What looks at files of the session's directory, and at the files of the kernel that are shown instead of the host's.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{Access, AtFlags, CWD, FileType};
use rustix::io::Errno;
use skep_kernel::UserMemory;
use skep_uapi::UserPtr;

use super::super::files::{self, Shown};
use super::super::readlink::write_link;
use super::{Arg, Done, at, check_name, cwd, last_link, path};
use crate::carrier::{ClientCall, Verdict};
use crate::client_fds::own;
use crate::client_path;
use crate::session::Session;
use crate::sys::process_memory::ProcessMemory;
use crate::sys::raw_stat::{self, Plain};
use crate::view::{Form, LastLink, Start, View};

/// Answers a call that looks.
pub(super) fn answer(session: &Session, call: &ClientCall) -> Done {
    match call.number {
        libc::SYS_chdir => chdir(session, call),
        libc::SYS_getcwd => getcwd(session, call),
        libc::SYS_setxattr | libc::SYS_lsetxattr | libc::SYS_getxattr | libc::SYS_lgetxattr => {
            let found = find(session, call, cwd(0), LastLink::Follow)?;
            found.map_or(Ok(Verdict::Continue), |_| Err(Errno::OPNOTSUPP))
        }
        libc::SYS_listxattr | libc::SYS_llistxattr => {
            let found = find(session, call, cwd(0), LastLink::Follow)?;
            Ok(found.map_or(Verdict::Continue, |_| Verdict::Return(0)))
        }
        _ => stats(session, call),
    }
}

/// Answers the calls of the stat family and access.
pub(super) fn stats(session: &Session, call: &ClientCall) -> Done {
    match call.number {
        #[cfg(target_arch = "x86_64")]
        libc::SYS_stat => stat(session, call, cwd(0), 1, LastLink::Follow),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_lstat => stat(session, call, cwd(0), 1, LastLink::Keep),
        libc::SYS_newfstatat => stat(session, call, at(call, 0), 2, last_link(call.arg(3))),
        libc::SYS_statx => statx(session, call),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_access => access(session, call, cwd(0), 1),
        libc::SYS_faccessat | libc::SYS_faccessat2 => access(session, call, at(call, 0), 2),
        _ => Ok(Verdict::Continue),
    }
}

/// What a path leads to, if that is ours to show.
fn find(
    session: &Session,
    call: &ClientCall,
    arg: Arg,
    last: LastLink,
) -> rustix::io::Result<Option<OwnedFd>> {
    let Some(path) = client_path::argument(call, arg.start, call.arg(arg.at)) else {
        return Ok(None);
    };
    if let Some(inside) = session.view.inside(&path) {
        check_name(inside)?;
        return session.view.open(inside, last).map(Some);
    }
    match files::open_kernel_btf(session, &path) {
        None => Ok(None),
        Some(Shown::File(file)) => Ok(Some(file)),
        Some(Shown::Absent) => Err(Errno::NOENT),
    }
}

fn stat(session: &Session, call: &ClientCall, arg: Arg, buffer: usize, last: LastLink) -> Done {
    let Some(file) = find(session, call, arg, last)? else {
        return Ok(Verdict::Continue);
    };
    let mut stat = raw_stat::stat(file.as_fd())?;
    if is_directory(stat.st_mode) {
        (stat.st_size, stat.st_blocks) = (0, 0);
    }
    write(call, buffer, &stat)
}

/// statx(directory, path, flags, mask, buffer).
fn statx(session: &Session, call: &ClientCall) -> Done {
    let last = last_link(call.arg(2));
    let Some(file) = find(session, call, at(call, 0), last)? else {
        return Ok(Verdict::Continue);
    };
    let mut stat = raw_stat::statx(file.as_fd(), call.arg(3) as u32)?;
    if is_directory(stat.stx_mode.into()) {
        (stat.stx_size, stat.stx_blocks) = (0, 0);
    }
    write(call, 4, &stat)
}

/// Directories of bpffs have no size.
fn is_directory(mode: u32) -> bool {
    FileType::from_raw_mode(mode).is_dir()
}

fn write<T: Plain>(call: &ClientCall, buffer: usize, stat: &T) -> Done {
    ProcessMemory(call.thread)
        .write(UserPtr(call.arg(buffer)), stat.bytes())
        .map_err(|_| Errno::FAULT)?;
    Ok(Verdict::Return(0))
}

/// access(path, mode).
fn access(session: &Session, call: &ClientCall, arg: Arg, mode: usize) -> Done {
    let Some(file) = find(session, call, arg, LastLink::Follow)? else {
        return Ok(Verdict::Continue);
    };
    let mode = Access::from_bits(call.arg(mode) as u32).ok_or(Errno::INVAL)?;
    rustix::fs::accessat(CWD, own(&file), mode, AtFlags::empty())?;
    Ok(Verdict::Return(0))
}

/// readlink of a link on bpffs whose path is argument `first` and whose buffer follows.
pub(super) fn readlink(session: &Session, call: &ClientCall, start: Start, first: usize) -> Done {
    let Some(path) = path(session, call, Arg { start, at: first }) else {
        return Ok(Verdict::Continue);
    };
    check_name(&path)?;
    let (parent, name) = session.view.parent(&path)?;
    let text = rustix::fs::readlinkat(&parent, name, Vec::new())?;
    Ok(write_link(call, first + 1, text.as_bytes()))
}

/// chdir(path): the root is an empty directory of the host's, which will do; there is none for those below it.
fn chdir(session: &Session, call: &ClientCall) -> Done {
    let Some(path) = path(session, call, cwd(0)) else {
        return Ok(Verdict::Continue);
    };
    check_name(&path)?;
    let file = session.view.open(&path, LastLink::Follow)?;
    let stat = rustix::fs::fstat(&file)?;
    if !is_directory(stat.st_mode) {
        return Err(Errno::NOTDIR);
    }
    if path.as_os_str().is_empty() {
        return Ok(Verdict::Continue);
    }
    let why = "chdir below /sys/fs/bpf = -1 EACCES (not without namespaces; fchdir works)";
    session.trace.other(call, why);
    Err(Errno::ACCESS)
}

/// getcwd(buffer, size): in a directory that we gave the caller, its name as clients know it.
fn getcwd(session: &Session, call: &ClientCall) -> Done {
    let Form::Private(real) = session.view.form() else {
        return Ok(Verdict::Continue);
    };
    let Some(base) = client_path::base(call.thread, Start::WorkingDirectory) else {
        return Ok(Verdict::Continue);
    };
    let Ok(inside) = base.strip_prefix(real) else {
        return Ok(Verdict::Continue);
    };
    let mut text = View::shown(inside).as_os_str().as_bytes().to_vec();
    text.push(0);
    if text.len() as u64 > call.arg(1) {
        return Err(Errno::RANGE);
    }
    ProcessMemory(call.thread)
        .write(UserPtr(call.arg(0)), &text)
        .map_err(|_| Errno::FAULT)?;
    Ok(Verdict::Return(text.len() as i64))
}
