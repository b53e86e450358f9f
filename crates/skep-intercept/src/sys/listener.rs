//! The two ends of seccomp user notification: installing a filter, and answering what it notifies.
//!
//! # Safety
//!
//! Each ioctl gets the struct its number names. Installing allocates nothing, so it may happen between fork and exec.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use libc::{seccomp_notif, seccomp_notif_addfd, seccomp_notif_resp, sock_filter};

use super::checked;
use crate::carrier::{Give, OnExec, Verdict};

/// Wakes the supervisor on the client's CPU (Linux 6.6): 37 us a call become 2.
const SYNC_WAKE_UP: u64 = 1;

/// Installs a filter on this thread and gives its listener. Sets no_new_privs only if nothing less will do.
///
/// A signal must not cancel a call that was already acted on, hence WAIT_KILLABLE_RECV (Linux 5.19). EBUSY: another
/// listener is there. EINVAL: no such thing in this kernel.
pub(crate) fn install(filter: &[sock_filter]) -> io::Result<OwnedFd> {
    match try_install(filter) {
        Err(error) if error.raw_os_error() == Some(libc::EACCES) => {
            rustix::thread::set_no_new_privs(true)?;
            try_install(filter)
        }
        other => other,
    }
}

fn try_install(filter: &[sock_filter]) -> io::Result<OwnedFd> {
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_ptr().cast_mut(),
    };
    let flags =
        libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    // SAFETY: `program` describes a live slice; the kernel copies it.
    let result = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            flags,
            &raw const program,
        )
    };
    let fd = checked(result)? as RawFd;
    // SAFETY: the kernel just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Asks for synchronous wake-up; an older kernel is slower without it and no different.
pub(crate) fn wake_synchronously(listener: BorrowedFd<'_>) {
    let fd = listener.as_raw_fd();
    // SAFETY: this ioctl takes its flags by value.
    let _ = unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS as _, SYNC_WAKE_UP) };
}

/// Waits for a notification. ENOENT: the caller died meanwhile, or nobody has the filter any more.
pub(crate) fn receive(listener: BorrowedFd<'_>) -> io::Result<seccomp_notif> {
    // The kernel wants it zeroed.
    let mut call = seccomp_notif {
        id: 0,
        pid: 0,
        flags: 0,
        data: libc::seccomp_data {
            nr: 0,
            arch: 0,
            instruction_pointer: 0,
            args: [0; 6],
        },
    };
    let fd = listener.as_raw_fd();
    // SAFETY: the struct this number names.
    checked(unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_RECV as _, &raw mut call) })?;
    Ok(call)
}

/// Answers a call. ENOENT: nobody waits for it any more.
pub(crate) fn send(listener: BorrowedFd<'_>, id: u64, verdict: Verdict) -> io::Result<()> {
    let mut response = seccomp_notif_resp {
        id,
        val: 0,
        error: 0,
        flags: 0,
    };
    match verdict {
        Verdict::Given => return Ok(()),
        Verdict::Continue => response.flags = libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32,
        Verdict::Return(value @ -4095..=-1) => response.error = value as i32,
        Verdict::Return(value) => response.val = value,
    }
    let fd = listener.as_raw_fd();
    // SAFETY: the struct this number names.
    checked(unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_SEND as _, &raw mut response) })?;
    Ok(())
}

/// Puts a copy of `fd` into the caller; its number there. EMFILE: it has no room. ENOENT: it is gone.
pub(crate) fn give(
    listener: BorrowedFd<'_>,
    id: u64,
    fd: BorrowedFd<'_>,
    how: Give,
    exec: OnExec,
) -> io::Result<i32> {
    let flags = match how {
        Give::AndAnswer => libc::SECCOMP_ADDFD_FLAG_SEND as u32,
        Give::Only => 0,
    };
    let newfd_flags = match exec {
        OnExec::Close => libc::O_CLOEXEC as u32,
        OnExec::Keep => 0,
    };
    let request = seccomp_notif_addfd {
        id,
        flags,
        srcfd: fd.as_raw_fd() as u32,
        newfd: 0,
        newfd_flags,
    };
    let to = listener.as_raw_fd();
    // SAFETY: the struct this number names.
    let number = checked(unsafe {
        libc::ioctl(to, libc::SECCOMP_IOCTL_NOTIF_ADDFD as _, &raw const request)
    })?;
    Ok(number as i32)
}

/// Whether the caller still waits: what was read under its process id was really its own.
pub(crate) fn still_waits(listener: BorrowedFd<'_>, id: u64) -> bool {
    let fd = listener.as_raw_fd();
    // SAFETY: the struct this number names.
    unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_ID_VALID as _, &raw const id) == 0 }
}
