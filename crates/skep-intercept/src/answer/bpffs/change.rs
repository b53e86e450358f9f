//! What makes, renames, removes and changes files of the session's directory.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags, Timespec, Timestamps};
use rustix::io::Errno;
use skep_kernel::UserMemory;
use skep_uapi::UserPtr;

use super::{Arg, Done, check_name, path};
use crate::carrier::{ClientCall, Verdict};
use crate::client_fds::own;
use crate::client_path::string;
use crate::pins::umask;
use crate::session::Session;
use crate::sys::process_memory::ProcessMemory;
use crate::view::{LastLink, exists};

const DONE: Verdict = Verdict::Return(0);

/// The mode bits a directory may be made with.
const DIRECTORY_MODE: u32 = 0o1777;

/// mkdir(path, mode).
pub(super) fn mkdir(session: &Session, call: &ClientCall, arg: Arg, mode: usize) -> Done {
    let Some(path) = path(session, call, arg) else {
        return Ok(Verdict::Continue);
    };
    check_name(&path)?;
    let mode = Mode::from_raw_mode(call.arg(mode) as u32 & DIRECTORY_MODE);
    let mode = mode.difference(umask(call.thread));
    let (parent, name) = session.view.parent(&path)?;
    rustix::fs::mkdirat(&parent, name, mode)?;
    // Our own umask had its say.
    rustix::fs::chmodat(&parent, name, mode, AtFlags::empty())?;
    Ok(DONE)
}

/// mknod(path, mode, device): only bpf(2) makes files.
pub(super) fn make_node(session: &Session, call: &ClientCall, arg: Arg, mode: usize) -> Done {
    match path(session, call, arg) {
        Some(path) => mknod(session, &path, call.arg(mode)),
        None => Ok(Verdict::Continue),
    }
}

/// Why no file can be made at a path: EACCES for regular ones, EPERM for the rest.
pub(super) fn mknod(session: &Session, path: &Path, mode: u64) -> Done {
    check_name(path)?;
    let (parent, name) = session.view.parent(path)?;
    if exists(&parent, name.as_bytes()) {
        return Err(Errno::EXIST);
    }
    match mode as u32 & libc::S_IFMT {
        0 | libc::S_IFREG => Err(Errno::ACCESS),
        _ => Err(Errno::PERM),
    }
}

/// unlink(path), or rmdir with its flag.
pub(super) fn remove(session: &Session, call: &ClientCall, arg: Arg, flags: u64) -> Done {
    let Some(path) = path(session, call, arg) else {
        return Ok(Verdict::Continue);
    };
    check_name(&path)?;
    if path.as_os_str().is_empty() {
        return Err(Errno::BUSY);
    }
    let (parent, name) = session.view.parent(&path)?;
    rustix::fs::unlinkat(&parent, name, AtFlags::from_bits_retain(flags as u32))?;
    Ok(DONE)
}

/// Both paths of a call, if they are on bpffs. EXDEV if one is.
fn both(
    session: &Session,
    call: &ClientCall,
    args: [Arg; 2],
) -> rustix::io::Result<Option<[std::path::PathBuf; 2]>> {
    match args.map(|arg| path(session, call, arg)) {
        [None, None] => Ok(None),
        [Some(from), Some(to)] => {
            check_name(&from)?;
            check_name(&to)?;
            Ok(Some([from, to]))
        }
        [Some(_), None] | [None, Some(_)] => Err(Errno::XDEV),
    }
}

/// rename(from, to), with flags.
pub(super) fn rename(session: &Session, call: &ClientCall, args: [Arg; 2], flags: u64) -> Done {
    let Some([from, to]) = both(session, call, args)? else {
        return Ok(Verdict::Continue);
    };
    let (old_parent, old) = session.view.parent(&from)?;
    let (new_parent, new) = session.view.parent(&to)?;
    let flags = RenameFlags::from_bits_retain(flags as u32);
    rustix::fs::renameat_with(&old_parent, old, &new_parent, new, flags)?;
    Ok(DONE)
}

/// link(from, to), with flags.
pub(super) fn link(session: &Session, call: &ClientCall, args: [Arg; 2], flags: u64) -> Done {
    let Some([from, to]) = both(session, call, args)? else {
        return Ok(Verdict::Continue);
    };
    let (old_parent, old) = session.view.parent(&from)?;
    let (new_parent, new) = session.view.parent(&to)?;
    let flags = AtFlags::from_bits_retain(flags as u32) & AtFlags::SYMLINK_FOLLOW;
    rustix::fs::linkat(&old_parent, old, &new_parent, new, flags)?;
    Ok(DONE)
}

/// symlink(target, path).
pub(super) fn symlink(session: &Session, call: &ClientCall, target: usize, arg: Arg) -> Done {
    let Some(path) = path(session, call, arg) else {
        return Ok(Verdict::Continue);
    };
    check_name(&path)?;
    let target = string(call, call.arg(target)).ok_or(Errno::FAULT)?;
    let (parent, name) = session.view.parent(&path)?;
    rustix::fs::symlinkat(OsStr::from_bytes(&target), &parent, name)?;
    Ok(DONE)
}

/// chmod(path, mode).
pub(super) fn mode(
    session: &Session,
    call: &ClientCall,
    arg: Arg,
    mode: usize,
    last: LastLink,
) -> Done {
    let Some(path) = path(session, call, arg) else {
        return Ok(Verdict::Continue);
    };
    check_name(&path)?;
    if last == LastLink::Keep {
        return Err(Errno::OPNOTSUPP);
    }
    let file = session.view.open(&path, last)?;
    let mode = Mode::from_raw_mode(call.arg(mode) as u32 & 0o7777);
    rustix::fs::chmod(own(&file), mode)?;
    Ok(DONE)
}

/// chown(path, user, group): -1 leaves one as it is.
pub(super) fn owner(
    session: &Session,
    call: &ClientCall,
    arg: Arg,
    user: usize,
    last: LastLink,
) -> Done {
    let Some(path) = path(session, call, arg) else {
        return Ok(Verdict::Continue);
    };
    check_name(&path)?;
    let file = session.view.open(&path, last)?;
    let id = |index| Some(call.arg(index) as u32).filter(|id| *id != u32::MAX);
    let user_id = id(user).map(rustix::fs::Uid::from_raw);
    let group_id = id(user + 1).map(rustix::fs::Gid::from_raw);
    rustix::fs::chownat(&file, "", user_id, group_id, AtFlags::EMPTY_PATH)?;
    Ok(DONE)
}

/// truncate(path, length): a number that means nothing to a pin.
pub(super) fn truncate(session: &Session, call: &ClientCall, arg: Arg) -> Done {
    let Some(path) = path(session, call, arg) else {
        return Ok(Verdict::Continue);
    };
    check_name(&path)?;
    let file = session.view.open(&path, LastLink::Follow)?;
    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open(own(&file), flags, Mode::empty())?;
    rustix::fs::ftruncate(&file, call.arg(1))?;
    Ok(DONE)
}

/// utimensat(directory, path, times, flags); NULL is now.
pub(super) fn times(session: &Session, call: &ClientCall, arg: Arg, last: LastLink) -> Done {
    let Some(path) = path(session, call, arg) else {
        return Ok(Verdict::Continue);
    };
    check_name(&path)?;
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: libc::UTIME_NOW,
    };
    let mut times = [now; 2];
    if call.arg(2) != 0 {
        let mut bytes = [0; 32];
        ProcessMemory(call.thread)
            .read(UserPtr(call.arg(2)), &mut bytes)
            .map_err(|_| Errno::FAULT)?;
        let (words, _) = bytes.as_chunks::<8>();
        for (time, [seconds, nanoseconds]) in times.iter_mut().zip(words.as_chunks::<2>().0) {
            *time = Timespec {
                tv_sec: i64::from_ne_bytes(*seconds),
                tv_nsec: i64::from_ne_bytes(*nanoseconds),
            };
        }
    }
    let [last_access, last_modification] = times;
    let times = Timestamps {
        last_access,
        last_modification,
    };
    let file = session.view.open(&path, last)?;
    rustix::fs::utimensat(CWD, own(&file), &times, AtFlags::empty())?;
    Ok(DONE)
}
