//! fork(2) for children that never return.
//!
//! # Safety
//!
//! The closures run in a forked child of a process that may have threads: they make system calls on values prepared
//! before the fork, take no lock, allocate nothing, and end in `_exit`.
#![allow(unsafe_code)]

use std::io;

use rustix::process::Pid;

use super::checked;

/// Runs `child` in a fork; it ends with the result as its exit status.
///
/// # Safety
/// `child` does nothing that is unsafe between fork and exec.
pub(super) unsafe fn fork(child: impl FnOnce() -> i32) -> io::Result<Pid> {
    // SAFETY: the child only runs the closure and ends.
    let pid = checked(unsafe { libc::fork() })? as i32;
    match Pid::from_raw(pid) {
        Some(pid) => Ok(pid),
        None => {
            let status = child();
            // SAFETY: ends the child without running anything of the parent's.
            unsafe { libc::_exit(status) }
        }
    }
}
