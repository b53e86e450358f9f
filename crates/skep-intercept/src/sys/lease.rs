//! Leases: the one question "has anybody else this file open or mapped?".
//!
//! # Safety
//!
//! fcntl(2) with a live descriptor and plain numbers.
#![allow(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd};

/// Who has a file open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Holders {
    /// This opening only.
    Alone,
    /// Others too, or the system cannot tell.
    Others,
}

/// Whether `ours` is the only opening of its file.
///
/// A write lease is given only to the sole opening. It is given back at once; an open that falls between waits for
/// that and raises SIGIO here, which the supervisor blocks.
pub(crate) fn holders(ours: impl AsFd) -> Holders {
    let fd = ours.as_fd().as_raw_fd();
    // SAFETY: a live descriptor and a number.
    if unsafe { libc::fcntl(fd, libc::F_SETLEASE, libc::F_WRLCK) } != 0 {
        return Holders::Others;
    }
    // SAFETY: as above.
    unsafe { libc::fcntl(fd, libc::F_SETLEASE, libc::F_UNLCK) };
    Holders::Alone
}
