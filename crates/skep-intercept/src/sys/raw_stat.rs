//! stat(2) and statx(2) as bytes, to be handed on to a client of the same architecture.
//!
//! # Safety
//!
//! Each call gets the struct it fills. Structs that are [`Plain`] start as zeros, padding included, and any bytes are
//! valid for them.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::io::{Errno, Result};

/// A struct of numbers that was zeros before it was filled.
pub(crate) trait Plain: Sized {
    /// Its bytes.
    fn bytes(&self) -> &[u8] {
        // SAFETY: see the header: every byte was written.
        unsafe { std::slice::from_raw_parts(std::ptr::from_ref(self).cast(), size_of::<Self>()) }
    }
}

impl Plain for libc::stat {}
impl Plain for libc::statx {}

fn zeroed<T: Plain>() -> T {
    // SAFETY: numbers only.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// stat(2) of an open file.
pub(crate) fn stat(file: BorrowedFd<'_>) -> Result<libc::stat> {
    let mut stat: libc::stat = zeroed();
    // SAFETY: an empty string, and the struct this call fills.
    let result = unsafe {
        libc::syscall(
            libc::SYS_newfstatat,
            file.as_raw_fd(),
            c"".as_ptr(),
            &raw mut stat,
            libc::AT_EMPTY_PATH,
        )
    };
    filled(result, stat)
}

/// statx(2) of an open file.
pub(crate) fn statx(file: BorrowedFd<'_>, mask: u32) -> Result<libc::statx> {
    let mut stat: libc::statx = zeroed();
    // SAFETY: an empty string, and the struct this call fills.
    let result = unsafe {
        libc::syscall(
            libc::SYS_statx,
            file.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            mask,
            &raw mut stat,
        )
    };
    filled(result, stat)
}

fn filled<T>(result: i64, value: T) -> Result<T> {
    match result {
        0 => Ok(value),
        _ => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)),
    }
}
